//! A record as it lies in its table: revision, expiry, place in the queue, terms, payload.

use scs::store::{Bytes, Entry, Revision, Stored, Term};

use crate::millis::{duration, millis};

/// A record; its times are milliseconds since the Unix epoch.
pub(super) struct Record {
    pub(super) revision: Revision,
    pub(super) expires: i64,
    /// When a purge looks at the record next: at its expiry or before, so that a longer life need not be noted twice.
    pub(super) queued: i64,
    pub(super) terms: Vec<Term>,
    payload: Bytes,
}

impl Record {
    pub(super) fn new(entry: &Entry, now: i64) -> Self {
        let expires = later(now, entry.ttl());
        Self {
            revision: entry.revision(),
            expires,
            queued: expires,
            terms: entry.terms().to_vec(),
            payload: entry.payload().clone(),
        }
    }

    /// The record after an entry took its place.
    pub(super) fn followed_by(&self, entry: &Entry, now: i64) -> Self {
        let mut next = Self::new(entry, now);
        next.queued = self.queued.min(next.expires);
        next.terms = self.terms_after(entry);
        next
    }

    /// Another version of the application may have given the record terms that the writer knows nothing of; they stay.
    fn terms_after(&self, entry: &Entry) -> Vec<Term> {
        let (gained, dropped) = (entry.terms(), entry.dropped_terms());
        let kept = self.terms.iter().filter(|term| !gained.contains(term) && !dropped.contains(term));
        gained.iter().chain(kept).copied().collect()
    }

    pub(super) fn expiring(self, expires: i64) -> Self {
        Self { expires, queued: self.queued.min(expires), ..self }
    }

    pub(super) fn is_live(&self, now: i64) -> bool {
        now < self.expires
    }

    /// Whether this is what the entry wrote.
    pub(super) fn is(&self, entry: &Entry) -> bool {
        self.revision == entry.revision()
    }

    pub(super) fn stored(self, now: i64) -> Stored {
        Stored::new(self.payload, self.revision, duration(self.expires.saturating_sub(now)))
    }

    /// The bytes in the table; numbers are big-endian.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.revision.get().to_be_bytes().to_vec();
        bytes.extend(self.expires.to_be_bytes());
        bytes.extend(self.queued.to_be_bytes());
        bytes.extend((self.terms.len() as u64).to_be_bytes());
        bytes.extend(self.terms.iter().flat_map(|term| term.to_bytes()));
        bytes.extend(&*self.payload);
        bytes
    }

    /// `None` for bytes that [`encode`](Self::encode) did not make.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let ([revision, expires, queued, terms], rest) = numbers(bytes)?;
        let terms_end = usize::try_from(terms).ok()?.checked_mul(16)?;
        let (terms, payload) = rest.split_at_checked(terms_end)?;
        Some(Self {
            revision: Revision::new(revision)?,
            expires: i64::try_from(expires).ok()?,
            queued: i64::try_from(queued).ok()?,
            terms: terms.as_chunks().0.iter().copied().map(Term::from_bytes).collect(),
            payload: Bytes::copy_from_slice(payload),
        })
    }
}

fn numbers<const N: usize>(bytes: &[u8]) -> Option<([u64; N], &[u8])> {
    let (head, rest) = bytes.split_at_checked(8 * N)?;
    let mut numbers = [0; N];
    for (number, bytes) in numbers.iter_mut().zip(head.as_chunks().0) {
        *number = u64::from_be_bytes(*bytes);
    }
    Some((numbers, rest))
}

/// So much later, in milliseconds.
pub(super) fn later(now: i64, by: std::time::Duration) -> i64 {
    now.saturating_add(millis(by))
}
