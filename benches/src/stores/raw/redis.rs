//! `GET` to read, `GET` and `SET` to change without comparing anything, `SET NX` to create.

use std::sync::Arc;

use redis::{AsyncConnectionConfig, Client, aio::MultiplexedConnection};

use crate::subject::{LIFETIME, Subject, changed, new_id};

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
        Self { connection: connection.expect("Redis answers"), prefix: prefix.into(), payload }
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
        let payload = changed(&self.get(&key).await);
        let mut command = redis::cmd("SET");
        command.arg(key).arg(payload).arg("EX").arg(LIFETIME.as_secs());
        command.query_async::<()>(&mut self.connection.clone()).await.expect("Redis answers");
    }
}
