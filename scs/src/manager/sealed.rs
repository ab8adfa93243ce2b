//! Sessions that their clients carry, sealed.

use std::{sync::OnceLock, time::Duration};

use bytes::Bytes;
use zeroize::Zeroizing;

use super::{
    attempt::Attempt,
    engine::{Engine, Found},
    event::{SessionEvent, StoreOperation},
    merging::Other,
    policy::{CLOCK_SKEW, is_from_the_future},
    warnings,
    write::Write,
};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{Draft, Header},
    revision::Revision,
    sealed::ErasedCookies,
    state::{Base, Held, Outcome, Phase, Privilege, State},
    store::Stored,
    time::{Clock as _, Timestamp},
    token::{SecretHash, Token},
};

impl Engine {
    pub(super) async fn open_sealed(
        &self,
        cookies: &ErasedCookies,
        text: Zeroizing<String>,
        phase: Phase,
        place: &OnceLock<State>,
    ) -> Result<(), SessionError> {
        let Some((id, record)) = cookies.open(self.tag, &text) else {
            self.report(SessionEvent::DecryptFailed);
            place.get_or_init(|| self.new_session(Outcome::Unknown, phase));
            return Ok(());
        };
        let found = self.look(cookies, id, record).await?;
        let secret = if let Found::Live(base, _) = &found { base.header.secret } else { SecretHash([0; 32]) };
        self.open_found(found, Held::presented(Token::sealed(id, text), secret), phase, place)
    }

    /// Looks whether the record of a text that opened is a session still.
    async fn look(&self, cookies: &ErasedCookies, id: SessionId, record: Bytes) -> Result<Found, SessionError> {
        let now = self.clock.now();
        let found = self.sealed_record(id, record, now);
        if !matches!(found, Found::Live(..)) {
            return Ok(found);
        }
        Ok(match self.call(StoreOperation::Load, || cookies.revocation.is_revoked(id)).await? {
            true => {
                self.report(SessionEvent::UnknownToken);
                Found::Nothing
            }
            false => found,
        })
    }

    /// Reads a record whose deadlines are those that were sealed with it.
    fn sealed_record(&self, id: SessionId, record: Bytes, now: Timestamp) -> Found {
        match self.read(id, Stored::new(record, Revision::random(), Duration::MAX), now) {
            Found::Live(base, _) if is_from_the_future(&base.header, now) => Found::Nothing,
            Found::Live(base, cells) => {
                let written = base.header.written;
                let mut header = base.header.clone();
                let expires = self.policy.shorten(&mut header, self.policy.expiry(&base.header, written));
                if expires <= now {
                    self.report(SessionEvent::Expired { id });
                    return Found::Expired(base.header);
                }
                Found::Live(Base { expires, ..base }, cells)
            }
            Found::Expired(header) => {
                self.report(SessionEvent::Expired { id });
                Found::Expired(header)
            }
            Found::Given(..) | Found::Foreign | Found::Nothing => Found::Nothing,
        }
    }

    /// Revokes for as long as any copy of the session could live, which its cookie says, whatever the policy says today;
    /// `false` if it was over already. A stranger's gives access to nothing and takes no room in the list.
    pub(super) async fn revoke_sealed(
        &self,
        cookies: &ErasedCookies,
        id: SessionId,
        signed_in_until: Option<Timestamp>,
    ) -> Result<bool, SessionError> {
        let Some(until) = signed_in_until else { return Ok(true) };
        let lifetime = until.since(self.clock.now()) + CLOCK_SKEW;
        let revoke = || cookies.revocation.revoke(id, lifetime);
        Ok(self.call(StoreOperation::Create, revoke).await?)
    }

    /// Seals the changes. A renewal seals under another id, because the secret of a sealed record opens nothing; so does what
    /// brings the end forward, because a list keeps an id until the end that the last cookie says.
    pub(super) async fn seal_changes(
        &self,
        cookies: &ErasedCookies,
        attempt: &mut Attempt<'_>,
    ) -> Result<(), SessionError> {
        attempt.state.check_head()?;
        let now = self.clock.now();
        let changes = attempt.changes()?;
        let former = changes.base().map(|base| base.header.clone());
        if former.as_ref().is_some_and(|former| former.deadline <= now) {
            let id = changes.id();
            return Err(self.lose(attempt, id));
        }
        let mut sealed = self.sealed(cookies, attempt, former.as_ref(), now)?;
        if attempt.changes()?.merges() {
            // What is taken over cannot be given back, so what may fail is tried first.
            let id = attempt.changes()?.id();
            if former.is_some() && self.call(StoreOperation::Load, || cookies.revocation.is_revoked(id)).await? {
                return Err(self.lose(attempt, id));
            }
            if !self.take(attempt, id).await? {
                sealed = self.sealed(cookies, attempt, former.as_ref(), now)?;
            }
        }
        let Sealed { id, token, write, replaces } = sealed;
        if let Some((former_id, signed_in_until)) = replaces
            && !self.revoke_sealed(cookies, former_id, signed_in_until).await?
        {
            // A logout or another renewal was faster, and this request must not undo it.
            return Err(self.lose(attempt, former_id));
        }
        let (base, cells) = write.done(now);
        let secret = base.header.secret;
        let is_this_one = attempt.settle(id, base, cells);
        match former {
            None => self.report(SessionEvent::Created { id }),
            Some(_) if replaces.is_some() => self.report(SessionEvent::Renewed { id }),
            Some(_) => {}
        }
        if is_this_one {
            attempt.state.issue(Held::issued(token, secret, now), former.is_none());
        }
        Ok(())
    }

    /// The cookie of the changes.
    fn sealed(
        &self,
        cookies: &ErasedCookies,
        attempt: &Attempt<'_>,
        former: Option<&Header>,
        now: Timestamp,
    ) -> Result<Sealed, SessionError> {
        let changes = attempt.changes()?;
        let header = self.sealed_header(attempt.state, former, changes.privilege(), now)?;
        let header = self.policy.next_header(&header, self.schema, changes, now);
        let replaced = replaced(former, &header).map(Header::signed_in_until);
        let id = match replaced {
            // A logout that comes second finds it.
            Some(Some(_)) => changes.id().successor(),
            Some(None) => SessionId::generate(now),
            None => changes.id(),
        };
        let write = self.write_draft(changes.draft(), header, former, now)?;
        let token = self.seal(cookies, id, &write)?;
        Ok(Sealed { id, token, write, replaces: replaced.map(|until| (changes.id(), until)) })
    }

    /// Ends a session; `false` if another request was first. If that one has renewed it, what it was renewed as ends too.
    pub(super) async fn end_sealed(
        &self,
        cookies: &ErasedCookies,
        id: SessionId,
        signed_in_until: Option<Timestamp>,
    ) -> Result<bool, SessionError> {
        let is_first = self.revoke_sealed(cookies, id, signed_in_until).await?;
        // Once its own time is over the list has forgotten whether another request was first.
        let is_over = signed_in_until.is_some_and(|until| until <= self.clock.now());
        if is_first && !is_over {
            return Ok(true);
        }
        // What it was renewed as ends by another cookie, which may have been made under another policy.
        let longest = self.policy.absolute.max(self.policy.remembered_absolute).max(LONGEST_COOKIE);
        let longest = self.clock.now() + longest;
        let longest = signed_in_until.map_or(longest, |until| until.max(longest));
        let mut successor = id.successor();
        for _ in 0..MAX_SUCCESSORS {
            if self.revoke_sealed(cookies, successor, Some(longest)).await? {
                break;
            }
            successor = successor.successor();
        }
        Ok(is_first)
    }

    /// The header that the changes are made to. Its secret opens nothing; what must change with each sign-in is made of it.
    fn sealed_header(
        &self,
        state: &State,
        former: Option<&Header>,
        privilege: Privilege,
        now: Timestamp,
    ) -> Result<Header, SessionError> {
        let secret = || {
            let token = Token::new(state.id(), state.next_secret()?);
            Ok::<_, SessionError>(self.hasher.hash(&token))
        };
        Ok(match former {
            None => self.policy.first_header(self.schema, self.tag, secret()?, now),
            Some(former) if privilege != Privilege::Kept => {
                Header { secret: secret()?, renewed: now, presented: None, ..former.clone() }
            }
            Some(former) => former.clone(),
        })
    }

    fn seal(&self, cookies: &ErasedCookies, id: SessionId, write: &Write) -> Result<Token, SessionError> {
        let text = cookies.seal(self.tag, id, write.entry.payload())?;
        Ok(Token::sealed(id, text))
    }

    /// Seals again what has not changed, when enough of the idle timeout has passed. Failing to do so fails no response.
    pub(super) fn keep_sealed_alive(&self, cookies: &ErasedCookies, state: &State) {
        let now = self.clock.now();
        let generation = state.generation();
        let due = state.base().filter(|base| self.policy.touch_due(base, now).is_some());
        let Some(base) = due.filter(|base| now < base.header.deadline && state.check_head().is_ok()) else { return };
        let id = state.id();
        if let Err(error) = self.seal_again(cookies, state, generation, &base, now) {
            warnings::reseal_failed(id, &error);
        }
    }

    fn seal_again(
        &self,
        cookies: &ErasedCookies,
        state: &State,
        generation: u64,
        base: &Base,
        now: Timestamp,
    ) -> Result<(), SessionError> {
        let id = state.id();
        let header = Header { written: now, ..base.header.clone() };
        let draft = Draft::unchanged(state.stored_cells());
        let write = self.write_draft(&draft, header, Some(&base.header), now)?;
        let token = self.seal(cookies, id, &write)?;
        let (base, cells) = write.done(now);
        let secret = base.header.secret;
        if state.rebase(generation, id, base, cells) {
            state.issue(Held::issued(token, secret, now), false);
        }
        Ok(())
    }

    /// The session of another cookie.
    pub(super) async fn opened_sealed(
        &self,
        cookies: &ErasedCookies,
        token: &Token,
    ) -> Result<Option<(Other, SecretHash)>, SessionError> {
        let opened = token.sealed_text().and_then(|text| cookies.open(self.tag, text));
        let Some((id, record)) = opened else { return Ok(None) };
        Ok(match self.look(cookies, id, record).await? {
            Found::Live(base, cells) => {
                let secret = base.header.secret;
                Some(((id, base, cells), secret))
            }
            _ => None,
        })
    }
}

/// The longest that a browser keeps a cookie (RFC 6265bis, 5.5), and that a session lives which nobody gave more.
const LONGEST_COOKIE: Duration = Duration::from_hours(24 * 400);

/// How often a session may have been renewed while a logout of it is under way.
const MAX_SUCCESSORS: usize = 64;

/// A cookie that may be sent.
struct Sealed {
    id: SessionId,
    token: Token,
    write: Write,
    /// The id that goes to the list first, and until when it stays there; `None` where the cookie from before may open too.
    replaces: Option<(SessionId, Option<Timestamp>)>,
}

/// The session as it was, if none of its cookies may open any more.
fn replaced<'a>(former: Option<&'a Header>, header: &Header) -> Option<&'a Header> {
    former.filter(|former| !former.secret.matches(&header.secret) || header.deadline < former.deadline)
}
