//! Backends: what a manager loads from and commits to.

use std::{future::Future, time::Duration};

use super::{Created, Entry, SessionId, Store, StoreError, Stored, Updated};
use crate::revision::Revision;

/// What a manager loads from and commits to: any [`Store`].
///
/// This trait is sealed and its methods are not called by applications; it exists so that bounds can
/// name it.
pub trait Backend: sealed::Backend {}

impl<S: Store> Backend for S {}

pub(crate) mod sealed {
    use super::{Created, Duration, Entry, Future, Revision, SessionId, Store, StoreError, Stored, Updated};

    pub trait Backend: Send + Sync + 'static {
        fn insert(&self, id: SessionId, entry: &Entry) -> impl Future<Output = Result<Created, StoreError>> + Send;
        fn fetch(&self, id: SessionId) -> impl Future<Output = Result<Option<Stored>, StoreError>> + Send;
        fn replace(
            &self,
            id: SessionId,
            expected: Revision,
            entry: &Entry,
        ) -> impl Future<Output = Result<Updated, StoreError>> + Send;
        fn extend(
            &self,
            id: SessionId,
            expected: Revision,
            ttl: Duration,
        ) -> impl Future<Output = Result<(), StoreError>> + Send;
        fn remove(&self, id: SessionId) -> impl Future<Output = Result<bool, StoreError>> + Send;
        fn time_limit(&self) -> Duration;
    }

    impl<S: Store> Backend for S {
        fn insert(&self, id: SessionId, entry: &Entry) -> impl Future<Output = Result<Created, StoreError>> + Send {
            self.create(id, entry)
        }

        fn fetch(&self, id: SessionId) -> impl Future<Output = Result<Option<Stored>, StoreError>> + Send {
            self.load(id)
        }

        fn replace(
            &self,
            id: SessionId,
            expected: Revision,
            entry: &Entry,
        ) -> impl Future<Output = Result<Updated, StoreError>> + Send {
            self.update(id, expected, entry)
        }

        fn extend(
            &self,
            id: SessionId,
            expected: Revision,
            ttl: Duration,
        ) -> impl Future<Output = Result<(), StoreError>> + Send {
            self.touch(id, expected, ttl)
        }

        fn remove(&self, id: SessionId) -> impl Future<Output = Result<bool, StoreError>> + Send {
            self.delete(id)
        }

        fn time_limit(&self) -> Duration {
            self.default_timeout()
        }
    }
}
