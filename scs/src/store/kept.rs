//! What a manager keeps its sessions in, once the backend's type is no longer needed.

use std::{any::Any, fmt, sync::Arc, time::Duration};

use super::{
    AnyStore, Index, Limit, Store,
    erased::{DynIndex, DynLimit, DynStore},
};
use crate::error::ConfigError;
#[cfg(feature = "sealed")]
use crate::sealed::ErasedCookies;

/// A backend without its type, as far as a schema needs it.
#[doc(hidden)]
#[derive(Clone)]
pub enum Kept {
    Store(ErasedStore),
    #[cfg(feature = "sealed")]
    Sealed(ErasedCookies),
}

/// A store without its type. Its `Arc`s share one allocation.
#[doc(hidden)]
#[derive(Clone)]
pub struct ErasedStore {
    pub(crate) store: Arc<dyn DynStore>,
    /// There for schemas with an `index` field.
    pub(crate) index: Option<Arc<dyn DynIndex>>,
    /// There for schemas with an `index(max = ..)` field.
    pub(crate) limit: Option<Arc<dyn DynLimit>>,
    /// Read once, because every request needs it.
    pub(crate) answers_at_once: bool,
}

impl Kept {
    /// Refuses settings of the backend that cannot work.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::Store(_) => Ok(()),
            #[cfg(feature = "sealed")]
            Self::Sealed(cookies) => cookies.check(),
        }
    }

    /// Keeps a schema that any store can hold.
    pub fn in_store<B: Store>(store: Arc<B>) -> Self {
        Self::erased(store, None, None)
    }

    /// Keeps a schema with an `index` field.
    pub fn in_index<B: Index>(store: Arc<B>) -> Self {
        let index: Arc<dyn DynIndex> = store.clone();
        Self::erased(store, Some(index), None)
    }

    /// Keeps a schema with an `index(max = ..)` field.
    pub fn in_limit<B: Limit>(store: Arc<B>) -> Self {
        let (index, limit): (Arc<dyn DynIndex>, Arc<dyn DynLimit>) = (store.clone(), store.clone());
        Self::erased(store, Some(index), Some(limit))
    }

    fn erased<B: Store>(store: Arc<B>, index: Option<Arc<dyn DynIndex>>, limit: Option<Arc<dyn DynLimit>>) -> Self {
        // An `AnyStore` has lost its type already. Wrapped again, each of its calls would be boxed twice.
        let any: &dyn Any = &*store;
        Self::Store(match any.downcast_ref::<AnyStore>() {
            Some(any) => any.erased(),
            None => ErasedStore { answers_at_once: store.answers_at_once(), store, index, limit },
        })
    }
}

impl Kept {
    /// The store; `None` if clients carry their sessions.
    pub(crate) const fn store(&self) -> Option<&ErasedStore> {
        match self {
            Self::Store(store) => Some(store),
            #[cfg(feature = "sealed")]
            Self::Sealed(_) => None,
        }
    }

    /// Lets every call count as one that has to wait.
    pub(crate) fn wait(&mut self) {
        match self {
            Self::Store(store) => store.answers_at_once = false,
            #[cfg(feature = "sealed")]
            Self::Sealed(_) => {}
        }
    }

    /// How long one call may take where the application sets no other limit.
    pub(crate) fn default_timeout(&self) -> Duration {
        match self {
            Self::Store(store) => store.store.default_timeout(),
            #[cfg(feature = "sealed")]
            Self::Sealed(cookies) => cookies.revocation.default_timeout(),
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept(..)")
    }
}

/// What can keep the sessions of a schema with `#[session(sealed)]`: any [`Store`], or
/// [sealed cookies](crate::sealed::SealedCookies). It is never implemented by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a session store nor sealed cookies",
    label = "expected a type that implements `scs::store::Store`, or `SealedCookies`",
    note = "use `MemoryStore::new()`, a store of the `scs-stores` crate, or implement `Store`"
)]
pub trait Backend: Send + Sync + 'static {
    #[doc(hidden)]
    fn kept(self: Arc<Self>) -> Kept;
}

#[diagnostic::do_not_recommend]
impl<B: Store> Backend for B {
    fn kept(self: Arc<Self>) -> Kept {
        Kept::in_store(self)
    }
}
