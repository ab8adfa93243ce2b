//! Stores: the contract that every backend fulfils, and the store that needs no server.
//!
//! A store keeps opaque payloads under public ids. It knows nothing of schemas, cookies or secrets.
//! [`Store`] is what every store can do; [`Iterate`], [`Index`], [`Limit`] and [`Purge`] are what
//! some can do besides. Using what a store cannot do is a compile error.

mod any;
mod entry;
mod erased;
mod kept;
mod memory;

use std::{future::Future, time::Duration};

#[doc(hidden)]
pub use self::kept::Kept;
pub use self::{
    any::{AnyStore, Complete},
    entry::{Cursor, Entry, Page, Stored},
    kept::Backend,
    memory::{MemoryStatistics, MemoryStore},
};
pub(crate) use self::{
    erased::{Answer, DynIndex, DynLimit, DynStore},
    kept::ErasedStore,
};
pub use bytes::Bytes;

pub use crate::{
    error::{StoreError, StoreErrorKind},
    id::SessionId,
    revision::Revision,
    term::Term,
};

/// Where records are kept.
///
/// There is no upsert: [`update`](Self::update) never creates and [`create`](Self::create) never
/// overwrites, so nothing that was deleted comes back. Time crosses this trait as a time to live and
/// the store's own clock decides. Every operation is atomic: a future dropped at any await leaves
/// the record as before or as after.
///
/// An error from a write may mean that the write was applied and its answer lost. A store or driver
/// that sends a write again must therefore first compare revisions: finding the entry's own revision
/// in place means done, not [`Updated::Conflict`] or [`Created::Occupied`]. Where others may have written since,
/// it is an error, for a conflict would have the change done twice.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a session store",
    label = "expected a type that implements `scs::store::Store`",
    note = "use `MemoryStore::new()`, a store of the `scs-stores` crate, or implement `Store`; `SealedCookies` keep schemas with `#[session(sealed)]`"
)]
pub trait Store: Send + Sync + 'static {
    /// Inserts a record if there is none under this id. An expired record counts as none.
    ///
    /// # Errors
    ///
    /// The store failed, is full, or refuses a record of this size.
    fn create(&self, id: SessionId, entry: &Entry) -> impl Future<Output = Result<Created, StoreError>> + Send;

    /// Reads a record; `None` if it is absent or expired.
    ///
    /// # Errors
    ///
    /// The store failed.
    fn load(&self, id: SessionId) -> impl Future<Output = Result<Option<Stored>, StoreError>> + Send;

    /// Replaces a record that still has the expected revision.
    ///
    /// [`Updated::Conflict`] may be answered where [`Updated::Gone`] would be exact.
    ///
    /// # Errors
    ///
    /// The store failed, is full, or refuses a record of this size.
    fn update(
        &self,
        id: SessionId,
        expected: Revision,
        entry: &Entry,
    ) -> impl Future<Output = Result<Updated, StoreError>> + Send;

    /// Moves the expiry of a record that still has the expected revision, and nothing else: the
    /// revision stays. Does nothing to a record that is absent, expired or at another revision.
    ///
    /// # Errors
    ///
    /// The store failed.
    fn touch(
        &self,
        id: SessionId,
        expected: Revision,
        ttl: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a record; `false` if there was none.
    ///
    /// # Errors
    ///
    /// The store failed.
    fn delete(&self, id: SessionId) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes a record that still has the expected revision, and no other: of those who have read one version of a
    /// record, at most one ends it.
    ///
    /// [`Deleted::Conflict`] may be answered where [`Deleted::Gone`] would be exact. Unless the store says otherwise, the
    /// record is replaced by one that has expired, and that is deleted: two calls in place of one.
    ///
    /// # Errors
    ///
    /// The store failed.
    fn delete_at(&self, id: SessionId, expected: Revision) -> impl Future<Output = Result<Deleted, StoreError>> + Send {
        async move {
            let nothing = Entry::new(Bytes::new(), Duration::ZERO).with_full_durability();
            match self.update(id, expected, &nothing).await? {
                Updated::Updated => self.delete(id).await.map(|_| Deleted::Deleted),
                Updated::Conflict | Updated::NotAdmitted => Ok(Deleted::Conflict),
                Updated::Gone => Ok(Deleted::Gone),
            }
        }
    }

    /// How long one call may take where the application sets no other limit
    /// ([`store_timeout`](crate::Builder::store_timeout)); 1 second unless the store says otherwise.
    fn default_timeout(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// What clones of this store have in common and no other store of this process has, such as the address of what they share;
    /// `None` unless the store says otherwise. Two schemas of one name in one store are refused by it.
    fn identity(&self) -> Option<u64> {
        None
    }

    /// Whether every call is answered without waiting, as from memory; `false` unless the store says otherwise.
    ///
    /// Such a call is polled once, on the caller's stack: it needs no allocation and no deadline. `create` and `update` may
    /// run under the lock of a session, so they never call back into one. A call that waits all the same fails with
    /// [`StoreErrorKind::Configuration`]. The answer never changes, and a store around another one gives that one's answer
    /// if it adds no wait of its own.
    fn answers_at_once(&self) -> bool {
        false
    }
}

/// How a [`Store::create`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "an occupied id means that nothing was stored"]
pub enum Created {
    /// The record is stored.
    Created,
    /// Another record has the id; it is untouched.
    Occupied,
    /// Nothing was stored: the id has no place under one of [`Entry::places`].
    NotAdmitted,
}

/// How a [`Store::update`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was stored"]
pub enum Updated {
    /// The record is replaced.
    Updated,
    /// The record has another revision; it is untouched.
    Conflict,
    /// There is no record; none was created.
    Gone,
    /// Nothing was stored: the id has no place under one of [`Entry::places`].
    NotAdmitted,
}

/// How a [`Store::delete_at`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was deleted"]
pub enum Deleted {
    /// The record is deleted.
    Deleted,
    /// The record has another revision; it is untouched.
    Conflict,
    /// There is no record.
    Gone,
}

/// A store that can list every record.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot list its sessions",
    label = "this store does not implement `Iterate`",
    note = "use a store with `Iterate`; the table in docs/stores.md says which have it"
)]
pub trait Iterate: Store {
    /// One page of live records, at most `limit` of them, from `cursor` on.
    ///
    /// Every record that lives throughout the iteration is on exactly one page or, where the backend
    /// cannot do better, on at least one; memory is bounded by the page.
    ///
    /// # Errors
    ///
    /// The store failed.
    fn page(
        &self,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<(SessionId, Stored)>, StoreError>> + Send;
}

/// A store that can find records by their terms, and end them by their terms.
///
/// For finding, entries are hints and the record is the truth: a term is added before its record is written and
/// removed after, so that no live record is ever missing, and a found id may be stale. Entries are
/// kept until the record's absolute deadline, whatever its idle expiry.
///
/// For ending, the term decides: [`delete_under`](Self::delete_under) looks at no payload, so that it ends what this
/// application cannot read too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot find sessions by their fields",
    label = "this store does not implement `Index`",
    note = "use a store with `Index`, or drop `#[session(index)]` from the schema; the table in docs/stores.md says which stores have it"
)]
pub trait Index: Store {
    /// One page of the ids under a term, at most `limit` of them, from `cursor` on: those that came last are in front,
    /// by id or by when they came to have the term. So a list of what is there ends, however many come meanwhile.
    ///
    /// # Errors
    ///
    /// The store failed.
    fn find(
        &self,
        term: Term,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<SessionId>, StoreError>> + Send;

    /// Removes an id from under a term, unless a live record has the term. An [admission](Limit::admit) goes too: the
    /// write that relies on it finds that out.
    ///
    /// # Errors
    ///
    /// The store failed.
    fn forget(&self, term: Term, id: SessionId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a live record if it has the term at this moment, whatever is in it, and takes its id from under the
    /// term in any case; `false` if no such record was there.
    ///
    /// It is atomic, and decided where records are kept and not by what a cache says: a record that gains the term at
    /// the same time is deleted, or gains it afterwards; one that loses it is deleted, or lives on without the term.
    ///
    /// # Errors
    ///
    /// The store failed.
    fn delete_under(&self, term: Term, id: SessionId) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// A store that can limit how many records have a term.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot limit how many sessions share a value",
    label = "this store does not implement `Limit`",
    note = "use a store with `Limit`; the table in docs/stores.md says which have it"
)]
pub trait Limit: Index {
    /// Adds `id` under `term` for `ttl` if fewer than `max` others are there, atomically on the term.
    ///
    /// A write that relies on it says so ([`Entry::places`]), and is refused if the place is gone by then. So a place
    /// whose write never comes can be given away at once.
    ///
    /// # Errors
    ///
    /// The store failed.
    fn admit(
        &self,
        term: Term,
        id: SessionId,
        max: usize,
        ttl: Duration,
    ) -> impl Future<Output = Result<Admission, StoreError>> + Send;
}

/// How a [`Limit::admit`] ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a full term means that the id was not added"]
pub enum Admission {
    /// The id is under the term.
    Admitted,
    /// These have the term, the one that was attached first in front. Some may be stale: [`Index::forget`] them and
    /// ask again.
    Full(Vec<Holder>),
}

/// An id that has a place under a limited term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The id. Its record may be gone, or still to be written.
    pub id: SessionId,
    /// How long ago it was attached; zero if that is not after now by the store's clock.
    pub attached_for: Duration,
}

/// A store whose expired records must be deleted.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no expired sessions to purge",
    label = "this store does not implement `Purge`",
    note = "stores that expire records by themselves need no purging"
)]
pub trait Purge: Store {
    /// Deletes up to `limit` expired records and says how many it deleted.
    ///
    /// # Errors
    ///
    /// The store failed.
    fn purge(&self, limit: usize) -> impl Future<Output = Result<usize, StoreError>> + Send;
}
