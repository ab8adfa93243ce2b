//! Rotation: tokens that are renewed on their own, now and then, without logging anyone out.
//!
//! The response with the new token may get lost, and other tabs are still under way with the old one. So the old
//! one works until the new one was presented, and a little longer; a new one that nobody ever presents is replaced.

use std::time::Duration;

use super::{Policy, engine::Engine, event::StoreOperation, warnings};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{Draft, Header, PreviousSecret, Standing},
    state::{Base, Held, State, new_secret},
    store::{DynStore, Updated},
    time::{Clock as _, Timestamp},
    token::Token,
};

/// What is due to a record's secrets when it is next written.
#[derive(Clone, Copy)]
pub(super) enum Due {
    Nothing,
    /// A new secret; the one that is replaced goes on working.
    Rotation(PreviousSecret),
    /// The new secret was presented: the end of the previous one is set.
    Confirmation(PreviousSecret),
}

impl Policy {
    /// Whether a token is to be rotated, or its rotation confirmed, with the next write.
    pub(super) fn needs_rotation(&self, base: &Base, held: &Held, now: Timestamp) -> bool {
        !matches!(self.due(&base.header, held, now), Due::Nothing)
    }

    /// What is due to the secrets of a record that is used with this token.
    fn due(&self, header: &Header, held: &Held, now: Timestamp) -> Due {
        let period = self.renew_every.unwrap_or(Duration::MAX);
        let age = now.since(header.renewed);
        if age < period && header.previous_secret().is_none() {
            return Due::Nothing;
        }
        let standing = header.standing(held.secret(), now);
        match (standing, header.previous_secret()) {
            // Nobody has presented the new one: its response was lost.
            (Standing::Previous, Some(previous)) if previous.expires.is_none() && age >= self.renewal_grace => {
                Due::Rotation(previous)
            }
            (Standing::Current, Some(previous)) if previous.expires.is_none() && held.was_presented() => {
                Due::Confirmation(PreviousSecret { expires: Some(now + self.renewal_grace), ..previous })
            }
            // While another tab may still come with the previous one, its hash must stay.
            (Standing::Current, Some(previous)) if previous.works(now) => Due::Nothing,
            (Standing::Current, _) if age >= period => Due::Rotation(PreviousSecret::until_presented(header.secret)),
            _ => Due::Nothing,
        }
    }
}

impl Engine {
    /// What is due to the secrets of the record as it is known. After the head no client can learn a new token.
    fn due(&self, state: &State, base: &Base, now: Timestamp) -> Due {
        let due = state.with_held(|held| self.policy.due(&base.header, held, now));
        match due {
            Some(Due::Rotation(_)) if state.check_head().is_err() => Due::Nothing,
            due => due.unwrap_or(Due::Nothing),
        }
    }

    /// The same for a write that may change how long the client keeps its token. A client with the previous token
    /// must not be told to keep that: its successor would be lost.
    pub(super) fn due_with(&self, state: &State, base: &Base, remembered: bool, now: Timestamp) -> Due {
        let due = self.due(state, base, now);
        let standing = || state.with_held(|held| base.header.standing(held.secret(), now));
        let is_unaware = || standing() == Some(Standing::Previous) && state.check_head().is_ok();
        match due {
            Due::Nothing if remembered != base.header.remembered && is_unaware() => {
                Due::Rotation(PreviousSecret::until_presented(base.header.secret))
            }
            due => due,
        }
    }

    /// Rotates or confirms if it is due and nothing else is to be written. Failing to do so fails no response: the
    /// client goes on with the token it has. `false` if nothing was due.
    pub(super) async fn rotate_if_due(&self, store: &dyn DynStore, state: &State) -> bool {
        let now = self.clock.now();
        let generation = state.generation();
        // A session whose end has come gets no token, whatever the store's clock says.
        let Some(base) = state.base().filter(|base| now < base.header.deadline) else { return false };
        let due = self.due(state, &base, now);
        if matches!(due, Due::Nothing) {
            return false;
        }
        let id = state.id();
        if let Err(error) = self.rotate(store, state, generation, &base, due).await {
            warnings::rotation_failed(id, &error);
        }
        true
    }

    async fn rotate(
        &self,
        store: &dyn DynStore,
        state: &State,
        generation: u64,
        base: &Base,
        due: Due,
    ) -> Result<(), SessionError> {
        let now = self.clock.now();
        let id = state.id();
        let mut header = base.header.clone();
        header.written = now;
        state.with_held(|held| header.note_presented(held, now));
        let token = self.apply(due, id, &mut header, now)?;
        let draft = Draft::unchanged(state.stored_cells());
        let write = self.write_draft(&draft, header, Some(&base.header), now)?;
        let update = || store.update(id, base.revision, &write.entry);
        // If another request was faster, it may have rotated; if not, the next one does.
        if self.call(StoreOperation::Update, update).await? == Updated::Updated {
            let (base, cells) = write.done(now);
            let secret = base.header.secret;
            let is_this_one = state.rebase(generation, id, base, cells);
            if let Some(token) = token.filter(|_| is_this_one) {
                self.announce(state, id, Some(Held::issued(token, secret)), false);
            }
        }
        Ok(())
    }

    /// Puts what is due into the header; a token, if there is a new one.
    pub(super) fn apply(
        &self,
        due: Due,
        id: SessionId,
        header: &mut Header,
        now: Timestamp,
    ) -> Result<Option<Token>, SessionError> {
        match due {
            Due::Nothing => Ok(None),
            Due::Confirmation(previous) => {
                header.set_previous_secret(previous);
                Ok(None)
            }
            Due::Rotation(previous) => {
                let token = Token::new(id, new_secret()?);
                self.renew(header, &token, now);
                header.set_previous_secret(previous);
                Ok(Some(token))
            }
        }
    }

    /// Makes a token the only one that works.
    pub(super) fn renew(&self, header: &mut Header, token: &Token, now: Timestamp) {
        header.secret = self.hasher.hash(token);
        header.renewed = now;
        (header.presented, header.others) = (None, None);
    }
}
