use std::sync::Arc;

use scs_benches::servers::{self, Address};
use scs_stores::PostgresStore;
use sqlx::postgres::PgPoolOptions;

use crate::{place::Place, raw};

/// As many as the store has.
const CONNECTIONS: u32 = 10;

pub struct Postgres {
    server: Address,
    parameters: &'static str,
}

impl Postgres {
    pub const fn new(server: Address) -> Self {
        Self { server, parameters: "" }
    }

    pub const fn relaxed(server: Address) -> Self {
        Self { server, parameters: "?options=-c%20synchronous_commit%3Doff" }
    }
}

impl Place for Postgres {
    type Client = raw::postgres::Postgres;
    type Store = PostgresStore;

    fn server(&self) -> Option<&Address> {
        Some(&self.server)
    }

    async fn connect(&self, through: Option<&str>, payload: Arc<[u8]>) -> (Self::Client, PostgresStore) {
        let database = servers::postgres::create(&self.server, self.parameters).await;
        let url = database.at(through.unwrap_or(self.server.server())).url();
        let store = PostgresStore::connect(&url).await.expect("PostgreSQL answers");
        store.migrate().await.expect("the user may make tables");
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false).connect(&url).await;
        (raw::postgres::Postgres::new(pool.expect("PostgreSQL answers"), payload), store)
    }

    async fn clean_up(self) {
        servers::postgres::delete(&self.server).await;
    }
}
