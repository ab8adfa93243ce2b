//! Stores without their type: what a manager calls.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{
    Admission, Created, Cursor, Deleted, Entry, Index, Limit, Page, Revision, SessionId, Store, StoreError,
    StoreErrorKind, Stored, Term, Updated,
};

/// What a store answers to one call.
pub enum Answer<'a, T> {
    /// By a store that [answers at once](Store::answers_at_once).
    Now(Result<T, StoreError>),
    Later(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>),
}

impl<'a, T> Answer<'a, T> {
    #[inline]
    pub(crate) fn of(at_once: bool, call: impl Future<Output = Result<T, StoreError>> + Send + 'a) -> Self {
        if !at_once {
            return Self::Later(Box::pin(call));
        }
        Self::Now(match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => Err(StoreError::new(StoreErrorKind::Configuration, WAITS)),
        })
    }

    /// Waits for the answer, however long it takes.
    pub(super) async fn wait(self) -> Result<T, StoreError> {
        match self {
            Self::Now(result) => result,
            Self::Later(call) => call.await,
        }
    }
}

const WAITS: &str =
    "the store waited although its `answers_at_once` is true; return false there, or answer without waiting";

/// [`Store`], object-safe.
pub trait DynStore: Send + Sync {
    fn create<'a>(&'a self, id: SessionId, entry: &'a Entry) -> Answer<'a, Created>;
    fn load(&self, id: SessionId) -> Answer<'_, Option<Stored>>;
    fn update<'a>(&'a self, id: SessionId, expected: Revision, entry: &'a Entry) -> Answer<'a, Updated>;
    fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Answer<'_, ()>;
    fn delete(&self, id: SessionId) -> Answer<'_, bool>;
    fn delete_at(&self, id: SessionId, expected: Revision) -> Answer<'_, Deleted>;
    fn identity(&self) -> Option<u64>;
    fn default_timeout(&self) -> Duration;
    fn answers_at_once(&self) -> bool;
}

/// [`Index`], object-safe.
pub trait DynIndex: Send + Sync {
    fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Answer<'_, Page<SessionId>>;
    fn forget(&self, term: Term, id: SessionId) -> Answer<'_, ()>;
    fn delete_under(&self, term: Term, id: SessionId) -> Answer<'_, bool>;
}

/// [`Limit`], object-safe.
pub trait DynLimit: Send + Sync {
    fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Answer<'_, Admission>;
}

impl<B: Store> DynStore for B {
    fn create<'a>(&'a self, id: SessionId, entry: &'a Entry) -> Answer<'a, Created> {
        Answer::of(Store::answers_at_once(self), Store::create(self, id, entry))
    }

    fn load(&self, id: SessionId) -> Answer<'_, Option<Stored>> {
        Answer::of(Store::answers_at_once(self), Store::load(self, id))
    }

    fn update<'a>(&'a self, id: SessionId, expected: Revision, entry: &'a Entry) -> Answer<'a, Updated> {
        Answer::of(Store::answers_at_once(self), Store::update(self, id, expected, entry))
    }

    fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Answer<'_, ()> {
        Answer::of(Store::answers_at_once(self), Store::touch(self, id, expected, ttl))
    }

    fn delete(&self, id: SessionId) -> Answer<'_, bool> {
        Answer::of(Store::answers_at_once(self), Store::delete(self, id))
    }

    fn delete_at(&self, id: SessionId, expected: Revision) -> Answer<'_, Deleted> {
        Answer::of(Store::answers_at_once(self), Store::delete_at(self, id, expected))
    }

    fn identity(&self) -> Option<u64> {
        Store::identity(self)
    }

    fn default_timeout(&self) -> Duration {
        Store::default_timeout(self)
    }

    fn answers_at_once(&self) -> bool {
        Store::answers_at_once(self)
    }
}

impl<B: Index> DynIndex for B {
    fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Answer<'_, Page<SessionId>> {
        Answer::of(Store::answers_at_once(self), Index::find(self, term, cursor, limit))
    }

    fn forget(&self, term: Term, id: SessionId) -> Answer<'_, ()> {
        Answer::of(Store::answers_at_once(self), Index::forget(self, term, id))
    }

    fn delete_under(&self, term: Term, id: SessionId) -> Answer<'_, bool> {
        Answer::of(Store::answers_at_once(self), Index::delete_under(self, term, id))
    }
}

impl<B: Limit> DynLimit for B {
    fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Answer<'_, Admission> {
        Answer::of(Store::answers_at_once(self), Limit::admit(self, term, id, max, ttl))
    }
}
