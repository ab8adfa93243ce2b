use std::sync::Arc;

use scs_benches::servers::{self, Address};
use scs_stores::RedisStore;

use crate::{place::Place, raw};

pub struct Redis {
    server: Address,
}

impl Redis {
    pub const fn new(server: Address) -> Self {
        Self { server }
    }
}

impl Place for Redis {
    type Client = raw::redis::Redis;
    type Store = RedisStore;

    fn server(&self) -> Option<&Address> {
        Some(&self.server)
    }

    async fn connect(&self, through: Option<&str>, payload: Arc<[u8]>) -> (Self::Client, RedisStore) {
        let url = self.server.at(through.unwrap_or(self.server.server())).url();
        let prefix = servers::redis::prefix();
        let client = raw::redis::Redis::connect(&url, &format!("{prefix}client:"), payload).await;
        let store = RedisStore::builder(url).key_prefix(prefix).connect().await;
        (client, store.expect("Redis takes sessions"))
    }

    async fn clean_up(self) {
        servers::redis::delete(&self.server).await;
    }
}
