//! A thief and an owner of one session go on visiting.

use std::time::Duration;

use super::{
    book::Book,
    deeds::Request,
    world::{Actor, GRACE, PERIOD},
};

/// How many new tokens a client is offered that presents none of them.
const OFFERS: u32 = 3;

/// For so many renewals.
const PERIODS: usize = 3;

/// Both visit, in any order, until each has had its chance at a new token and every grace is over. If both had the same
/// session, one of them has it no more and somebody was told.
pub(super) async fn both_for_long(book: &mut Book<'_>) {
    let (owner, thief) = (book.goes_on(Actor::Owner).await, book.goes_on(Actor::Thief).await);
    let Some(id) = owner.filter(|_| book.renews && owner == thief) else { return };
    // A session whose offers are lost is offered three, and goes on with the token that it has.
    if book.lost_offers(id) >= OFFERS {
        return;
    }
    book.loses_answers = false;
    let reuses = book.reuses;
    for _ in 0..PERIODS {
        book.pass(PERIOD);
        for _ in 0..6 {
            visit_both(book).await;
            let pause = Duration::from_secs(book.chance.u64(1..=4));
            book.pass(pause);
        }
        book.pass(GRACE);
        visit_both(book).await;
    }
    let (owner, thief) = (book.goes_on(Actor::Owner).await, book.goes_on(Actor::Thief).await);
    let has_ended = owner.is_none() && thief.is_none();
    let is_noticed = has_ended || (owner != thief && book.reuses > reuses);
    assert!(
        is_noticed,
        "the owner has {owner:?}, the thief {thief:?}, told {} times: {}",
        book.reuses - reuses,
        book.tale()
    );
}

async fn visit_both(book: &mut Book<'_>) {
    let mut both = [Actor::Owner, Actor::Thief];
    book.chance.shuffle(&mut both);
    for who in both {
        book.tell(format!("{who:?} goes on"));
        book.begin(who, Request::Visit).await;
        book.end(0).await;
        book.check().await;
    }
}
