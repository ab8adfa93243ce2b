//! The bytes of a record: its revision (8), how many terms it has (2), the terms (16 each), the payload.
//!
//! A record knows its terms, so that what only one version of the application knows outlives the writes of the other, and
//! so that a record's deletion and `forget` need no one to say what it was found under. The scripts read the same bytes:
//! `lua/record.lua`.

use std::time::Duration;

use scs::store::{Bytes, Entry, Revision, Stored, Term};

const TERM: usize = 16;
pub(super) const HEADER: usize = 10;

/// The record of an entry that is stored for the first time.
pub(super) fn encode(entry: &Entry) -> Vec<u8> {
    let terms = entry.terms();
    let mut record = Vec::with_capacity(HEADER + TERM * terms.len() + entry.payload().len());
    record.extend(revision(entry.revision()));
    record.extend(u16::try_from(terms.len()).unwrap_or(u16::MAX).to_be_bytes());
    record.extend(terms.iter().take(u16::MAX.into()).flat_map(|term| term.to_bytes()));
    record.extend_from_slice(entry.payload());
    record
}

/// A record as the store gives it back; `None` if these bytes are none.
pub(super) fn decode(record: &Bytes, ttl: Duration) -> Option<Stored> {
    let (revision, rest) = record.split_first_chunk()?;
    let (count, rest) = rest.split_first_chunk()?;
    let revision = Revision::new(u64::from_be_bytes(*revision))?;
    let terms = TERM * usize::from(u16::from_be_bytes(*count));
    (terms <= rest.len()).then(|| Stored::new(record.slice(HEADER + terms..), revision, ttl))
}

/// A revision as it is stored and compared.
pub(super) fn revision(revision: Revision) -> [u8; 8] {
    revision.get().to_be_bytes()
}

/// Terms as they are stored, one after the other.
pub(super) fn join(terms: &[Term]) -> Vec<u8> {
    terms.iter().flat_map(|term| term.to_bytes()).collect()
}

/// The terms that were stored one after the other.
pub(super) fn split(terms: &[u8]) -> Vec<Term> {
    let (terms, _) = terms.as_chunks();
    terms.iter().copied().map(Term::from_bytes).collect()
}
