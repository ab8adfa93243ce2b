//! The cookie that a browser is given.

use axum::http::header;
use scs::{CookieTransport, SameSite};

use crate::scs_parity::{Visit, cookies, known, serving};
use crate::support::{self, HOUR};

/// The cookie of SCS is called `session`, travels over plain HTTP too, and lasts for a day. Here it is
/// one that only this host can set, over TLS, and that goes with the browser: OWASP ASVS 5.0 (3.3.1,
/// 3.3.3).
#[tokio::test]
async fn the_cookie_belongs_to_this_host_over_tls_and_goes_with_the_browser() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.set_visits(1) });
    let response = support::get(&app, "/", &[]).await;
    let token = support::token_in(&response).unwrap();
    assert_eq!(cookies(&response), [format!("__Host-id={token}; Path=/; Secure; HttpOnly; SameSite=Lax")]);
}

/// SCS sends `Expires` and `Max-Age`. Here `Max-Age` alone: every browser of today prefers it, and it
/// does not depend on the client's clock.
#[tokio::test]
async fn a_persistent_cookie_has_an_age_and_no_date() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.remember(true) });
    let cookie = cookies(&known.browser().get(&app, "/").await).remove(0);
    assert!(cookie.contains("Max-Age=") && !cookie.contains("Expires"));
}

/// SCS sends the cookie with every change, and with an idle timeout on every request. Here a client is
/// told when its token changes, or how long to keep it, and otherwise never.
#[tokio::test]
async fn a_change_of_data_sends_no_cookie() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.update_visits(|visits| *visits += 1);
        session.set_deadline(support::START + HOUR);
    });
    assert_eq!(cookies(&known.browser().get(&app, "/").await), [""; 0]);
}

/// A cookie name that no cookie may have makes SCS send an empty header, and a domain that is none is
/// dropped with a line in the log. Here both are refused before the server starts.
#[test]
fn a_name_path_or_domain_that_no_cookie_can_have_is_refused() {
    assert!(CookieTransport::builder().name("my session").build().is_err());
    assert!(CookieTransport::builder().name("id").domain("exa mple.com").build().is_err());
    assert!(CookieTransport::builder().name("id").path("shop").build().is_err());
}

/// SCS takes settings with which browsers drop the cookie without a word. Here they are refused.
#[test]
fn settings_with_which_browsers_drop_the_cookie_are_refused() {
    let cookie = CookieTransport::builder;
    assert!(cookie().name("id").secure(false).same_site(SameSite::None).build().is_err());
    assert!(cookie().name("id").secure(false).partitioned(true).build().is_err());
    assert!(cookie().secure(false).build().is_err(), "a `__Host-` cookie is secure");
    assert!(cookie().domain("example.com").build().is_err(), "and has no domain");
    assert!(cookie().path("/shop").build().is_err(), "and no path but the root");
    assert!(cookie().name("id").secure(false).build().is_ok());
}

/// A response of SCS without a session change has no `Cache-Control`; its removal cookie has the one of
/// every cookie. Here both directions are kept out of caches alike.
#[tokio::test]
async fn a_removal_is_kept_out_of_caches_like_a_token() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.destroy() });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
}
