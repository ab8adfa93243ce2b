//! The stores, each with its server or file and its settings.

mod mysql;
mod postgres;
mod redb;
mod redis;
mod sqlite;

use std::time::Duration;

use ::redb::Durability;
use scs_benches::servers::Address;
use scs_stores::{RedbDurability, SqliteDurability};

use self::{mysql::MySql, postgres::Postgres, redb::Redb, redis::Redis, sqlite::Sqlite};
use crate::{
    place::{Measured, Place, measure},
    settings::Settings,
};

/// Measures every store that is wanted and has its server, one after the other.
pub fn measure_all(settings: &Settings) -> Vec<Measured> {
    let within = RedbDurability::Within(Duration::from_secs(1));
    [
        served("Redis", "SCS_REDIS_URL", Redis::new, settings),
        served("PostgreSQL", "SCS_POSTGRES_URL", Postgres::new, settings),
        served("PostgreSQL, relaxed", "SCS_POSTGRES_URL", Postgres::relaxed, settings),
        served("MariaDB", "SCS_MYSQL_URL", MySql::new, settings),
        one("SQLite, `PowerCut`", || Sqlite::new(SqliteDurability::PowerCut), settings),
        one("SQLite, `ProcessEnd`", || Sqlite::new(SqliteDurability::ProcessEnd), settings),
        one("redb, `Immediate`", || Redb::new(RedbDurability::Immediate, Durability::Immediate), settings),
        one("redb, `Within(1 s)`", || Redb::new(within, Durability::None), settings),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn served<P: Place>(
    name: &str,
    variable: &str,
    place: impl FnOnce(Address) -> P,
    settings: &Settings,
) -> Option<Measured> {
    match Address::of(variable) {
        Some(address) => one(name, || place(address), settings),
        None if !settings.wants(name) => None,
        None => {
            eprintln!("{name} is passed over: {variable} is not set");
            None
        }
    }
}

fn one<P: Place>(name: &str, place: impl FnOnce() -> P, settings: &Settings) -> Option<Measured> {
    settings.wants(name).then(|| {
        eprintln!("{name}");
        measure(name, place(), settings)
    })
}
