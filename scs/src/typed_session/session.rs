//! The trait that `#[derive(Session)]` implements.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use super::Handle;
use crate::{
    error::StoreError,
    id::SessionId,
    manager::{BackendEngine, Engine},
    schema::Schema,
    store::{self, Admission, Cursor, Page},
    term::Term,
};
#[cfg(feature = "sealed")]
use crate::{
    manager::SealedEngine,
    sealed::{Revocation, SealedCookies},
};

/// A session schema: a struct with `#[derive(Session)]`. It is never implemented by hand.
///
/// ```
/// use scs::{Session, TypedSession};
///
/// #[derive(Session)]
/// struct Visitor {
///     visits: u32,
/// }
///
/// // What `#[derive(Session)]` generated, `VisitorAccessors`, is what a session dereferences to.
/// fn visits(session: &TypedSession<Visitor>) -> u32 {
///     session.visits()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a session schema",
    label = "this type has no `#[derive(Session)]`",
    note = "add `#[derive(Session)]` to the definition of `{Self}`"
)]
pub trait Session: Sized + 'static {
    /// The generated type whose methods read and write the fields.
    type Accessors: Accessors;

    #[doc(hidden)]
    type Needs;

    #[doc(hidden)]
    const SCHEMA: &'static Schema;

    #[doc(hidden)]
    fn snapshot(accessors: &Self::Accessors) -> Self;
}

/// What every generated accessor type is made from.
#[doc(hidden)]
pub trait Accessors: Send + Sync + 'static {
    fn new(handle: Handle) -> Self;
    fn handle(&self) -> &Handle;
}

/// The needs of a schema that any store can hold.
#[doc(hidden)]
pub struct AnyStorage;

/// The needs of a schema that a sealed cookie can hold too.
#[doc(hidden)]
pub struct SealableStorage;

/// The needs of a schema with an `index` field.
#[doc(hidden)]
pub struct IndexedStorage;

/// The needs of a schema with an `index(max = ..)` field.
#[doc(hidden)]
pub struct LimitedStorage;

/// Backends that can hold sessions of a schema: any store, or for a schema with an `index` field those with
/// [`Index`](store::Index), and with a limit those with [`Limit`](store::Limit). Sealed cookies hold the schemas with
/// `#[session(sealed)]`, and stores these too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot keep sessions of schema `{S}`",
    label = "not a session store, or one that lacks what the schema's `index` asks for",
    note = "a session store implements `scs::store::Store`, as `MemoryStore` does",
    note = "a schema with an `#[session(index)]` field needs a store that implements `scs::store::Index` too",
    note = "and with `index(max = ..)` one that implements `scs::store::Limit`",
    note = "a sealed cookie keeps schemas with `#[session(sealed)]`"
)]
pub trait Holds<S>: store::Backend + Sized {
    #[doc(hidden)]
    fn abilities() -> Abilities<Self>;
}

#[diagnostic::do_not_recommend]
impl<S: Session, B: Meets<S::Needs>> Holds<S> for B {
    fn abilities() -> Abilities<Self> {
        <B as Meets<S::Needs>>::abilities()
    }
}

#[doc(hidden)]
pub trait Meets<Needs>: store::Backend + Sized {
    fn abilities() -> Abilities<Self>;
}

#[diagnostic::do_not_recommend]
impl<B: store::Store> Meets<AnyStorage> for B {
    fn abilities() -> Abilities<Self> {
        Abilities::stored(None)
    }
}

#[diagnostic::do_not_recommend]
impl<B: store::Store> Meets<SealableStorage> for B {
    fn abilities() -> Abilities<Self> {
        Abilities::stored(None)
    }
}

#[cfg(feature = "sealed")]
#[diagnostic::do_not_recommend]
impl<R: Revocation> Meets<SealableStorage> for SealedCookies<R> {
    fn abilities() -> Abilities<Self> {
        Abilities::sealed()
    }
}

#[diagnostic::do_not_recommend]
impl<B: store::Index> Meets<IndexedStorage> for B {
    fn abilities() -> Abilities<Self> {
        Abilities::stored(Some(Terms::found()))
    }
}

#[diagnostic::do_not_recommend]
impl<B: store::Limit> Meets<LimitedStorage> for B {
    fn abilities() -> Abilities<Self> {
        let admit: Admit<Self> = |store, term, id, max, ttl| Box::pin(store.admit(term, id, max, ttl));
        Abilities::stored(Some(Terms { admit: Some(admit), ..Terms::found() }))
    }
}

/// What a backend can do, for a manager whose type does not say it.
#[doc(hidden)]
pub struct Abilities<B> {
    pub(crate) engine: AsEngine<B>,
    pub(crate) terms: Option<Terms<B>>,
}

pub(crate) type AsEngine<B> = fn(Arc<BackendEngine<B>>) -> Arc<dyn Engine>;

impl<B: store::Store> Abilities<B> {
    fn stored(terms: Option<Terms<B>>) -> Self {
        Self { engine: |engine| engine, terms }
    }
}

#[cfg(feature = "sealed")]
impl<R: Revocation> Abilities<SealedCookies<R>> {
    fn sealed() -> Self {
        Self { engine: |engine| Arc::new(SealedEngine::new(engine)), terms: None }
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;
type Find<B> = for<'a> fn(&'a B, Term, Option<Cursor>, usize) -> Answer<'a, Page<SessionId>>;
type Forget<B> = for<'a> fn(&'a B, Term, SessionId) -> Answer<'a, ()>;
pub(crate) type Admit<B> = for<'a> fn(&'a B, Term, SessionId, usize, Duration) -> Answer<'a, Admission>;

/// What a store can do with terms, for a manager whose type does not say it.
pub(crate) struct Terms<B> {
    pub(crate) find: Find<B>,
    pub(crate) forget: Forget<B>,
    /// Only where a schema has limits.
    pub(crate) admit: Option<Admit<B>>,
}

impl<B: store::Index> Terms<B> {
    fn found() -> Self {
        Self {
            find: |store, term, cursor, limit| Box::pin(store.find(term, cursor, limit)),
            forget: |store, term, id| Box::pin(store.forget(term, id)),
            admit: None,
        }
    }
}

/// Schemas that say who is signed in: those with a field that has both `index` and `renews`. The derive implements
/// it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who is signed in",
    label = "no field of `{Self}` has `#[session(index, renews)]`",
    note = "the sessions of one account are found by a field that says whose they are: `#[session(index, renews)] account: Option<u64>`"
)]
pub trait HasAccount: Session {}
