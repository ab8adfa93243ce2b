//! Lists of sessions, read page by page.

use std::{
    collections::VecDeque,
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
};

use super::{
    engine::{Answer, BackendEngine, Engine, Found},
    event::StoreOperation,
    warnings,
};
use crate::{
    error::SessionError,
    id::SessionId,
    store::{Cursor, Iterate, Store},
    term::Term,
    typed_session::{Handle, Search, Session, TypedSession},
};

pub(super) const PAGE: usize = 100;

/// The sessions that [`SessionManager::iterate`](super::SessionManager::iterate) or
/// [`SessionManager::find`](super::SessionManager::find) lists, one page of the store in memory at a
/// time.
///
/// Awaiting it collects them all. A session from a list is open like any other; changes to it are
/// saved by its own `commit`.
///
/// ```
/// # use scs::{MemoryStore, Session, SessionManager};
/// # #[derive(Session)]
/// # struct Visitor { visits: u32 }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), scs::SessionError> {
/// # let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
/// let mut all = sessions.iterate();
/// while let Some(session) = all.next().await? {
///     println!("{} since {:?}", session.id(), session.created_at());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is listed until `next` or `await`"]
pub struct Sessions<S> {
    pages: Box<dyn Pages>,
    page: VecDeque<Handle>,
    schema: PhantomData<fn() -> S>,
}

/// Reads one page after the other.
pub(super) trait Pages: Send {
    /// `None` after the last page.
    fn next(&mut self) -> Answer<'_, Option<Vec<Handle>>>;
}

impl<S: Session> Sessions<S> {
    pub(super) fn new(pages: impl Pages + 'static) -> Self {
        Self { pages: Box::new(pages), page: VecDeque::new(), schema: PhantomData }
    }

    /// The next session; `None` after the last.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn next(&mut self) -> Result<Option<TypedSession<S>>, SessionError> {
        while self.page.is_empty() {
            match self.pages.next().await? {
                Some(page) => self.page.extend(page),
                None => return Ok(None),
            }
        }
        Ok(self.page.pop_front().map(TypedSession::new))
    }
}

impl<S: Session> IntoFuture for Sessions<S> {
    type Output = Result<Vec<TypedSession<S>>, SessionError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut all = Vec::new();
            while let Some(session) = self.next().await? {
                all.push(session);
            }
            Ok(all)
        })
    }
}

impl<S> std::fmt::Debug for Sessions<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

/// Where a list goes on.
pub(super) enum Position {
    At(Option<Cursor>),
    End,
}

impl Position {
    pub(super) const START: Self = Self::At(None);

    pub(super) fn after(next: Option<Cursor>) -> Self {
        next.map_or(Self::End, |cursor| Self::At(Some(cursor)))
    }
}

/// Every session of the schema.
pub(super) struct EverySession<B> {
    engine: Arc<BackendEngine<B>>,
    position: Position,
}

impl<B> EverySession<B> {
    pub(super) const fn new(engine: Arc<BackendEngine<B>>) -> Self {
        Self { engine, position: Position::START }
    }
}

impl<B: Iterate> Pages for EverySession<B> {
    fn next(&mut self) -> Answer<'_, Option<Vec<Handle>>> {
        Box::pin(async move {
            let Position::At(cursor) = &self.position else { return Ok(None) };
            let page = self.engine.call(StoreOperation::Page, self.engine.backend.page(cursor.clone(), PAGE)).await?;
            self.position = Position::after(page.next);
            let now = self.engine.clock.now();
            let read = page.items.into_iter().map(|(id, stored)| (id, self.engine.read(id, &stored, now)));
            Ok(Some(read.filter_map(|(id, found)| open_found(&self.engine, id, found)).collect()))
        })
    }
}

/// The sessions that have a term.
pub(super) struct SessionsWith<B> {
    engine: Arc<BackendEngine<B>>,
    search: Result<Search, Option<SessionError>>,
    /// How many of the field's names have been searched.
    searched: usize,
    position: Position,
    /// Ids of the last page that are still to be looked at; one leaves when its record was read, so
    /// that a failure skips none.
    ids: VecDeque<SessionId>,
}

impl<B: Store> SessionsWith<B> {
    pub(super) fn new(engine: Arc<BackendEngine<B>>, search: Result<Search, SessionError>) -> Self {
        let search = search.map_err(Some);
        Self { engine, search, searched: 0, position: Position::START, ids: VecDeque::new() }
    }

    /// Turns the page of these sessions.
    async fn turn(&mut self, term: Term) -> Result<(), SessionError> {
        match &self.position {
            Position::At(cursor) => {
                let page = self.engine.ids_with(term, cursor.clone()).await?;
                self.position = Position::after(page.next);
                self.ids.extend(page.items);
            }
            Position::End => {
                self.searched += 1;
                self.position = Position::START;
            }
        }
        Ok(())
    }
}

impl<B: Store> Pages for SessionsWith<B> {
    fn next(&mut self) -> Answer<'_, Option<Vec<Handle>>> {
        Box::pin(async move {
            let search = match &mut self.search {
                Ok(search) => search,
                Err(error) => return error.take().map_or(Ok(None), Err),
            };
            let Some(name) = search.field().names().nth(self.searched) else { return Ok(None) };
            let term = self.engine.tag.term(name, &search.value);
            let Some(id) = self.ids.front().copied() else {
                self.turn(term).await?;
                return Ok(Some(Vec::new()));
            };
            let session = self.engine.open_with(search, name, term, id).await?;
            self.ids.pop_front();
            Ok(Some(session.into_iter().collect()))
        })
    }
}

impl<B: Store> BackendEngine<B> {
    /// Opens the session if it really has the term; removes the hint if not.
    async fn open_with(
        self: &Arc<Self>,
        search: &Search,
        name: &str,
        term: Term,
        id: SessionId,
    ) -> Result<Option<Handle>, SessionError> {
        let found = self.fetch(id).await?;
        if !self.matches(&found, search, name) {
            self.forget(term, id).await?;
            return Ok(None);
        }
        Ok(open_found(self, id, found))
    }
}

fn open_found<B: Store>(engine: &Arc<BackendEngine<B>>, id: SessionId, found: Found) -> Option<Handle> {
    let Found::Live(base, cells) = found else { return None };
    engine
        .opened(Arc::clone(engine) as Arc<dyn Engine>, id, base, cells, None)
        .inspect_err(|error| warnings::unopened(id, error))
        .ok()?
}
