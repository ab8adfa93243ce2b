//! Headers: what is written is read, and what a newer binary wrote is kept.

use super::*;
use crate::record::{InvalidRecord, PreviousSecret};

/// Where a record has its flags, and the number and the first of its other secrets.
const FLAGS: usize = 1;
const OTHERS: usize = 2;
const FIRST_OTHER: usize = 112;

fn bytes_of(header: &Header, schema: &Schema) -> Vec<u8> {
    let mut bytes = Buffer::new();
    header.encode(schema.fingerprint, &mut bytes);
    bytes.into_vec()
}

fn offered(hash: u8) -> OtherSecret {
    OtherSecret { kind: SecretKind::Offered, until: None, hash: SecretHash([hash; 32]) }
}

fn error_of(header: &Header, change: impl FnOnce(&mut Vec<u8>)) -> Option<InvalidRecord> {
    let schema = numbered(1);
    let (bytes, _) = Model { schema, named: vec![None], unnamed: Vec::new() }.encode(header, NOW);
    let mut bytes = bytes.to_vec();
    change(&mut bytes);
    Record::decode(bytes.into(), schema, schema.tag()).err()
}

proptest! {
    #[test]
    fn every_header_is_read_as_it_was_written(header in any_header(numbered(0))) {
        let bytes = bytes_of(&header, numbered(0));
        let (read, fingerprint, start) = Header::decode(&bytes).unwrap();
        prop_assert_eq!((fingerprint, start), (numbered(0).fingerprint, bytes.len()));
        prop_assert_eq!(bytes_of(&read, numbered(0)), bytes);
    }
}

#[test]
fn a_rotation_confirmed_keeps_the_other_secrets_in_their_order() {
    let mut header = header(numbered(0));
    header.others = Some(Box::new([offered(1), offered(2)].into_iter().collect()));
    let previous = |expires| PreviousSecret { hash: SecretHash([9; 32]), expires };
    for expires in [None, Some(time(7))] {
        header.set_previous_secret(previous(expires));
        let others: Vec<_> =
            header.others.iter().flat_map(|others| others.iter()).map(|other| other.hash.0[0]).collect();
        assert_eq!(others, [9, 1, 2]);
        assert_eq!(header.previous_secret().unwrap().expires, expires);
    }
}

#[test]
fn a_flag_or_a_kind_of_secret_that_a_newer_version_wrote_is_no_session() {
    let mut header = header(numbered(1));
    header.others = Some(Box::new([offered(1)].into_iter().collect()));
    assert_eq!(error_of(&header, |_| ()), None);
    for flags in (1..8).map(|bit| 1 << bit) {
        assert_eq!(error_of(&header, |bytes| bytes[FLAGS] |= flags), Some(InvalidRecord::Flags));
    }
    for kind in [0, 4, 255] {
        assert_eq!(error_of(&header, |bytes| bytes[FIRST_OTHER] = kind), Some(InvalidRecord::Flags));
    }
    assert_eq!(error_of(&header, |bytes| bytes[OTHERS + 1] = 1), Some(InvalidRecord::Flags));
}

#[test]
fn seven_other_secrets_are_read_and_eight_are_not() {
    for (count, error) in [(7, None), (8, Some(InvalidRecord::Flags))] {
        let mut header = header(numbered(1));
        header.others = Some(Box::new((0..count).map(offered).collect()));
        assert_eq!(error_of(&header, |_| ()), error);
    }
}
