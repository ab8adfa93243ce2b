//! What a client can present.

use crate::{
    id::SessionId,
    token::{SecretHash, Token},
};

/// A token with its hash, and how the client came by it.
#[derive(Clone)]
pub(crate) struct Held {
    token: Token,
    secret: SecretHash,
    was_presented: bool,
}

impl Held {
    /// What a client has sent.
    pub(crate) const fn presented(token: Token, secret: SecretHash) -> Self {
        Self { token, secret, was_presented: true }
    }

    /// What a client is about to be told.
    pub(crate) const fn issued(token: Token, secret: SecretHash) -> Self {
        Self { token, secret, was_presented: false }
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
}
