//! Records: whatever a store hands over is a session or none, costs little, and what is kept of it is kept byte for byte.

mod format;
mod visitor;

use bytes::Bytes;
use scs::{Session, SessionManager, TypedSession};

use self::format::{Field, Plain};
use super::{allocation::measured, now, one_record::OneRecord};

pub use self::visitor::{record_json, record_message_pack};

/// Where a record has the tag of its schema.
const TAG: std::ops::Range<usize> = 2..10;
/// Where it has the schema's version and the time of its writing, which are the writer's.
const VERSION: std::ops::Range<usize> = 10..14;
const WRITTEN: std::ops::Range<usize> = 22..30;

/// What decoding a record may ask for: a multiple of its size, and once for each level of each field's type what serde
/// prepares for a sequence whose length is not to be trusted.
const PER_BYTE: usize = 256;
const IN_ADVANCE: usize = 16 * 1024 * 1024;

/// A schema whose every field can be compared.
trait Fields: Session + Sized {
    type Values: PartialEq + std::fmt::Debug;

    /// Stored names in the order of the struct, each with its older ones.
    const NAMES: &'static [(&'static [u8], &'static [&'static [u8]])];

    fn values(session: &TypedSession<Self>) -> Self::Values;
    fn visits(session: &TypedSession<Self>) -> u32;
    fn set_visits(session: &TypedSession<Self>, visits: u32);
}

/// A store, its manager, and the tag of the manager's schema.
struct Bench<S> {
    sessions: SessionManager<S, OneRecord>,
    store: OneRecord,
    tag: [u8; 8],
}

impl<S: Fields> Bench<S>
where
    S: scs::KeptBy<OneRecord>,
{
    fn new() -> Self {
        let (sessions, store) = OneRecord::managed::<S>();
        let session = now(sessions.open(None)).unwrap();
        S::set_visits(&session, 1);
        now(session.commit()).unwrap();
        let tag = store.contents().record.as_ref().and_then(|record| record[TAG].try_into().ok()).unwrap();
        Self { sessions, store, tag }
    }

    /// The bytes are a record, apart from the tag: with another one they are nothing at once.
    fn try_record(&self, bytes: &[u8]) {
        let mut record = bytes.to_vec();
        if let Some(tag) = record.get_mut(TAG) {
            tag.copy_from_slice(&self.tag);
        }
        let record = Bytes::from(record);
        let (opened, allocated) = measured(|| self.open(record.clone()));
        let most = IN_ADVANCE + PER_BYTE * record.len();
        assert!(allocated <= most, "{} bytes made it allocate {allocated}", record.len());
        let Some((session, values)) = opened else { return };
        let before = Plain::read(&record).expect("what opens a session is a record");
        let _ = format!("{session:?}");
        self.rewrite(&session, &before);
        let written = self.store.contents().record.clone().expect("it was written");
        let after = Plain::read(&written).expect("what is written is a record");
        check(&before, &after, S::NAMES);
        let (again, values_again) = self.open(written).expect("what is written opens a session");
        S::set_visits(&again, S::visits(&session).wrapping_sub(1));
        assert_eq!(
            (S::values(&again), values_again),
            (values, S::values(&session)),
            "what is written is read the same"
        );
    }

    /// The session of a record, and its values.
    fn open(&self, record: Bytes) -> Option<(TypedSession<S>, S::Values)> {
        self.store.put(Some(record));
        let id = scs::SessionId::from_bytes([7; 16]);
        let session = now(self.sessions.get(id)).ok()??;
        let values = S::values(&session);
        Some((session, values))
    }

    /// Changes one field and saves.
    fn rewrite(&self, session: &TypedSession<S>, before: &Plain<'_>) {
        S::set_visits(session, S::visits(session).wrapping_add(1));
        now(session.commit()).unwrap();
        assert_eq!(self.store.contents().writes, 1, "{} fields were written at once", before.fields.len());
    }
}

/// Every field that was there and lives is there, in the schema's order and then in the record's, with its bytes and its
/// expiry; only `visits` has changed.
fn check(before: &Plain<'_>, after: &Plain<'_>, names: &[(&[u8], &[&[u8]])]) {
    let is_ours = |name: &[u8]| names.iter().any(|(own, aliases)| *own == name || aliases.contains(&name));
    let known = names.iter().filter_map(|(own, aliases)| {
        let field = before.fields.iter().rev().find(|field| field.name == *own);
        let field = field.or_else(|| before.fields.iter().find(|field| aliases.contains(&field.name)))?;
        Some(Field { name: own, ..*field })
    });
    let unknown = before.fields.iter().filter(|field| !is_ours(field.name)).copied();
    let others = |field: &Field<'_>| field.name != b"visits";
    let expected: Vec<_> = known.chain(unknown).filter(Field::is_live).filter(others).collect();
    let found: Vec<_> = after.fields.iter().copied().filter(others).collect();
    assert_eq!(found, expected, "fields are kept byte for byte");
    assert_eq!(after.fields.len(), expected.len() + 1, "and `visits` is there");
    assert_eq!(before.header_without(&[VERSION, WRITTEN]), after.header_without(&[VERSION, WRITTEN]));
    assert!(before.header[VERSION] <= after.header[VERSION], "a version that is higher stays");
}
