//! What a secret is to a record.

use super::{Header, PreviousSecret};
use crate::{time::Timestamp, token::SecretHash};

/// What a secret is to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Current,
    /// A rotation replaced it, and it still works.
    Previous,
    /// A rotation replaced it, and it works no longer.
    Replaced,
    Unknown,
}

impl Header {
    /// Compares with both secrets even if the first one matches, so that time tells nothing.
    pub(crate) fn standing(&self, secret: &SecretHash, now: Timestamp) -> Standing {
        let is_current = self.secret.matches(secret);
        let previous = self.previous_secret().filter(|previous| previous.hash.matches(secret));
        match previous {
            _ if is_current => Standing::Current,
            Some(previous) if previous.works(now) => Standing::Previous,
            Some(_) => Standing::Replaced,
            None => Standing::Unknown,
        }
    }

    /// When the session ends by itself, if somebody signed in there; `None` for a stranger's.
    pub(crate) fn signed_in_until(&self) -> Option<Timestamp> {
        self.authenticated.map(|_| self.deadline)
    }

    /// Whether the record can be opened and written with this secret.
    pub(crate) fn opens_with(&self, secret: &SecretHash, now: Timestamp) -> bool {
        matches!(self.standing(secret, now), Standing::Current | Standing::Previous)
    }
}

impl PreviousSecret {
    /// A secret that works until its successor is presented.
    pub(crate) const fn until_presented(hash: SecretHash) -> Self {
        Self { hash, expires: None }
    }

    pub(crate) fn works(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}
