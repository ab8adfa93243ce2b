//! Sealed cookies: sessions that their clients carry, and encryption for records that a store keeps.
//!
//! [`SealedCookies`] takes the place of a store: the whole record travels in the cookie, encrypted and authenticated
//! with XChaCha20-Poly1305, and the server keeps nothing. [`Encrypted`] goes around a store, which then keeps nothing
//! that can be read without a key. Both take a [`KeyRing`].
//!
//! What a sealed cookie cannot do is a compile error: it is in no list, is found under no value, and whoever kept a copy
//! can present that again, so there is no one-time value. Of two requests at the same time the last response wins.

mod encrypted;
mod envelope;
mod key;
mod revocation;
mod ring;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use zeroize::Zeroizing;

pub(crate) use self::revocation::DynRevocation;
pub use self::{
    encrypted::Encrypted,
    key::{InvalidKey, Key, KeyId},
    revocation::{NoRevocation, Revocation, RevocationList},
    ring::KeyRing,
};
use crate::{
    error::{ConfigError, SessionError, StoreError, StoreErrorKind},
    id::SessionId,
    schema::SchemaTag,
    store::{Backend, Kept},
};

/// Browsers drop a cookie whose name and value are longer together (RFC 6265bis §5.7), in bytes.
const MAX_NAME_AND_VALUE: usize = 4096;

const ID_BYTES: usize = 16;

/// Separates sealed cookies from everything else that the same keys encrypt.
const PURPOSE: &[u8] = b"scs sealed cookie 1";

const NAMELESS: &str = "sealed cookies belong to no application; name it with `SealedCookies::application`";

/// The default name of the cookie: what a session is bound to where it is opened outside of requests.
const DEFAULT_CARRIER: &str = "__Host-id";

/// Keeps each session in its client's cookie, encrypted; takes the place of a store.
///
/// A cookie opens only under the name, the [application](Self::application) and the schema that it was sealed for, before the
/// deadlines inside it, and unless it was revoked. Its schema has `#[session(sealed)]`. About 3,000 bytes of record fit into
/// a cookie; more is [an error](SessionError::SealedTooLarge) before anything is sent.
///
/// **Logging out.** A copy of a cookie that somebody kept works until its deadline unless there is a list of those that
/// do not (OWASP ASVS 5.0, 7.4.1): [`RevocationList`], or, spelled out, [`NoRevocation`]. A renewal revokes the cookie from
/// before. A session that nobody has signed into is not revoked, so that strangers cannot fill the list: a copy of it goes on,
/// and shows what a stranger put in.
///
/// **Concurrency.** Each response carries all of the session, so of concurrent requests the last response wins: counters and
/// carts that must be exact belong into a store. With a list only one of them can renew or end a session that somebody has
/// signed into.
///
/// ```
/// use scs::{MemoryStore, Session, SessionManager, sealed::{Key, RevocationList, SealedCookies}};
///
/// #[derive(Session)]
/// #[session(sealed)]
/// struct Visitor {
///     #[session(renews)]
///     account: Option<u64>,
///     #[session(flash)]
///     notice: Option<String>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Made once, kept where the application's other secrets are.
/// let key = Key::parse(&Key::generate()?.expose())?;
///
/// let revoked = RevocationList::new(MemoryStore::new());
/// let sessions = SessionManager::<Visitor, _>::new(SealedCookies::new(key, revoked).application("shop"));
///
/// let session = sessions.open(None).await?;
/// session.set_account(7);
/// let token = session.commit().await?.token().ok_or("a new session has a token")?.expose();
/// assert_eq!(sessions.open(&token).await?.account(), Some(7));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SealedCookies<R> {
    binding: Binding,
    revocation: Arc<R>,
}

/// What sealed cookies open with, and only with.
#[derive(Debug, Clone)]
struct Binding {
    keys: KeyRing,
    application: String,
    /// The name of the cookie or header.
    carrier: String,
}

/// Sealed cookies without the type of their revocation.
#[doc(hidden)]
#[derive(Clone)]
pub struct ErasedCookies {
    binding: Binding,
    pub(crate) revocation: Arc<dyn DynRevocation>,
}

impl<R: Revocation> SealedCookies<R> {
    /// Cookies sealed with the current key of a ring, or with the only key.
    pub fn new(keys: impl Into<KeyRing>, revocation: R) -> Self {
        let (application, carrier) = (String::new(), DEFAULT_CARRIER.to_owned());
        Self { binding: Binding { keys: keys.into(), application, carrier }, revocation: Arc::new(revocation) }
    }

    /// Binds cookies to an application; one that shares keys with others opens none of theirs. Without a name there is
    /// no manager: [`build`](crate::Builder::build) is an error, and with [`SessionManager::new`](crate::SessionManager::new)
    /// every change fails as a wrong configuration and nothing opens.
    #[must_use]
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.binding.application = name.into();
        self
    }

    /// The name of the cookie or header that a session is bound to where it is opened outside of a request; `__Host-id` by
    /// default. In requests it is that of the layer's transport.
    #[must_use]
    pub fn carrier(mut self, name: impl Into<String>) -> Self {
        self.binding.carrier = name.into();
        self
    }
}

#[diagnostic::do_not_recommend]
impl<R: Revocation> Backend for SealedCookies<R> {
    fn kept(self: Arc<Self>) -> Kept {
        Kept::Sealed(ErasedCookies { binding: self.binding.clone(), revocation: self.revocation.clone() })
    }
}

impl ErasedCookies {
    /// The same for tokens that travel under another name.
    #[cfg(feature = "axum")]
    pub(crate) fn carried_as(&self, carrier: &str) -> Self {
        let binding = Binding { carrier: carrier.to_owned(), ..self.binding.clone() };
        Self { binding, revocation: Arc::clone(&self.revocation) }
    }

    /// The text of a record for its client.
    pub(crate) fn seal(
        &self,
        schema: SchemaTag,
        id: SessionId,
        record: &[u8],
    ) -> Result<Zeroizing<String>, SessionError> {
        if self.is_nameless() {
            return Err(StoreError::new(StoreErrorKind::Configuration, NAMELESS).into());
        }
        let size = text_length(ID_BYTES + record.len() + envelope::OVERHEAD);
        let limit = MAX_NAME_AND_VALUE.saturating_sub(self.binding.carrier.len());
        if size > limit {
            return Err(SessionError::SealedTooLarge { size, limit });
        }
        let mut plaintext = Zeroizing::new(Vec::with_capacity(ID_BYTES + record.len()));
        plaintext.extend(id.to_bytes());
        plaintext.extend(record);
        let sealed = envelope::seal(self.binding.keys.current(), &self.context(schema), &plaintext)
            .map_err(|error| SessionError::Random(error.into()))?;
        Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// The record in a text, if it was sealed for this very use with one of the keys. There is one way to open it and
    /// none beside, and every failure is the same.
    pub(crate) fn open(&self, schema: SchemaTag, text: &str) -> Option<(SessionId, Bytes)> {
        if self.is_nameless() {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let opened = envelope::open(&self.binding.keys, &self.context(schema), &sealed)?;
        let (id, record) = opened.split_first_chunk::<ID_BYTES>()?;
        Some((SessionId::from_bytes(*id), Bytes::copy_from_slice(record)))
    }

    /// Refuses what one key and one name of a struct would open in every application.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.is_nameless() { Err(ConfigError::new(NAMELESS)) } else { Ok(()) }
    }

    fn is_nameless(&self) -> bool {
        self.binding.application.is_empty()
    }

    fn context(&self, schema: SchemaTag) -> [Vec<u8>; 4] {
        let Binding { application, carrier, .. } = &self.binding;
        [PURPOSE.to_vec(), application.clone().into_bytes(), carrier.clone().into_bytes(), schema.0.to_vec()]
    }
}

/// Characters of so many bytes in base64 without padding.
const fn text_length(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// No text is looked at that is longer than a cookie can be.
pub(crate) const LONGEST_TEXT: usize = MAX_NAME_AND_VALUE;
