//! The same over a network that swallows answers: no driver sends again what may have been done.

use std::{ops::Range, time::Duration};

use super::trial::Trial;
use crate::{
    servers::on_every_server,
    support::{Place, Proxy, Weather},
};

on_every_server!(swallowed_answers, 10_000);

/// Of so many answers one is swallowed.
const ONE_OF: usize = 20;

/// As long as a call of the store may take, with all the connections that it loses.
const DEADLINE: Duration = Duration::from_secs(2);

async fn swallowed_answers(place: &Place, rounds: Range<u64>) {
    let (proxy, url) = Proxy::before_url(&place.url, rounds.start).await;
    let faulty = scs_stores::open(&url).await.unwrap();
    proxy.set(Weather::Swallows(ONE_OF));
    Trial::new(faulty, DEADLINE, place.store().await).all(rounds).await;
}
