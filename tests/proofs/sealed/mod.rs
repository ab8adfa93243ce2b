//! Sessions that their clients carry, with a list of those that are over, and a thief with every cookie that ever was.
//!
//! What is due: after the end of a session that somebody had signed in to no earlier cookie of it is signed in to
//! anything, for ever, also after the list has forgotten it and under whatever timeouts a deploy has brought since. Its
//! ends are a logout, a sign-out, clearing it, a renewal, another sign-in, bringing its end forward, and being merged
//! into another, which ends a stranger's too. Requests that were open before count: a slow one seals the session again,
//! and that cookie opens nothing. A session goes to one other at most. As long as nobody ended it and every policy since lets it
//! live, a cookie is signed in to what was sealed into it.

mod book;
mod schedules;
mod sequences;

use std::{sync::Arc, time::Duration};

use scs::{
    Builder, ManualClock, MemoryStore, Session, SessionManager,
    sealed::{Key, RevocationList, SealedCookies},
    store::Store,
};

use crate::support::{DAY, HOUR, MINUTE, START};

#[derive(Session)]
#[session(sealed)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u64,
}

type Sessions<St> = SessionManager<Visitor, SealedCookies<RevocationList<St>>>;

/// Idle and absolute timeouts, and those of the remembered: what deploys change between.
type Timeouts = [Duration; 4];

const POLICIES: [Timeouts; 4] = [
    [Duration::from_mins(30), DAY, days(14), days(30)],
    SHORTEST,
    [Duration::from_hours(2); 4],
    [DAY, days(30), days(100), days(100)],
];

const SHORTEST: Timeouts = [Duration::from_mins(10), HOUR, HOUR, DAY];

const fn days(number: u64) -> Duration {
    Duration::from_hours(24 * number)
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(START))
}

fn list(clock: &Arc<ManualClock>) -> MemoryStore {
    MemoryStore::new().with_clock(clock.clone())
}

/// A server, as one deploy sets it up.
fn server<St: Store>(list: St, clock: &Arc<ManualClock>, timeouts: Timeouts) -> Sessions<St> {
    settings(list, clock, timeouts).build().unwrap()
}

fn settings<St: Store>(
    list: St,
    clock: &Arc<ManualClock>,
    [idle, absolute, remembered_idle, remembered_absolute]: Timeouts,
) -> Builder<Visitor, SealedCookies<RevocationList<St>>> {
    // The same in every run.
    let mut random = fastrand::Rng::with_seed(1);
    let key = Key::from_bytes(&std::array::from_fn::<u8, 32, _>(|_| random.u8(..))).unwrap();
    let cookies = SealedCookies::new(key, RevocationList::new(list)).application("shop");
    SessionManager::builder(cookies)
        .clock(clock.clone())
        .store_timeout(MINUTE)
        .idle_timeout(idle)
        .absolute_timeout(absolute)
        .remembered_timeouts(remembered_idle, remembered_absolute)
}
