//! A store of your own: five methods, here over a map behind a lock, and two more for listing and purging.
//!
//! Start it, then type:
//!
//! ```sh
//! cargo run --example custom_store
//! curl --cookie-jar jar --cookie jar http://localhost:3000    # visit 1
//! curl --cookie-jar jar --cookie jar http://localhost:3000    # visit 2
//! curl http://localhost:3000/sessions                         # how many there are
//! ```

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{Router, extract::State, routing::get};
use scs::{
    Session, SessionError, SessionManager, TypedSession,
    store::{
        Created, Cursor, Entry, Iterate, Page, Purge, Revision, SessionId, Store, StoreError, StoreErrorKind, Stored,
        Updated,
    },
};

/// Sessions in a map: in a database, the table. It does not implement `Index`, so a schema with an `index` field would
/// not compile with it.
#[derive(Clone, Default)]
pub struct MapStore(Arc<Mutex<BTreeMap<SessionId, Row>>>);

/// The columns: what the store is given, and when it ends by the store's own clock.
struct Row {
    payload: Vec<u8>,
    revision: Revision,
    expires: Instant,
}

impl Row {
    fn new(entry: &Entry) -> Self {
        Self { payload: entry.payload().to_vec(), revision: entry.revision(), expires: after(entry.ttl()) }
    }

    fn is_live(&self) -> bool {
        self.expires > Instant::now()
    }

    fn stored(&self) -> Stored {
        let ttl = self.expires.saturating_duration_since(Instant::now());
        Stored::new(self.payload.clone(), self.revision, ttl)
    }
}

/// When a time to live ends. Any length is allowed, also one that a clock cannot express.
fn after(ttl: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_hours(100 * 365 * 24);
    Instant::now() + ttl.min(CENTURY)
}

impl MapStore {
    /// Each method takes the lock once, which makes it atomic; a database would use one statement.
    fn rows(&self) -> MutexGuard<'_, BTreeMap<SessionId, Row>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MapStore {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        let mut rows = self.rows();
        // Never over somebody else's session. An expired one is nobody's, and an entry that was sent twice is there already.
        if rows.get(&id).is_some_and(|row| row.is_live() && row.revision != entry.revision()) {
            return Ok(Created::Occupied);
        }
        rows.insert(id, Row::new(entry));
        Ok(Created::Created)
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        Ok(self.rows().get(&id).filter(|row| row.is_live()).map(Row::stored))
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        let mut rows = self.rows();
        // Never where nothing is: a session that was logged out stays so.
        let Some(row) = rows.get_mut(&id).filter(|row| row.is_live()) else { return Ok(Updated::Gone) };
        // Never over what another request has written since; an entry that was sent twice has its own revision there.
        if row.revision != expected && row.revision != entry.revision() {
            return Ok(Updated::Conflict);
        }
        *row = Row::new(entry);
        Ok(Updated::Updated)
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        let mut rows = self.rows();
        if let Some(row) = rows.get_mut(&id).filter(|row| row.is_live() && row.revision == expected) {
            row.expires = after(ttl);
        }
        Ok(())
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        Ok(self.rows().remove(&id).is_some_and(|row| row.is_live()))
    }

    /// No method waits for anything, so none needs a deadline. A store that asks a server leaves this out.
    fn answers_at_once(&self) -> bool {
        true
    }
}

impl Iterate for MapStore {
    /// Goes on after the last id of the page before, so rows that come and go meanwhile move no other.
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        let start = cursor.map(|cursor| <[u8; 16]>::try_from(cursor.as_bytes())).transpose();
        let start = start.map_err(|_| StoreError::new(StoreErrorKind::Other, "a cursor of another store"))?;
        let start = start.map_or(Bound::Unbounded, |bytes| Bound::Excluded(SessionId::from_bytes(bytes)));
        let rows = self.rows();
        let live = rows.range((start, Bound::Unbounded)).filter(|(_, row)| row.is_live());
        let items: Vec<_> = live.take(limit).map(|(id, row)| (*id, row.stored())).collect();
        let next = items.last().filter(|_| items.len() == limit).map(|(id, _)| Cursor::new(id.to_bytes()));
        Ok(Page { items, next })
    }
}

impl Purge for MapStore {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        let mut rows = self.rows();
        let expired: Vec<_> = rows.iter().filter(|(_, row)| !row.is_live()).map(|(id, _)| *id).take(limit).collect();
        Ok(expired.iter().filter(|id| rows.remove(id).is_some()).count())
    }
}

#[derive(Session)]
struct Visitor {
    visits: u32,
}

async fn home(session: TypedSession<Visitor>) -> String {
    session.update_visits(|visits| *visits += 1);
    format!("visit {}\n", session.visits())
}

async fn count(State(sessions): State<SessionManager<Visitor, MapStore>>) -> Result<String, SessionError> {
    Ok(format!("{} sessions\n", sessions.iterate().await?.len()))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Visitor, _>::new(MapStore::default());
    tokio::spawn(sessions.reaper(Duration::from_mins(1)));
    let app = Router::new().route("/sessions", get(count)).route("/", get(home)).layer(sessions.layer());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app.with_state(sessions)).await
}
