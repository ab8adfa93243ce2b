//! A visitor behind the cache, who knows what each page must show.

use reqwest::Response;
use serde_json::Value;

use super::{ledger::Ledger, workload::Told};
use crate::support::{Visitor, set_cookies};

/// One of the two servers behind the cache, with a session each.
#[derive(Clone, Copy)]
enum Site {
    Playground,
    Pages,
}

impl Site {
    const fn path(self) -> &'static str {
        match self {
            Self::Playground => "",
            Self::Pages => "/pages",
        }
    }
}

pub(super) struct Client {
    visitor: Visitor,
    ledger: Ledger,
    number: u64,
    sign_ins: u64,
    /// Whom it is signed in as, at each site.
    accounts: [Option<u64>; 2],
    told: Told,
}

/// Accounts of one client; those of the next begin there.
const ACCOUNTS: u64 = 1_000_000;

impl Client {
    pub(super) fn new(visitor: Visitor, ledger: Ledger, number: u64) -> Self {
        Self { visitor, ledger, number, sign_ins: 0, accounts: [None; 2], told: Told::default() }
    }

    pub(super) async fn go_through(mut self, steps: usize, mut random: fastrand::Rng) -> Told {
        let begins_signed_in = self.number.is_multiple_of(2);
        for site in [Site::Playground, Site::Pages].into_iter().filter(|_| begins_signed_in) {
            self.sign_in(site).await;
        }
        for _ in self.told.requests..steps {
            self.step(&mut random).await;
        }
        self.told
    }

    async fn step(&mut self, random: &mut fastrand::Rng) {
        let site = if random.bool() { Site::Playground } else { Site::Pages };
        match random.u8(0..12) {
            0 => self.sign_in(site).await,
            1 => self.sign_out(site).await,
            2 | 3 => self.post(&format!("{}/visits", site.path())).await,
            4 | 5 => self.read(Site::Pages, &format!("/pages/count?{}", random.u8(0..20))).await,
            6 | 7 => self.read_what_is_public(random).await,
            _ => self.read(site, &format!("{}/session", site.path())).await,
        }
    }

    /// As an account that nobody was before.
    async fn sign_in(&mut self, site: Site) {
        self.sign_ins += 1;
        let account = self.number * ACCOUNTS + self.sign_ins;
        self.post(&format!("{}/login/{account}", site.path())).await;
        self.accounts[site as usize] = Some(account);
    }

    async fn sign_out(&mut self, site: Site) {
        self.post(&format!("{}/logout", site.path())).await;
        self.accounts[site as usize] = None;
    }

    async fn post(&mut self, path: &str) {
        let response = self.visitor.post(path, &[]).await;
        self.look_at_cookies(&response);
    }

    async fn read_what_is_public(&mut self, random: &mut fastrand::Rng) {
        let page = self.visitor.get(if random.bool() { "/plain" } else { "/pages/about" }).await;
        self.look_at_cookies(&page);
        self.told.from_the_cache += usize::from(page.headers()["x-cache"] == "HIT");
    }

    async fn read(&mut self, site: Site, path: &str) {
        let page = self.visitor.get(path).await;
        self.look_at_cookies(&page);
        let page: Value = page.json().await.unwrap();
        let account = page["account"].as_u64();
        let is_anothers = account.is_some_and(|account| account / ACCOUNTS != self.number)
            || page["id"].as_str().is_some_and(|id| self.ledger.is_anothers(id, self.number));
        self.told.others_pages += usize::from(is_anothers);
        self.told.wrong_pages += usize::from(account != self.accounts[site as usize]);
    }

    fn look_at_cookies(&mut self, response: &Response) {
        self.told.requests += 1;
        for line in set_cookies(response) {
            let token = line.split([';', '=']).nth(1).unwrap();
            let is_anothers = !token.is_empty() && self.ledger.is_anothers(token, self.number);
            self.told.others_cookies += usize::from(is_anothers);
        }
    }
}
