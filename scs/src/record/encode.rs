use super::{AUTHENTICATED, Cell, FORMAT, Header, PREVIOUS_SECRET, REMEMBERED};
use crate::time::{Timestamp, saturating_millis};

/// Bytes of a header with everything in it; one allocation serves most records.
const HEADER_BYTES: usize = 144;

impl Header {
    /// The bytes of a record with this header and these fields.
    pub(crate) fn encode<'a>(&self, fields: impl Iterator<Item = (&'a [u8], &'a Cell)> + Clone) -> Vec<u8> {
        let size: usize = fields.clone().map(|(name, cell)| 14 + name.len() + cell.value.len()).sum();
        let mut bytes = Vec::with_capacity(HEADER_BYTES + size);
        self.encode_header(&mut bytes);
        encode_fields(fields, &mut bytes);
        bytes
    }

    fn encode_header(&self, bytes: &mut Vec<u8>) {
        bytes.extend([FORMAT, self.flags()]);
        bytes.extend(self.schema.0);
        bytes.extend(self.version.to_be_bytes());
        for time in [self.created, self.written, self.renewed, self.deadline] {
            encode_time(time, bytes);
        }
        bytes.extend(saturating_millis(self.idle).to_be_bytes());
        bytes.extend(self.secret.0);
        if let Some(authenticated) = self.authenticated {
            encode_time(authenticated, bytes);
        }
        if let Some(previous) = self.previous_secret {
            encode_expiry(previous.expires, bytes);
            bytes.extend(previous.hash.0);
        }
    }

    fn flags(&self) -> u8 {
        let flag = |set, flag| if set { flag } else { 0 };
        flag(self.remembered, REMEMBERED)
            | flag(self.authenticated.is_some(), AUTHENTICATED)
            | flag(self.previous_secret.is_some(), PREVIOUS_SECRET)
    }
}

fn encode_fields<'a>(fields: impl Iterator<Item = (&'a [u8], &'a Cell)> + Clone, bytes: &mut Vec<u8>) {
    bytes.extend(length::<2>(fields.clone().count()));
    for (name, cell) in fields {
        bytes.extend(length::<2>(name.len()));
        bytes.extend(name);
        encode_expiry(cell.expires, bytes);
        bytes.extend(length::<4>(cell.value.len()));
        bytes.extend(&cell.value);
    }
}

fn encode_time(time: Timestamp, bytes: &mut Vec<u8>) {
    bytes.extend(time.as_unix_millis().to_be_bytes());
}

/// Zero for never.
fn encode_expiry(expires: Option<Timestamp>, bytes: &mut Vec<u8>) {
    encode_time(expires.unwrap_or(Timestamp::from_unix_millis(0)), bytes);
}

/// The low `N` bytes. Nothing longer is ever written: records are refused above their size limit,
/// which is far below four gigabytes, and names come from Rust identifiers or decoded records.
fn length<const N: usize>(length: usize) -> [u8; N] {
    let bytes = (length as u64).to_be_bytes();
    let mut low = [0; N];
    low.copy_from_slice(&bytes[8 - N..]);
    low
}
