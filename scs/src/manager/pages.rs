//! Lists of sessions, read page by page.

use std::{
    collections::VecDeque,
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
};

use super::{
    engine::{Engine, Found},
    event::StoreOperation,
    warnings,
};
use crate::{
    error::SessionError,
    id::SessionId,
    store::{Answer, Cursor, Iterate, Page, Stored},
    term::Term,
    time::Clock as _,
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
    engine: Arc<Engine>,
    pages: Pages,
    page: VecDeque<Handle>,
    schema: PhantomData<fn() -> S>,
}

/// Reads one page after the other.
enum Pages {
    Every { read: Box<ReadPage>, position: Position },
    With(Box<SessionsWith>),
}

/// A page of a store's records, from a cursor on.
type ReadPage = dyn Fn(Option<Cursor>) -> Answer<'static, Page<(SessionId, Stored)>> + Send + Sync;

impl<S: Session> Sessions<S> {
    /// Every session of the schema.
    pub(super) fn every<B: Iterate>(engine: Arc<Engine>, backend: Arc<B>) -> Self {
        let read = move |cursor| {
            let backend = Arc::clone(&backend);
            Answer::of(backend.answers_at_once(), async move { backend.page(cursor, PAGE).await })
        };
        Self::new(engine, Pages::Every { read: Box::new(read), position: Position::START })
    }

    /// The sessions in which a field has a value.
    pub(super) fn with(engine: Arc<Engine>, search: Result<Search, SessionError>) -> Self {
        Self::new(engine, Pages::With(Box::new(SessionsWith::new(search))))
    }

    const fn new(engine: Arc<Engine>, pages: Pages) -> Self {
        Self { engine, pages, page: VecDeque::new(), schema: PhantomData }
    }

    /// The next session; `None` after the last.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn next(&mut self) -> Result<Option<TypedSession<S>>, SessionError> {
        while self.page.is_empty() {
            match self.pages.next(&self.engine).await? {
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

impl Pages {
    /// The sessions of the next page; `None` after the last page.
    async fn next(&mut self, engine: &Arc<Engine>) -> Result<Option<Vec<Handle>>, SessionError> {
        let (read, position) = match self {
            Self::With(sessions) => return sessions.next(engine).await,
            Self::Every { read, position } => (read, position),
        };
        let Position::At(cursor) = position else { return Ok(None) };
        let page = engine.call(StoreOperation::Page, || read(cursor.clone())).await?;
        *position = Position::after(page.next);
        let now = engine.clock.now();
        let read = page.items.into_iter().map(|(id, stored)| (id, engine.read(id, stored, now)));
        Ok(Some(read.filter_map(|(id, found)| engine.listed(id, found)).collect()))
    }
}

/// The sessions that have a term.
struct SessionsWith {
    search: Result<Search, Option<SessionError>>,
    /// How many of the field's names have been searched.
    searched: usize,
    position: Position,
    /// Ids of the last page that are still to be looked at; one leaves when its record was read, so
    /// that a failure skips none.
    ids: VecDeque<SessionId>,
}

impl SessionsWith {
    fn new(search: Result<Search, SessionError>) -> Self {
        Self { search: search.map_err(Some), searched: 0, position: Position::START, ids: VecDeque::new() }
    }

    async fn next(&mut self, engine: &Arc<Engine>) -> Result<Option<Vec<Handle>>, SessionError> {
        let search = match &mut self.search {
            Ok(search) => search,
            Err(error) => return error.take().map_or(Ok(None), Err),
        };
        let Some(name) = search.field().names().nth(self.searched) else { return Ok(None) };
        let term = engine.tag.term(name, &search.value);
        let Some(id) = self.ids.front().copied() else {
            self.turn(engine, term).await?;
            return Ok(Some(Vec::new()));
        };
        let session = engine.open_with(search, name, term, id).await?;
        self.ids.pop_front();
        Ok(Some(session.into_iter().collect()))
    }

    /// Turns the page.
    async fn turn(&mut self, engine: &Engine, term: Term) -> Result<(), SessionError> {
        match &self.position {
            Position::At(cursor) => {
                let page = engine.ids_with(term, cursor.clone()).await?;
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

impl Engine {
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
        Ok(self.listed(id, found))
    }

    fn listed(self: &Arc<Self>, id: SessionId, found: Found) -> Option<Handle> {
        let Found::Live(base, cells) = found else { return None };
        let listed = self.listed_session(id, base, cells).inspect_err(|error| warnings::unopened(id, error)).ok()?;
        Some(Handle::new(Arc::clone(self), listed?))
    }
}
