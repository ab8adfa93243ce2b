//! An ordinary visit, with nothing on the server.

use axum::http::header;

use super::{routes, unlisted};
use crate::support::{Browser, HOUR, MINUTE, body_text, token_in};

#[tokio::test]
async fn a_visit_needs_no_store() {
    let app = routes().layer(unlisted().0.layer());
    let mut browser = Browser::default();
    for _ in 0..3 {
        browser.post(&app, "/visit").await;
    }
    assert_eq!(body_text(browser.get(&app, "/visits").await).await, "3");
    browser.post(&app, "/login").await;
    assert_eq!(body_text(browser.get(&app, "/account").await).await, "Some(7)");
    assert_eq!(body_text(browser.get(&app, "/visits").await).await, "3");
    browser.post(&app, "/logout").await;
    assert_eq!(browser.cookie, None);
}

#[tokio::test]
async fn a_flash_value_is_shown_once() {
    let app = routes().layer(unlisted().0.layer());
    let mut browser = Browser::default();
    browser.post(&app, "/notice").await;
    assert_eq!(body_text(browser.get(&app, "/notice").await).await, "saved");
    assert_eq!(body_text(browser.get(&app, "/notice").await).await, "");
}

#[tokio::test]
async fn reading_sets_no_cookie_until_the_idle_timeout_must_move() {
    let (sessions, clock) = unlisted();
    let app = routes().layer(sessions.layer());
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    assert!(token_in(&browser.get(&app, "/visits").await).is_none());
    for _ in 0..4 {
        clock.advance(20 * MINUTE);
        assert!(token_in(&browser.get(&app, "/visits").await).is_some(), "the cookie says when it was last used");
    }
    assert_eq!(body_text(browser.get(&app, "/visits").await).await, "1");
}

#[tokio::test]
async fn a_remembered_session_has_a_persistent_cookie_and_the_longer_timeouts() {
    let (sessions, clock) = unlisted();
    let app = routes().layer(sessions.layer());
    let mut browser = Browser::default();
    let response = browser.post(&app, "/remember").await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("; Max-Age=2592000"), "{}", cookie.len());
    clock.advance(13 * 24 * HOUR);
    assert_eq!(body_text(browser.get(&app, "/account").await).await, "Some(7)");
}

#[tokio::test]
async fn enc_9_of_two_requests_at_once_the_last_response_wins() {
    let app = routes().layer(unlisted().0.layer());
    let mut one = Browser::default();
    one.post(&app, "/visit").await;
    let mut other = one.clone();
    one.post(&app, "/visit").await;
    other.post(&app, "/visit").await;
    assert_eq!(body_text(other.get(&app, "/visits").await).await, "2", "the first of the two is lost");
}
