//! Checking at the start that the store does what sessions of this schema need.

use std::time::Duration;

use super::{
    engine::Engine,
    event::StoreOperation::{Admit, Create, Delete, Find, Forget, Load, Touch, Update},
};
use crate::{
    error::{SessionError, StoreError, StoreErrorKind},
    id::SessionId,
    record::{Cells, Draft},
    state::new_secret,
    store::{Admission, Created, Entry, ErasedStore, Updated},
    time::Clock as _,
    token::Token,
};

/// What no application is called: an empty name is refused.
const NO_APPLICATION: &str = "";

/// How long the record lives if it cannot be deleted.
const LIFETIME: Duration = Duration::from_mins(1);

const FORGETS: &str =
    "the store does not keep what was written; check its contract with `scs::conformance`, or whether it evicts";

/// The name of a field that there is in no schema.
const NO_FIELD: &str = "scs.check";

impl Engine {
    /// Does everything that sessions need with a record that belongs to no schema, in the order of a session's life.
    pub(super) async fn check(&self) -> Result<(), SessionError> {
        let Some(kept) = self.store() else { return Ok(()) };
        let id = SessionId::generate(self.clock.now());
        let checked = self.check_with(kept, id).await;
        if checked.is_err() {
            // What failed is told; the record ends by itself if this fails too.
            let _ = self.call(Delete, || kept.store.delete(id)).await;
        }
        checked
    }

    async fn check_with(&self, kept: &ErasedStore, id: SessionId) -> Result<(), SessionError> {
        let ErasedStore { store, index, limit, .. } = kept;
        let (now, tag) = (self.clock.now(), self.schema.tag(Some(NO_APPLICATION)));
        let term = tag.term(NO_FIELD, &id.to_bytes());
        let secret = self.hasher.hash(&Token::new(id, new_secret()?));
        // Lists that are read meanwhile skip it, as they do the records of other schemas.
        let header = self.policy.first_header(self.schema, tag, secret, now);
        let payload = self.write_draft(&Draft::unchanged(Cells::default()), header, None, now)?.entry.payload().clone();
        let entry = || match index {
            Some(_) => Entry::new(payload.clone(), LIFETIME).with_terms(vec![term], Vec::new()),
            None => Entry::new(payload.clone(), LIFETIME),
        };
        let mut is_admitted = true;
        if let Some(limit) = limit {
            is_admitted = self.call(Admit, || limit.admit(term, id, 1, LIFETIME)).await? == Admission::Admitted;
        }
        let (first, second) = (entry(), entry());
        let created = self.call(Create, || store.create(id, &first)).await?;
        let updated = self.call(Update, || store.update(id, first.revision(), &second)).await?;
        self.call(Touch, || store.touch(id, second.revision(), LIFETIME)).await?;
        let loaded = self.call(Load, || store.load(id)).await?;
        let mut is_found = true;
        if let Some(index) = index {
            is_found = self.call(Find, || index.find(term, None, 1)).await?.items == [id];
            self.call(Forget, || index.forget(term, id)).await?;
        }
        let deleted = self.call(Delete, || store.delete(id)).await?;
        let is_kept = loaded.is_some_and(|loaded| loaded.revision() == second.revision());
        match created == Created::Created
            && updated == Updated::Updated
            && is_admitted
            && is_kept
            && is_found
            && deleted
        {
            true => Ok(()),
            false => Err(StoreError::new(StoreErrorKind::Configuration, FORGETS).into()),
        }
    }
}
