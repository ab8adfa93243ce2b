//! Terms: the sessions in which an indexed field has a value. Lists take what the index says for a hint, and the record
//! decides; what ends sessions goes by the term, and reads a record only to spare it.

use std::time::Duration;

use super::{
    engine::{Engine, Found},
    event::{EndReason, SessionEvent, StoreOperation},
    pages::{PAGE, Position},
    policy::CLOCK_SKEW,
    retries::MAX_LOOKS,
    write::Former,
};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{Cell, Cells, Header},
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

    /// Whether the field had the value, whose time is over.
    pub(super) fn has_lapsed(&self, found: &Found, search: &Search) -> bool {
        let stored = stored_value(found, search);
        stored.is_some_and(|(_, cell)| !cell.is_live(self.clock.now()) && *cell.value == *search.value)
    }

    /// The name under which the field is stored, if it has the value.
    fn name_with(&self, found: &Found, search: &Search) -> Option<&'static str> {
        let (newest, cell) = stored_value(found, search)?;
        (cell.is_live(self.clock.now()) && *cell.value == *search.value).then_some(newest)
    }

    /// Ends every session that had the value before this began, except the given one. The store decides by the term, whatever
    /// a record says or a cache remembers. Each name is gone through once, and up to [`MAX_LOOKS`] times more for sign-ins that
    /// were moving to other sessions, so that this returns however many sign in meanwhile.
    pub(super) async fn revoke_with(&self, search: &Search, except: Option<SessionId>) -> Result<u64, SessionError> {
        let (began, field) = (self.clock.now(), search.field());
        // A value whose time is over stays under its term until the next write.
        let has_lapsed = |found: &Found| self.has_lapsed(found, search);
        let is_spared = |found: &Found| has_lapsed(found) || is_signed_in_after(found, began);
        let mut revoked = 0;
        for name in field.names() {
            let term = self.tag.term(name, &search.value);
            let spares: Option<Spares<'_>> = if field.ttl.is_some() { Some(&has_lapsed) } else { None };
            let pass = self.revoke_under(term, except, spares).await?;
            revoked += pass.revoked;
            let mut may_have_missed = field.renews && (pass.has_missed || pass.has_pages);
            for _ in 0..MAX_LOOKS {
                if !may_have_missed {
                    break;
                }
                let pass = self.revoke_under(term, except, Some(&is_spared)).await?;
                revoked += pass.revoked;
                // What this one has ended may have moved on as well.
                may_have_missed = pass.has_missed || pass.revoked > 0;
            }
        }
        Ok(revoked)
    }

    /// Goes once through the sessions under a term, and ends all but those that are spared by what their records say.
    async fn revoke_under(
        &self,
        term: Term,
        except: Option<SessionId>,
        spares: Option<Spares<'_>>,
    ) -> Result<Pass, SessionError> {
        let mut pass = Pass::default();
        let mut position = Position::START;
        while let Position::At(cursor) = position {
            let page = self.ids_with(term, cursor).await?;
            position = Position::after(page.next);
            pass.has_pages |= matches!(position, Position::At(_));
            for id in page.items.into_iter().filter(|id| Some(*id) != except) {
                if let Some(spares) = spares
                    && spares(&self.fetch(id).await?)
                {
                    continue;
                }
                let ended = self.end_under(term, id, EndReason::Revoked).await?;
                pass.revoked += u64::from(ended);
                pass.has_missed |= !ended;
            }
        }
        Ok(pass)
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
    pub(super) async fn post_again(&self, id: SessionId, mut found: Found) -> Result<bool, SessionError> {
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

/// The value of the field, and the newest name under which it is stored.
fn stored_value(found: &Found, search: &Search) -> Option<(&'static str, Cell)> {
    let (Found::Live(_, cells) | Found::Given(_, cells)) = found else { return None };
    let fields = cells.fields();
    let stored = |name: &str| fields.iter().find(|field| &*field.name == name.as_bytes());
    search.field().names().find_map(|name| stored(name).map(|field| (name, field.cell.clone())))
}

/// Which sessions go on although they are under a term.
type Spares<'a> = &'a (dyn Fn(&Found) -> bool + Sync);

/// What one pass through the sessions under a term did.
#[derive(Default)]
struct Pass {
    revoked: u64,
    /// Whether a session was gone when it was to end: its sign-in may be another one's by now.
    has_missed: bool,
    /// Whether there were several pages: what a later one had may have moved to a session that an earlier one would have.
    has_pages: bool,
}

/// Whether somebody signed in to the session after this time, as far as its record can be read. One that has taken over a
/// sign-in has its time by the clock of the server that saw it.
fn is_signed_in_after(found: &Found, time: Timestamp) -> bool {
    match found {
        Found::Live(base, cells) | Found::Given(base, cells) => {
            let skew = if cells.takings().is_empty() { Duration::ZERO } else { CLOCK_SKEW };
            base.header.signed_in() > time + skew
        }
        Found::Expired(_) | Found::Foreign | Found::Nothing => false,
    }
}
