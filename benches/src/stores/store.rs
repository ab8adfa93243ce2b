//! A store, called as a manager calls it.

use std::sync::Arc;

use scs::{
    SessionId,
    store::{Created, Entry, Store, Updated},
};

use crate::subject::{LIFETIME, Subject, changed, new_id};

pub struct Direct<S> {
    store: Arc<S>,
    payload: Arc<[u8]>,
}

impl<S> Direct<S> {
    pub fn new(store: S, payload: Arc<[u8]>) -> Self {
        Self { store: Arc::new(store), payload }
    }
}

impl<S> Clone for Direct<S> {
    fn clone(&self) -> Self {
        Self { store: Arc::clone(&self.store), payload: Arc::clone(&self.payload) }
    }
}

impl<S: Store> Subject for Direct<S> {
    type Session = SessionId;

    async fn create(&self) -> SessionId {
        let id = SessionId::from_bytes(new_id());
        let created = self.store.create(id, &Entry::new(self.payload.to_vec(), LIFETIME)).await;
        assert_eq!(created.expect("the store works"), Created::Created);
        id
    }

    async fn read(&self, id: &SessionId) {
        let stored = self.store.load(*id).await.expect("the store works").expect("the session is there");
        assert_eq!(stored.payload().len(), self.payload.len());
    }

    async fn change(&self, id: &SessionId) {
        let stored = self.store.load(*id).await.expect("the store works").expect("the session is there");
        let entry = Entry::new(changed(stored.payload()), LIFETIME);
        let updated = self.store.update(*id, stored.revision(), &entry).await;
        assert_eq!(updated.expect("the store works"), Updated::Updated);
    }
}
