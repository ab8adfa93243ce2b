//! Records whose bytes are not as they were written.

use std::sync::Arc;

use scs::store::{
    Cursor, Entry, Iterate as _, Purge as _, Revision, SessionId, Store as _, StoreError, StoreErrorKind, Term,
};
use scs_stores::{RedbStore, drivers::redb};

use crate::support::{Folder, MINUTE};

const RECORDS: redb::TableDefinition<'_, &[u8; 16], &[u8]> = redb::TableDefinition::new("scs_records");

fn id(number: usize) -> SessionId {
    SessionId::from_bytes([(number as u64).to_be_bytes(); 2].concat().try_into().unwrap())
}

/// The bytes of a record with two terms.
async fn bytes_of_a_record(store: &RedbStore, database: &redb::Database) -> Vec<u8> {
    use redb::ReadableDatabase as _;
    let terms = vec![Term::from_bytes([1; 16]), Term::from_bytes([2; 16])];
    let _ = store.create(id(0), &Entry::new("payload", MINUTE).with_terms(terms, Vec::new())).await.unwrap();
    let table = database.begin_read().unwrap().open_table(RECORDS).unwrap();
    table.get(&id(0).to_bytes()).unwrap().unwrap().value().to_vec()
}

/// Cut off anywhere, and with each bit flipped.
fn damaged(bytes: &[u8]) -> Vec<Vec<u8>> {
    let cut = (0..bytes.len()).map(|length| bytes[..length].to_vec());
    let flipped = (0..8 * bytes.len()).map(|bit| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    cut.chain(flipped).collect()
}

/// No answer is a panic, not even one that was caught.
fn assert_is_no_panic<T>(answer: Result<T, StoreError>) {
    if let Err(error) = answer {
        assert_eq!(error.kind(), StoreErrorKind::Other);
        assert!(error.to_string().contains("is damaged; delete it"), "{error}");
    }
}

#[tokio::test]
async fn no_damage_to_a_record_is_a_panic_and_every_record_can_be_deleted() {
    let folder = Folder::new("redb");
    let database = Arc::new(redb::Database::create(folder.file("sessions.redb")).unwrap());
    let store = RedbStore::in_database(database.clone()).open().unwrap();
    let records = damaged(&bytes_of_a_record(&store, &database).await);
    let transaction = database.begin_write().unwrap();
    for (number, bytes) in records.iter().enumerate() {
        transaction.open_table(RECORDS).unwrap().insert(&id(number + 1).to_bytes(), &**bytes).unwrap();
    }
    transaction.commit().unwrap();

    for number in 1..=records.len() {
        assert_is_no_panic(store.load(id(number)).await);
        assert_is_no_panic(store.page(Some(Cursor::new(id(number - 1).to_bytes())), 1).await);
        assert_is_no_panic(store.touch(id(number), Revision::random(), MINUTE).await);
        assert_is_no_panic(store.update(id(number), Revision::random(), &Entry::new("x", MINUTE)).await);
    }
    futures_util::future::join_all((1..=records.len()).map(|number| store.delete(id(number)))).await;
    for number in 1..=records.len() {
        assert!(store.load(id(number)).await.unwrap().is_none());
    }
    store.purge(10).await.unwrap();
    assert_eq!(store.page(None, 10).await.unwrap().items.len(), 1, "the record that is not damaged");
}
