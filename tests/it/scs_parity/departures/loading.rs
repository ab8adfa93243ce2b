//! Stored data that cannot be read, and cookies that contradict each other.

use scs::{
    Outcome, Session, SessionManager,
    store::{Entry, Store as _},
};

use crate::scs_parity::{Visit, known, serving};
use crate::support::{self, DAY, MINUTE, TestStore, body_text, commit};

mod before {
    #[derive(scs::Session)]
    #[session(name = "Shop")]
    pub(super) struct Shop {
        pub(super) visits: u32,
        pub(super) theme: Option<String>,
    }
}

mod after {
    #[derive(scs::Session)]
    #[session(name = "Shop")]
    pub(super) struct Shop {
        pub(super) visits: Vec<String>,
        pub(super) theme: Option<String>,
    }
}

/// In SCS one value whose type changed makes the whole session undecodable, and every request of that
/// visitor a 500 until the cookie goes. Here the one field reads as its default, or does what
/// `on_invalid` says.
#[tokio::test]
async fn a_value_whose_type_changed_is_no_error_for_ever() {
    let store = TestStore::new();
    let session = SessionManager::<before::Shop, _>::new(store.clone()).open(None).await.unwrap();
    session.set_visits(3);
    session.set_theme("dark");
    let token = commit(&session).await;
    let session = SessionManager::<after::Shop, _>::new(store).open(&token).await.unwrap();
    assert_eq!((session.visits(), session.theme().as_deref()), (vec![], Some("dark")));
    session.update_visits(|visits| visits.push("today".to_owned()));
    session.commit().await.unwrap();
}

/// In SCS bytes that are no session are an error, 500. Here the visitor is anonymous, one event says
/// so, and the record is kept for whoever looks into it.
#[tokio::test]
async fn bytes_that_are_no_session_make_the_visitor_anonymous() {
    let known = known().await;
    let revision = known.store.load(known.id).await.unwrap().unwrap().revision();
    let _ = known.store.update(known.id, revision, &Entry::new("gibberish", DAY)).await.unwrap();
    let session = known.open().await;
    assert_eq!((session.is_new(), session.outcome()), (true, Outcome::Unknown));
    assert!(known.store.load(known.id).await.unwrap().is_some());
}

/// SCS decodes everything on every request. Here fields are decoded when they are read, so what is
/// not touched costs nothing and breaks nothing.
#[tokio::test]
async fn a_field_that_is_not_touched_is_kept_as_it_is() {
    let store = TestStore::new();
    let older = SessionManager::<before::Shop, _>::new(store.clone());
    let session = older.open(None).await.unwrap();
    session.set_visits(3);
    let token = commit(&session).await;
    let session = SessionManager::<after::Shop, _>::new(store).open(&token).await.unwrap();
    session.set_theme("dark");
    session.commit().await.unwrap();
    assert_eq!(older.open(&token).await.unwrap().visits(), 3);
}

/// SCS takes the first of several cookies with its name, which another host of the domain may have
/// planted. Here two different ones are nobody's.
#[tokio::test]
async fn two_different_cookies_of_our_name_open_nothing() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { format!("{:?}", session.outcome()) });
    let planted = format!("__Host-id={}", "A".repeat(64));
    for both in [format!("{}; {planted}", known.cookie()), format!("{planted}; {}", known.cookie())] {
        let response = support::get(&app, "/", &[("cookie", &both)]).await;
        assert_eq!(body_text(response).await, "Ambiguous");
    }
    assert_eq!(known.store.take_calls(), [""; 0]);
}

/// In icza/session a session that has expired and was not swept yet lives on when somebody asks for
/// it. Here expired is expired.
#[tokio::test]
async fn an_expired_session_that_was_not_swept_yet_is_over() {
    let known = known().await;
    known.clock.advance(30 * MINUTE);
    assert!(known.open().await.is_new());
    assert_eq!(known.store.inner.statistics().sessions, 1, "although it is still there");
    known.clock.set(support::START);
    assert!(!known.open().await.is_new());
}

/// SCS loads the session before every handler behind its middleware. Here nothing happens before a
/// handler asks for it.
#[tokio::test]
async fn a_handler_that_asks_for_no_session_costs_nothing_and_its_response_is_left_alone() {
    let known = known().await;
    let app = serving(&known.sessions, || async { "ok" });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(known.store.take_calls(), [""; 0]);
    for name in ["set-cookie", "vary", "cache-control"] {
        assert!(response.headers().get(name).is_none(), "{name}");
    }
}

#[derive(Session)]
struct Unused {
    visits: u32,
}

/// Without its middleware every call of SCS panics. Here the extractor answers 500, and the log says
/// which layer the route lacks.
#[tokio::test]
async fn a_route_without_its_layer_is_a_500_and_no_panic() {
    let known = known().await;
    let app =
        serving(&known.sessions, |session: scs::TypedSession<Unused>| async move { session.visits().to_string() });
    let response = support::get(&app, "/", &[]).await;
    assert_eq!(response.status(), 500);
    assert_eq!(body_text(response).await, "Internal Server Error");
}
