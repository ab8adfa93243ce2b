//! One prepared statement to read, one more to change, one to create, from a pool that does not test its connections.

use std::sync::Arc;

use sqlx::{MySqlPool, Row as _};

use crate::subject::{LIFETIME, Subject, changed, new_id};

const READ: &str = "SELECT `revision`, `payload` FROM `scs_sessions` WHERE `id` = ? AND `expires` > UTC_TIMESTAMP(6)";
const CHANGE: &str = "
UPDATE `scs_sessions` SET `revision` = ?, `payload` = ?, `expires` = UTC_TIMESTAMP(6) + INTERVAL ? SECOND
WHERE `id` = ? AND `revision` = ?";
const CREATE: &str = "
INSERT INTO `scs_sessions` (`id`, `revision`, `expires`, `payload`)
VALUES (?, ?, UTC_TIMESTAMP(6) + INTERVAL ? SECOND, ?)";

#[derive(Clone)]
pub struct MySql {
    pool: MySqlPool,
    payload: Arc<[u8]>,
}

impl MySql {
    pub fn new(pool: MySqlPool, payload: Arc<[u8]>) -> Self {
        Self { pool, payload }
    }

    async fn load(&self, id: &[u8; 16]) -> (i64, Vec<u8>) {
        let row = sqlx::query(READ).bind(&id[..]).fetch_optional(&self.pool).await;
        let row = row.expect("MySQL answers").expect("the session is there");
        (row.get(0), row.get(1))
    }
}

const SECONDS: i64 = LIFETIME.as_secs().cast_signed();

impl Subject for MySql {
    type Session = [u8; 16];

    async fn create(&self) -> [u8; 16] {
        let id = new_id();
        let query = sqlx::query(CREATE).bind(&id[..]).bind(fastrand::i64(1..)).bind(SECONDS);
        query.bind(&*self.payload).execute(&self.pool).await.expect("MySQL answers");
        id
    }

    async fn read(&self, id: &[u8; 16]) {
        assert_eq!(self.load(id).await.1.len(), self.payload.len());
    }

    async fn change(&self, id: &[u8; 16]) {
        let (revision, payload) = self.load(id).await;
        let query = sqlx::query(CHANGE).bind(fastrand::i64(1..)).bind(changed(&payload)).bind(SECONDS);
        let done = query.bind(&id[..]).bind(revision).execute(&self.pool).await.expect("MySQL answers");
        assert_eq!(done.rows_affected(), 1);
    }
}
