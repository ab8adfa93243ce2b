//! A write that ends in an error was done once or not at all: nothing does it again, and no client is told what is not so.

mod swallowed;
mod trial;

use std::{ops::Range, time::Duration};

use scs::store::AnyStore;

use self::trial::Trial;
use crate::support::{Place, TestStore};

on_every_store!(ambiguous, 10_000);

/// Of so many calls of the store one fails.
const ONE_OF: usize = 4;

/// As long as a call of the store may take: those that hang take it all.
const DEADLINE: Duration = Duration::from_millis(100);

async fn ambiguous(place: &Place, rounds: Range<u64>) {
    let store = place.store().await;
    let faulty = TestStore::over(store.clone());
    faulty.fail_at_random(rounds.start, ONE_OF);
    Trial::new(AnyStore::new(faulty), DEADLINE, store).all(rounds).await;
}
