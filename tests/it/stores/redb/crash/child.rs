//! The process that is killed: eight writers, each over sessions of its own, which say what they are about to do and
//! when the store has answered.

use std::{path::PathBuf, time::Duration};

use scs::store::{Created, Entry, Revision, Store as _, Updated};
use scs_stores::RedbStore;

use super::{
    ALL, ORDERS,
    model::{Load as _, SLOTS, Session, State, TERMS, WRITERS, session_id},
};
use crate::support::child::say;

/// Waits for its end.
#[test]
#[ignore = "the tests of crashes run it in a process of its own"]
fn writes_until_it_is_killed() {
    let [Ok(file), Ok(sureness), Ok(seed)] = ORDERS.map(std::env::var) else { return };
    let sureness = ALL.into_iter().find(|one| format!("{one:?}") == sureness).unwrap();
    let store = super::open(&PathBuf::from(file), sureness);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let seed: u64 = seed.parse().unwrap();
        let writers = (0..WRITERS).map(|writer| Writer::new(writer, store.clone(), seed).write_for_ever());
        futures_util::future::join_all(writers.map(tokio::spawn)).await;
    });
}

struct Writer {
    number: u8,
    store: RedbStore,
    random: fastrand::Rng,
    sessions: [State; SLOTS],
}

impl Writer {
    fn new(number: u8, store: RedbStore, seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed.wrapping_mul(256) + u64::from(number) + 1);
        Self { number, store, random, sessions: [const { None }; SLOTS] }
    }

    async fn write_for_ever(mut self) {
        for slot in 0..SLOTS {
            self.sessions[slot] = State::loaded(&self.store, session_id(self.number, slot)).await;
        }
        loop {
            let slot = self.random.usize(..SLOTS);
            match (self.sessions[slot].clone(), self.random.u64(..4)) {
                (None, _) => self.create(slot).await,
                (Some(_), 0) => self.delete(slot).await,
                (Some(session), 1) => self.touch(slot, session).await,
                (Some(session), _) => self.update(slot, session).await,
            }
        }
    }

    fn session(&mut self) -> Session {
        Session {
            revision: Revision::random().get(),
            seconds: 1 + self.random.u64(..1_000_000),
            length: self.random.usize(..3_000),
            terms: self.random.u8(..1 << TERMS),
        }
    }

    fn entry(session: &Session, dropped: u8, is_critical: bool) -> Entry {
        let entry = Entry::new(session.payload(), Duration::from_secs(session.seconds))
            .with_revision(Revision::new(session.revision).unwrap())
            .with_lifetime(Duration::from_secs(2_000_000))
            .with_terms(Session::terms(session.terms), Session::terms(dropped));
        if is_critical { entry.with_full_durability() } else { entry }
    }

    /// What the session will be if the write succeeds, and whether it must last.
    fn begin(&self, slot: usize, next: &State, is_critical: bool) {
        let state = next.as_ref().map_or("-".to_owned(), Session::to_string);
        say(&format!("begin {} {slot} {is_critical} {state}", self.number));
    }

    fn end(&mut self, slot: usize, next: State) {
        say(&format!("end {}", self.number));
        self.sessions[slot] = next;
    }

    async fn create(&mut self, slot: usize) {
        let (next, is_critical) = (self.session(), self.random.u64(..8) == 0);
        let entry = Self::entry(&next, 0, is_critical);
        let next = Some(next);
        self.begin(slot, &next, is_critical);
        assert_eq!(self.store.create(session_id(self.number, slot), &entry).await.unwrap(), Created::Created);
        self.end(slot, next);
    }

    async fn update(&mut self, slot: usize, session: Session) {
        let (next, is_critical) = (self.session(), self.random.u64(..8) == 0);
        let entry = Self::entry(&next, session.terms & !next.terms, is_critical);
        let (next, expected) = (Some(next), Revision::new(session.revision).unwrap());
        self.begin(slot, &next, is_critical);
        let id = session_id(self.number, slot);
        assert_eq!(self.store.update(id, expected, &entry).await.unwrap(), Updated::Updated);
        self.end(slot, next);
    }

    async fn touch(&mut self, slot: usize, session: Session) {
        let expected = Revision::new(session.revision).unwrap();
        let seconds = 1 + self.random.u64(..1_000_000);
        let next = Some(Session { seconds, ..session });
        self.begin(slot, &next, false);
        let id = session_id(self.number, slot);
        self.store.touch(id, expected, Duration::from_secs(seconds)).await.unwrap();
        self.end(slot, next);
    }

    async fn delete(&mut self, slot: usize) {
        self.begin(slot, &None, true);
        assert!(self.store.delete(session_id(self.number, slot)).await.unwrap());
        self.end(slot, None);
    }
}
