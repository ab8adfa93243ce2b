//! What a cookie is bound to.

use axum::http::HeaderName;
use scs::{
    CookieTransport, HeaderTransport, MemoryStore, Outcome, Session, SessionError, SessionManager,
    sealed::{Encrypted, NoRevocation, SealedCookies},
    store::{Entry, SessionId, Store as _, StoreErrorKind},
};

use super::{Visitor, clock, cookie, cookies, key, on, routes, text_of, unlisted};
use crate::support::{DAY, body_text, get, post, token_in};

#[tokio::test]
async fn enc_3_a_cookie_opens_under_its_own_name_only() {
    let sessions = unlisted().0;
    let named =
        |name: &str| routes().layer(sessions.layer().transport(CookieTransport::builder().name(name).build().unwrap()));
    let (shop, admin) = (named("__Host-shop"), named("__Host-admin"));
    let token = token_in(&post(&shop, "/login", &[]).await).unwrap();
    let account = |app, name: &str| {
        let cookie = format!("{name}={token}");
        async move { body_text(get(app, "/account", &[("cookie", &cookie)]).await).await }
    };
    assert_eq!(account(&shop, "__Host-shop").await, "Some(7)");
    assert_eq!(account(&admin, "__Host-admin").await, "None");
}

#[tokio::test]
async fn enc_3_a_cookie_is_no_header() {
    let sessions = unlisted().0;
    let shop = routes().layer(sessions.layer());
    let named = HeaderTransport::named(HeaderName::from_static("x-token"));
    let program = routes().layer(sessions.layer().transport(named));
    let token = token_in(&post(&shop, "/login", &[]).await).unwrap();
    assert_eq!(body_text(get(&program, "/account", &[("x-token", &token)]).await).await, "None");
}

#[tokio::test]
async fn enc_3_a_cookie_opens_in_its_own_application_only() {
    let application = |name| on(SealedCookies::new(key(1), NoRevocation).application(name), clock()).0;
    let (shop, blog) = (application("shop"), application("blog"));
    let token = cookie(&shop).await;
    assert_eq!(shop.open(&token).await.unwrap().outcome(), Outcome::Loaded);
    assert_eq!(blog.open(&token).await.unwrap().outcome(), Outcome::Unknown);
}

/// One key in two applications, each with a struct of the same name.
#[test]
fn enc_3_cookies_of_no_application_cannot_be_built() {
    let error = SessionManager::<Visitor, _>::builder(SealedCookies::new(key(1), NoRevocation)).build().unwrap_err();
    assert!(error.to_string().contains("`SealedCookies::application`"), "{error}");
}

#[tokio::test]
async fn enc_3_without_an_application_nothing_is_sealed_and_nothing_opens() {
    let nameless = SessionManager::<Visitor, _>::new(SealedCookies::new(key(1), NoRevocation));
    let session = nameless.open(None).await.unwrap();
    session.set_visits(1);
    let error = session.commit().await.unwrap_err();
    assert!(matches!(&error, SessionError::Store(error) if error.kind() == StoreErrorKind::Configuration), "{error}");
    let opened = nameless.open(&cookie(&unlisted().0).await).await.unwrap();
    assert_eq!(opened.outcome(), Outcome::Unknown);
}

/// Name and application stand beside each other in what is authenticated.
#[tokio::test]
async fn enc_3_no_part_of_the_binding_gives_letters_to_the_next() {
    let bound = |application, carrier| {
        on(SealedCookies::new(key(1), NoRevocation).application(application).carrier(carrier), clock()).0
    };
    let token = cookie(&bound("shop", "id")).await;
    assert_eq!(bound("shopi", "d").open(&token).await.unwrap().outcome(), Outcome::Unknown);
    assert_eq!(bound("sho", "pid").open(&token).await.unwrap().outcome(), Outcome::Unknown);
}

#[derive(Session)]
#[session(sealed)]
struct Admin {
    #[session(renews)]
    account: Option<u64>,
}

#[tokio::test]
async fn enc_3_a_cookie_opens_with_its_own_schema_only() {
    let token = cookie(&unlisted().0).await;
    let admins = SessionManager::<Admin, _>::builder(cookies(key(1), NoRevocation)).clock(clock()).build();
    assert_eq!(admins.unwrap().open(&token).await.unwrap().outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn enc_3_a_record_that_was_encrypted_for_a_store_is_no_cookie() {
    let inner = MemoryStore::new();
    let store = Encrypted::new(inner.clone(), key(1));
    let id = SessionId::from_bytes([7; 16]);
    let _ = store.create(id, &Entry::new(vec![1; 200], DAY)).await.unwrap();
    let record = inner.load(id).await.unwrap().unwrap();
    let opened = unlisted().0.open(&text_of(record.payload())).await.unwrap();
    assert_eq!(opened.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn a_store_takes_a_schema_that_may_be_sealed_and_no_cookie_of_it() {
    let token = cookie(&unlisted().0).await;
    let stored = SessionManager::<Visitor, _>::new(MemoryStore::new());
    assert_eq!(stored.open(&token).await.unwrap().outcome(), Outcome::Malformed);
    let session = stored.open(None).await.unwrap();
    session.set_visits(1);
    let token = session.commit().await.unwrap().token().unwrap().expose();
    assert_eq!(unlisted().0.open(&token).await.unwrap().outcome(), Outcome::Unknown);
}
