//! Records of any shape, and what must hold for each.

#![allow(clippy::unwrap_used, reason = "a test that fails says so by panicking")]

mod damage;
mod fields;
mod headers;
mod schemas;

use std::{fmt, time::Duration};

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    Cell, CellRef, Cells, Header, Record, StoredField,
    encode::{Fields, encode},
    header::{OtherSecret, SecretKind},
    payload::Buffer,
};
use crate::{
    schema::{FieldSchema, Schema},
    time::Timestamp,
    token::SecretHash,
};

const NOW: Timestamp = time(1_000);

/// A flag that this version does not know.
const UNKNOWN_FLAG: u8 = 0b1000_0000;

const fn time(millis: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_700_000_000_000 + millis)
}

/// The fields of a session: those of its schema, then the others.
#[derive(Debug, Clone)]
struct Model {
    schema: &'static Schema,
    named: Vec<Option<Cell>>,
    unnamed: Vec<StoredField>,
}

impl Model {
    /// Written from nothing.
    fn encode(&self, header: &Header, now: Timestamp) -> (Bytes, Cells) {
        let nothing = Cells::default();
        let (named, schema) = (changes(&self.named), self.schema);
        let unnamed = Some(self.unnamed.iter().map(StoredField::as_ref));
        let cells = Fields { stored: &nothing, changes: named, unnamed, schema, now }.lay_out(Some(header));
        (cells.payload(), cells)
    }

    fn live(mut self, now: Timestamp) -> Self {
        self.named.iter_mut().for_each(|cell| *cell = cell.take().filter(|cell| cell.is_live(now)));
        self.unnamed.retain(|field| field.cell.is_live(now));
        self
    }

    /// What cells hold.
    fn of(schema: &'static Schema, cells: &Cells) -> Self {
        let named = (0..schema.fields.len()).map(|slot| cells.cell(slot)).collect();
        Self { schema, named, unnamed: cells.unnamed().collect() }
    }

    #[track_caller]
    fn assert_eq(&self, other: &Self) {
        assert!(self.named == other.named && self.unnamed == other.unnamed, "{self:?} is not {other:?}");
    }
}

fn changes(named: &[Option<Cell>]) -> impl Iterator<Item = (usize, Option<CellRef<'_>>)> + Clone {
    named.iter().map(|cell| cell.as_ref().map(Cell::as_ref)).enumerate()
}

fn header(schema: &Schema) -> Header {
    Header {
        schema: schema.tag(None),
        version: 1,
        created: time(0),
        written: time(1),
        authenticated: None,
        renewed: time(2),
        deadline: time(86_400_000),
        idle: Duration::from_mins(30),
        remembered: false,
        secret: SecretHash([7; 32]),
        presented: None,
        others: None,
    }
}

#[track_caller]
fn decode(bytes: &[u8], schema: &Schema) -> Record {
    Record::decode(Bytes::copy_from_slice(bytes), schema, schema.tag(None)).unwrap().expect("the schema's own record")
}

/// A schema with fields of these names, each with attributes of its own.
fn schema(names: &[String]) -> &'static Schema {
    let field = |(slot, name): (usize, &String)| {
        let field = FieldSchema::new(name.clone().leak(), "T");
        match slot % 4 {
            0 => field,
            1 => field.secret(),
            2 => field.dropped_on_login(),
            _ => field.dropped_on_logout(),
        }
    };
    let fields: Vec<_> = names.iter().enumerate().map(field).collect();
    Box::leak(Box::new(Schema::new("Visitor", fields.leak())))
}

fn numbered(count: usize) -> &'static Schema {
    schema(&(0..count).map(|number| format!("field_{number}")).collect::<Vec<_>>())
}

fn any_cell() -> impl Strategy<Value = Cell> {
    let expiry = select(vec![None, None, None, Some(time(1)), Some(time(5_000)), Some(time(9_000))]);
    (vec(any::<u8>(), 0..20), expiry).prop_map(|(value, expires)| Cell { value: value.into(), expires })
}

fn any_unnamed() -> impl Strategy<Value = Vec<StoredField>> {
    let field = ("other_[a-z]{0,6}", any_cell(), any::<u8>());
    let field = field.prop_map(|(name, cell, flags)| StoredField { name: name.into(), cell, flags: flags & !1 });
    prop_oneof![Just(Vec::new()), vec(field, 0..4)]
}

/// As many cells, or none, as a schema has fields.
fn any_model() -> impl Strategy<Value = Model> {
    select(vec![0, 1, 2, 5, 16, 63, 64, 65, 130]).prop_flat_map(|count| {
        let schema = numbered(count);
        let named = vec(option::weighted(0.7, any_cell()), count);
        (named, any_unnamed()).prop_map(move |(named, unnamed)| Model { schema, named, unnamed })
    })
}

fn any_header(schema: &'static Schema) -> impl Strategy<Value = Header> {
    let kind = (0..3_usize).prop_map(|kind| [SecretKind::Former, SecretKind::Offered, SecretKind::Replaced][kind]);
    let other = (kind, option::of(1..u64::MAX), any::<[u8; 32]>()).prop_map(|(kind, at, hash)| OtherSecret {
        kind,
        // Only earlier versions wrote a former one without an end.
        at: at.or((kind == SecretKind::Former).then_some(1)).map(Timestamp::from_unix_millis),
        hash: SecretHash(hash),
    });
    let times = (any::<[u64; 5]>(), option::of(1..u64::MAX), option::of(1..u64::MAX));
    let rest = (any::<u32>(), any::<bool>(), any::<[u8; 32]>(), vec(other, 0..=7));
    (times, rest).prop_map(move |((times, authenticated, presented), (version, remembered, secret, others))| {
        let [created, written, renewed, deadline, idle] = times;
        Header {
            schema: schema.tag(None),
            version,
            created: Timestamp::from_unix_millis(created),
            written: Timestamp::from_unix_millis(written),
            authenticated: authenticated.map(Timestamp::from_unix_millis),
            renewed: Timestamp::from_unix_millis(renewed),
            deadline: Timestamp::from_unix_millis(deadline),
            idle: Duration::from_millis(idle),
            remembered,
            secret: SecretHash(secret),
            presented: presented.map(Timestamp::from_unix_millis),
            others: (!others.is_empty()).then(|| Box::new(others.into())),
        }
    })
}

impl fmt::Debug for StoredField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {:?} {:b}", self.name, self.cell, self.flags)
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} until {:?}", self.value, self.expires)
    }
}

impl fmt::Debug for OtherSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?}: {:x?}", self.kind as u8, self.at, self.hash.0)
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Buffer::new();
        self.encode(0, &mut bytes);
        write!(f, "{bytes:x?}")
    }
}
