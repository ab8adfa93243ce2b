use std::sync::Arc;

use scs_benches::servers::{self, Address};
use scs_stores::MySqlStore;
use sqlx::mysql::MySqlPoolOptions;

use crate::{place::Place, raw};

/// As many as the store has.
const CONNECTIONS: u32 = 10;

/// As the store has it.
const SETTINGS: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

pub struct MySql {
    server: Address,
}

impl MySql {
    pub const fn new(server: Address) -> Self {
        Self { server }
    }
}

impl Place for MySql {
    type Client = raw::mysql::MySql;
    type Store = MySqlStore;

    fn server(&self) -> Option<&Address> {
        Some(&self.server)
    }

    async fn connect(&self, through: Option<&str>, payload: Arc<[u8]>) -> (Self::Client, MySqlStore) {
        let database = servers::mysql::create(&self.server).await;
        let url = database.at(through.unwrap_or(self.server.server())).url();
        let store = MySqlStore::connect(&url).await.expect("MySQL answers");
        store.migrate().await.expect("the user may make tables");
        let pool = MySqlPoolOptions::new()
            .max_connections(CONNECTIONS)
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async { sqlx::raw_sql(SETTINGS).execute(connection).await.map(drop) })
            })
            .connect(&url)
            .await;
        (raw::mysql::MySql::new(pool.expect("MySQL answers"), payload), store)
    }

    async fn clean_up(self) {
        servers::mysql::delete(&self.server).await;
    }
}
