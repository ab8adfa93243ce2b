//! One prepared statement to read, one more to change, one to create, from a pool that does not test its connections.

use std::sync::Arc;

use sqlx::{PgPool, Row as _};

use crate::subject::{LIFETIME, Subject, changed, new_id};

const READ: &str = r#"SELECT "revision", "payload" FROM "scs_sessions" WHERE "id" = $1 AND "expires" > now()"#;
const CHANGE: &str = r#"
UPDATE "scs_sessions" SET "revision" = $1, "payload" = $2, "expires" = now() + $3 * interval '1 second'
WHERE "id" = $4 AND "revision" = $5"#;
const CREATE: &str = r#"
INSERT INTO "scs_sessions" ("id", "revision", "expires", "payload")
VALUES ($1, $2, now() + $3 * interval '1 second', $4)"#;

#[derive(Clone)]
pub struct Postgres {
    pool: PgPool,
    payload: Arc<[u8]>,
}

impl Postgres {
    pub fn new(pool: PgPool, payload: Arc<[u8]>) -> Self {
        Self { pool, payload }
    }

    async fn load(&self, id: &[u8; 16]) -> (i64, Vec<u8>) {
        let row = sqlx::query(READ).bind(&id[..]).fetch_optional(&self.pool).await;
        let row = row.expect("PostgreSQL answers").expect("the session is there");
        (row.get(0), row.get(1))
    }
}

impl Subject for Postgres {
    type Session = [u8; 16];

    async fn create(&self) -> [u8; 16] {
        let id = new_id();
        let query = sqlx::query(CREATE).bind(&id[..]).bind(fastrand::i64(1..)).bind(LIFETIME.as_secs_f64());
        query.bind(&*self.payload).execute(&self.pool).await.expect("PostgreSQL answers");
        id
    }

    async fn read(&self, id: &[u8; 16]) {
        assert_eq!(self.load(id).await.1.len(), self.payload.len());
    }

    async fn change(&self, id: &[u8; 16]) {
        let (revision, payload) = self.load(id).await;
        let query = sqlx::query(CHANGE).bind(fastrand::i64(1..)).bind(changed(&payload)).bind(LIFETIME.as_secs_f64());
        let done = query.bind(&id[..]).bind(revision).execute(&self.pool).await.expect("PostgreSQL answers");
        assert_eq!(done.rows_affected(), 1);
    }
}
