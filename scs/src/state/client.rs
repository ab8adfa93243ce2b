//! The client at the other end: the token it can present, and what it must be told.

use super::{
    Base, Inner, Outcome, Privilege, State,
    held::Held,
    intents::{Doom, Doomed},
};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{Cells, Standing},
    schema::Schema,
    token::{Secret, Token},
};

/// What is known of the client.
pub(crate) struct Client {
    outcome: Outcome,
    /// The token that the client can present now; an administrator's session has no token.
    held: Option<Held>,
    /// What the client must be told and was not told yet.
    news: News,
    phase: Phase,
    condition: Condition,
    /// The secret that the session will have next, if a token against forgery was made of it already.
    drawn: Option<Box<Secret>>,
    /// The session that the client has the token of, and that is on its way to another one: a logout ends it.
    given: Option<Box<SessionId>>,
}

/// What a commit made of the client's token.
#[derive(Debug, Clone)]
pub(crate) enum TokenChange {
    Set {
        token: Token,
        #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only a transport tells the client"))]
        persistent: bool,
    },
    Removed,
}

/// What a client does not know of its token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    Nothing,
    /// It has the token that is held; it keeps it when its browser closes if that is `persistent`.
    Token {
        persistent: bool,
    },
    Removed,
}

/// How the session's changes reach the store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// By the middleware, when the response is ready.
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only the middleware serves requests"))]
    BeforeHead,
    /// By an explicit commit, and the client can be told nothing any more.
    AfterHead,
    /// By an explicit commit: the client went away before the head, and can be told nothing.
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only the middleware serves requests"))]
    CutOff,
    /// By an explicit commit, outside of any request.
    Detached,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Usable,
    /// A write failed midway: it may have been applied or not.
    Uncertain,
    /// The record is gone; nothing is written any more.
    Ended,
}

impl Phase {
    /// Whether the client can still be told anything.
    const fn can_tell(self) -> bool {
        matches!(self, Self::BeforeHead | Self::Detached)
    }
}

impl Client {
    pub(crate) const fn new(outcome: Outcome, held: Option<Held>, phase: Phase) -> Self {
        Self { outcome, held, news: News::Nothing, phase, condition: Condition::Usable, drawn: None, given: None }
    }

    /// Whether changes may be written, as far as earlier writes tell.
    pub(super) fn is_usable(&self) -> bool {
        self.condition == Condition::Usable
    }

    /// Whether a session that is created now may get any token: the head has not left, and nothing was made of a secret
    /// that it must have.
    pub(super) fn can_learn_any_token(&self) -> bool {
        self.phase.can_tell() && self.drawn.is_none()
    }

    pub(super) const fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// The session that is on its way to another one, if the client has its token.
    pub(super) fn take_given(&mut self) -> Option<SessionId> {
        self.given.take().map(|given| *given)
    }

    pub(super) const fn set_uncertain(&mut self) {
        self.condition = Condition::Uncertain;
    }

    pub(super) const fn set_usable(&mut self) {
        self.condition = Condition::Usable;
    }

    /// Whether the middleware was to save the changes, and the request ended before.
    pub(super) fn was_cut_off(&self) -> bool {
        matches!(self.phase, Phase::BeforeHead | Phase::CutOff)
    }

    /// Takes the token of a session that was just created, and lets the client know.
    pub(super) fn start_with(&mut self, held: Held) {
        self.outcome = Outcome::New;
        self.news = News::Token { persistent: false };
        self.held = Some(held);
    }
}

/// What a commit left to be told.
pub(crate) struct Told {
    pub(crate) change: Option<TokenChange>,
    /// Whether a `renews` field has a value: what caches may keep depends on it.
    pub(crate) is_authenticated: bool,
}

impl Inner {
    /// Tells what the client must learn: each commit tells it until one closes the head; outside of a request it is told
    /// once.
    pub(super) fn told(&mut self, schema: &Schema, last: bool) -> Told {
        let is_authenticated = schema.renews && schema.renewing().any(|slot| self.slots.current(slot).is_some());
        // The token of a session whose sign-in may have been ended on its way here is told once it was not.
        let is_moving = self.doomed.iter().any(|doomed| doomed.reason == Doom::Moved);
        let client = &mut self.client;
        let change = match (client.news, &client.held) {
            (News::Token { persistent }, Some(held)) if !is_moving => {
                Some(TokenChange::Set { token: held.token().clone(), persistent })
            }
            (News::Removed, _) => Some(TokenChange::Removed),
            (News::Nothing | News::Token { .. }, _) => None,
        };
        if last || client.phase == Phase::Detached {
            client.news = News::Nothing;
        }
        if last {
            client.phase = Phase::AfterHead;
        }
        Told { change, is_authenticated }
    }
}

impl State {
    pub(crate) fn outcome(&self) -> Outcome {
        self.client(|client| client.outcome)
    }

    /// Whether the client presented anything that it should forget when the session ends.
    pub(crate) fn was_presented(&self) -> bool {
        self.outcome() != Outcome::NoToken
    }

    /// Runs a function on the token that the client can present; `None` if it has no token.
    pub(crate) fn with_held<R>(&self, read: impl FnOnce(&Held) -> R) -> Option<R> {
        self.client(|client| client.held.as_ref().map(read))
    }

    /// Whether this session may go on from what is stored now: the client's token must still open it. Where it was opened
    /// without a token, as by an administrator, it must still be the sign-in that it was then, if it was one.
    pub(crate) fn may_follow(&self, theirs: &Base, cells: &Cells) -> bool {
        let now = self.now();
        let inner = &self.turns.read().value;
        if let Some(held) = inner.client.held() {
            return theirs.header.opens_with(held.secret(), now);
        }
        let stored = inner.slots.cells();
        let was_signed_in = self.schema.renewing().any(|slot| stored.get(slot).is_some());
        let is_same = |slot| stored.get(slot).map(|cell| cell.value) == cells.get(slot).map(|cell| cell.value);
        let signed_in = inner.base.as_ref().and_then(|base| base.header.authenticated);
        !was_signed_in || theirs.header.authenticated == signed_in && self.schema.renewing().all(is_same)
    }

    /// Whether the client's token still opens what is stored now. Where there is no token, it is read again in any case.
    pub(crate) fn may_read(&self, theirs: &Base) -> bool {
        let now = self.now();
        self.with_held(|held| theirs.header.opens_with(held.secret(), now)).unwrap_or(true)
    }

    /// Refuses to write after a write that may have been applied or not, or into a session that is gone.
    pub(crate) fn check_usable(&self) -> Result<(), SessionError> {
        match self.client(|client| client.condition) {
            Condition::Uncertain => Err(SessionError::Uncertain),
            Condition::Ended if self.has_changes() => Err(self.lose_changes()),
            Condition::Usable | Condition::Ended => Ok(()),
        }
    }

    /// Drops changes that have nowhere to go.
    fn lose_changes(&self) -> SessionError {
        let privilege = self.privilege();
        self.discard();
        match privilege {
            Privilege::Authenticated => SessionError::SignInLost,
            Privilege::Kept | Privilege::Renewed => SessionError::Gone,
        }
    }

    /// Refuses a token that the client could never learn.
    pub(crate) fn check_head(&self) -> Result<(), SessionError> {
        match self.client(|client| client.phase.can_tell()) {
            true => Ok(()),
            false => Err(SessionError::HeadSent),
        }
    }

    /// Takes note that the client can be told nothing any more.
    #[cfg(feature = "axum")]
    pub(crate) fn close(&self, phase: Phase) {
        self.client(|client| client.phase = phase);
    }

    /// A secret for a new token.
    pub(crate) fn next_secret(&self) -> Result<Secret, SessionError> {
        self.drawn_secret().map_or_else(new_secret, Ok)
    }

    /// Notes that the client has the token of a session that is on its way to another one.
    pub(crate) fn on_the_way(self, given: SessionId) -> Self {
        self.client(|client| client.given = Some(Box::new(given)));
        self
    }

    /// The secret that the session will have next, if it is drawn already.
    pub(crate) fn drawn_secret(&self) -> Option<Secret> {
        self.client(|client| client.drawn.as_deref().cloned())
    }

    /// Draws the secret that the session will have next, because something is made of it before. Who asks at the same time
    /// gets the same one.
    #[cfg(feature = "csrf")]
    pub(crate) fn draw_secret(&self) -> Result<Secret, SessionError> {
        let secret = self.next_secret()?;
        Ok(self.client(|client| Secret::clone(client.drawn.get_or_insert_with(|| Box::new(secret)))))
    }

    /// Takes note that a write under this id may have been applied or not. A session that was destroyed meanwhile has a
    /// successor, which goes on: what may have been written is to be deleted.
    pub(crate) fn set_uncertain(&self, generation: u64, id: SessionId) {
        let inner = &mut self.turns.read().value;
        match inner.generation == generation {
            true => inner.client.set_uncertain(),
            // Only a store is written to, and that deletes whatever it has under the id.
            false => inner.doom(Doomed::new(id, Doom::Destroyed)),
        }
    }

    pub(crate) fn set_usable(&self) {
        self.client(Client::set_usable);
    }

    /// Ends the session: the record is gone, and so are the changes to it. One that was destroyed meanwhile has a
    /// successor, which goes on.
    pub(crate) fn end(&self, generation: u64) {
        let mut shared = self.turns.write();
        let inner = &mut shared.value;
        if inner.generation != generation {
            return;
        }
        inner.client.condition = Condition::Ended;
        inner.client.news = News::Nothing;
        let obsolete = inner.discard(self.schema);
        drop(shared);
        drop(obsolete);
    }

    /// Takes a new token and lets the client know.
    pub(crate) fn issue(&self, held: Held, created: bool) {
        self.client(|client| {
            if created {
                client.outcome = Outcome::New;
            }
            client.held = Some(held);
            client.drawn = None;
        });
        self.reissue();
    }

    /// Tells the client its token again, because how long the client keeps it has changed.
    pub(crate) fn reissue(&self) {
        let Inner { base, client, .. } = &mut self.turns.read().value;
        let Some(Base { header, .. }) = base else { return };
        // A client whose token has a successor must not be told it again: the successor would be lost.
        let may_be_told = |held: &Held| match header.standing(held.secret(), header.written) {
            Standing::Current => header.offers().0 == 0,
            standing => standing == Standing::Offered,
        };
        if client.held.as_ref().is_some_and(may_be_told) {
            client.news = News::Token { persistent: header.remembered };
        }
    }

    /// Has the client forget its token.
    pub(crate) fn withdraw_token(&self) {
        self.client(|client| {
            client.held = None;
            client.news = News::Removed;
        });
    }

    /// Tells what was committed; `last`: the response head leaves right afterwards, and the client can be told nothing
    /// later.
    pub(crate) fn told(&self, last: bool) -> Told {
        self.turns.read().value.told(self.schema, last)
    }

    /// Marks that a commit has begun that may have to wait: until it ends, no other one goes ahead.
    pub(crate) fn begin_waiting(&self) {
        self.turns.read().value.is_committing = true;
    }

    pub(crate) fn end_waiting(&self) {
        self.turns.read().value.is_committing = false;
    }

    /// User closures never change the client, so there is no turn to wait for.
    fn client<R>(&self, access: impl FnOnce(&mut Client) -> R) -> R {
        access(&mut self.turns.read().value.client)
    }
}

/// A secret from the operating system.
pub(crate) fn new_secret() -> Result<Secret, SessionError> {
    Secret::generate().map_err(|error| SessionError::Random(error.into()))
}
