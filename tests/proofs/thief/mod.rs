//! An owner with an honest browser, and a thief who has copied any token that there ever was.
//!
//! What is due, whatever the two do and in whatever order:
//!
//! * After the end of a session nothing that existed before opens it or feeds any session. Its ends are a logout, a
//!   revocation, its deadline and being merged into another; signing in or out, as the same account or another one, and a
//!   renewal that was asked for end everything that its tokens were good for, and its open requests with them. A session
//!   that is cleared keeps its token, which from then on shows nobody and nothing from before.
//! * A notice is claimed once, by the owner or by the thief.
//! * An owner who is alone is never logged out by an honest race: until a deadline, a logout or a revocation the last
//!   token that arrived opens the session as the account that signed in last, although other requests are slow and other
//!   responses got lost. Only what a response says of signing in and out, and of a renewal that was asked for, must
//!   arrive: there is no grace. Nor is anything of this told as the reuse of a token.
//! * A thief and an owner do not both go on unnoticed: with a periodic renewal, if both visit for long enough, one of them
//!   is anonymous and `token_reuse` was told, or the session has ended.
//!
//! Responses arrive in the order in which they were made, or not at all. Each write leaves a mark of its own, by which it
//! is found in whatever session it got into.

mod book;
mod deeds;
mod going_on;
mod world;

use std::ops::Range;

use self::{
    book::Book,
    deeds::Deed,
    world::{Actor, World},
};
use crate::{ledger::Proof, support::Place};

on_every_store!(thieves, 10_000);

/// Many more where they cost next to nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_a_thief_does_nothing_that_ended_comes_back_and_nobody_goes_on_unnoticed() {
    let (proof, place) = (Proof { name: "thieves_at_once", store: "memory", rounds: 100_000 }, Place::memory());
    proof.prove(async |rounds| thieves(&place, rounds).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_owner_who_is_alone_is_never_logged_out_by_an_honest_race() {
    let (proof, place) = (Proof { name: "honest_browser", store: "memory", rounds: 100_000 }, Place::memory());
    proof.prove(async |rounds| sequences(&place, rounds, false).await).await;
}

/// Steps of a sequence.
const STEPS: usize = 40;

async fn thieves(place: &Place, rounds: Range<u64>) {
    sequences(place, rounds, true).await;
}

async fn sequences(place: &Place, rounds: Range<u64>, with_thief: bool) {
    let world = World::open(place).await;
    for round in rounds {
        sequence(&world, round, with_thief).await;
    }
}

/// One random sequence: who does what, and which of the slow requests ends next.
async fn sequence(world: &World, round: u64, with_thief: bool) {
    let mut book = Book::new(world, round, with_thief);
    for _ in 0..STEPS {
        let who = if with_thief && book.chance.bool() { Actor::Thief } else { Actor::Owner };
        let deed = Deed::any(&mut book.chance, who);
        book.tell(format!("{who:?} {deed:?}"));
        match deed {
            Deed::Ends(number) => book.end(number).await,
            Deed::Pass(time) => book.pass(time),
            Deed::Steal => book.steal(),
            Deed::RevokeAll => book.revoke_all().await,
            Deed::Begins(request) => book.begin(who, request).await,
            Deed::Does(request) => {
                book.begin(who, request).await;
                book.end(0).await;
            }
        }
        book.check().await;
    }
    while book.is_busy() {
        book.end(0).await;
        book.check().await;
    }
    if with_thief {
        going_on::both_for_long(&mut book).await;
    }
}
