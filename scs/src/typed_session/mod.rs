//! Typed sessions: what handlers hold.

mod check_schema;
#[cfg(feature = "csrf")]
mod csrf;
mod handle;
mod outcome;
mod session;
mod term;

use std::{fmt, marker::PhantomData, ops::Deref, time::Duration};

#[cfg(feature = "csrf")]
pub use self::csrf::{Csrf, InvalidCsrfToken};
pub use self::{
    check_schema::check_schema,
    handle::Handle,
    outcome::{Committed, TokenText},
    session::{Accessors, HasAccount, Is, KeptBy, Session},
    term::TypedTerm,
};
pub(crate) use self::{outcome::Presented, term::Search};
use crate::{
    error::SessionError,
    id::SessionId,
    manager::Boxed,
    state::{Inspection, Outcome, State, Status},
    time::Timestamp,
    token::Token,
};

/// A session of schema `S`: an axum extractor, and what a [`SessionManager`](crate::SessionManager)
/// opens outside of requests.
///
/// The fields are read and written by the methods that `#[derive(Session)]` generated for `S`; this
/// type adds what concerns the session as a whole. Clones share one state. Nothing is stored until
/// the middleware commits, just before the response head leaves, or until [`commit`](Self::commit).
///
/// Outside of a request, a closure given to `update_x` that holds a clone of its own session keeps it
/// in memory until it is committed.
///
/// A closure given to `update_x` that takes longer than 100 ms may be overtaken by another thread that writes. It then
/// runs again on what is there by then, at most eight times. It must not wait for a commit of its own session: a commit
/// that runs it again cannot be overtaken.
///
/// ```
/// use scs::{MemoryStore, Session, SessionManager};
///
/// #[derive(Session)]
/// struct Visitor {
///     visits: u32,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
/// let session = sessions.open(None).await?;
/// session.update_visits(|visits| *visits += 1);
/// let committed = session.commit().await?;
///
/// let token = committed.token().ok_or("a new session has a token")?.expose();
/// assert_eq!(sessions.open(token.as_str()).await?.visits(), 1);
/// # Ok(())
/// # }
/// ```
pub struct TypedSession<S: Session> {
    accessors: S::Accessors,
    /// In the last place, which decides whether a type has a known size: a forgotten derive is one error, not three.
    _sized: PhantomData<()>,
}

impl<S: Session> TypedSession<S> {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { accessors: S::Accessors::new(handle), _sized: PhantomData }
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.accessors.handle()
    }

    fn state(&self) -> &State {
        self.handle().state()
    }

    /// The session's public id: fit for logs and lists, worthless as a token.
    pub fn id(&self) -> SessionId {
        self.state().id()
    }

    /// Whether the session is not stored (yet).
    pub fn is_new(&self) -> bool {
        self.state().is_new()
    }

    /// Why there is a session, or why there was none.
    pub fn outcome(&self) -> Outcome {
        self.state().outcome()
    }

    /// What has been done to the session so far, committed or not.
    pub fn status(&self) -> Status {
        self.state().status()
    }

    /// When the session was created.
    pub fn created_at(&self) -> Timestamp {
        self.state().began()
    }

    /// When a request last used the session, to within a tenth of the idle timeout or a minute,
    /// whichever is less.
    pub fn last_seen(&self) -> Timestamp {
        self.state().base().map_or_else(|| self.state().began(), |base| base.last_seen())
    }

    /// When the session ends at the latest.
    pub fn deadline(&self) -> Timestamp {
        let deadline = match self.state().base() {
            Some(base) => base.header.deadline,
            None => self.state().began() + self.handle().engine().policy().absolute_timeout(),
        };
        self.state().limited_deadline().map_or(deadline, |limit| limit.min(deadline))
    }

    /// Brings the end of the session forward. A later time than [`deadline`](Self::deadline) changes
    /// nothing: only setting a `renews` field to a value lengthens a session. A time that has passed
    /// ends the session, as [`destroy`](Self::destroy) does.
    pub fn set_deadline(&self, deadline: Timestamp) {
        if deadline <= self.state().now() {
            self.destroy();
        } else {
            self.state().limit_deadline(deadline);
        }
    }

    /// How long the session lives if no other request comes.
    pub fn expires_in(&self) -> Duration {
        let policy = self.handle().engine().policy();
        let now = self.state().now();
        let expires = match self.state().base() {
            Some(base) => policy.touch_due(&base, now).unwrap_or(base.expires),
            None => self.deadline().min(now + policy.idle_timeout()),
        };
        expires.since(now)
    }

    /// Whether the client keeps its token when the browser closes.
    ///
    /// The session also lives longer, by the remembered timeouts, if a `renews` field is set to a
    /// value in the same commit: only signing in lengthens a session.
    ///
    /// It belongs to the account that is signed in: signing in and signing out end it unless it is asked for in the same
    /// commit. The account is the field that has both `index` and `renews`; if no field has both, each that `renews`.
    pub fn remember(&self, remember: bool) {
        self.state().remember(remember);
    }

    /// Gives the client a new token and makes the old one worthless, without grace.
    pub fn renew(&self) {
        self.state().renew();
    }

    /// Drops all data, `once` fields too, and keeps the session. Its token stays unless a `renews` field had a value: then
    /// the token is renewed, and a request that fails afterwards does not undo it.
    pub fn clear(&self) {
        self.state().clear();
    }

    /// Ends the session: the record is deleted and the client forgets its token. What is set
    /// afterwards belongs to a new session with a new id.
    pub fn destroy(&self) {
        self.handle().destroy();
    }

    /// Signs the user out and keeps the session with the rest of its data, such as a cart: drops
    /// `renews` and `index` fields and renews the token.
    pub fn sign_out(&self) {
        self.state().sign_out();
    }

    /// Takes over the fields of the session that another token opens: its values win, this session's
    /// deadline stays, and the other ends when this one is committed. `false` if there is no such
    /// session. What other requests store in the other session until then comes along.
    ///
    /// What the other session has goes to one session. If it has ended by the time this one is committed, or another one
    /// was faster, its fields stay away, and if they were to sign somebody in the commit fails
    /// ([`SessionError::SignInLost`]). A sign-in that comes along keeps its time: it ends no later than it would have.
    ///
    /// # Errors
    ///
    /// The store failed; nothing was taken over.
    pub async fn merge_from(&self, token: &Token) -> Result<bool, SessionError> {
        self.handle().engine().absorb(self.handle(), token).await
    }

    /// Signs in as an account, and takes over one other session of it, the one that was used last: a cart that was filled
    /// elsewhere. **That device is signed out.** `false` if the account has no other session.
    ///
    /// The field of the term, one with both `index` and `renews`, is set to its value, which renews the token. Fields with a
    /// `merge` combine both values; of the others the account's wins. `renews`, `on_login = "drop"` and `once` fields stay with the other device: they are
    /// what it has proved, and what belongs to it alone. The session they come from ends when this one is committed, with what
    /// other requests store in it until then taken along; further ones of the account go on. If another sign-in was faster, this
    /// one goes on without.
    ///
    /// Of an account with very many sessions the hundred newest are looked at.
    ///
    /// ```
    /// use std::collections::BTreeSet;
    ///
    /// use scs::{MemoryStore, Session, SessionManager};
    ///
    /// #[derive(Session)]
    /// struct Shopper {
    ///     #[session(index, renews)]
    ///     account: Option<u64>,
    ///     #[session(merge = "union")]
    ///     cart: BTreeSet<String>,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), scs::SessionError> {
    /// let sessions = SessionManager::<Shopper, _>::new(MemoryStore::new());
    /// # let phone = sessions.open(None).await?;
    /// # phone.set_account(7);
    /// # phone.set_cart(BTreeSet::from(["tea".to_owned()]));
    /// # phone.commit().await?;
    /// let laptop = sessions.open(None).await?;
    /// laptop.set_cart(BTreeSet::from(["cocoa".to_owned()]));
    /// laptop.login_with(Shopper::by_account(7)).await?;
    /// assert_eq!((laptop.account(), laptop.cart().len()), (Some(7), 2));
    /// # laptop.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The store failed, the field does not say who is signed in, or it is a `once` field with another value. Nothing was
    /// taken over, and nobody is signed in.
    #[must_use = "nobody is signed in until the future is awaited"]
    pub fn login_with(&self, account: TypedTerm<S>) -> Boxed<'_, bool>
    where
        S: HasAccount,
    {
        let handle = self.handle();
        Box::pin(async move { handle.engine().login(handle, account.into_search()?).await })
    }

    /// Ends every other session of whoever is signed in, at once, and renews the token of this one with the next
    /// commit; tells how many there were. Offer it after a change of password (OWASP ASVS 5.0, 7.4.3).
    ///
    /// Each field with both `index` and `renews` identifies an account. If nobody is signed in, nothing happens. Where two
    /// sessions of an account do this at the same moment, each may end the other.
    ///
    /// # Errors
    ///
    /// The store failed; some sessions may have ended.
    #[must_use = "nothing is revoked until the future is awaited"]
    pub fn revoke_others(&self) -> Boxed<'_, u64>
    where
        S: HasAccount,
    {
        let handle = self.handle();
        Box::pin(async move { handle.engine().revoke_others(handle).await })
    }

    /// All fields at this moment, as a value of the schema. Flash fields are read without being
    /// consumed.
    pub fn snapshot(&self) -> S {
        S::snapshot(&self.accessors)
    }

    /// The fields printed for a person, without those that are `secret`.
    ///
    /// ```
    /// # use scs::{MemoryStore, Session, SessionManager};
    /// #[derive(Session)]
    /// struct Visitor {
    ///     visits: u32,
    ///     #[session(secret)]
    ///     api_key: Option<String>,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), scs::SessionError> {
    /// # let session = SessionManager::<Visitor, _>::new(MemoryStore::new()).open(None).await?;
    /// session.set_visits(3);
    /// session.set_api_key("k-123");
    /// assert_eq!(session.inspect().to_string(), "Visitor { visits: 3, api_key: [secret] }");
    /// # Ok(())
    /// # }
    /// ```
    pub fn inspect(&self) -> Inspection<'_> {
        self.state().inspect()
    }

    /// Saves the changes now: in streams, jobs, sockets, and wherever no response is still to come.
    ///
    /// In an ordinary handler the middleware does it. An error leaves the changes uncommitted; after
    /// one that does not tell whether the write was applied, they are never repeated.
    ///
    /// # Errors
    ///
    /// The store failed, a value cannot be encoded, the record is too large, the session is gone, or
    /// the token would change after the response head has left.
    pub async fn commit(&self) -> Result<Committed, SessionError> {
        match self.handle().commit_now(false) {
            Some(committed) => committed,
            None => self.handle().commit_later(false).await,
        }
    }

    /// Drops the changes that are not committed and reads the session again.
    ///
    /// # Errors
    ///
    /// The store failed, or the session is gone or its token was renewed.
    pub async fn reload(&self) -> Result<(), SessionError> {
        self.handle().engine().reload(self.handle()).await
    }
}

impl<S: Session> Clone for TypedSession<S> {
    fn clone(&self) -> Self {
        Self::new(self.handle().clone())
    }
}

impl<S: Session> Deref for TypedSession<S> {
    type Target = S::Accessors;

    fn deref(&self) -> &S::Accessors {
        &self.accessors
    }
}

impl<S: Session> fmt::Debug for TypedSession<S> {
    /// Prints the schema, the id and the status, and no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedSession")
            .field("schema", &S::SCHEMA.name)
            .field("id", &self.id())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
