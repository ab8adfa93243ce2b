//! Finding, listing and ending sessions from outside of a request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use scs::{
    ManualClock, Session, SessionManager,
    store::{Entry, Revision, Store as _, StoreError},
};

use crate::support::{Around, DAY, HOUR, TestStore, Wrapped, commit, on_manual_clock};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(index(by = "with_mail"))]
    mail: Option<String>,
    visits: u32,
}

type Sessions = SessionManager<Visitor, TestStore>;

async fn sign_in(sessions: &Sessions, account: u64) -> String {
    let session = sessions.open(None).await.unwrap();
    session.set_account(account);
    commit(&session).await
}

#[tokio::test]
async fn sessions_are_found_by_an_indexed_field() {
    let sessions = Sessions::new(TestStore::new());
    for account in [7, 7, 8] {
        sign_in(&sessions, account).await;
    }
    let found = sessions.find(Visitor::by_account(7)).await.unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|session| session.account() == Some(7)));
    assert!(sessions.find(Visitor::by_account(9)).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_index_follows_the_value() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    session.set_mail("old@example.com");
    let token = commit(&session).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_mail("new@example.com");
    session.commit().await.unwrap();
    assert_eq!(store.inner.statistics().index_entries, 1, "the old entry is gone before anybody looks for it");
    assert!(sessions.find(Visitor::with_mail("old@example.com")).await.unwrap().is_empty());
    assert_eq!(sessions.find(Visitor::with_mail("new@example.com")).await.unwrap().len(), 1);
    session.remove_mail();
    session.commit().await.unwrap();
    assert!(sessions.find(Visitor::with_mail("new@example.com")).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_index_survives_renewal() {
    let sessions = Sessions::new(TestStore::new());
    let token = sign_in(&sessions, 7).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.renew();
    session.commit().await.unwrap();
    assert_eq!(sessions.find(Visitor::by_account(7)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_session_is_found_as_long_as_it_lives() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    let token = sign_in(&sessions, 7).await;
    for _ in 0..47 {
        clock.advance(HOUR / 2 - HOUR / 60);
        sessions.open(token.as_str()).await.unwrap().commit().await.unwrap();
        assert_eq!(sessions.find(Visitor::by_account(7)).await.unwrap().len(), 1);
    }
    clock.advance(DAY);
    assert!(sessions.find(Visitor::by_account(7)).await.unwrap().is_empty());
    sessions.purge_expired().await.unwrap();
    assert_eq!(store.inner.statistics().index_entries, 0);
}

#[tokio::test]
async fn logging_out_everywhere_ends_every_session_of_the_account_and_no_other() {
    let sessions = Sessions::new(TestStore::new());
    let mut tokens = Vec::new();
    for _ in 0..250 {
        tokens.push(sign_in(&sessions, 7).await);
    }
    let other = sign_in(&sessions, 8).await;
    assert_eq!(sessions.revoke_all(Visitor::by_account(7)).await.unwrap(), 250);
    for token in tokens {
        assert!(sessions.open(token.as_str()).await.unwrap().is_new());
    }
    assert_eq!(sessions.open(other.as_str()).await.unwrap().account(), Some(8));
    assert_eq!(sessions.revoke_all(Visitor::by_account(7)).await.unwrap(), 0);
}

#[tokio::test]
async fn logging_out_everywhere_costs_in_proportion_to_the_account() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    for account in 0..200 {
        sign_in(&sessions, account).await;
    }
    store.take_calls();
    sessions.revoke_all(Visitor::by_account(7)).await.unwrap();
    assert_eq!(store.take_calls(), ["find", "delete_under"]);
}

#[tokio::test]
async fn a_list_goes_on_after_a_failure_where_it_was() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    for _ in 0..5 {
        sign_in(&sessions, 7).await;
    }
    let mut list = sessions.find(Visitor::by_account(7));
    store.fail_next("load", crate::support::Fault::Refused);
    assert!(list.next().await.is_err());
    assert_eq!(list.await.unwrap().len(), 5);
}

#[tokio::test]
async fn an_indexed_value_that_expires_leaves_no_index_entry_behind() {
    #[derive(Session)]
    struct Code {
        #[session(index, ttl = "2s")]
        code: Option<u32>,
    }

    let (sessions, store, clock) = on_manual_clock::<Code>();
    let session = sessions.open(None).await.unwrap();
    session.set_code(0);
    let token = commit(&session).await;
    for code in 1..50 {
        clock.advance(3 * crate::support::SECOND);
        let session = sessions.open(token.as_str()).await.unwrap();
        session.set_code(code);
        session.commit().await.unwrap();
    }
    assert_eq!(store.inner.statistics().index_entries, 1);
}

#[tokio::test]
async fn an_id_is_a_handle_and_not_a_token() {
    let sessions = Sessions::new(TestStore::new());
    let token = sign_in(&sessions, 7).await;
    let id = sessions.open(token.as_str()).await.unwrap().id();
    assert!(sessions.open(id.to_string().as_str()).await.unwrap().is_new());
    assert_eq!(sessions.get(id).await.unwrap().unwrap().account(), Some(7));
    assert!(sessions.revoke(id).await.unwrap());
    assert!(!sessions.revoke(id).await.unwrap());
    assert!(sessions.get(id).await.unwrap().is_none());
}

#[tokio::test]
async fn iterating_sees_every_session_once() {
    let sessions = Sessions::new(TestStore::new());
    let mut expected = Vec::new();
    for account in 0..500 {
        let token = sign_in(&sessions, account).await;
        expected.push(sessions.open(token.as_str()).await.unwrap().id());
    }
    let mut seen = Vec::new();
    let mut all = sessions.iterate();
    while let Some(session) = all.next().await.unwrap() {
        seen.push(session.id());
    }
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_listed_session_is_changed_by_its_own_commit() {
    let sessions = Sessions::new(TestStore::new());
    let token = sign_in(&sessions, 7).await;
    for session in sessions.iterate().await.unwrap() {
        session.set_visits(9);
        session.commit().await.unwrap();
    }
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!(session.visits(), 9);
    for session in sessions.iterate().await.unwrap() {
        session.destroy();
        session.commit().await.unwrap();
    }
    assert!(sessions.open(token.as_str()).await.unwrap().is_new());
}

#[tokio::test]
async fn purging_deletes_what_has_expired_and_nothing_else() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    for account in 0..30 {
        sign_in(&sessions, account).await;
    }
    clock.advance(HOUR / 4);
    let live = sign_in(&sessions, 99).await;
    clock.advance(HOUR / 4);
    assert_eq!(sessions.purge_expired().await.unwrap(), 30);
    assert_eq!(store.inner.statistics().sessions, 1);
    assert!(!sessions.open(live.as_str()).await.unwrap().is_new());
}

#[tokio::test(start_paused = true)]
async fn the_reaper_goes_on_after_a_failure() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    store.fail_next("purge", crate::support::Fault::Refused);
    let reaper = tokio::spawn(sessions.reaper(HOUR));
    tokio::time::sleep(3 * HOUR + HOUR / 2).await;
    reaper.abort();
    assert_eq!(store.take_calls(), ["purge"; 3]);
}

#[tokio::test]
async fn a_session_that_signed_in_to_another_account_meanwhile_is_not_ended() {
    let (sessions, store, _) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    commit(&session).await;
    store.delay_next("delete_under");
    let revoking = tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.revoke_all(Visitor::by_account(7)).await }
    });
    store.reached("delete_under").await;
    session.set_account(8);
    let token = commit(&session).await;
    store.release();
    assert_eq!(revoking.await.unwrap().unwrap(), 0);
    assert_eq!(sessions.open(&token).await.unwrap().account(), Some(8));
}

/// Signs somebody in whenever a session of theirs is ended.
#[derive(Clone)]
struct SignsInAgain {
    sessions: Sessions,
    clock: Arc<ManualClock>,
    times: Arc<AtomicUsize>,
}

impl Around for SignsInAgain {
    async fn call<T: Send>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let answer = work.await;
        if name == "delete_under" {
            assert!(self.times.fetch_add(1, Ordering::Relaxed) < 500, "it goes on and on");
            self.clock.advance(Duration::from_millis(1));
            sign_in(&self.sessions, 7).await;
        }
        answer
    }
}

/// Somebody who knows the password signs in again and again.
#[tokio::test]
async fn logging_out_everywhere_ends_however_many_sign_in_meanwhile() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    let around = SignsInAgain { sessions, clock: clock.clone(), times: Arc::default() };
    let mut before = Vec::new();
    for _ in 0..250 {
        before.push(sign_in(&around.sessions, 7).await);
    }
    let wrapped = Wrapped { inner: store, around: around.clone() };
    let sessions = SessionManager::<Visitor, _>::builder(wrapped).clock(clock).build().unwrap();
    assert_eq!(sessions.revoke_all(Visitor::by_account(7)).await.unwrap(), 250);
    for token in before {
        assert!(!around.sessions.open(&token).await.unwrap().has_account());
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_here_ends_too() {
    let (sessions, store, _) = on_manual_clock::<Visitor>();
    let token = sign_in(&sessions, 7).await;
    let id = sessions.open(&token).await.unwrap().id();
    // A newer version wrote it.
    let stored = store.inner.load(id).await.unwrap().unwrap();
    let newer = Entry::new(&[250_u8, 1, 2, 3][..], DAY);
    let _ = store.inner.update(id, stored.revision(), &newer.clone()).await.unwrap();
    assert_eq!(sessions.find(Visitor::by_account(7)).await.unwrap().len(), 0);
    assert_eq!(sessions.revoke_all(Visitor::by_account(7)).await.unwrap(), 1);
    assert!(store.inner.load(id).await.unwrap().is_none());

    let token = sign_in(&sessions, 7).await;
    let id = sessions.open(&token).await.unwrap().id();
    let stored = store.inner.load(id).await.unwrap().unwrap();
    let _ = store.inner.update(id, stored.revision(), &newer.with_revision(Revision::random())).await.unwrap();
    assert!(sessions.revoke(id).await.unwrap());
    assert!(!sessions.revoke(id).await.unwrap());
}

#[derive(Session)]
#[session(name = "Indexed")]
struct Unindexed {
    #[session(renews)]
    account: Option<u64>,
}

#[derive(Session)]
#[session(name = "Indexed")]
struct Indexed {
    #[session(index, renews)]
    account: Option<u64>,
}

#[tokio::test]
async fn sessions_from_before_a_field_had_an_index_are_found_once_they_are_posted() {
    let (before, store, clock) = on_manual_clock::<Unindexed>();
    let session = before.open(None).await.unwrap();
    session.set_account(7);
    let token = commit(&session).await;
    let now = SessionManager::<Indexed, _>::builder(store.clone()).clock(clock.clone()).build().unwrap();
    clock.advance(HOUR / 4);
    assert!(now.find(Indexed::by_account(7)).await.unwrap().is_empty());
    for _ in 0..2 {
        assert_eq!(now.reindex().await.unwrap(), 1);
        let found = now.find(Indexed::by_account(7)).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(store.inner.load(session.id()).await.unwrap().unwrap().ttl(), HOUR / 4, "it lives no longer");
    }
    assert!(now.open(&token).await.unwrap().has_account());
    assert_eq!(now.revoke_all(Indexed::by_account(7)).await.unwrap(), 1);
}
