//! Terms: the sessions in which an indexed field has a value. What the index says are hints; the records decide.

use super::{
    engine::{Engine, Found},
    event::{EndReason, StoreOperation},
    pages::{PAGE, Position},
};
use crate::{
    error::SessionError,
    id::SessionId,
    store::{Cursor, DynIndex, Page},
    term::Term,
    time::Clock as _,
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
        let Found::Live(_, cells) = found else { return None };
        let fields = cells.fields();
        let stored = |name: &str| fields.iter().find(|field| &*field.name == name.as_bytes());
        let (newest, field) = search.field().names().find_map(|name| stored(name).map(|field| (name, field)))?;
        let has_it = field.cell.is_live(self.clock.now()) && *field.cell.value == *search.value;
        has_it.then_some(newest)
    }

    /// Deletes every session with the term but one, again and again until none is found. A session that comes
    /// to have the term meanwhile is either deleted too or counts as later.
    pub(super) async fn revoke_with(&self, search: &Search, except: Option<SessionId>) -> Result<u64, SessionError> {
        let mut revoked = 0;
        loop {
            let mut in_this_pass = 0;
            for name in search.field().names() {
                in_this_pass += self.revoke_pass(search, name, except).await?;
            }
            if in_this_pass == 0 {
                return Ok(revoked);
            }
            revoked += in_this_pass;
        }
    }

    async fn revoke_pass(&self, search: &Search, name: &str, except: Option<SessionId>) -> Result<u64, SessionError> {
        let term = self.tag.term(name, &search.value);
        let mut revoked = 0;
        let mut position = Position::START;
        while let Position::At(cursor) = position {
            let page = self.ids_with(term, cursor).await?;
            position = Position::after(page.next);
            for id in page.items.into_iter().filter(|id| Some(*id) != except) {
                let found = self.fetch(id).await?;
                match self.matches(&found, search, name) {
                    true => revoked += u64::from(self.delete(id, EndReason::Revoked).await?),
                    false => self.forget(term, id).await?,
                }
            }
        }
        Ok(revoked)
    }

    /// The session with the term that was used last, apart from one.
    pub(super) async fn latest_with(
        &self,
        search: &Search,
        except: SessionId,
    ) -> Result<Option<(SessionId, Found)>, SessionError> {
        let (mut latest, mut used) = (None, None);
        for name in search.field().names() {
            let term = self.tag.term(name, &search.value);
            let mut position = Position::START;
            while let Position::At(cursor) = position {
                let page = self.ids_with(term, cursor).await?;
                position = Position::after(page.next);
                for id in page.items.into_iter().filter(|id| *id != except) {
                    let found = self.fetch(id).await?;
                    let last_seen = found.last_seen().filter(|_| self.matches(&found, search, name));
                    if last_seen > used {
                        (latest, used) = (Some((id, found)), last_seen);
                    }
                }
            }
        }
        Ok(latest)
    }
}
