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
