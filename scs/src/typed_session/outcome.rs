//! What a request brought along, and what became of it.

use crate::token::{InvalidToken, Token};

/// What a client presented.
pub(crate) enum Presented {
    Nothing,
    Malformed,
    /// Two different tokens.
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only a transport can find two"))]
    Ambiguous,
    Token(Token),
    /// A session that the client carries.
    #[cfg(feature = "sealed")]
    Sealed(zeroize::Zeroizing<String>),
}

impl From<Result<Token, InvalidToken>> for Presented {
    fn from(parsed: Result<Token, InvalidToken>) -> Self {
        parsed.map_or(Self::Malformed, Self::Token)
    }
}

/// What a session can be opened with: the text that a client presented, or `None` for a client
/// without one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a client presents",
    label = "expected the text of a token, or `None`",
    note = "a `&str`, a `&String` or an `Option<&str>` is opened; the session of an id is `SessionManager::get`"
)]
pub trait TokenText {
    #[doc(hidden)]
    fn text<'t>(self) -> Option<&'t str>
    where
        Self: 't;
}

impl TokenText for Option<&str> {
    fn text<'t>(self) -> Option<&'t str>
    where
        Self: 't,
    {
        self
    }
}

impl TokenText for &str {
    fn text<'t>(self) -> Option<&'t str>
    where
        Self: 't,
    {
        Some(self)
    }
}

impl TokenText for &String {
    fn text<'t>(self) -> Option<&'t str>
    where
        Self: 't,
    {
        Some(self)
    }
}

/// Why there is a session, or why there is none.
///
/// ```
/// # use scs::{MemoryStore, Outcome, Session, SessionManager};
/// # #[derive(Session)]
/// # struct Visitor { visits: u32 }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), scs::SessionError> {
/// let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
/// assert_eq!(sessions.open(None).await?.outcome(), Outcome::NoToken);
/// assert_eq!(sessions.open("made-up").await?.outcome(), Outcome::Malformed);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The client presented no token. The session is new, and stored when it is changed.
    NoToken,
    /// What the client presented is not a token; the store was not asked.
    Malformed,
    /// No session has this token: it ended, was renewed, belongs to another schema, or was made up.
    Unknown,
    /// The session's record was still there and had expired.
    Expired,
    /// A stored value no longer decodes and its field has `on_invalid = "destroy"`: the session ends
    /// when this one is saved.
    Invalid,
    /// The client presented two different tokens; the store was not asked.
    Ambiguous,
    /// The store failed. There is no session to ask then: the rejection of the extractor says so.
    Outage,
    /// The token opened a stored session.
    Loaded,
    /// The session was stored for the first time by this very request, with an explicit commit.
    New,
}

/// What became of the token with a commit, and what the client must be told.
#[derive(Debug, Clone)]
pub(crate) enum TokenChange {
    Set {
        token: Token,
        #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only a transport tells the client"))]
        persistent: bool,
    },
    Removed,
}

/// What a commit did.
///
/// Inside a request the middleware tells the client; outside of one (jobs, other protocols) it is
/// the caller who hands [`token`](Self::token) over.
#[derive(Debug, Clone)]
pub struct Committed {
    pub(crate) change: Option<TokenChange>,
}

impl Committed {
    /// The token the client must present from now on; `None` if the one it has stays.
    pub const fn token(&self) -> Option<&Token> {
        match &self.change {
            Some(TokenChange::Set { token, .. }) => Some(token),
            _ => None,
        }
    }

    /// Whether the client's token has become worthless and should be forgotten.
    pub const fn is_removed(&self) -> bool {
        matches!(self.change, Some(TokenChange::Removed))
    }
}
