//! Fields: what is written is read, whichever way it was written.

use super::*;
use crate::record::{CellRef, MAX_FIELDS};

/// A change of some fields of a record, and of those that the schema does not name.
#[derive(Debug, Clone)]
struct Change {
    named: Vec<(usize, Option<Cell>)>,
    unnamed: Option<Vec<StoredField>>,
}

impl Change {
    fn named(&self) -> impl Iterator<Item = (usize, Option<CellRef<'_>>)> + Clone {
        self.named.iter().map(|(slot, cell)| (*slot, cell.as_ref().map(Cell::as_ref)))
    }

    fn apply(&self, mut model: Model) -> Model {
        for (slot, cell) in &self.named {
            model.named[*slot].clone_from(cell);
        }
        model.unnamed = self.unnamed.clone().unwrap_or(model.unnamed);
        model
    }
}

fn any_change(fields: usize) -> impl Strategy<Value = Change> {
    let slots = proptest::sample::subsequence((0..fields).collect::<Vec<_>>(), 0..=fields.min(3));
    // Mostly one value takes the place of another.
    let slots =
        if fields == 0 { slots.boxed() } else { prop_oneof![(0..fields).prop_map(|slot| vec![slot]), slots].boxed() };
    let named = slots.prop_flat_map(|slots| {
        let cells = vec(option::weighted(0.9, any_cell()), slots.len());
        cells.prop_map(move |cells| slots.iter().copied().zip(cells).collect())
    });
    (named, option::weighted(0.2, any_unnamed())).prop_map(|(named, unnamed)| Change { named, unnamed })
}

fn any_changed_model() -> impl Strategy<Value = (Model, Change)> {
    any_model().prop_flat_map(|model| {
        let change = any_change(model.schema.fields.len());
        (Just(model), change)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_record_is_read_as_it_was_written(model in any_model()) {
        let (bytes, written) = model.encode(&header(model.schema), NOW);
        let read = decode(&bytes, model.schema).cells;
        let live = model.live(NOW);
        live.assert_eq(&Model::of(live.schema, &read));
        live.assert_eq(&Model::of(live.schema, &written));
    }

    /// Splicing is one way of writing, copying another; nothing tells which it was.
    #[test]
    fn a_record_that_was_changed_has_the_bytes_of_one_that_was_written_from_nothing(
        (model, change) in any_changed_model(),
        times in (select(vec![time(0), NOW, time(6_000)]), select(vec![NOW, time(6_000)])),
    ) {
        let (header, (first, second)) = (header(model.schema), times);
        let (_, stored) = model.encode(&header, first);
        let (bytes, cells) = encode(&stored, change.named(), change.unnamed.as_deref(), model.schema, &header, second);
        let expected = change.apply(model.live(first)).live(second);
        let (from_nothing, _) = expected.encode(&header, second);
        prop_assert_eq!(&bytes, &from_nothing);
        expected.assert_eq(&Model::of(expected.schema, &cells));
        // The next write goes on from these cells, with what was noted of them.
        let (again, _) = encode(&cells, std::iter::empty(), None, expected.schema, &header, time(9_500));
        prop_assert_eq!(again, expected.clone().live(time(9_500)).encode(&header, time(9_500)).0);
    }
}

#[test]
fn a_record_may_have_any_number_of_fields_up_to_4096() {
    for count in [0, 1, 63, 64, 65, 128, 1_000, MAX_FIELDS] {
        let schema = numbered(count);
        let cell = |slot: usize| Some(Cell { value: slot.to_string().into(), expires: None });
        let model = Model { schema, named: (0..count).map(cell).collect(), unnamed: Vec::new() };
        let (bytes, _) = model.encode(&header(schema), NOW);
        model.assert_eq(&Model::of(schema, &decode(&bytes, schema).cells));
        assert_eq!(decode(&bytes, schema).cells.get(count).map(|_| ()), None, "no field lies behind the last");
    }
}

#[test]
fn a_record_with_more_than_4096_fields_is_no_session() {
    let schema = numbered(1);
    let unnamed = |number: usize| StoredField {
        name: format!("other_{number}").into(),
        cell: Cell { value: Bytes::new(), expires: None },
        flags: 0,
    };
    for (others, is_read) in [(MAX_FIELDS - 1, true), (MAX_FIELDS, false)] {
        let named = vec![Some(Cell { value: Bytes::new(), expires: None })];
        let (bytes, _) =
            Model { schema, named, unnamed: (0..others).map(unnamed).collect() }.encode(&header(schema), NOW);
        assert_eq!(Record::decode(bytes, schema, schema.tag(None)).is_ok(), is_read, "{others} fields beside ours");
    }
}

#[test]
fn nothing_is_copied_out_of_a_record_with_our_fields() {
    let model = Model {
        schema: numbered(3),
        named: vec![Some(Cell { value: "one".into(), expires: None }); 3],
        unnamed: Vec::new(),
    };
    let (bytes, _) = model.encode(&header(model.schema), NOW);
    let record = Record::decode(bytes.clone(), model.schema, model.schema.tag(None)).unwrap().unwrap();
    for slot in 0..3 {
        let value = record.cells.cell(slot).unwrap().value;
        assert!(bytes.as_ptr_range().contains(&value.as_ptr()));
    }
}
