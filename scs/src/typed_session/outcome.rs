//! What a request brought along, and what became of it.

use crate::{
    state::{TokenChange, Told},
    token::{InvalidToken, Token},
};

/// What a client presented.
pub(crate) enum Presented {
    Nothing,
    Malformed,
    /// More than one, and none can be chosen.
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only a transport can find two"))]
    Ambiguous,
    Token(Token),
    /// Two texts that differ; one of them may be no token.
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only a transport can find two"))]
    Either(Box<(Token, Option<Token>)>),
    /// A session that the client carries.
    #[cfg(feature = "sealed")]
    Sealed(zeroize::Zeroizing<String>),
}

impl From<Result<Token, InvalidToken>> for Presented {
    fn from(parsed: Result<Token, InvalidToken>) -> Self {
        parsed.map_or(Self::Malformed, Self::Token)
    }
}

#[cfg(feature = "axum")]
impl Presented {
    /// What two texts are together that a client presented at once.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Token(one), Self::Token(other)) => Self::Either(Box::new((one, Some(other)))),
            (Self::Token(one), Self::Malformed) | (Self::Malformed, Self::Token(one)) => {
                Self::Either(Box::new((one, None)))
            }
            _ => Self::Ambiguous,
        }
    }
}

#[cfg(feature = "sealed")]
impl Presented {
    /// The text of a session that the client carries.
    pub(crate) fn sealed(text: &[u8]) -> Self {
        let text = Some(text).filter(|text| text.len() <= crate::sealed::LONGEST_TEXT);
        let text = text.and_then(|text| std::str::from_utf8(text).ok());
        text.map_or(Self::Malformed, |text| Self::Sealed(zeroize::Zeroizing::new(text.to_owned())))
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

/// What a commit did.
///
/// Inside a request the middleware tells the client; outside of one (jobs, other protocols) it is
/// the caller who hands [`token`](Self::token) over.
#[derive(Debug, Clone, Default)]
pub struct Committed {
    pub(crate) change: Option<TokenChange>,
    /// Whether a `renews` field has a value: what caches may keep depends on it.
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only a head tells caches anything"))]
    pub(crate) is_authenticated: bool,
}

impl From<Told> for Committed {
    fn from(told: Told) -> Self {
        let Told { change, is_authenticated } = told;
        Self { change, is_authenticated }
    }
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
