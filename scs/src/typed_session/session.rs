//! The trait that `#[derive(Session)]` implements.

use super::Handle;
use crate::{schema::Schema, store};

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

/// The needs of a schema with an `index` field.
#[doc(hidden)]
pub struct IndexedStorage;

/// Stores that can hold sessions of a schema: any, or for a schema with an `index` field those with
/// [`Index`](store::Index).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot keep sessions of schema `{S}`",
    label = "not a session store, or one without the index that the schema asks for",
    note = "a session store implements `scs::store::Store`, as `MemoryStore` does",
    note = "a schema with an `#[session(index)]` field needs a store that implements `scs::store::Index` too"
)]
pub trait Holds<S>: store::Backend {}

#[diagnostic::do_not_recommend]
impl<S: Session, B: Meets<S::Needs>> Holds<S> for B {}

#[doc(hidden)]
pub trait Meets<Needs>: store::Backend {}

#[diagnostic::do_not_recommend]
impl<B: store::Backend> Meets<AnyStorage> for B {}

#[diagnostic::do_not_recommend]
impl<B: store::Index> Meets<IndexedStorage> for B {}
