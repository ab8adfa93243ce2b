//! The cookie that a browser is given.

use std::time::Duration;

use axum::http::header;
use scs::{CookieTransport, SameSite};

use crate::scs_parity::{Visit, cookies, known, serving};
use crate::support::{self, DAY, SECOND, START};

#[tokio::test]
async fn the_cookie_is_for_the_whole_site_out_of_reach_of_scripts_and_lax() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.set_visits(1) });
    let cookie = cookies(&support::get(&app, "/", &[]).await).remove(0);
    for attribute in ["; Path=/;", "; HttpOnly;", "; SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{attribute}");
    }
    assert!(!cookie.contains("Domain") && !cookie.contains("Partitioned"));
}

#[tokio::test]
async fn name_domain_path_same_site_and_partitioned_can_be_chosen() {
    let known = known().await;
    let cookie = CookieTransport::builder().name("session").domain("example.com").path("/shop");
    let cookie = cookie.same_site(SameSite::Strict).partitioned(true).build().unwrap();
    let app = axum::Router::new()
        .route("/", axum::routing::get(|session: Visit| async move { session.set_visits(1) }))
        .layer(known.sessions.layer().transport(cookie));
    let response = support::get(&app, "/", &[]).await;
    let token = support::token_in(&response).unwrap();
    let attributes = "; Path=/shop; Domain=example.com; Secure; HttpOnly; SameSite=Strict; Partitioned";
    assert_eq!(cookies(&response), [format!("session={token}{attributes}")]);
}

#[tokio::test]
async fn a_cookie_that_is_not_remembered_goes_with_the_browser() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.set_visits(1) });
    let cookie = cookies(&support::get(&app, "/", &[]).await).remove(0);
    assert!(!cookie.contains("Max-Age") && !cookie.contains("Expires"));
}

#[tokio::test]
async fn being_remembered_makes_the_cookie_persistent_and_being_forgotten_undoes_it() {
    let known = known().await;
    let remember = serving(&known.sessions, |session: Visit| async move { session.remember(true) });
    let forget = serving(&known.sessions, |session: Visit| async move { session.remember(false) });
    let mut browser = known.browser();
    let cookie = cookies(&browser.get(&remember, "/").await).remove(0);
    assert!(cookie.contains("; Max-Age=86400;"), "until the deadline, which is a day away");
    let cookie = cookies(&browser.get(&forget, "/").await).remove(0);
    assert!(!cookie.contains("Max-Age"));
    assert_eq!(browser.cookie, Some(known.cookie()), "the token is the same all along");
}

#[tokio::test]
async fn the_age_of_a_persistent_cookie_is_rounded_up() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.remember(true);
        session.set_deadline(START + DAY - SECOND / 2);
    });
    known.clock.advance(20 * SECOND);
    let cookie = cookies(&known.browser().get(&app, "/").await).remove(0);
    assert!(cookie.contains("; Max-Age=86380;"), "86,379.5 seconds are left");
}

#[tokio::test]
async fn the_cookie_of_an_ended_session_is_empty_old_and_otherwise_the_same() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.destroy() });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(cookies(&response), ["__Host-id=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"]);
}

#[tokio::test]
async fn a_responses_own_cookies_stay_beside_the_sessions() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.renew();
        [(header::SET_COOKIE, "theme=dark")]
    });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(cookies(&response).len(), 2);
    assert_eq!(cookies(&response)[0], "theme=dark");
}

/// A clock that moves by less than a second is what rounding up is about.
#[tokio::test]
async fn a_cookie_never_dies_before_its_session() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.remember(true);
        session.set_deadline(START + Duration::from_millis(1));
    });
    let cookie = cookies(&known.browser().get(&app, "/").await).remove(0);
    assert!(cookie.contains("; Max-Age=1;"));
}
