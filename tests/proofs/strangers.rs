//! Hundreds of clients on few connections to the store, some of whom leave midway, and nobody ever sees anything of
//! another's session.

use std::{collections::BTreeSet, net::SocketAddr, ops::Range};

use fastrand::Rng;
use futures_util::future::join_all;

use crate::{
    support::{PATIENCE, Place},
    web::{Answer, Client, Sessions, app, serve},
};

on_every_store!(wrong_client_answers, 1_000_000);

const CLIENTS: usize = 200;
const CONNECTIONS: u32 = 4;

async fn wrong_client_answers(place: &Place, rounds: Range<u64>) {
    let store = place.patient_store(CONNECTIONS).await;
    let sessions = Sessions::builder(store).store_timeout(PATIENCE).build().unwrap();
    let server = serve(app(&sessions)).await;
    let clients = rounds.clone().take(CLIENTS).map(|number| {
        let requests = (number..rounds.end).step_by(CLIENTS);
        tokio::spawn(Stranger::new(number, server.address).live(requests))
    });
    join_all(clients).await.into_iter().for_each(|client| client.unwrap());
}

/// A client who knows what it has done, and what it may have done.
struct Stranger {
    number: u64,
    client: Client,
    /// Hits that were answered, and those that may have been counted.
    hits: u64,
    perhaps: u64,
    /// The names that it may have: the last that was answered, and those since the beginning that were not.
    name: Option<String>,
    names: BTreeSet<String>,
}

impl Stranger {
    fn new(number: u64, address: SocketAddr) -> Self {
        Self { number, client: Client::new(address), hits: 0, perhaps: 0, name: None, names: BTreeSet::new() }
    }

    async fn live(mut self, requests: impl Iterator<Item = u64>) {
        self.anonymous().await;
        self.ask(&format!("/login/{}", self.number)).await;
        for seed in requests {
            self.request(seed).await;
        }
        self.look().await;
        assert_eq!(self.client.send("POST", "/logout").await.unwrap().body, "- 0 - -");
        self.anonymous().await;
    }

    async fn request(&mut self, seed: u64) {
        let mut random = Rng::with_seed(seed);
        let leaves = random.u8(..5) == 0;
        match random.u8(..20) {
            0..8 => self.look().await,
            8..13 if leaves => self.leave("/hits", &mut random).await,
            8..13 => self.hit().await,
            13..17 => self.rename(seed, leaves, &mut random).await,
            17 => self.ask("/renew").await,
            18 => self.ask(&format!("/login/{}", self.number)).await,
            _ => self.visit_without_cookie().await,
        }
    }

    async fn hit(&mut self) {
        self.perhaps += 1;
        self.ask("/hits").await;
        self.perhaps -= 1;
        self.hits += 1;
    }

    async fn rename(&mut self, seed: u64, leaves: bool, random: &mut Rng) {
        let name = format!("{}-{seed}", self.number);
        let path = format!("/name/{name}");
        self.names.insert(name.clone());
        if leaves {
            return self.leave(&path, random).await;
        }
        self.ask(&path).await;
        self.names.remove(&name);
        self.name = Some(name);
    }

    /// Goes away midway.
    async fn leave(&mut self, path: &str, random: &mut Rng) {
        self.perhaps += 1;
        let bytes = if random.bool() { usize::MAX } else { random.usize(..150) };
        self.client.send_and_leave("POST", path, bytes, random.u32(..30)).await.unwrap();
    }

    async fn look(&mut self) {
        let answer = self.client.send("GET", "/").await.unwrap();
        self.check(&answer);
    }

    async fn ask(&mut self, path: &str) {
        let answer = self.client.send("POST", path).await.unwrap();
        self.check(&answer);
    }

    /// Whoever shows no cookie is shown nothing.
    async fn visit_without_cookie(&mut self) {
        let cookie = self.client.cookie.take();
        self.anonymous().await;
        self.client.cookie = cookie;
    }

    async fn anonymous(&mut self) {
        assert_eq!(self.client.send("GET", "/").await.unwrap(), Answer { status: 200, body: "- 0 - -".to_owned() });
    }

    fn check(&self, answer: &Answer) {
        let number = self.number.to_string();
        let words: Vec<&str> = answer.body.split(' ').collect();
        let [account, hits, name, _] = words[..] else { panic!("client {number} was answered {answer:?}") };
        let hits: u64 = hits.parse().unwrap();
        let is_own_name = self.name.as_deref().unwrap_or("-") == name || self.names.contains(name);
        let is_own = account == number && (self.hits..=self.hits + self.perhaps).contains(&hits) && is_own_name;
        assert!(answer.status == 200 && is_own, "client {number} was answered {answer:?}");
    }
}
