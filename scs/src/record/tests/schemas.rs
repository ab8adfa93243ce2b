//! Schemas and formats: what other binaries wrote is found by its name and kept.

use proptest::sample::{Index, subsequence};

use super::*;

/// Format 1, as docs/format.md has it.
fn format_1(model: &Model, header: &Header) -> Vec<u8> {
    let previous = header.former();
    let flags = [header.remembered, header.authenticated.is_some(), previous.is_some()];
    let flags = flags.iter().rev().fold(0, |flags, flag| flags << 1 | u8::from(*flag));
    let mut bytes = vec![1, flags];
    bytes.extend(header.schema.0);
    bytes.extend(header.version.to_be_bytes());
    for time in [header.created, header.written, header.renewed, header.deadline] {
        bytes.extend(time.as_unix_millis().to_be_bytes());
    }
    bytes.extend(u64::try_from(header.idle.as_millis()).unwrap().to_be_bytes());
    bytes.extend(header.secret.0);
    bytes.extend(header.authenticated.iter().flat_map(|time| time.as_unix_millis().to_be_bytes()));
    if let Some(previous) = previous {
        bytes.extend(previous.at.map_or(0, Timestamp::as_unix_millis).to_be_bytes());
        bytes.extend(previous.hash.0);
    }
    let named = model.named.iter().zip(model.schema.fields);
    let named = named.filter_map(|(cell, field)| Some((field.name.as_bytes(), cell.as_ref()?)));
    let fields: Vec<_> = named.chain(model.unnamed.iter().map(|field| (&field.name[..], &field.cell))).collect();
    bytes.extend(u16::try_from(fields.len()).unwrap().to_be_bytes());
    for (name, cell) in fields {
        bytes.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
        bytes.extend(name);
        bytes.extend(cell.expires.map_or(0, Timestamp::as_unix_millis).to_be_bytes());
        bytes.extend(u32::try_from(cell.value.len()).unwrap().to_be_bytes());
        bytes.extend(&cell.value);
    }
    bytes
}

/// Two schemas of some of the same fields, in different orders.
fn any_two_schemas() -> impl Strategy<Value = (&'static Schema, &'static Schema)> {
    let names: Vec<_> = (0..12).map(|number| format!("field_{number}")).collect();
    let some = || subsequence(names.clone(), 0..=12).prop_shuffle().prop_map(|names| schema(&names));
    (some(), some())
}

fn any_two_binaries() -> impl Strategy<Value = (Model, &'static Schema)> {
    any_two_schemas().prop_flat_map(|(one, other)| {
        let named = vec(option::of(any_cell()), one.fields.len());
        let model = (named, any_unnamed()).prop_map(move |(named, unnamed)| Model { schema: one, named, unnamed });
        (model, Just(other))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_record_of_format_1_reads_the_same_and_is_written_in_format_2(model in any_model(), header in any_header(numbered(0))) {
        // Format 1 has neither flags of fields, nor when a token was presented, nor secrets that are offered.
        let mut model = model;
        model.unnamed.iter_mut().for_each(|field| field.flags = 0);
        let previous = header.former().copied();
        let mut header = Header { schema: model.schema.tag(None), presented: None, others: None, ..header };
        if let Some(previous) = previous {
            header.add_other(previous);
        }

        let Record { header: read, cells } = decode(&format_1(&model, &header), model.schema);
        model.assert_eq(&Model::of(model.schema, &cells));
        let (written, _) = encode(&cells, std::iter::empty(), None, model.schema, &read, NOW);
        prop_assert_eq!(written, model.live(NOW).encode(&header, NOW).0);
    }

    #[test]
    fn each_of_two_binaries_keeps_what_the_other_one_wrote(
        (model, other) in any_two_binaries(),
        set in option::of((any::<Index>(), any_cell())),
    ) {
        let header = header(model.schema);
        let model = model.live(NOW);
        let (bytes, _) = model.encode(&header, NOW);
        let cells = decode(&bytes, other).cells;
        for (slot, field) in other.fields.iter().enumerate() {
            let stored = model.schema.fields.iter().position(|stored| stored.name == field.name);
            prop_assert!(cells.cell(slot) == stored.and_then(|slot| model.named[slot].clone()), "{}", field.name);
        }
        let set = set.filter(|_| !other.fields.is_empty()).map(|(slot, cell)| (slot.index(other.fields.len()), cell));
        let set = set.map(|(slot, cell)| (slot, Cell { expires: None, ..cell }));
        let changes = set.iter().map(|(slot, cell)| (*slot, Some(cell.as_ref())));
        let (written, _) = encode(&cells, changes, None, other, &header, NOW);

        let mut expected = model.clone();
        if let Some((slot, cell)) = &set {
            let name = other.fields[*slot].name;
            match model.schema.fields.iter().position(|field| field.name == name) {
                Some(slot) => expected.named[slot] = Some(cell.clone()),
                None => expected.unnamed.insert(0, StoredField { name: name.into(), cell: cell.clone(), flags: other.fields[*slot].flags() }),
            }
        }
        let found = Model::of(model.schema, &decode(&written, model.schema).cells);
        found.assert_eq(&expected);
    }
}

fn record_of(schema: &'static Schema, values: &[(&str, &'static str)]) -> Bytes {
    let cell = |value: &'static str| Cell { value: value.into(), expires: None };
    let of = |name: &str| values.iter().find(|(named, _)| *named == name).map(|(_, value)| cell(value));
    let named = schema.fields.iter().map(|field| of(field.name)).collect();
    Model { schema, named, unnamed: Vec::new() }.encode(&header(schema), NOW).0
}

static BEFORE: Schema = Schema::new("Visitor", &[FieldSchema::new("hits", "u32"), FieldSchema::new("name", "T")]);
static AFTER: Schema =
    Schema::new("Visitor", &[FieldSchema::new("visits", "u32").aliases(&["hits"]), FieldSchema::new("name", "T")]);
static WITHOUT_ALIAS: Schema =
    Schema::new("Visitor", &[FieldSchema::new("visits", "u32"), FieldSchema::new("name", "T")]);

fn value(cells: &Cells, slot: usize) -> Option<String> {
    cells.get(slot).map(|cell| String::from_utf8_lossy(cell.value).into_owned())
}

/// The writer's schema has the reader's fingerprint: only the alias differs, which no record tells of.
#[test]
fn a_field_under_an_older_name_is_read_also_where_it_was_kept_by_a_binary_with_our_fields() {
    let Record { header, cells } = decode(&record_of(&BEFORE, &[("hits", "3"), ("name", "Ada")]), &WITHOUT_ALIAS);
    assert_eq!(value(&cells, 0), None);
    let (kept, _) = encode(&cells, std::iter::empty(), None, &WITHOUT_ALIAS, &header, NOW);
    assert_eq!(WITHOUT_ALIAS.fingerprint, AFTER.fingerprint);
    let cells = decode(&kept, &AFTER).cells;
    assert_eq!((value(&cells, 0).as_deref(), value(&cells, 1).as_deref()), (Some("3"), Some("Ada")));
    assert!(!cells.has_unnamed());
}

#[test]
fn fields_are_listed_under_the_names_that_they_are_stored_under() {
    let cells = decode(&record_of(&BEFORE, &[("hits", "3"), ("name", "Ada")]), &AFTER).cells;
    let names = |cells: &Cells| cells.fields().into_iter().map(|field| field.name).collect::<Vec<_>>();
    assert_eq!(value(&cells, 0).as_deref(), Some("3"));
    assert_eq!(names(&cells), ["hits", "name"]);
    let (_, written) = encode(&cells, std::iter::empty(), None, &AFTER, &header(&AFTER), NOW);
    assert_eq!(names(&written), ["visits", "name"]);
}

#[test]
fn an_attribute_that_records_tell_of_makes_another_fingerprint() {
    let field = || FieldSchema::new("pin", "T");
    let fingerprint = |field: FieldSchema| Schema::new("Visitor", vec![field].leak()).fingerprint;
    let all = [
        field(),
        field().secret(),
        field().dropped_on_login(),
        field().dropped_on_logout(),
        FieldSchema::new("nip", "T"),
    ];
    let fingerprints: std::collections::HashSet<_> = all.map(fingerprint).into();
    assert_eq!(fingerprints.len(), 5);
    assert_eq!(
        fingerprint(field()),
        fingerprint(field().aliases(&["code"]).expires_after(1)),
        "no record tells of these"
    );
}

#[test]
fn a_record_in_format_2_has_at_most_40_bytes_more_than_in_format_1() {
    for fields in 0..=64 {
        let cell = Some(Cell { value: "value".into(), expires: None });
        let model = Model { schema: numbered(fields), named: vec![cell; fields], unnamed: Vec::new() };
        let mut header = header(model.schema);
        for authenticated in [None, Some(NOW)] {
            header.authenticated = authenticated;
            let (ours, former) = (model.encode(&header, NOW).0.len(), format_1(&model, &header).len());
            assert!(ours <= former + 40, "{fields} fields: {ours} instead of {former}");
        }
    }
}
