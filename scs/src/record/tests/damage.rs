//! Damage: bytes that no binary has written are a session or none, and never a panic.

use super::*;
use crate::record::InvalidRecord;

/// Reads all there is, and writes it with a change.
fn use_up(bytes: Vec<u8>, schema: &'static Schema) -> Option<Model> {
    let Record { header, cells } = Record::decode(bytes.into(), schema, schema.tag(None)).ok()??;
    let _ = (cells.fields(), cells.check(schema));
    let cell = Cell { value: "new".into(), expires: None };
    for slot in 0..schema.fields.len() {
        let change = std::iter::once((slot, Some(cell.as_ref())));
        let (written, _) = encode(&cells, change, None, schema, &header, NOW);
        let again = decode(&written, schema);
        assert!(again.cells.get(slot) == Some(cell.as_ref()), "what is written is read");
    }
    Some(Model::of(schema, &cells))
}

fn small_model() -> Model {
    let cell = |value: &'static str, expires| Some(Cell { value: value.into(), expires });
    let other =
        StoredField { name: "other".into(), cell: cell("six", Some(time(5_000))).unwrap(), flags: UNKNOWN_FLAG };
    let named = vec![cell("one", None), None, cell("three", Some(time(9_000))), cell("", None), cell("five", None)];
    Model { schema: numbered(5), named, unnamed: vec![other] }
}

#[test]
fn a_record_cut_off_at_any_byte_is_no_session() {
    let model = small_model();
    let (bytes, _) = model.encode(&header(model.schema), NOW);
    for length in 0..bytes.len() {
        let cut = Record::decode(bytes.slice(..length), model.schema, model.schema.tag(None));
        assert_eq!(cut.err(), Some(InvalidRecord::Truncated), "{length} bytes");
    }
    let longer = Record::decode([&bytes, &[0][..]].concat().into(), model.schema, model.schema.tag(None));
    assert_eq!(longer.err(), Some(InvalidRecord::TrailingBytes));
}

#[test]
fn a_byte_that_is_wrong_anywhere_does_no_harm() {
    let model = small_model();
    let (bytes, _) = model.encode(&header(model.schema), NOW);
    for at in 0..bytes.len() {
        for byte in 0..=u8::MAX {
            let mut damaged = bytes.to_vec();
            damaged[at] = byte;
            let _ = use_up(damaged, model.schema);
        }
    }
}

/// The lengths of names and values, and how many there are, are all of these bytes.
#[test]
fn a_number_or_a_length_that_does_not_add_up_is_no_session() {
    let model = small_model();
    let (bytes, cells) = model.encode(&header(model.schema), NOW);
    let entries = cells.entries_start();
    let unnamed = cells.start() + 2..cells.start() + 4;
    let last_end = entries + 8 * 4..entries + 8 * 4 + 4;
    let names = (0..5).flat_map(|position| entries + 8 * position + 4..entries + 8 * position + 6);
    for at in unnamed.chain(last_end).chain(names) {
        for bit in 0..8 {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= 1 << bit;
            assert!(use_up(damaged, model.schema).is_none(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn values_that_overlap_are_no_session() {
    let model = small_model();
    let (bytes, cells) = model.encode(&header(model.schema), NOW);
    let mut damaged = bytes.to_vec();
    damaged[cells.entries_start() + 3] = 200;
    assert_eq!(Record::decode(damaged.into(), model.schema, model.schema.tag(None)).err(), Some(InvalidRecord::Fields));
}

#[test]
fn a_value_that_expires_and_is_too_short_to_say_when_is_no_session() {
    let model = small_model();
    let (bytes, cells) = model.encode(&header(model.schema), NOW);
    let mut damaged = bytes.to_vec();
    damaged[cells.entries_start() + 6] |= 1;
    assert_eq!(
        Record::decode(damaged.into(), model.schema, model.schema.tag(None)).err(),
        Some(InvalidRecord::Truncated)
    );
}

#[test]
fn a_field_behind_the_last_of_the_schema_is_no_session() {
    let model = small_model();
    let (bytes, cells) = model.encode(&header(model.schema), NOW);
    let mut damaged = bytes.to_vec();
    damaged[cells.entries_start() - 1] ^= 0b0011_0000;
    damaged[cells.entries_start() - 1] ^= 0b0000_0001;
    assert!(use_up(damaged, model.schema).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_behind_a_header_are_a_session_or_none(tail in vec(any::<u8>(), 0..200), counts in any::<[u8; 2]>()) {
        let schema = numbered(5);
        let mut bytes = Buffer::new();
        header(schema).encode(schema.fingerprint, &mut bytes);
        bytes.extend([0, counts[0] % 8, 0, counts[1] % 4]);
        bytes.extend(tail);
        let _ = use_up(bytes.into_vec(), schema);
    }

    #[test]
    fn any_bytes_put_anywhere_into_a_record_do_no_harm(
        model in any_model(),
        edits in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (bytes, _) = model.encode(&header(model.schema), NOW);
        let mut damaged = bytes.to_vec();
        for (at, byte) in edits {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        let _ = use_up(damaged, model.schema);
    }
}
