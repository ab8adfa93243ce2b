//! Two nodes on one database: what is found and limited stays exact.

use std::sync::Arc;

use scs::{
    SessionId,
    conformance::Harness,
    store::{Admission, Entry, Index, Limit, Store, Term},
};
use tokio::{sync::Barrier, task::JoinSet};

use super::{mysql::MySql, postgres::Postgres, sqlite::Sqlite};
use crate::support::MINUTE;

fn term(round: u32) -> Term {
    Term::from_bytes(u128::from(round).to_be_bytes())
}

/// A login between an observer's look at the session and its `forget`.
async fn forgetting_never_hides_a_record_that_has_the_term(one: impl Store + Limit, two: impl Index) {
    let (one, two) = (Arc::new(one), Arc::new(two));
    for round in 0..60 {
        let (id, term, barrier) = (SessionId::from_bytes([7; 16]), term(round), Arc::new(Barrier::new(2)));
        let admission = one.admit(term, id, 5, MINUTE).await.unwrap();
        assert_eq!(admission, Admission::Admitted);
        let login = tokio::spawn({
            let (one, barrier) = (one.clone(), barrier.clone());
            async move {
                barrier.wait().await;
                let entry = Entry::new("x", MINUTE).with_terms(vec![term], Vec::new());
                let _ = one.create(id, &entry).await.unwrap();
            }
        });
        barrier.wait().await;
        two.forget(term, id).await.unwrap();
        login.await.unwrap();
        assert_eq!(two.find(term, None, 10).await.unwrap().items, [id], "round {round}");
        one.delete(id).await.unwrap();
    }
}

/// Many logins at once on two nodes, for few places.
async fn as_many_as_there_are_places_are_admitted(one: impl Limit + Clone, two: impl Limit + Clone) {
    let mut logins = JoinSet::new();
    for number in 0..50_u8 {
        let (id, node) = (SessionId::from_bytes([number; 16]), (one.clone(), two.clone()));
        logins.spawn(async move {
            match number % 2 {
                0 => node.0.admit(term(1), id, 3, MINUTE).await.unwrap(),
                _ => node.1.admit(term(1), id, 3, MINUTE).await.unwrap(),
            }
        });
    }
    let admissions = logins.join_all().await;
    assert_eq!(admissions.iter().filter(|&admission| *admission == Admission::Admitted).count(), 3);
}

macro_rules! races {
    ($(#[$attribute:meta])* $name:ident: $harness:expr) => {
        mod $name {
            use super::*;

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn forgetting_never_hides_a_record_that_has_the_term() {
                let harness = $harness;
                super::forgetting_never_hides_a_record_that_has_the_term(harness.store().await, harness.store().await).await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn as_many_as_there_are_places_are_admitted() {
                let harness = $harness;
                super::as_many_as_there_are_places_are_admitted(harness.store().await, harness.store().await).await;
            }
        }
    };
}

races!(#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")] in_postgres: Postgres::new(""));
races!(#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")] in_mariadb: MySql::new());
races!(in_sqlite: Sqlite::new(scs_stores::SqliteDurability::ProcessEnd));
