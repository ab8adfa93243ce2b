//! PostgreSQL and Redis, with a thousand sessions and with a million.

mod fill;
mod times;

use scs::store::AnyStore;
use scs_benches::servers::{self, Address};
use scs_stores::{PostgresStore, RedisStore};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use self::times::Times;
use crate::visitor;

const FEW: u64 = 1_000;
const MANY: u64 = 1_000_000;

#[derive(Serialize, Deserialize)]
pub struct Measured {
    pub name: String,
    pub sessions: u64,
    pub times: Times,
}

pub fn measure(is_quick: bool) -> Vec<Measured> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    let many = if is_quick { 10 * FEW } else { MANY };
    let mut measured = Vec::new();
    for sessions in [FEW, many] {
        measured.extend(runtime.block_on(postgres(sessions)));
    }
    for sessions in [FEW, many] {
        measured.extend(runtime.block_on(redis(sessions)));
    }
    measured
}

async fn postgres(sessions: u64) -> Option<Measured> {
    let server = server("PostgreSQL", "SCS_POSTGRES_URL", sessions)?;
    let url = servers::postgres::create(&server, "").await.url();
    let store = PostgresStore::connect(&url).await.expect("PostgreSQL answers");
    store.migrate().await.expect("the user may make tables");
    let pool = PgPool::connect(&url).await.expect("PostgreSQL answers");
    fill::postgres(&pool, sessions, &visitor::record().await).await;
    let times = Times::of(&AnyStore::new(store), sessions).await;
    servers::postgres::delete(&server).await;
    Some(Measured { name: "PostgreSQL".to_owned(), sessions, times })
}

async fn redis(sessions: u64) -> Option<Measured> {
    let server = server("Redis", "SCS_REDIS_URL", sessions)?;
    servers::redis::delete(&server).await;
    let store = RedisStore::builder(server.url()).key_prefix(servers::redis::prefix()).connect().await;
    let store = store.expect("Redis takes sessions");
    fill::redis(&store, sessions, visitor::record().await).await;
    let times = Times::of(&AnyStore::new(store), sessions).await;
    servers::redis::delete(&server).await;
    Some(Measured { name: "Redis".to_owned(), sessions, times })
}

fn server(name: &str, variable: &str, sessions: u64) -> Option<Address> {
    let address = Address::of(variable);
    match address {
        Some(_) => eprintln!("{sessions} sessions in {name}"),
        None => eprintln!("{name} is passed over: {variable} is not set"),
    }
    address
}
