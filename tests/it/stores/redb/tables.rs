//! The tables as they lie in a file, read without the store.

use std::{collections::BTreeSet, path::Path};

use scs_stores::drivers::redb::{
    AccessGuard, Database, ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableDefinition,
};

type Bytes = [u8; 16];

/// Everything in the tables but the payloads.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Tables {
    /// Id, expiry, when a purge looks at it, terms.
    pub(super) records: Vec<(Bytes, u64, i64, Vec<Bytes>)>,
    pub(super) expiries: BTreeSet<(i64, Bytes)>,
    /// Term, id, deadline.
    pub(super) postings: BTreeSet<(Bytes, Bytes, i64)>,
    /// The same from the table of deadlines.
    pub(super) deadlines: BTreeSet<(Bytes, Bytes, i64)>,
}

impl Tables {
    pub(super) fn of_file(path: &Path) -> Self {
        Self::of(&Database::open(path).unwrap())
    }

    pub(super) fn of(database: &Database) -> Self {
        let transaction = database.begin_read().unwrap();
        Self {
            records: records(&transaction),
            expiries: expiries(&transaction),
            postings: postings(&transaction),
            deadlines: deadlines(&transaction),
        }
    }

    /// Each record is noted once, at its expiry or before, and is under each of its terms, and nothing else is.
    pub(super) fn assert_agree(&self) {
        let noted: BTreeSet<_> = self.records.iter().map(|(id, _, queued, _)| (*queued, *id)).collect();
        assert_eq!(self.expiries, noted, "records and their expiries");
        for (id, expires, queued, _) in &self.records {
            assert!(u64::try_from(*queued).unwrap() <= *expires, "{id:?} is looked at too late");
        }
        let had = self.records.iter().flat_map(|(id, _, _, terms)| terms.iter().map(|term| (*term, *id)));
        let posted: BTreeSet<_> = self.postings.iter().map(|(term, id, _)| (*term, *id)).collect();
        assert_eq!(posted, had.collect(), "terms of records and the index");
        assert_eq!(self.postings, self.deadlines, "the index and its deadlines");
    }
}

fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(bytes[8 * at..8 * (at + 1)].try_into().unwrap())
}

fn records(transaction: &ReadTransaction) -> Vec<(Bytes, u64, i64, Vec<Bytes>)> {
    let table = transaction.open_table(TableDefinition::<&Bytes, &[u8]>::new("scs_records")).unwrap();
    let record = |row: Result<(AccessGuard<'_, &Bytes>, AccessGuard<'_, &[u8]>), _>| {
        let (id, bytes) = row.unwrap();
        let terms = usize::try_from(number(bytes.value(), 3)).unwrap();
        let terms = bytes.value()[32..][..16 * terms].as_chunks().0.to_vec();
        (*id.value(), number(bytes.value(), 1), number(bytes.value(), 2).try_into().unwrap(), terms)
    };
    table.iter().unwrap().map(record).collect()
}

fn expiries(transaction: &ReadTransaction) -> BTreeSet<(i64, Bytes)> {
    let table = transaction.open_table(TableDefinition::<(i64, &Bytes), ()>::new("scs_expiries")).unwrap();
    let rows = table.iter().unwrap().map(Result::unwrap);
    rows.map(|(key, _)| (key.value().0, *key.value().1)).collect()
}

fn postings(transaction: &ReadTransaction) -> BTreeSet<(Bytes, Bytes, i64)> {
    let table = TableDefinition::<(&Bytes, &Bytes), (i64, i64)>::new("scs_postings");
    let table = transaction.open_table(table).unwrap();
    let rows = table.iter().unwrap().map(Result::unwrap);
    rows.map(|(key, span)| (*key.value().0, *key.value().1, span.value().1)).collect()
}

fn deadlines(transaction: &ReadTransaction) -> BTreeSet<(Bytes, Bytes, i64)> {
    let table = transaction.open_table(TableDefinition::<(i64, &Bytes, &Bytes), ()>::new("scs_deadlines")).unwrap();
    let rows = table.iter().unwrap().map(Result::unwrap);
    rows.map(|(key, _)| (*key.value().1, *key.value().2, key.value().0)).collect()
}
