//! The cookie in the jar of a browser.

use serde_json::{Value, json};

use crate::{driver::Browser, site::localhost, support::Server};

in_each_browser!(the_secure_default_is_kept_and_returned_without_tls_on_localhost);
async fn the_secure_default_is_kept_and_returned_without_tls_on_localhost(browser: Browser) {
    let server = Server::playground(&[]).await;
    let tab = browser.open(&localhost(&server)).await;
    for visits in ["1", "2", "3"] {
        assert_eq!(tab.fetch("POST", "/visits").await, visits);
    }
    let cookie = browser.cookie().await;
    assert_eq!((&*cookie.name, &*cookie.domain, &*cookie.path), ("__Host-id", "localhost", "/"));
    assert_eq!((cookie.secure, cookie.http_only, &*cookie.same_site), (true, true, "lax"));
    assert_eq!(cookie.expiry, None, "it ends with the browser");
}

in_each_browser!(no_script_sees_the_cookie_or_replaces_it);
async fn no_script_sees_the_cookie_or_replaces_it(browser: Browser) {
    let server = Server::playground(&[]).await;
    let tab = browser.open(&localhost(&server)).await;
    tab.fetch("POST", "/visits").await;
    tab.evaluate::<String>("(document.cookie = 'theme=dark')").await;
    tab.evaluate::<String>("(document.cookie = '__Host-id=forged; Secure; Path=/')").await;

    assert_eq!(tab.evaluate::<String>("document.cookie").await, "theme=dark");
    let seen: Vec<String> = tab.evaluate("cookieStore.getAll().then(all => all.map(cookie => cookie.name))").await;
    assert_eq!(seen, ["theme"]);
    assert_eq!(tab.fetch("POST", "/visits").await, "2");
}

in_each_browser!(logging_out_empties_the_jar);
async fn logging_out_empties_the_jar(browser: Browser) {
    let server = Server::playground(&[]).await;
    let tab = browser.open(&localhost(&server)).await;
    for remember in [false, true] {
        tab.fetch("POST", &format!("/login/7?remember={remember}")).await;
        assert_eq!(browser.cookie().await.expiry.is_some(), remember);
        tab.fetch("POST", "/logout").await;
        assert!(browser.cookies().await.is_empty());
        tab.go_to(&format!("{}/session", localhost(&server))).await;
        let session = tab.json().await;
        assert_eq!((&session["outcome"], &session["account"]), (&json!("NoToken"), &Value::Null));
    }
}
