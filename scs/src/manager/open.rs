//! Opening: from what a client presented to a session.

use std::sync::OnceLock;

use super::{
    engine::{Engine, Found},
    event::{EndReason, SessionEvent, StoreOperation},
    metrics::Timer,
    warnings,
};
#[cfg(feature = "sealed")]
use crate::store::Kept;
use crate::{
    error::{SessionError, StoreError},
    id::SessionId,
    record::Standing,
    state::{Client, Held, Outcome, Phase, State},
    store::{Answer, Stored},
    time::{Clock as _, Timestamp},
    token::Token,
    typed_session::{Handle, Presented},
};

impl Engine {
    /// Reads what a client holds.
    pub(crate) fn read_token(&self, text: &[u8]) -> Presented {
        match self.store() {
            Some(_) => Token::parse(text).into(),
            #[cfg(feature = "sealed")]
            None => Presented::sealed(text),
            #[cfg(not(feature = "sealed"))]
            None => Presented::Malformed,
        }
    }

    /// Opens the session that the client presented, or a new one, and builds it inside `place`: it is too large to be
    /// returned by value.
    pub(crate) async fn open(
        &self,
        presented: Presented,
        phase: Phase,
        place: &OnceLock<State>,
    ) -> Result<(), SessionError> {
        let outcome = match presented {
            Presented::Token(token) => {
                let mut held = self.presented(token);
                // Boxed where it waits, to keep the caller's future small.
                let (stored, now) = match self.load_now(held.id()) {
                    Some(loaded) => loaded?,
                    None => Box::pin(self.load(held.id())).await?,
                };
                held.note_time(now);
                let (found, is_reused) = self.recognise(&held, stored, now);
                if is_reused {
                    Box::pin(self.token_reused(held.id())).await?;
                }
                return self.open_found(found, held, phase, place);
            }
            Presented::Either(tokens) => return Box::pin(self.open_either(*tokens, phase, place)).await,
            #[cfg(feature = "sealed")]
            Presented::Sealed(text) => match &self.kept {
                Kept::Sealed(cookies) => return Box::pin(self.open_sealed(cookies, text, phase, place)).await,
                Kept::Store(_) => Outcome::Malformed,
            },
            Presented::Nothing => Outcome::NoToken,
            Presented::Malformed => Outcome::Malformed,
            Presented::Ambiguous => Outcome::Ambiguous,
        };
        match outcome {
            Outcome::Malformed => self.report(SessionEvent::Malformed),
            Outcome::Ambiguous => self.report(SessionEvent::DuplicateCookie),
            _ => {}
        }
        place.get_or_init(|| self.new_session(outcome, phase));
        Ok(())
    }

    /// Opens the session of two tokens that one of them opens. Both are looked at in any case, so that the time tells nothing.
    /// A token that a rotation has replaced is what an old cookie would have, and is no sign of a second client here.
    async fn open_either(
        &self,
        (one, other): (Token, Option<Token>),
        phase: Phase,
        place: &OnceLock<State>,
    ) -> Result<(), SessionError> {
        self.report(SessionEvent::DuplicateCookie);
        let is_alone = other.is_none();
        let mut opened: Option<(Found, Held)> = None;
        let mut is_clear = true;
        for token in std::iter::once(one).chain(other) {
            let mut held = self.presented(token);
            let (stored, now) = self.load(held.id()).await?;
            held.note_time(now);
            let (found, is_reused) = self.recognise(&held, stored, now);
            if is_reused && is_alone {
                self.token_reused(held.id()).await?;
            }
            let Found::Live(base, _) = &found else { continue };
            let is_former = base.header.standing(held.secret(), now) == Standing::Former;
            match &opened {
                None => opened = Some((found, held)),
                // The token before a rotation may open the same session for a while.
                Some((_, other)) if other.id() == held.id() => {
                    if !is_former {
                        opened = Some((found, held));
                    }
                }
                Some(_) => is_clear = false,
            }
        }
        match opened.filter(|_| is_clear) {
            Some((found, held)) => self.open_found(found, held, phase, place),
            None => {
                place.get_or_init(|| self.new_session(Outcome::Ambiguous, phase));
                Ok(())
            }
        }
    }

    /// Opens the session of a record; a new one in its place if it is to end because a value in it does not decode.
    pub(super) fn open_found(
        &self,
        found: Found,
        held: Held,
        phase: Phase,
        place: &OnceLock<State>,
    ) -> Result<(), SessionError> {
        let outcome = match found {
            Found::Live(base, cells) => {
                let id = held.id();
                let Some(cells) = self.intact(&base, cells)? else {
                    let until = base.header.signed_in_until();
                    place.get_or_init(|| self.new_session(Outcome::Invalid, phase).in_place_of(id, until));
                    return Ok(());
                };
                // Borrowed: what a closure owns is copied whenever the closure is handed on.
                let mut parts = Some((base, cells, held));
                place.get_or_init(|| match parts.take() {
                    Some((base, cells, held)) => {
                        self.stored_session(id, base, cells, Client::new(Outcome::Loaded, Some(held), phase))
                    }
                    None => self.new_session(Outcome::NoToken, phase),
                });
                return Ok(());
            }
            Found::Expired(_) => Outcome::Expired,
            Found::Given(..) => {
                place.get_or_init(|| self.new_session(Outcome::Unknown, phase).on_the_way(held.id()));
                return Ok(());
            }
            Found::Foreign | Found::Nothing => Outcome::Unknown,
        };
        place.get_or_init(|| self.new_session(outcome, phase));
        Ok(())
    }

    /// Loads a record from a store that answers at once, and tells when; `None` for any other store.
    fn load_now(&self, id: SessionId) -> Option<Result<(Option<Stored>, Timestamp), StoreError>> {
        let store = self.store().filter(|store| store.answers_at_once)?;
        let now = self.clock.now();
        let timer = Timer::start();
        let Answer::Now(answer) = self.clock.hold(now, || store.store.load(id)) else { return None };
        Some(self.answered(StoreOperation::Load, timer, answer).map(|stored| (stored, now)))
    }

    /// Loads a record, and tells when it was answered.
    pub(super) async fn load(&self, id: SessionId) -> Result<(Option<Stored>, Timestamp), StoreError> {
        let stored = match self.store() {
            Some(store) => self.call(StoreOperation::Load, || store.store.load(id)).await?,
            None => None,
        };
        Ok((stored, self.clock.now()))
    }

    /// Reads a record of this schema. Its expiry is checked here too, whatever the store filters.
    pub(super) async fn fetch(&self, id: SessionId) -> Result<Found, StoreError> {
        let (stored, now) = self.load(id).await?;
        let found = stored.map_or(Found::Nothing, |stored| self.read(id, stored, now));
        if matches!(found, Found::Expired(_)) {
            self.report(SessionEvent::Expired { id });
        }
        Ok(found)
    }

    /// Reads the record that a token opens: with its current secret, or the previous one in its grace. Tells too whether
    /// the token is one that a rotation has replaced for good.
    fn recognise(&self, held: &Held, stored: Option<Stored>, now: Timestamp) -> (Found, bool) {
        let found = stored.map_or(Found::Nothing, |stored| self.read(held.id(), stored, now));
        let standing = match &found {
            Found::Live(base, _) => base.header.standing(held.secret(), now),
            // Not before the secret was compared: an id is public.
            Found::Expired(header) if header.opens_with(held.secret(), now) => {
                self.report(SessionEvent::Expired { id: held.id() });
                return (found, false);
            }
            Found::Given(base, _) if base.header.opens_with(held.secret(), now) => {
                self.report(SessionEvent::UnknownToken);
                return (found, false);
            }
            Found::Expired(_) | Found::Given(..) | Found::Foreign | Found::Nothing => Standing::Unknown,
        };
        match standing {
            Standing::Current | Standing::Offered | Standing::Former => (found, false),
            Standing::Replaced => (Found::Nothing, true),
            Standing::Unknown => {
                self.report(SessionEvent::UnknownToken);
                (Found::Nothing, false)
            }
        }
    }

    /// The record that a token leads to, and whether the token is one that a rotation has replaced for good.
    pub(super) async fn look_up(&self, held: &Held) -> Result<(Found, bool), SessionError> {
        let (stored, now) = self.load(held.id()).await?;
        Ok(self.recognise(held, stored, now))
    }

    pub(super) async fn token_reused(&self, id: SessionId) -> Result<(), SessionError> {
        self.report(SessionEvent::TokenReuse { id });
        if self.policy.ends_on_token_reuse {
            self.delete(id, EndReason::TokenReuse).await?;
        }
        Ok(())
    }

    /// Drops the changes that are not committed and reads the session again.
    pub(crate) async fn reload(&self, handle: &Handle) -> Result<(), SessionError> {
        let _turn = handle.commit_turn().await;
        let state = handle.state();
        let generation = state.generation();
        if state.is_new() {
            return Err(SessionError::Gone);
        }
        let Some(fresh) = self.read_again(state).await? else {
            state.end(generation);
            return Err(SessionError::Gone);
        };
        if !state.reset(generation, fresh) {
            return Err(SessionError::Gone);
        }
        state.set_usable();
        Ok(())
    }

    /// The session as it is stored now; `None` if it is gone, or its token was renewed.
    async fn read_again(&self, state: &State) -> Result<Option<State>, SessionError> {
        let id = state.id();
        let found = match self.store() {
            // No other request can have changed what the client carries.
            None => Some((state.base(), state.stored_cells())),
            Some(_) => match self.fetch(id).await? {
                Found::Live(base, cells) if state.may_read(&base) => {
                    self.intact(&base, cells)?.map(|cells| (Some(base), cells))
                }
                _ => None,
            },
        };
        let Some((Some(base), cells)) = found else { return Ok(None) };
        let is_live = self.clock.now() < base.expires;
        // The state keeps its client.
        let client = Client::new(Outcome::Loaded, None, Phase::Detached);
        Ok(is_live.then(|| self.stored_session(id, base, cells, client)))
    }

    /// Moves the record's expiry when enough of the idle timeout has passed. A touch that fails does not fail the response.
    pub(super) async fn touch_if_due(&self, state: &State) {
        let (Some(store), Some(base)) = (self.store(), state.base()) else { return };
        let now = self.clock.now();
        if self.policy.touch_due(&base, now).is_none() {
            return;
        }
        let expires = self.policy.expiry(&base.header, now);
        let id = state.id();
        let touch = || store.store.touch(id, base.revision, expires.since(now));
        match self.call(StoreOperation::Touch, touch).await {
            Ok(()) => state.touched(expires),
            Err(error) => warnings::touch_failed(id, &error),
        }
    }

    pub(super) async fn delete(&self, id: SessionId, reason: EndReason) -> Result<bool, SessionError> {
        let Some(store) = self.store() else { return Ok(false) };
        let deleted = self.call(StoreOperation::Delete, || store.store.delete(id)).await?;
        if deleted {
            self.report(SessionEvent::Destroyed { id, reason });
        }
        Ok(deleted)
    }
}
