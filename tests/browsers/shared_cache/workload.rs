//! Many clients at once, and what they saw.

use std::ops::Add;

use futures_util::future::join_all;

use super::{
    client::Client,
    ledger::Ledger,
    nginx::{Manners, Nginx},
    pages::{Headers, pages},
};
use crate::{
    site::serve,
    support::{Server, Visitor},
};

const CLIENTS: usize = 40;

/// What clients saw.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Told {
    pub(super) requests: usize,
    /// Public pages that the cache answered by itself.
    pub(super) from_the_cache: usize,
    pub(super) others_cookies: usize,
    pub(super) others_pages: usize,
    /// Pages for somebody else than the client was at that moment, be it for what it was before.
    pub(super) wrong_pages: usize,
}

impl Add for Told {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            from_the_cache: self.from_the_cache + other.from_the_cache,
            others_cookies: self.others_cookies + other.others_cookies,
            others_pages: self.others_pages + other.others_pages,
            wrong_pages: self.wrong_pages + other.wrong_pages,
        }
    }
}

/// So many requests in all, through a cache of their own.
pub(super) async fn run(requests: usize, manners: Manners, headers: Headers) -> Told {
    let playground = Server::playground(&[]).await;
    let nginx = Nginx::start(manners, &playground.url, serve(pages(headers)).await).await;
    let ledger = Ledger::default();
    let clients = (0..CLIENTS).map(|number| {
        let client = Client::new(Visitor::at(&nginx.url), ledger.clone(), number as u64);
        tokio::spawn(client.go_through(requests / CLIENTS, fastrand::Rng::with_seed(number as u64)))
    });
    join_all(clients).await.into_iter().map(Result::unwrap).fold(Told::default(), Told::add)
}
