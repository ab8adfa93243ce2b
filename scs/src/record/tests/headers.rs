//! Headers: what is written is read, and what a newer binary wrote is kept.

use super::*;
use crate::record::{InvalidRecord, Standing};

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
    OtherSecret { kind: SecretKind::Offered, at: None, hash: SecretHash([hash; 32]) }
}

fn error_of(header: &Header, change: impl FnOnce(&mut Vec<u8>)) -> Option<InvalidRecord> {
    let schema = numbered(1);
    let (bytes, _) = Model { schema, named: vec![None], unnamed: Vec::new() }.encode(header, NOW);
    let mut bytes = bytes.to_vec();
    change(&mut bytes);
    Record::decode(bytes.into(), schema, schema.tag(None)).err()
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
fn the_successor_that_is_presented_first_wins_and_the_others_are_replaced() {
    let (mut header, secret) = (header(numbered(0)), |hash: u8| SecretHash([hash; 32]));
    let current = header.secret;
    for hash in [1, 2, 3] {
        header.offer(secret(hash), time(hash.into()));
    }
    assert_eq!(header.offers(), (3, Some(time(3))));
    assert_eq!(header.standing(&current, time(9)), Standing::Current);
    header.accept(&secret(2), time(9), Duration::from_millis(5));
    assert_eq!((header.renewed, header.presented), (time(2), Some(time(9))));
    let standings = |now| [1, 2, 3].map(|hash| header.standing(&secret(hash), time(now)));
    assert_eq!(standings(9), [Standing::Replaced, Standing::Current, Standing::Replaced]);
    assert_eq!(header.standing(&current, time(13)), Standing::Former);
    assert_eq!(header.standing(&current, time(14)), Standing::Replaced);
    assert_eq!(header.standing(&secret(4), time(14)), Standing::Unknown);
}

#[test]
fn what_is_no_offer_is_not_accepted() {
    let mut header = header(numbered(0));
    let (before, current) = (bytes_of(&header, numbered(0)), header.secret);
    header.accept(&current, time(9), Duration::from_millis(5));
    assert_eq!(bytes_of(&header, numbered(0)), before);
}

/// Earlier versions made the successor current when they sent it.
#[test]
fn a_former_secret_that_waits_is_current_again_and_its_successor_is_offered() {
    let mut written = header(numbered(0));
    let (former, successor) = (SecretHash([9; 32]), written.secret);
    written.add_other(OtherSecret { kind: SecretKind::Former, at: None, hash: former });
    let (read, ..) = Header::decode(&bytes_of(&written, numbered(0))).unwrap();
    assert_eq!(read.standing(&former, NOW), Standing::Current);
    assert_eq!(read.standing(&successor, NOW), Standing::Offered);
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
