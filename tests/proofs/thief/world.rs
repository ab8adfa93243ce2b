//! The sessions of the sequences: those of the application, and what an observer sees who changes nothing.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use scs::{ManualClock, Session, SessionEvent, SessionManager, store::AnyStore};

use crate::support::{HOUR, MINUTE, Place, START};

#[derive(Session)]
pub(super) struct Visitor {
    #[session(index, renews)]
    pub(super) account: Option<u64>,
    pub(super) marks: Vec<u64>,
    #[session(flash)]
    pub(super) notice: Option<u64>,
}

pub(super) type Sessions = SessionManager<Visitor, AnyStore>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    Owner,
    Thief,
}

/// How often tokens are renewed on their own, and how long the one before works then.
pub(super) const PERIOD: Duration = MINUTE;
pub(super) const GRACE: Duration = Duration::from_secs(10);

pub(super) struct World {
    store: AnyStore,
    pub(super) clock: Arc<ManualClock>,
}

/// What is told of the sessions of one sequence.
pub(super) type Events = Arc<Mutex<Vec<SessionEvent>>>;

impl World {
    pub(super) async fn open(place: &Place) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        Self { store: place.store_on(clock.clone()).await, clock }
    }

    /// The application.
    pub(super) fn sessions(&self, renews: bool, ends: bool, first_visit: bool) -> (Sessions, Events) {
        let events = Events::default();
        let hook = Arc::clone(&events);
        let mut settings = SessionManager::builder(self.store.clone()).clock(self.clock.clone()).store_timeout(MINUTE);
        // No sequence is so long that somebody is gone for being idle.
        settings = settings.idle_timeout(20 * HOUR).renewal_grace(GRACE);
        settings = settings.on_event(move |event| hook.lock().unwrap().push(*event));
        settings = if renews { settings.renew_every(PERIOD) } else { settings };
        settings = if ends { settings.end_on_token_reuse() } else { settings };
        settings = if first_visit { settings.first_visit_timeout(19 * HOUR) } else { settings };
        (settings.build().unwrap(), events)
    }

    /// Looks without leaving a trace: it ends no session by looking, and never commits.
    pub(super) fn observer(&self) -> Sessions {
        let settings = SessionManager::builder(self.store.clone()).clock(self.clock.clone()).store_timeout(MINUTE);
        settings.idle_timeout(20 * HOUR).renewal_grace(GRACE).build().unwrap()
    }
}
