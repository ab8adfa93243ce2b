//! The bytes of a record: its revision (8), how many terms it has (2), the terms (16 each), the payload.
//!
//! A record knows its terms, so that what only one version of the application knows outlives the writes of the other, and
//! so that a record's deletion and `forget` need no one to say what it was found under. The scripts read the same bytes:
//! `lua/record.lua`.

use std::time::Duration;

use scs::store::{Bytes, Entry, Revision, Stored, Term};

const TERM: usize = 16;
const HEADER: usize = 10;

/// The record of an entry, under the terms that its writer knows.
pub(super) fn encode(entry: &Entry) -> Vec<u8> {
    let mut record = head(entry.revision(), entry.terms(), entry.payload().len());
    record.extend_from_slice(entry.payload());
    record
}

/// What a record of this revision and these terms begins with, and room for its payload.
pub(super) fn head(revision: Revision, terms: &[Term], payload: usize) -> Vec<u8> {
    let count = u16::try_from(terms.len()).unwrap_or(u16::MAX);
    let mut head = Vec::with_capacity(HEADER + TERM * usize::from(count) + payload);
    head.extend(self::revision(revision));
    head.extend(count.to_be_bytes());
    head.extend(terms.iter().take(count.into()).flat_map(|term| term.to_bytes()));
    head
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
