//! What a client can present.

use crate::{
    id::SessionId,
    time::Timestamp,
    token::{SecretHash, Token},
};

/// A token with its hash, and how the client came by it.
#[derive(Clone)]
pub(crate) struct Held {
    token: Token,
    secret: SecretHash,
    was_presented: bool,
    /// When it was presented, or made.
    since: Timestamp,
}

impl Held {
    /// What a client has sent.
    pub(crate) const fn presented(token: Token, secret: SecretHash) -> Self {
        Self { token, secret, was_presented: true, since: Timestamp::from_unix_millis(0) }
    }

    /// Takes note of when it was presented.
    pub(crate) const fn note_time(&mut self, since: Timestamp) {
        self.since = since;
    }

    /// What a client is about to be told.
    pub(crate) const fn issued(token: Token, secret: SecretHash, since: Timestamp) -> Self {
        Self { token, secret, was_presented: false, since }
    }

    pub(crate) const fn id(&self) -> SessionId {
        self.token.id()
    }

    pub(crate) const fn secret(&self) -> &SecretHash {
        &self.secret
    }

    pub(crate) const fn token(&self) -> &Token {
        &self.token
    }

    pub(crate) const fn was_presented(&self) -> bool {
        self.was_presented
    }

    pub(crate) const fn since(&self) -> Timestamp {
        self.since
    }
}
