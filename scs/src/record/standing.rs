//! What a secret is to a record, and how a successor takes the place of the current one.

use std::time::Duration;

use super::{
    Header,
    header::{OtherSecret, SecretKind},
};
use crate::{time::Timestamp, token::SecretHash};

/// What a secret is to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Current,
    /// A successor of the current one that its client presents for the first time.
    Offered,
    /// A successor has replaced it, and it still works.
    Former,
    /// It works no longer, or another successor was presented first: there are two clients.
    Replaced,
    Unknown,
}

impl Header {
    /// Compares with every secret even if the first one matches, so that time tells nothing.
    pub(crate) fn standing(&self, secret: &SecretHash, now: Timestamp) -> Standing {
        let is_current = self.secret.matches(secret);
        let standing =
            self.others().iter().fold(Standing::Unknown, |standing, other| match other.hash.matches(secret) {
                true => other.standing(now),
                false => standing,
            });
        if is_current { Standing::Current } else { standing }
    }

    /// When somebody signed in to the session; to a stranger's, when it began.
    pub(crate) fn signed_in(&self) -> Timestamp {
        self.authenticated.unwrap_or(self.created)
    }

    /// When the session ends by itself, if somebody signed in there; `None` for a stranger's.
    pub(crate) fn signed_in_until(&self) -> Option<Timestamp> {
        self.authenticated.map(|_| self.deadline)
    }

    /// Whether the record can be opened and written with this secret.
    pub(crate) fn opens_with(&self, secret: &SecretHash, now: Timestamp) -> bool {
        matches!(self.standing(secret, now), Standing::Current | Standing::Offered | Standing::Former)
    }

    /// How many successors are offered, and when the last one was.
    pub(crate) fn offers(&self) -> (usize, Option<Timestamp>) {
        (self.offered().count(), self.offered().filter_map(|offered| offered.at).max())
    }

    /// Offers a successor: until one is presented, the current secret works on.
    pub(crate) fn offer(&mut self, successor: SecretHash, now: Timestamp) {
        self.add_other(OtherSecret { kind: SecretKind::Offered, at: Some(now), hash: successor });
    }

    /// Makes the successor current that was presented first. The secret before works for the grace; a client
    /// that presents another successor comes second.
    pub(crate) fn accept(&mut self, presented: &SecretHash, now: Timestamp, grace: Duration) {
        let Some(accepted) = self.offered().find(|offered| offered.hash.matches(presented)).copied() else { return };
        let former = OtherSecret { kind: SecretKind::Former, at: Some(now + grace), hash: self.secret };
        let others = self.offered().filter(|offered| !offered.hash.matches(presented));
        let others = others.map(|other| OtherSecret { kind: SecretKind::Replaced, at: None, ..*other });
        let others = std::iter::once(former).chain(others).collect();
        self.others = Some(Box::new(others));
        (self.secret, self.presented) = (accepted.hash, Some(now));
        self.renewed = accepted.at.unwrap_or(now);
    }

    /// Whether the secret before the last rotation still works.
    pub(crate) fn has_working_former(&self, now: Timestamp) -> bool {
        self.former().is_some_and(|former| former.standing(now) == Standing::Former)
    }

    /// What a form was perhaps made with that was sent before the last rotation.
    #[cfg(feature = "csrf")]
    pub(crate) fn former_secret(&self) -> Option<SecretHash> {
        self.former().map(|former| former.hash)
    }

    /// Whether no client has ever come back with a token of the session, as far as writes tell.
    pub(crate) fn is_first_visit(&self) -> bool {
        self.presented.is_none() && self.authenticated.is_none() && self.renewed == self.created
    }
}

impl OtherSecret {
    fn standing(&self, now: Timestamp) -> Standing {
        match self.kind {
            SecretKind::Offered => Standing::Offered,
            SecretKind::Former if self.at.is_some_and(|end| now < end) => Standing::Former,
            SecretKind::Former | SecretKind::Replaced => Standing::Replaced,
        }
    }
}
