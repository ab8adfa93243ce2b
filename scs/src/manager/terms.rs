//! Terms: the sessions in which an indexed field has a value. Lists take what the index says for a hint, and the record
//! decides; what ends sessions goes by the term alone.

use super::{
    engine::{Engine, Found},
    event::{EndReason, SessionEvent, StoreOperation},
    pages::{PAGE, Position},
    retries::MAX_LOOKS,
    write::Former,
};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{Cells, Header},
    state::Base,
    store::{Answer, Cursor, DynIndex, Entry, Iterate, Page, Updated},
    term::Term,
    time::{Clock as _, Timestamp},
    typed_session::Search,
};

impl Engine {
    /// The index, if the schema needs one.
    fn index(&self) -> Option<&dyn DynIndex> {
        self.store()?.index.as_deref()
    }

    /// One page of the ids under a term. A schema that needs no index has nothing there.
    pub(super) async fn ids_with(&self, term: Term, cursor: Option<Cursor>) -> Result<Page<SessionId>, SessionError> {
        let Some(index) = self.index() else { return Ok(Page { items: Vec::new(), next: None }) };
        Ok(self.call(StoreOperation::Find, || index.find(term, cursor, PAGE)).await?)
    }

    /// Removes a hint that was found to be wrong.
    pub(super) async fn forget(&self, term: Term, id: SessionId) -> Result<(), SessionError> {
        let Some(index) = self.index() else { return Ok(()) };
        Ok(self.call(StoreOperation::Forget, || index.forget(term, id)).await?)
    }

    /// Whether the field has the value, under whatever name.
    pub(super) fn holds(&self, found: &Found, search: &Search) -> bool {
        self.name_with(found, search).is_some()
    }

    /// Whether the field has the value, and is stored under this name and no newer one: under each
    /// name other sessions are found.
    pub(super) fn matches(&self, found: &Found, search: &Search, name: &str) -> bool {
        self.name_with(found, search).is_some_and(|newest| newest == name)
    }

    /// The name under which the field is stored, if it has the value.
    fn name_with(&self, found: &Found, search: &Search) -> Option<&'static str> {
        let (Found::Live(_, cells) | Found::Given(_, cells)) = found else { return None };
        let fields = cells.fields();
        let stored = |name: &str| fields.iter().find(|field| &*field.name == name.as_bytes());
        let (newest, field) = search.field().names().find_map(|name| stored(name).map(|field| (name, field)))?;
        let has_it = field.cell.is_live(self.clock.now()) && *field.cell.value == *search.value;
        has_it.then_some(newest)
    }

    /// Ends every session that had the value before this began, but one. The store decides by the term, whatever a record
    /// says or a cache remembers. This ends however many sign in meanwhile: each name is gone through once, and a few more
    /// times for sign-ins that were moving to other sessions.
    pub(super) async fn revoke_with(&self, search: &Search, except: Option<SessionId>) -> Result<u64, SessionError> {
        let began = self.clock.now();
        let mut revoked = 0;
        for name in search.field().names() {
            let term = self.tag.term(name, &search.value);
            let mut pass = self.revoke_under(term, except, None).await?;
            revoked += pass.revoked;
            for _ in 0..MAX_LOOKS {
                if !pass.may_have_missed {
                    break;
                }
                pass = self.revoke_under(term, except, Some(began)).await?;
                revoked += pass.revoked;
            }
        }
        Ok(revoked)
    }

    /// Goes once through the sessions under a term, and ends them; those that were signed in to after a time go on, if there
    /// is one.
    async fn revoke_under(
        &self,
        term: Term,
        except: Option<SessionId>,
        began: Option<Timestamp>,
    ) -> Result<Pass, SessionError> {
        let mut pass = Pass::default();
        let mut position = Position::START;
        while let Position::At(cursor) = position {
            let page = self.ids_with(term, cursor).await?;
            position = Position::after(page.next);
            // What a later page had may be taken over by a session that an earlier one would have.
            pass.may_have_missed |= began.is_none() && matches!(position, Position::At(_));
            for id in page.items.into_iter().filter(|id| Some(*id) != except) {
                if let Some(time) = began
                    && self.is_signed_in_after(id, time).await?
                {
                    continue;
                }
                let ended = self.end_under(term, id, EndReason::Revoked).await?;
                pass.revoked += u64::from(ended);
                pass.may_have_missed |= began.is_some() || !ended;
            }
        }
        Ok(pass)
    }

    /// Whether somebody signed in to the session after this time, as far as its record can be read.
    async fn is_signed_in_after(&self, id: SessionId, time: Timestamp) -> Result<bool, SessionError> {
        Ok(match self.fetch(id).await? {
            Found::Live(base, _) | Found::Given(base, _) => base.header.signed_in() > time,
            Found::Expired(_) | Found::Foreign | Found::Nothing => false,
        })
    }

    /// Ends a session if it has the term at this moment; `false` if not. Its place under the term is free in any case.
    pub(super) async fn end_under(&self, term: Term, id: SessionId, reason: EndReason) -> Result<bool, SessionError> {
        let Some(index) = self.index() else { return Ok(false) };
        let ended = self.call(StoreOperation::DeleteUnder, || index.delete_under(term, id)).await?;
        if ended {
            self.report(SessionEvent::Destroyed { id, reason });
        }
        Ok(ended)
    }

    /// The session with the term that was used last, apart from some: of a page of the newest under each name, so that an
    /// account with very many costs no more.
    pub(super) async fn latest_with(
        &self,
        search: &Search,
        except: &[SessionId],
    ) -> Result<Option<(SessionId, Found)>, SessionError> {
        let (mut latest, mut used) = (None, None);
        for name in search.field().names() {
            let page = self.ids_with(self.tag.term(name, &search.value), None).await?;
            for id in page.items.into_iter().filter(|id| !except.contains(id)) {
                let found = self.fetch(id).await?;
                let last_seen = found.last_seen().filter(|_| self.matches(&found, search, name));
                if last_seen > used {
                    (latest, used) = (Some((id, found)), last_seen);
                }
            }
        }
        Ok(latest)
    }

    /// Writes every session again, so that it is found under each of its values.
    pub(super) async fn reindex(&self, backend: &impl Iterate) -> Result<u64, SessionError> {
        let (mut posted, mut position) = (0, Position::START);
        while let Position::At(cursor) = position {
            let page = || Answer::of(backend.answers_at_once(), backend.page(cursor, PAGE));
            let page = self.call(StoreOperation::Page, page).await?;
            position = Position::after(page.next);
            for (id, stored) in page.items {
                let found = self.read(id, stored, self.clock.now());
                posted += u64::from(self.post_again(id, found).await?);
            }
        }
        Ok(posted)
    }

    /// Writes a session under its terms, and looks at it again while others write it.
    async fn post_again(&self, id: SessionId, mut found: Found) -> Result<bool, SessionError> {
        let Some(kept) = self.store() else { return Ok(false) };
        for _ in 0..MAX_LOOKS {
            let Found::Live(base, cells) = found else { return Ok(false) };
            let now = self.clock.now();
            let entry = self.posted_again(&base, &self.migrated(&base, cells)?, now)?;
            match self.call(StoreOperation::Update, || kept.store.update(id, base.revision, &entry)).await? {
                Updated::Updated => return Ok(true),
                Updated::Gone => return Ok(false),
                Updated::Conflict | Updated::NotAdmitted => found = self.fetch(id).await?,
            }
        }
        Err(SessionError::Contended { attempts: MAX_LOOKS })
    }

    /// The record as it is, under all its terms. It expires when it did before.
    fn posted_again(&self, base: &Base, cells: &Cells, now: Timestamp) -> Result<Entry, SessionError> {
        let version = base.header.version.max(self.schema.version);
        let header = Header { version, ..base.header.clone() };
        // As if it had been posted for no time, so that the index is written.
        let unposted = Header { deadline: base.header.created, ..base.header.clone() };
        let former = Former { header: Some(&unposted), cells };
        let (entry, _) = self.entry(former, &std::iter::empty(), None, &header, now)?;
        Ok(entry.living_for(base.expires.since(now)))
    }
}

/// What one pass through the sessions under a term did.
#[derive(Default)]
struct Pass {
    revoked: u64,
    /// Whether a session that was there may be another one by now: it was gone when it was to end, or was listed too late.
    may_have_missed: bool,
}
