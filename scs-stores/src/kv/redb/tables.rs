//! The tables and their keys. Times are milliseconds since the Unix epoch.

use redb::{Key, ReadTransaction, Table, TableDefinition, TableError, Value, WriteTransaction};

use super::error::Failure;

/// An id or a term.
type Name = &'static [u8; 16];
/// When a purge looks at which record.
type Due = (i64, Name);
/// An id under a term.
type Posting = (Name, Name);
/// When the term was attached, and the deadline until which the record can live.
type Span = (i64, i64);
/// The deadline first, then the term and the id.
type Deadline = (i64, Name, Name);

/// The largest id or term.
pub(super) const LAST: [u8; 16] = [u8::MAX; 16];

/// The version of this layout, which a file remembers.
const LAYOUT: u64 = 1;

/// What the tables are called.
pub(super) struct Names {
    records: String,
    expiries: String,
    postings: String,
    deadlines: String,
    layout: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        let name = |table| format!("{prefix}_{table}");
        Self {
            records: name("records"),
            expiries: name("expiries"),
            postings: name("postings"),
            deadlines: name("deadlines"),
            layout: name("layout"),
        }
    }

    pub(super) fn records(&self) -> TableDefinition<'_, Name, &'static [u8]> {
        TableDefinition::new(&self.records)
    }

    fn expiries(&self) -> TableDefinition<'_, Due, ()> {
        TableDefinition::new(&self.expiries)
    }

    pub(super) fn postings(&self) -> TableDefinition<'_, Posting, Span> {
        TableDefinition::new(&self.postings)
    }

    fn deadlines(&self) -> TableDefinition<'_, Deadline, ()> {
        TableDefinition::new(&self.deadlines)
    }

    fn layout(&self) -> TableDefinition<'_, (), u64> {
        TableDefinition::new(&self.layout)
    }

    /// Whether the tables are there; an error if another version of this store made them.
    pub(super) fn exist(&self, transaction: &ReadTransaction) -> Result<bool, Failure> {
        let layout = match transaction.open_table(self.layout()) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(false),
            layout => layout?,
        };
        match layout.get(())?.map(|layout| layout.value()) {
            None => Ok(false),
            Some(LAYOUT) => Ok(true),
            Some(other) => Err(Failure::Layout(other)),
        }
    }

    /// Makes the tables, so that readers find them.
    pub(super) fn create(&self, transaction: &WriteTransaction) -> Result<(), Failure> {
        transaction.open_table(self.layout())?.insert((), LAYOUT)?;
        transaction.open_table(self.records())?;
        transaction.open_table(self.expiries())?;
        transaction.open_table(self.postings())?;
        transaction.open_table(self.deadlines())?;
        Ok(())
    }
}

/// The tables within one write transaction, which sees one time. Each is opened when it is first used.
pub(super) struct Tables<'t> {
    transaction: &'t WriteTransaction,
    names: &'t Names,
    records: Option<Table<'t, Name, &'static [u8]>>,
    expiries: Option<Table<'t, Due, ()>>,
    postings: Option<Table<'t, Posting, Span>>,
    deadlines: Option<Table<'t, Deadline, ()>>,
    pub(super) now: i64,
    /// Whether there is something to commit.
    pub(super) is_changed: bool,
}

impl<'t> Tables<'t> {
    pub(super) const fn of(transaction: &'t WriteTransaction, names: &'t Names, now: i64) -> Self {
        Self {
            transaction,
            names,
            records: None,
            expiries: None,
            postings: None,
            deadlines: None,
            now,
            is_changed: false,
        }
    }

    pub(super) fn records(&mut self) -> Result<&mut Table<'t, Name, &'static [u8]>, Failure> {
        open(&mut self.records, self.transaction, self.names.records())
    }

    pub(super) fn expiries(&mut self) -> Result<&mut Table<'t, Due, ()>, Failure> {
        open(&mut self.expiries, self.transaction, self.names.expiries())
    }

    pub(super) fn postings(&mut self) -> Result<&mut Table<'t, Posting, Span>, Failure> {
        open(&mut self.postings, self.transaction, self.names.postings())
    }

    pub(super) fn deadlines(&mut self) -> Result<&mut Table<'t, Deadline, ()>, Failure> {
        open(&mut self.deadlines, self.transaction, self.names.deadlines())
    }
}

fn open<'a, 't, K: Key, V: Value>(
    table: &'a mut Option<Table<'t, K, V>>,
    transaction: &'t WriteTransaction,
    definition: TableDefinition<'_, K, V>,
) -> Result<&'a mut Table<'t, K, V>, Failure> {
    match table {
        Some(table) => Ok(table),
        table => Ok(table.insert(transaction.open_table(definition)?)),
    }
}
