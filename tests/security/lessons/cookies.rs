//! Cookies and caches.

use axum::{http::header, routing::get};

use crate::{
    app::{Visit, World, cookie, lines, token},
    support::{Browser, leaks::base64url},
};

/// Rack CVE-2020-8184, Ruby CVE-2021-41819, `ReactPHP` CVE-2022-36032, PHP CVE-2020-7070: names were decoded, so that a
/// cookie which another host may set became one with the prefix that it must not have.
#[tokio::test]
async fn a_cookie_whose_name_would_be_ours_after_decoding_is_another_one() {
    let world = World::new();
    let token = token(&world.browser(&["/login"]).await);
    for name in ["__%48ost-id", "__Host%2Did", "%5F%5FHost-id", "__Host-%69d", "__Host+id", "__Host-id%20"] {
        assert_eq!(world.says_to(&format!("{name}={token}")).await, "NoToken None 0", "{name}");
    }
    let ours = cookie(&token);
    for both in [format!("__%48ost-id=spoofed; {ours}"), format!("{ours}; __%48ost-id=spoofed")] {
        assert_eq!(world.says_to(&both).await, "Loaded Some(7) 0", "and it hides ours in no order");
    }
}

/// The "Cookie Chaos" of 2025, Werkzeug CVE-2023-23934, Jetty CVE-2023-26049: blanks of Unicode, names that are empty,
/// the syntax of an older standard and quotes that hold semicolons smuggled a name past the browser.
#[tokio::test]
async fn no_cookie_is_smuggled_in_by_blanks_quotes_or_an_older_syntax() {
    let world = World::new();
    let token = token(&world.browser(&["/login"]).await);
    let ours = cookie(&token);
    for smuggled in [
        format!("\u{2000}{ours}"),
        format!("\u{a0}{ours}"),
        format!("={ours}"),
        format!("$Version=1, {ours}"),
        format!("x=\"{ours}\""),
        format!("x={ours}"),
        format!("\"__Host-id\"={token}"),
        format!("__host-id={token}"),
        format!("__Host-id ={token}"),
    ] {
        assert_eq!(world.says_to(&smuggled).await, "NoToken None 0", "{}", smuggled.len());
    }
    for beside in [format!("x=\"; {ours}; y=\""), format!("$Version=1; {ours}"), format!("=; {ours}")] {
        assert_eq!(
            world.says_to(&beside).await,
            "Loaded Some(7) 0",
            "a semicolon ends a cookie, whatever is around it"
        );
    }
}

/// Flask CVE-2023-30861 and CVE-2026-27205, Django CVE-2026-35192, Rails CVE-2024-26144, Symfony CVE-2022-24894: which
/// method looked at the session decided whether a shared cache was told.
#[tokio::test]
async fn looking_only_whether_a_value_is_there_keeps_shared_caches_away_too() {
    let looks =
        get(async |session: Visit| ([(header::CACHE_CONTROL, "max-age=600")], session.has_account().to_string()));
    let world = World::new().routed("/", looks);
    let response = world.get(&mut Browser::default(), "/").await;
    assert_eq!(lines(&response, "vary"), ["cookie"], "although nobody has a session yet");
    let mut browser = world.browser(&["/login"]).await;
    assert_eq!(lines(&world.get(&mut browser, "/").await, "vary"), ["cookie"]);
}

/// Django CVE-2015-5143, -5963 and -5964, the MCP gem CVE-2026-67430: an unknown key or a logout made a record each time.
#[tokio::test]
async fn neither_a_made_up_token_nor_a_logout_makes_a_record() {
    let world = World::new();
    for number in 0..100 {
        let made_up = cookie(&base64url(&[number; 48]));
        world.says_to(&made_up).await;
        world.post_with("/logout", &made_up).await;
        world.post_with("/logout", "").await;
    }
    assert_eq!(world.rows(), 0);
}
