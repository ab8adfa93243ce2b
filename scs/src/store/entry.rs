//! What crosses the store contract: entries in, stored records out, pages of both.

use std::{fmt, time::Duration};

use bytes::Bytes;

use crate::{revision::Revision, term::Term};

/// A record on its way into a store.
#[derive(Clone)]
pub struct Entry {
    payload: Bytes,
    revision: Revision,
    ttl: Duration,
    lifetime: Duration,
    terms: Vec<Term>,
    dropped_terms: Vec<Term>,
    places: Vec<Term>,
    moves_terms: bool,
    needs_full_durability: bool,
    is_authenticated: bool,
}

impl Entry {
    /// An entry with a fresh revision and no terms, which lives for `ttl`.
    pub fn new(payload: impl Into<Bytes>, ttl: Duration) -> Self {
        Self::lasting(payload.into(), ttl, ttl)
    }

    /// The same, which can live for `lifetime`.
    #[inline]
    pub(crate) fn lasting(payload: Bytes, ttl: Duration, lifetime: Duration) -> Self {
        Self {
            payload,
            revision: Revision::random(),
            ttl,
            lifetime: lifetime.max(ttl),
            terms: Vec::new(),
            dropped_terms: Vec::new(),
            places: Vec::new(),
            moves_terms: false,
            needs_full_durability: false,
            is_authenticated: false,
        }
    }

    /// The entry with this revision, where a test needs to know it. Two writes never share one.
    #[must_use]
    pub const fn with_revision(mut self, revision: Revision) -> Self {
        self.revision = revision;
        self
    }

    /// How long the session can live at most, however often it is touched. Index entries live as long.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime.max(self.ttl);
        self
    }

    /// The terms the record has from now on, and those it had before and no longer has. What it has
    /// besides it keeps: another version of the application may know more of them than the writer.
    #[must_use]
    pub fn with_terms(mut self, terms: Vec<Term>, dropped: Vec<Term>) -> Self {
        self.moves_terms = !terms.is_empty() || !dropped.is_empty();
        self.terms = terms;
        self.dropped_terms = dropped;
        self
    }

    /// The terms the record has, where it had all of them at the expected revision and can live no longer
    /// than it could: nothing in an index needs to be written.
    #[must_use]
    pub fn with_unchanged_terms(mut self, terms: Vec<Term>) -> Self {
        self = self.with_terms(terms, Vec::new());
        self.moves_terms = false;
        self
    }

    /// The terms under which the id must have a place: one that [`Limit::admit`](super::Limit::admit) gave it and nobody
    /// has taken since. Without it nothing is stored.
    #[must_use]
    pub fn with_places(mut self, places: Vec<Term>) -> Self {
        self.places = places;
        self
    }

    /// Says whether somebody has signed in to the session: a store with little room left keeps it for those.
    #[must_use]
    pub const fn with_authentication(mut self, is_authenticated: bool) -> Self {
        self.is_authenticated = is_authenticated;
        self
    }

    /// Asks a store that may lose its latest writes not to lose this one.
    #[must_use]
    pub const fn with_full_durability(mut self) -> Self {
        self.needs_full_durability = true;
        self
    }

    pub(crate) const fn note_authentication(&mut self, is_authenticated: bool) {
        self.is_authenticated = is_authenticated;
    }

    /// The same entry with another time to live.
    pub(crate) fn living_for(self, ttl: Duration) -> Self {
        Self { ttl, ..self }
    }

    /// The same entry with other bytes.
    #[cfg(feature = "sealed")]
    pub(crate) fn with_payload(&self, payload: impl Into<Bytes>) -> Self {
        Self { payload: payload.into(), ..self.clone() }
    }

    /// The bytes to keep.
    pub const fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// The revision to keep beside the bytes.
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// How long the record lives unless it is touched or updated.
    pub const fn ttl(&self) -> Duration {
        self.ttl
    }

    /// How long the record can live at most; index entries are kept that long.
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// The terms under which the record can be found.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The terms that the record had at the expected revision and no longer has.
    pub fn dropped_terms(&self) -> &[Term] {
        &self.dropped_terms
    }

    /// Whether the index must be written: the record gains or loses a term, or can live longer than before.
    pub const fn moves_terms(&self) -> bool {
        self.moves_terms
    }

    /// The terms under which the id must have a place, or nothing is stored.
    pub fn places(&self) -> &[Term] {
        &self.places
    }

    /// Whether somebody has signed in to the session.
    pub const fn is_authenticated(&self) -> bool {
        self.is_authenticated
    }

    /// Whether losing this write could let someone in who must stay out, or give something twice: it changes the secret,
    /// shortens the session, claims a value or takes something away. A store with relaxed durability makes it as durable
    /// as it can; so it does every deletion.
    pub const fn needs_full_durability(&self) -> bool {
        self.needs_full_durability
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("bytes", &self.payload.len())
            .field("revision", &self.revision)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

/// A record as a store gives it back.
#[derive(Clone)]
pub struct Stored {
    payload: Bytes,
    revision: Revision,
    ttl: Duration,
}

impl Stored {
    /// A record with its revision and the time it has left.
    pub fn new(payload: impl Into<Bytes>, revision: Revision, ttl: Duration) -> Self {
        Self { payload: payload.into(), revision, ttl }
    }

    pub(crate) fn into_parts(self) -> (Bytes, Revision, Duration) {
        (self.payload, self.revision, self.ttl)
    }

    /// The bytes that were kept.
    pub const fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// The revision of the last write.
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// How long the record still lives.
    pub const fn ttl(&self) -> Duration {
        self.ttl
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("bytes", &self.payload.len())
            .field("revision", &self.revision)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

/// Where an iteration goes on, in a form that only the store that made it understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    /// A cursor of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes it was made of.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// One page of an iteration.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What is on the page; an empty page need not be the last.
    pub items: Vec<T>,
    /// Where to go on; `None` on the last page.
    pub next: Option<Cursor>,
}
