//! Changes to bytes that were genuine.

/// The bytes after the edits, three bytes each: where, and what is changed there; nothing to change cuts the rest off.
pub(super) fn edited(genuine: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = genuine.to_vec();
    let (edits, behind) = edits.as_chunks::<3>();
    for [high, low, change] in edits {
        let place = usize::from(u16::from_be_bytes([*high, *low])) % (bytes.len() + 1);
        match bytes.get_mut(place) {
            Some(_) if *change == 0 => bytes.truncate(place),
            Some(byte) => *byte ^= change,
            None => bytes.push(*change),
        }
    }
    // What is left over stands behind.
    bytes.extend(behind);
    bytes
}
