// Where the links of the README lead from the documentation, which has no other files of the repository. The first definition counts.
#![doc = concat!("[ARCHITECTURE.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/ARCHITECTURE.md")]
#![doc = concat!("[CHANGELOG.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/CHANGELOG.md")]
#![doc = concat!("[CONTRIBUTING.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/CONTRIBUTING.md")]
#![doc = concat!("[SECURITY.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/SECURITY.md")]
#![doc = concat!("[compose.yaml]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/compose.yaml")]
#![doc = concat!("[examples]: ", env!("CARGO_PKG_REPOSITORY"), "/tree/main/examples")]
#![doc = concat!("[docs/browsers.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/browsers.md")]
#![doc = concat!("[docs/cookies.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/cookies.md")]
#![doc = concat!("[docs/format.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/format.md")]
#![doc = concat!("[docs/frameworks.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/frameworks.md")]
#![doc = concat!("[docs/from-axum-session.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/from-axum-session.md")]
#![doc = concat!("[docs/from-scs.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/from-scs.md")]
#![doc = concat!("[docs/from-tower-sessions.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/from-tower-sessions.md")]
#![doc = concat!("[docs/fuzzing.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/fuzzing.md")]
#![doc = concat!("[docs/guarantees.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/guarantees.md")]
#![doc = concat!("[docs/mutants.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/mutants.md")]
#![doc = concat!("[docs/performance.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/performance.md")]
#![doc = concat!("[docs/proofs.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/proofs.md")]
#![doc = concat!("[docs/security.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/security.md")]
#![doc = concat!("[docs/soak.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/soak.md")]
#![doc = concat!("[docs/stores.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/stores.md")]
#![doc = concat!("[docs/testing.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/testing.md")]
#![doc = concat!("[docs/timing.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/timing.md")]
#![doc = concat!("[docs/values.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/values.md")]
#![doc = ""]
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
#[cfg(feature = "axum")]
mod extract;
mod id;
mod manager;
#[cfg(feature = "axum")]
mod middleware;
mod record;
mod revision;
mod schema;
#[cfg(feature = "sealed")]
pub mod sealed;
mod state;
pub mod store;
mod term;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
mod token;
#[cfg(feature = "axum")]
mod transport;
mod typed_session;
pub mod value;

pub use self::{
    codec::{Codec, CodecError, MessagePack},
    error::{AlreadySet, ConfigError, SessionError},
    id::{InvalidSessionId, SessionId},
    manager::{Builder, EndReason, Policy, SessionEvent, SessionManager, Sessions, StoreOperation},
    schema::{RawFields, SchemaChange},
    state::{Inspection, Outcome, Status},
    store::MemoryStore,
    time::{Clock, ManualClock, SystemClock, Timestamp},
    token::{InvalidToken, Token},
    typed_session::{Committed, HasAccount, KeptBy, Session, TokenText, TypedSession, TypedTerm, check_schema},
    value::SessionValue,
};

#[cfg(feature = "json")]
pub use self::codec::Json;
#[cfg(feature = "csrf")]
pub use self::typed_session::{Csrf, InvalidCsrfToken};
#[cfg(feature = "axum")]
pub use self::{
    extract::SessionRejection,
    middleware::{CommitOn, OnOutage, ResponseFuture, SessionLayer, SessionService},
    transport::{CookieBuilder, CookieTransport, HeaderTransport, SameSite, Transport},
};

/// ```
/// use scs::{MemoryStore, Session, SessionManager};
///
/// #[derive(Session)]
/// struct Visitor {
///     /// The signed-in account.
///     #[session(index, renews)]
///     account: Option<u64>,
///     #[session(merge = "add")]
///     hits: u64,
///     cart: Vec<String>,
///     #[session(flash)]
///     notice: Option<String>,
///     #[session(once)]
///     device: Option<String>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let session = SessionManager::<Visitor, _>::new(MemoryStore::new()).open(None).await?;
/// session.set_account(7);
/// session.add_hits(1);
/// session.init_device("phone")?;
/// session.set_notice("Welcome back!");
///
/// // The closure may run again after the handler, so it owns what it uses.
/// let item = "tea".to_owned();
/// session.update_cart(move |cart| cart.push(item.clone()));
///
/// assert_eq!((session.account(), session.hits(), session.cart().len()), (Some(7), 1, 1));
/// assert_eq!(session.pop_notice().as_deref(), Some("Welcome back!"));
/// # session.commit().await?;
/// # Ok(())
/// # }
/// ```
///
#[doc = include_str!("derive.md")]
#[cfg(feature = "derive")]
pub use scs_derive::Session;

/// What the generated code calls. Not part of the public interface: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::{
        record::StoredField,
        schema::{FieldSchema, Migration, Schema},
        state::{Field, LocalField, State},
        store::Kept,
        typed_session::{Accessors, Handle, Is},
        value::{Equality, WithoutEquality},
    };
}
