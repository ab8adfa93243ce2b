//! One transaction to read, one more to change, one to create, on the calling thread; and a table by which to purge.

use std::{path::Path, sync::Arc};

use redb::{Database, Durability, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use crate::subject::{Subject, changed, new_id};

const RECORDS: TableDefinition<'static, &[u8; 16], &[u8]> = TableDefinition::new("records");
const EXPIRIES: TableDefinition<'static, (i64, &[u8; 16]), ()> = TableDefinition::new("expiries");

#[derive(Clone)]
pub struct Redb {
    database: Arc<Database>,
    durability: Durability,
    payload: Arc<[u8]>,
}

impl Redb {
    pub fn open(path: &Path, durability: Durability, payload: Arc<[u8]>) -> Self {
        let database = Database::builder().set_cache_size(64 * 1024 * 1024).create(path);
        let redb = Self { database: Arc::new(database.expect("the folder is there")), durability, payload };
        redb.write(&[0; 16], None);
        redb
    }

    fn write(&self, id: &[u8; 16], expected: Option<&[u8]>) {
        let payload = expected.map_or_else(|| self.payload.to_vec(), changed);
        let mut transaction = self.database.begin_write().expect("redb writes");
        transaction.set_durability(self.durability).expect("nothing was done before");
        let mut records = transaction.open_table(RECORDS).expect("redb writes");
        let held = records.get(id).expect("redb reads").map(|held| held.value().to_vec());
        assert_eq!(held.as_deref(), expected);
        records.insert(id, &*payload).expect("redb writes");
        if expected.is_none() {
            let mut expiries = transaction.open_table(EXPIRIES).expect("redb writes");
            expiries.insert((fastrand::i64(..), id), ()).expect("redb writes");
        }
        drop(records);
        transaction.commit().expect("redb writes");
    }

    fn load(&self, id: &[u8; 16]) -> Vec<u8> {
        let transaction = self.database.begin_read().expect("redb reads");
        let records = transaction.open_table(RECORDS).expect("the table is there");
        records.get(id).expect("redb reads").expect("the session is there").value().to_vec()
    }
}

impl Subject for Redb {
    type Session = [u8; 16];

    async fn create(&self) -> [u8; 16] {
        let id = new_id();
        self.write(&id, None);
        id
    }

    async fn read(&self, id: &[u8; 16]) {
        assert_eq!(self.load(id).len(), self.payload.len());
    }

    async fn change(&self, id: &[u8; 16]) {
        let payload = self.load(id);
        self.write(id, Some(&payload));
    }
}
