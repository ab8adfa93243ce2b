//! A request's session: its place in the request, the extractor that opens it, and what is done with it.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, request::Parts},
};

use super::{
    store::Store,
    token::{Hash, Id, Token},
    value::Value,
};

/// What a handler takes.
pub(super) struct Session<V>(Arc<Slot<V>>);

/// Where a request has its session, once a handler has asked for it.
pub(super) struct Slot<V> {
    store: Arc<Store<V>>,
    session: Mutex<Option<Opened<V>>>,
}

struct Opened<V> {
    /// `None` for a session that is in no store yet.
    stored: Option<Stored>,
    value: V,
    change: Option<fn(&mut V)>,
}

/// What a client must be told.
pub(super) enum Saved {
    /// The cookie of a session that it does not have yet.
    New(HeaderValue),
    Known,
}

struct Stored {
    id: Id,
    hash: Hash,
    revision: u64,
}

impl<V: Value> Slot<V> {
    pub(super) fn new(store: Arc<Store<V>>) -> Self {
        Self { store, session: Mutex::new(None) }
    }

    fn open(&self, headers: &HeaderMap) {
        self.lock().get_or_insert_with(|| {
            let found = Token::find(headers).and_then(|token| {
                let (id, hash) = (token.id, token.hash());
                let (value, revision) = self.store.load(&id, &hash)?;
                Some(Opened { stored: Some(Stored { id, hash, revision }), value, change: None })
            });
            found.unwrap_or_else(|| Opened { stored: None, value: V::default(), change: None })
        });
    }

    /// Saves what was changed, unless it is not to be kept; `None` if no handler asked for the session. It cannot be used afterwards.
    pub(super) fn close(&self, keeps: bool) -> Option<Saved> {
        let Opened { stored, value, change } = self.lock().take()?;
        let Some(change) = change.filter(|_| keeps) else { return Some(Saved::Known) };
        if let Some(Stored { id, hash, revision }) = stored {
            self.store.update(&id, &hash, revision, value, change);
            return Some(Saved::Known);
        }
        let token = Token::random();
        self.store.create(token.id, token.hash(), value);
        Some(Saved::New(token.cookie()))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Opened<V>>> {
        self.session.lock().expect("no change panics")
    }
}

impl<V: Value> Session<V> {
    pub(super) fn read<R>(&self, read: impl FnOnce(&V) -> R) -> R {
        let session = self.0.lock();
        read(&session.as_ref().expect("it is open until its response leaves").value)
    }

    /// A function, which a commit that lost the race can do again without having kept anything. One is all that a case does.
    pub(super) fn update(&self, change: fn(&mut V)) {
        let mut session = self.0.lock();
        let session = session.as_mut().expect("it is open until its response leaves");
        change(&mut session.value);
        session.change = Some(change);
    }
}

impl<S: Sync, V: Value> FromRequestParts<S> for Session<V> {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let slot = parts.extensions.get::<Arc<Slot<V>>>().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        slot.open(&parts.headers);
        Ok(Self(Arc::clone(slot)))
    }
}
