//! Random sequences: requests that overlap, deploys between them, and time that passes.

use std::time::Duration;

use fastrand::Rng;
use scs::Clock as _;

use super::{
    POLICIES,
    book::{Book, Deed},
    clock, days, list, server,
};
use crate::ledger::Proof;

const STEPS: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_sequence_of_requests_and_deploys_brings_a_sealed_session_back() {
    let proof = Proof { name: "sealed_sequences", store: "memory", rounds: 20_000 };
    proof
        .prove(async |rounds| {
            for round in rounds {
                sequence(round).await;
            }
        })
        .await;
}

async fn sequence(round: u64) {
    let mut chance = Rng::with_seed(round);
    let clock = clock();
    let list = list(&clock);
    let servers = POLICIES.map(|timeouts| server(list.clone(), &clock, timeouts));
    let mut book = Book::default();
    book.tale.push(format!("round {round}"));
    let (mut slow, mut deployed) = (Vec::new(), 0);
    for _ in 0..STEPS {
        let now = clock.now();
        match chance.u8(..12) {
            0 => deployed = chance.usize(..POLICIES.len()),
            1 => clock.advance(pause(&mut chance)),
            2..6 => {
                let cookie = presented(&mut chance, book.cookies.len());
                book.tale.push(format!("opens {cookie:?} at {now:?}, policy {deployed}"));
                slow.push(book.open(&servers[deployed], cookie, now).await);
                // Nothing has changed.
                continue;
            }
            _ if slow.is_empty() => {}
            _ => {
                let position = chance.usize(..slow.len());
                let (request, deed) = (slow.swap_remove(position), any(&mut chance, book.cookies.len()));
                let is_done = book.finish(&request, deed, now).await;
                book.tale.push(format!("{position} {deed:?} at {now:?}: {is_done}, {} cookies", book.cookies.len()));
            }
        }
        book.check(&servers[deployed], clock.now()).await;
    }
    // Until the list has forgotten everything.
    for time in [Duration::from_hours(1), days(1), days(14), days(30), days(100)] {
        clock.advance(time);
        // The one under which everything lives longest.
        book.check(&servers[POLICIES.len() - 1], clock.now()).await;
    }
}

/// Mostly the latest; sometimes none.
fn presented(chance: &mut Rng, cookies: usize) -> Option<usize> {
    match chance.u8(..4) {
        _ if cookies == 0 => None,
        0 => None,
        1 => Some(chance.usize(..cookies)),
        _ => Some(cookies - 1),
    }
}

fn any(chance: &mut Rng, cookies: usize) -> Deed {
    match chance.u8(..20) {
        0 => Deed::Read,
        1..4 => Deed::Visit,
        4..7 => Deed::SignIn(chance.u64(1..3)),
        7..9 => Deed::Remember,
        9 => Deed::NoLonger,
        10 => Deed::Shorten(pause(chance)),
        11 => Deed::Renew,
        12..14 => Deed::SignOut,
        14 => Deed::Clear,
        15..17 => Deed::LogOut,
        _ => Deed::Merge(chance.usize(..=cookies)),
    }
}

/// Around the times at which a policy ends something.
fn pause(chance: &mut Rng) -> Duration {
    const MINUTES: [u64; 10] = [1, 9, 10, 29, 30, 60, 120, 24 * 60, 24 * 60 + 1, 14 * 24 * 60];
    Duration::from_mins(*chance.choice(&MINUTES).unwrap()) - Duration::from_millis(chance.u64(..2))
}
