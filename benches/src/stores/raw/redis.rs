//! `GET` to read, `GET` and a script that compares and sets to change, `SET NX` to create.

use std::sync::{Arc, LazyLock};

use redis::{AsyncConnectionConfig, Client, Script, aio::MultiplexedConnection};

use crate::subject::{LIFETIME, Subject, changed, new_id};

/// The least that compares: no command of Redis 7 does. What changes are the first eight bytes.
const COMPARE_AND_SET: &str = "if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 1 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 0";

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(COMPARE_AND_SET));

#[derive(Clone)]
pub struct Redis {
    connection: MultiplexedConnection,
    prefix: Arc<str>,
    payload: Arc<[u8]>,
}

impl Redis {
    pub async fn connect(url: &str, prefix: &str, payload: Arc<[u8]>) -> Self {
        let second = Some(std::time::Duration::from_secs(1));
        let config = AsyncConnectionConfig::new().set_connection_timeout(second).set_response_timeout(second);
        let client = Client::open(url).expect("the URL is one of Redis");
        let connection = client.get_multiplexed_async_connection_with_config(&config).await;
        let mut connection = connection.expect("Redis answers");
        SCRIPT.load_async(&mut connection).await.expect("Redis takes the script");
        Self { connection, prefix: prefix.into(), payload }
    }

    fn key(&self, id: &[u8; 16]) -> String {
        format!("{}{:032x}", self.prefix, u128::from_be_bytes(*id))
    }

    async fn get(&self, key: &str) -> Vec<u8> {
        let answer = redis::cmd("GET").arg(key).query_async::<Option<Vec<u8>>>(&mut self.connection.clone()).await;
        answer.expect("Redis answers").expect("the key is there")
    }
}

impl Subject for Redis {
    type Session = [u8; 16];

    async fn create(&self) -> [u8; 16] {
        let id = new_id();
        let mut command = redis::cmd("SET");
        command.arg(self.key(&id)).arg(&*self.payload).arg("NX").arg("EX").arg(LIFETIME.as_secs());
        let done = command.query_async::<bool>(&mut self.connection.clone()).await;
        assert!(done.expect("Redis answers"));
        id
    }

    async fn read(&self, id: &[u8; 16]) {
        assert_eq!(self.get(&self.key(id)).await.len(), self.payload.len());
    }

    async fn change(&self, id: &[u8; 16]) {
        let key = self.key(id);
        let payload = self.get(&key).await;
        let mut command = redis::cmd("EVALSHA");
        command.arg(SCRIPT.get_hash()).arg(1).arg(key);
        command.arg(&payload[..8]).arg(changed(&payload)).arg(LIFETIME.as_secs());
        let outcome = command.query_async::<u8>(&mut self.connection.clone()).await;
        assert_eq!(outcome.expect("Redis answers"), 0, "nobody else changes it");
    }
}
