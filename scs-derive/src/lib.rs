//! The derive macro of scs, typed sessions for Rust web servers.
//!
//! Use it through `scs`, which re-exports it.

mod attr;
mod check;
mod diag;
mod expand;
mod model;
mod names;

use proc_macro::TokenStream;

/// Makes a struct a session schema.
///
/// For a struct `Visitor` it implements `Session` and generates `VisitorAccessors`, the type whose
/// methods `TypedSession<Visitor>` offers. The struct itself needs no other derive; the field types
/// need serde's `Serialize` and `Deserialize`, and `Clone`.
///
/// # What each field gets
///
/// | accessor | does | plain | `flash` | `once` |
/// |---|---|---|---|---|
/// | `x() -> T` | reads the value, or the default | yes | | yes |
/// | `with_x(\|&T\| ..)` | lends the value, or the default, to a closure | yes | | yes |
/// | `set_x(T)` | sets the value; an equal value is no change, except that a `ttl` begins again | yes | yes | |
/// | `init_x(T)` | sets the value unless there is one | | | yes |
/// | `update_x(\|&mut T\| ..)` | changes the value, exactly, also when other requests change it meanwhile: the closure runs again on what they stored, so it owns what it uses | yes | | |
/// | `pop_x() -> Option<T>` | takes the value out | yes | yes | |
/// | `claim_x().await` | takes the stored value out for at most one of many concurrent requests; a value that this request has set is its own | | yes | |
/// | `peek_x() -> Option<T>` | reads the value and leaves it | | yes | |
/// | `keep_x()` | puts back what was popped, for the next request | | yes | |
/// | `now_x(T)` | sets a value that only this request sees | | yes | |
/// | `remove_x()` | removes the value | yes | yes | |
/// | `has_x() -> bool` | tells whether there is a value | yes | yes | yes |
///
/// An `Option<U>` field is read as `Option<U>` and set with `U`. The setters of `String` fields take
/// anything that is `Into<String>`. Accessors have the field's documentation and visibility: a schema
/// in a module of its own has `pub` fields.
///
/// # Attributes of fields
///
/// Each has an example in the documentation of `scs`, which re-exports this derive.
///
/// | attribute | effect |
/// |---|---|
/// | `default = expr` | the value when there is none; without it `None` or `Default::default()` |
/// | `rename = "…"` | the stored name, by default the field's; one that begins with `scs.` is reserved |
/// | `alias = "…"` | an older stored name, which is read too; any number of them |
/// | `flash` | consumed when read |
/// | `index` | sessions can be found by the value: `Visitor::by_x(value)`; `index(by = "name")` names that function |
/// | `index(max = 3)` | at most so many sessions have one value: signing in once more ends the session that has had it longest, or with `over = "reject"` is an error |
/// | `renews` | setting the field, even to an equal value, renews the token in the same commit |
/// | `ttl = "10m"` | the value expires on its own, restarted by every set; `x_expires_in()` |
/// | `once` | set once, until the session ends or is cleared |
/// | `merge = "add"` | concurrent changes add up; `add_x(n)` |
/// | `merge = "union"` | concurrent changes of a set unite; in a `BTreeSet` an equal set is no change, in a `HashSet` the order may differ |
/// | `merge = path` | concurrent changes combine by `fn(base: T, ours: T, theirs: T) -> T` |
/// | `on_login = "drop"` | dropped when a `renews` field is set to another value; `"keep"` is the default |
/// | `on_logout = "drop"` | dropped by `sign_out`, as `renews` and `index` fields always are; `"keep"` is the default |
/// | `secret` | never printed, nor quoted by an error |
/// | `skip` | lives for one request, is never stored, and needs no serde; it has `x`, `with_x`, `set_x`, `update_x`, `pop_x`, `remove_x`, `has_x` |
/// | `on_invalid = "…"` | when a stored value no longer decodes: `"default"`, `"destroy"` the session, or `"error"` |
///
/// # Attributes of the struct
///
/// | attribute | effect |
/// |---|---|
/// | `name = "…"` | the stored name of the schema, by default the struct's; sessions of other names are unknown tokens |
/// | `version = n` | counts the shapes that stored sessions have had; 1 by default |
/// | `migrate(from = n, with = path)` | brings a record of version `n` to the next: `fn(&mut RawFields) -> Result<(), E>` |
/// | `codec = Type` | what encodes values; `MessagePack` by default |
/// | `crate = "path"` | where the `scs` crate is, when it is re-exported |
#[proc_macro_derive(Session, attributes(session))]
pub fn derive_session(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::derive(&input).into()
}
