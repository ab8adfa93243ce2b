//! Fingerprints: what tells records whose fields lie as ours do, so that no name in them is looked at.

use super::FieldSchema;
use crate::record::MAX_FIELDS;

/// 64-bit FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>): a compiler can run it, and names that are chosen to
/// collide harm only the one who chooses them.
const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The fingerprint of these fields: for each the length of its name in two bytes, the name, and its flags.
pub(super) const fn of(fields: &[FieldSchema]) -> u64 {
    assert!(fields.len() <= MAX_FIELDS, "a session has at most 4,096 fields");
    let mut hash = OFFSET_BASIS;
    let mut slot = 0;
    while slot < fields.len() {
        let name = fields[slot].name.as_bytes();
        assert!(name.len() <= 0xffff, "a stored name has at most 65,535 bytes");
        let [_, _, _, _, _, _, high, low] = (name.len() as u64).to_be_bytes();
        hash = add(add(hash, high), low);
        let mut at = 0;
        while at < name.len() {
            hash = add(hash, name[at]);
            at += 1;
        }
        hash = add(hash, fields[slot].flags());
        slot += 1;
    }
    hash
}

const fn add(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(PRIME)
}
