//! Rotation: tokens that are renewed on their own, without logging anyone out.
//!
//! The response with a new token may get lost, and other tabs are still under way with the old one. So a successor is
//! offered, and the old token works until one is presented, and a little longer. If the old one comes again, its client
//! has not got the successor: it is offered another one, three in all. The first that is presented wins. One that
//! comes with another one, or later with the old one, is a second client, and that is reported.

use std::time::Duration;

use super::{Policy, engine::Engine, event::StoreOperation, warnings};
use crate::{
    error::SessionError,
    record::{Draft, Header, Standing},
    state::{Base, Held, State, new_secret},
    store::{DynStore, Updated},
    time::{Clock as _, Timestamp},
    token::Token,
};

/// How many successors of a token may be offered at once. Each stands for a response that was lost.
const MAX_OFFERS: usize = 3;

/// What is due to a record's secrets when it is next written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// A successor is offered.
    Offer,
    /// A successor was presented and takes the place of the current secret.
    Acceptance,
    /// The client has come back for the first time.
    Presentation,
}

impl Policy {
    /// Whether a token is to be rotated, or its rotation confirmed, with the next write.
    pub(super) fn needs_rotation(&self, base: &Base, held: &Held, now: Timestamp) -> bool {
        self.due(&base.header, held, now) != Due::Nothing
    }

    /// What is due to the secrets of a record that is used with this token.
    fn due(&self, header: &Header, held: &Held, now: Timestamp) -> Due {
        let period = self.renew_every.unwrap_or(Duration::MAX);
        let is_first_visit = self.first_visit.is_some() && header.is_first_visit() && held.was_presented();
        if now.since(header.renewed) < period && header.others.is_none() && !is_first_visit {
            return Due::Nothing;
        }
        let (offers, last) = header.offers();
        match header.standing(held.secret(), now) {
            Standing::Offered if held.was_presented() => Due::Acceptance,
            // Who came before the last offer was made may get it by another response.
            Standing::Current if last.is_some_and(|last| held.since().since(last) < self.renewal_grace) => Due::Nothing,
            // While another tab may still come with the former one, its hash must stay.
            Standing::Current if header.has_working_former(now) => Due::Nothing,
            Standing::Current if offers < MAX_OFFERS && (offers > 0 || now.since(header.renewed) >= period) => {
                Due::Offer
            }
            Standing::Current if is_first_visit => Due::Presentation,
            _ => Due::Nothing,
        }
    }
}

impl Engine {
    /// What is due to the secrets of the record as it is known. After the head no client can learn a new token.
    pub(super) fn due(&self, state: &State, base: &Base, now: Timestamp) -> Due {
        let due = state.with_held(|held| self.policy.due(&base.header, held, now));
        match due {
            Some(Due::Offer) if state.check_head().is_err() => Due::Nothing,
            due => due.unwrap_or(Due::Nothing),
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
        if due == Due::Nothing {
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
        let token = self.apply(state, due, &mut header, now)?;
        let draft = Draft::unchanged(state.stored_cells());
        let write = self.write_draft(&draft, header, Some(&base.header), now)?;
        let update = || store.update(id, base.revision, &write.entry);
        // If another request was faster, it may have rotated; if not, the next one does.
        if self.call(StoreOperation::Update, update).await? == Updated::Updated {
            let (base, cells) = write.done(now);
            let is_this_one = state.rebase(generation, id, base, cells);
            if let Some(token) = token.filter(|_| is_this_one) {
                self.announce(state, id, Some(self.issued(token, now)), false);
            }
        }
        Ok(())
    }

    /// Puts what is due into the header; a token, if one is offered.
    pub(super) fn apply(
        &self,
        state: &State,
        due: Due,
        header: &mut Header,
        now: Timestamp,
    ) -> Result<Option<Token>, SessionError> {
        match due {
            // The client's first visit is noted by every write.
            Due::Nothing | Due::Presentation => Ok(None),
            Due::Acceptance => {
                state.with_held(|held| header.accept(held.secret(), now, self.policy.renewal_grace));
                Ok(None)
            }
            Due::Offer => {
                let token = Token::new(state.id(), new_secret()?);
                header.offer(self.hasher.hash(&token), now);
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

    /// A token that the client is about to be told.
    pub(super) fn issued(&self, token: Token, now: Timestamp) -> Held {
        let secret = self.hasher.hash(&token);
        Held::issued(token, secret, now)
    }
}
