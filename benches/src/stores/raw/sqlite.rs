//! One connection with the store's settings, and one statement to read, one more to change, one to create, on the calling thread.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rusqlite::{Connection, params};

use crate::subject::{LIFETIME, Subject, changed, new_id};

const READ: &str = r#"SELECT "revision", "payload" FROM "scs_sessions" WHERE "id" = ? AND "expires" > ?"#;
const CHANGE: &str = r#"
UPDATE "scs_sessions" SET "revision" = ?, "payload" = ?, "expires" = ? WHERE "id" = ? AND "revision" = ?"#;
const CREATE: &str = r#"INSERT INTO "scs_sessions" ("id", "revision", "expires", "payload") VALUES (?, ?, ?, ?)"#;

#[derive(Clone)]
pub struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    payload: Arc<[u8]>,
}

impl Sqlite {
    pub fn open(path: &Path, synchronous: &str, schema: &str, payload: Arc<[u8]>) -> Self {
        let connection = Connection::open(path).expect("the folder is there");
        connection.pragma_update(None, "journal_mode", "WAL").expect("SQLite has a log");
        connection.pragma_update(None, "synchronous", synchronous).expect("SQLite knows the setting");
        connection.execute_batch(schema).expect("the schema is that of the store");
        Self { connection: Arc::new(Mutex::new(connection)), payload }
    }

    /// The same client, which waits for others on the calling thread.
    pub fn waiting(self, patience: Duration) -> Self {
        self.connection().busy_timeout(patience).expect("SQLite has a timeout");
        self
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load(connection: &Connection, id: &[u8; 16]) -> (i64, Vec<u8>) {
    let mut statement = connection.prepare_cached(READ).expect("the table is there");
    let row = statement.query_row(params![id, now()], |row| Ok((row.get(0)?, row.get(1)?)));
    row.expect("the session is there")
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    i64::try_from(now.as_millis()).expect("it is not that late")
}

fn expires() -> i64 {
    now() + i64::try_from(LIFETIME.as_millis()).expect("it is short")
}

impl Subject for Sqlite {
    type Session = [u8; 16];

    async fn create(&self) -> [u8; 16] {
        let id = new_id();
        let connection = self.connection();
        let mut statement = connection.prepare_cached(CREATE).expect("the table is there");
        statement.execute(params![id, fastrand::i64(1..), expires(), &*self.payload]).expect("SQLite writes");
        id
    }

    async fn read(&self, id: &[u8; 16]) {
        assert_eq!(load(&self.connection(), id).1.len(), self.payload.len());
    }

    async fn change(&self, id: &[u8; 16]) {
        let connection = self.connection();
        let (revision, payload) = load(&connection, id);
        let mut statement = connection.prepare_cached(CHANGE).expect("the table is there");
        let done = statement.execute(params![fastrand::i64(1..), changed(&payload), expires(), id, revision]);
        assert_eq!(done.expect("SQLite writes"), 1);
    }
}
