//! Headers: what the framework keeps of a session beside the user's fields.

use std::time::Duration;

use smallvec::SmallVec;

use super::{FORMAT, decode::InvalidRecord, payload::Buffer};
use crate::{
    schema::SchemaTag,
    time::{Timestamp, saturating_millis},
    token::SecretHash,
};

/// Bytes of a header without its other secrets, and of each of those.
const FIXED: usize = 112;
const OTHER_SECRET: usize = 1 + 8 + 32;

const MAX_OTHER_SECRETS: usize = 7;

const REMEMBERED: u8 = 0b0001;

/// Where the parts of a header lie.
const FLAGS: usize = 1;
const OTHERS: usize = 2;
const RESERVED: usize = 3;
const VERSION: usize = 4;
const TAG: usize = 8;
const FINGERPRINT: usize = 16;
const CREATED: usize = 24;
const WRITTEN: usize = 32;
const RENEWED: usize = 40;
const DEADLINE: usize = 48;
const IDLE: usize = 56;
const AUTHENTICATED: usize = 64;
const PRESENTED: usize = 72;
const SECRET: usize = 80;

/// What the framework keeps of a session beside the user's fields.
#[derive(Clone)]
pub(crate) struct Header {
    pub(crate) schema: SchemaTag,
    /// The highest schema version that has written this record.
    pub(crate) version: u32,
    pub(crate) created: Timestamp,
    pub(crate) written: Timestamp,
    /// When a `renews` field last was set to a value.
    pub(crate) authenticated: Option<Timestamp>,
    pub(crate) renewed: Timestamp,
    /// When the session ends whatever its user does.
    pub(crate) deadline: Timestamp,
    /// How long the session lives without a request.
    pub(crate) idle: Duration,
    /// Whether the client keeps the token when its browser closes.
    pub(crate) remembered: bool,
    pub(crate) secret: SecretHash,
    /// When the client first presented the current token, as far as a write told.
    pub(crate) presented: Option<Timestamp>,
    /// Few records have any, so a header has no room for them.
    pub(crate) others: Option<Box<OtherSecrets>>,
}

const _: () = assert!(size_of::<Header>() <= 136, "every request has a header in memory");

/// The secrets beside the current one.
pub(crate) type OtherSecrets = SmallVec<[OtherSecret; 1]>;

/// A secret beside the current one.
#[derive(Clone, Copy)]
pub(crate) struct OtherSecret {
    pub(super) kind: SecretKind,
    /// When a former one stops working, and when a successor was offered.
    pub(super) at: Option<Timestamp>,
    pub(super) hash: SecretHash,
}

/// What a secret beside the current one is to the session, by its number in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretKind {
    /// The one before the last rotation.
    Former = 1,
    /// A successor that was sent and not presented yet.
    Offered = 2,
    /// A successor that lost to another one.
    Replaced = 3,
}

impl Header {
    /// Reads a header, the fingerprint of the writer's schema, and where the fields begin.
    #[inline]
    pub(super) fn decode(record: &[u8]) -> Result<(Self, u64, usize), InvalidRecord> {
        let (fixed, rest) = record.split_first_chunk::<FIXED>().ok_or(InvalidRecord::Truncated)?;
        if fixed[FLAGS] & !REMEMBERED != 0 || fixed[RESERVED] != 0 {
            return Err(InvalidRecord::Flags);
        }
        let time = |at| Timestamp::from_unix_millis(number(fixed, at));
        let mut header = Self {
            schema: SchemaTag(part(fixed, TAG)),
            version: u32::from_be_bytes(part(fixed, VERSION)),
            created: time(CREATED),
            written: time(WRITTEN),
            authenticated: unless_zero(number(fixed, AUTHENTICATED)),
            renewed: time(RENEWED),
            deadline: time(DEADLINE),
            idle: Duration::from_millis(number(fixed, IDLE)),
            remembered: fixed[FLAGS] & REMEMBERED != 0,
            secret: SecretHash(part(fixed, SECRET)),
            presented: unless_zero(number(fixed, PRESENTED)),
            others: decode_others(usize::from(fixed[OTHERS]), rest)?,
        };
        let start = header.size();
        header.take_back_former();
        Ok((header, number(fixed, FINGERPRINT), start))
    }

    /// How many bytes it takes in a record.
    pub(super) fn size(&self) -> usize {
        FIXED + OTHER_SECRET * self.others().len()
    }

    pub(super) fn encode(&self, fingerprint: u64, record: &mut Buffer) {
        let mut fixed = [0; FIXED];
        fixed[0] = FORMAT;
        fixed[FLAGS] = if self.remembered { REMEMBERED } else { 0 };
        fixed[OTHERS] = u8::try_from(self.others().len()).unwrap_or(u8::MAX);
        fixed[VERSION..TAG].copy_from_slice(&self.version.to_be_bytes());
        fixed[TAG..FINGERPRINT].copy_from_slice(&self.schema.0);
        for (at, number) in [
            (FINGERPRINT, fingerprint),
            (CREATED, self.created.as_unix_millis()),
            (WRITTEN, self.written.as_unix_millis()),
            (RENEWED, self.renewed.as_unix_millis()),
            (DEADLINE, self.deadline.as_unix_millis()),
            (IDLE, saturating_millis(self.idle)),
            (AUTHENTICATED, or_zero(self.authenticated)),
            (PRESENTED, or_zero(self.presented)),
        ] {
            fixed[at..at + 8].copy_from_slice(&number.to_be_bytes());
        }
        fixed[SECRET..].copy_from_slice(&self.secret.0);
        record.extend_from_slice(&fixed);
        self.others().iter().for_each(|other| other.encode(record));
    }

    /// The secret before the last rotation, if the record has it.
    pub(super) fn former(&self) -> Option<&OtherSecret> {
        self.others().iter().find(|other| other.kind == SecretKind::Former)
    }

    /// The successors that were offered and not presented yet.
    pub(super) fn offered(&self) -> impl Iterator<Item = &OtherSecret> {
        self.others().iter().filter(|other| other.kind == SecretKind::Offered)
    }

    pub(super) fn add_other(&mut self, other: OtherSecret) {
        self.others.get_or_insert_default().push(other);
    }

    /// Earlier versions made a successor current as soon as it was offered, and let the former one work until it was
    /// presented.
    pub(super) fn take_back_former(&mut self) {
        let Some(others) = &mut self.others else { return };
        let is_waiting = |other: &OtherSecret| other.kind == SecretKind::Former && other.at.is_none();
        let Some(former) = others.iter_mut().find(|other| is_waiting(other)) else { return };
        let successor = OtherSecret { kind: SecretKind::Offered, at: Some(self.renewed), hash: self.secret };
        self.secret = std::mem::replace(former, successor).hash;
        self.presented = Some(self.renewed);
    }

    pub(super) fn others(&self) -> &[OtherSecret] {
        self.others.as_deref().map_or(&[], SmallVec::as_slice)
    }
}

impl OtherSecret {
    fn decode(bytes: &[u8; OTHER_SECRET]) -> Result<Self, InvalidRecord> {
        let kind = match bytes[0] {
            1 => SecretKind::Former,
            2 => SecretKind::Offered,
            3 => SecretKind::Replaced,
            _ => return Err(InvalidRecord::Flags),
        };
        Ok(Self { kind, at: unless_zero(number(bytes, 1)), hash: SecretHash(part(bytes, 1 + 8)) })
    }

    fn encode(&self, record: &mut Buffer) {
        record.push(self.kind as u8);
        record.extend_from_slice(&or_zero(self.at).to_be_bytes());
        record.extend_from_slice(&self.hash.0);
    }
}

#[inline]
fn decode_others(count: usize, bytes: &[u8]) -> Result<Option<Box<OtherSecrets>>, InvalidRecord> {
    if count == 0 {
        return Ok(None);
    }
    if count > MAX_OTHER_SECRETS {
        return Err(InvalidRecord::Flags);
    }
    let (others, _) = bytes.as_chunks();
    let others = others.get(..count).ok_or(InvalidRecord::Truncated)?;
    others.iter().map(OtherSecret::decode).collect::<Result<_, _>>().map(|others| Some(Box::new(others)))
}

fn part<const ALL: usize, const N: usize>(bytes: &[u8; ALL], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}

fn number<const ALL: usize>(bytes: &[u8; ALL], at: usize) -> u64 {
    u64::from_be_bytes(part(bytes, at))
}

/// Records have zero for a time that has not come.
pub(super) fn unless_zero(millis: u64) -> Option<Timestamp> {
    (millis != 0).then(|| Timestamp::from_unix_millis(millis))
}

pub(super) fn or_zero(time: Option<Timestamp>) -> u64 {
    time.map_or(0, Timestamp::as_unix_millis)
}
