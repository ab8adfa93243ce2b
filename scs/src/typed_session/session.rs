//! The traits that `#[derive(Session)]` implements.

use std::sync::Arc;

use super::Handle;
use crate::{schema::Schema, store::Kept};

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

/// Schemas that backend `B` can keep.
///
/// The derive implements it once per schema, for every `B` with what the schema needs: any [`Store`](crate::store::Store);
/// with an `index` field an [`Index`](crate::store::Index); with a limit a [`Limit`](crate::store::Limit). A schema
/// with `#[session(sealed)]` is kept by [sealed cookies](crate::sealed::SealedCookies) too. Where its condition fails, the
/// store's own trait says what is missing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a session schema",
    label = "`{Self}` has no `#[derive(Session)]`",
    note = "add `#[derive(Session)]` to the definition of `{Self}`"
)]
pub trait KeptBy<B>: Session {
    #[doc(hidden)]
    fn kept(backend: Arc<B>) -> Kept;
}

/// Every type is itself. A constructor whose argument is of a type parameter of its own has the compiler point at the
/// argument that does not fit.
#[doc(hidden)]
pub trait Is {
    type It;
    fn it(self: Arc<Self>) -> Arc<Self::It>;
}

impl<T> Is for T {
    type It = T;

    fn it(self: Arc<Self>) -> Arc<T> {
        self
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
