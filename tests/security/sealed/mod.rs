//! Sessions that their clients carry: what a sealed cookie hides, what it refuses, and what it cannot do.

mod binding;
mod budget;
mod changes;
mod damage;
mod deadlines;
mod keys;
mod list;
mod logout;
mod visits;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};
use scs::{
    ManualClock, MemoryStore, Session, SessionManager, TypedSession,
    sealed::{Key, KeyRing, NoRevocation, Revocation, RevocationList, SealedCookies},
};

use crate::support::{START, record_token};

#[derive(Session)]
#[session(sealed)]
pub(crate) struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
    note: Option<String>,
    #[session(flash)]
    notice: Option<String>,
}

pub(crate) type Visit = TypedSession<Visitor>;

/// Sixteen letters that no other part of a record has.
const NOTE: &str = "AVeryPrivateNote";

/// A key that is the same in every run.
fn key(number: u64) -> Key {
    let mut random = fastrand::Rng::with_seed(number);
    Key::from_bytes(&std::array::from_fn::<u8, 32, _>(|_| random.u8(..))).unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(START))
}

/// The cookies of one application.
fn cookies<R: Revocation>(keys: impl Into<KeyRing>, revocation: R) -> SealedCookies<R> {
    SealedCookies::new(keys, revocation).application("shop")
}

/// A manager on a clock that the test moves.
fn sealed<R: Revocation>(keys: impl Into<KeyRing>, revocation: R) -> Sealed<R> {
    on(cookies(keys, revocation), clock())
}

type Sealed<R> = (SessionManager<Visitor, SealedCookies<R>>, Arc<ManualClock>);

fn on<R: Revocation>(cookies: SealedCookies<R>, clock: Arc<ManualClock>) -> Sealed<R> {
    (SessionManager::builder(cookies).clock(clock.clone()).build().unwrap(), clock)
}

fn unlisted() -> Sealed<NoRevocation> {
    sealed(key(1), NoRevocation)
}

fn listed() -> Sealed<RevocationList<MemoryStore>> {
    let clock = clock();
    let list = RevocationList::new(MemoryStore::new().with_clock(clock.clone()));
    on(cookies(key(1), list), clock)
}

/// What a new session's client is given.
async fn cookie<R: Revocation>(sessions: &SessionManager<Visitor, SealedCookies<R>>) -> String {
    let session = sessions.open(None).await.unwrap();
    session.set_note(NOTE);
    commit(&session).await
}

/// What is given to the client of somebody who signed in.
async fn member<R: Revocation>(sessions: &SessionManager<Visitor, SealedCookies<R>>) -> String {
    let session = sessions.open(&cookie(sessions).await).await.unwrap();
    session.set_account(7);
    commit(&session).await
}

async fn commit(session: &Visit) -> String {
    record_token(&session.commit().await.unwrap().token().expect("each write seals the session anew").expose())
}

fn bytes_of(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn text_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn routes() -> Router {
    Router::new()
        .route("/visit", post(|session: Visit| async move { session.update_visits(|visits| *visits += 1) }))
        .route("/visits", get(|session: Visit| async move { session.visits().to_string() }))
        .route("/note", get(|session: Visit| async move { session.note().unwrap_or_default() }))
        .route("/login", post(|session: Visit| async move { session.set_account(7) }))
        .route("/account", get(|session: Visit| async move { format!("{:?}", session.account()) }))
        .route("/logout", post(|session: Visit| async move { session.destroy() }))
        .route("/notice", post(|session: Visit| async move { session.set_notice("saved") }))
        .route("/notice", get(|session: Visit| async move { session.pop_notice().unwrap_or_default() }))
        .route(
            "/remember",
            post(|session: Visit| async move {
                session.set_account(7);
                session.remember(true);
            }),
        )
}
