//! A record of format 2 by docs/format.md alone, with no code of the framework.

const HEADER: usize = 112;
const OTHERS: usize = 2;
const OTHER_SECRET: usize = 41;

/// A record in its parts.
pub(super) struct Plain {
    pub(super) secrets: Vec<Vec<u8>>,
    pub(super) named: Vec<Field>,
    pub(super) unnamed: Vec<Field>,
}

/// A field with its flags, and its value behind its expiry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) flags: u8,
    pub(super) value: Vec<u8>,
}

impl Plain {
    pub(super) fn read(record: &[u8]) -> Self {
        let (secrets, fields) = record[HEADER..].split_at(OTHER_SECRET * usize::from(record[OTHERS]));
        let (in_schema, unnamed) = (number(&fields[..2]), number(&fields[2..4]));
        let (bitmap, rest) = fields[4..].split_at(in_schema.div_ceil(64) * 8);
        let present: usize = bitmap.iter().map(|byte| byte.count_ones() as usize).sum();
        let (entries, mut names) = rest.split_at(8 * (present + unnamed));
        let length: usize = entries.chunks(8).map(|entry| number(&entry[4..6])).sum();
        let values = &names[length..];
        let mut start = 0;
        let mut fields: Vec<_> = entries
            .chunks(8)
            .map(|entry| {
                let (name, rest) = names.split_at(number(&entry[4..6]));
                let value = values[start..number(&entry[..4])].to_vec();
                (start, names) = (number(&entry[..4]), rest);
                Field { name: String::from_utf8(name.to_vec()).unwrap(), flags: entry[6], value }
            })
            .collect();
        let unnamed = fields.split_off(present);
        Self { secrets: secrets.chunks(OTHER_SECRET).map(<[u8]>::to_vec).collect(), named: fields, unnamed }
    }
}

/// Puts a secret behind those that the header has.
pub(super) fn add_secret(record: &mut Vec<u8>, kind: u8, hash: &[u8]) {
    let at = HEADER + OTHER_SECRET * usize::from(record[OTHERS]);
    record.splice(at..at, [&[kind][..], &[0; 8], hash].concat());
    record[OTHERS] += 1;
}

/// The flags of the last field of a record without other secrets and with less than 65 fields.
pub(super) fn last_flags(record: &mut [u8]) -> &mut u8 {
    let plain = Plain::read(record);
    let entries = HEADER + 4 + 8;
    &mut record[entries + 8 * (plain.named.len() + plain.unnamed.len()) - 2]
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}
