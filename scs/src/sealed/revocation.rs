//! Revocation: the sealed sessions that are over before their time.

use std::{future::Future, time::Duration};

use crate::{
    error::StoreError,
    id::SessionId,
    store::{Answer, Created, Entry, Store},
};

/// Says which sealed sessions are over before their deadline.
///
/// [`RevocationList`] keeps them in a store; an application that has another place, such as the time of an account's last
/// change of password, implements this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which sealed sessions are over",
    label = "expected a `RevocationList`, or `NoRevocation` spelled out",
    note = "without a list, a copy of a cookie works until its deadline, also after logging out"
)]
pub trait Revocation: Send + Sync + 'static {
    /// Ends a session, for as long as a copy of it could live; `false` if it was over already. Only for a session that
    /// somebody has signed into, or that was merged into another.
    ///
    /// Of any number of calls for one session at most one may answer `true`: a request that renews the session goes on
    /// only then, so that it cannot undo a logout.
    ///
    /// # Errors
    ///
    /// The session may go on.
    fn revoke(&self, id: SessionId, lifetime: Duration) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Whether a session is over.
    ///
    /// # Errors
    ///
    /// Nobody knows; the client is answered 503.
    fn is_revoked(&self, id: SessionId) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// How long one call may take; 1 second unless the implementation says otherwise.
    fn default_timeout(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Whether every call is answered without waiting, as [`Store::answers_at_once`] says it.
    fn answers_at_once(&self) -> bool {
        false
    }
}

/// [`Revocation`], object-safe.
pub(crate) trait DynRevocation: Send + Sync {
    fn revoke(&self, id: SessionId, lifetime: Duration) -> Answer<'_, bool>;
    fn is_revoked(&self, id: SessionId) -> Answer<'_, bool>;
    fn default_timeout(&self) -> Duration;
}

impl<R: Revocation> DynRevocation for R {
    fn revoke(&self, id: SessionId, lifetime: Duration) -> Answer<'_, bool> {
        Answer::of(self.answers_at_once(), Revocation::revoke(self, id, lifetime))
    }

    fn is_revoked(&self, id: SessionId) -> Answer<'_, bool> {
        Answer::of(self.answers_at_once(), Revocation::is_revoked(self, id))
    }

    fn default_timeout(&self) -> Duration {
        Revocation::default_timeout(self)
    }
}

/// A list of the sealed sessions that are over, kept in any [`Store`] until their deadline has passed.
///
/// It costs one load for each request that opens a session. Give it a store, a table or a key prefix of its own, and if that
/// does not delete by itself what is over, [`delete_expired_every`](Self::delete_expired_every).
#[derive(Debug, Clone)]
pub struct RevocationList<St>(pub(crate) St);

impl<St: Store> RevocationList<St> {
    /// A list in this store.
    pub const fn new(store: St) -> Self {
        Self(store)
    }
}

impl<St: Store> Revocation for RevocationList<St> {
    async fn revoke(&self, id: SessionId, lifetime: Duration) -> Result<bool, StoreError> {
        // Only sessions that were signed in to are listed: strangers cannot take the room that a store leaves for those.
        let entry = Entry::new(&b"revoked"[..], lifetime).with_full_durability().with_authentication(true);
        Ok(self.0.create(id, &entry).await? == Created::Created)
    }

    async fn is_revoked(&self, id: SessionId) -> Result<bool, StoreError> {
        Ok(self.0.load(id).await?.is_some())
    }

    fn default_timeout(&self) -> Duration {
        self.0.default_timeout()
    }

    fn answers_at_once(&self) -> bool {
        self.0.answers_at_once()
    }
}

/// No session is over before its deadline: logging out only makes the browser forget its cookie. A copy
/// still works, so this is for sessions that give access to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRevocation;

impl Revocation for NoRevocation {
    async fn revoke(&self, _id: SessionId, _lifetime: Duration) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn is_revoked(&self, _id: SessionId) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn answers_at_once(&self) -> bool {
        true
    }
}
