//! Claiming: a one-time value goes to at most one of many requests.

use bytes::Bytes;

use super::{engine::Engine, event::StoreOperation, retries::Retries, write::Write};
use crate::{error::SessionError, record::Draft, store::Updated, time::Clock as _, typed_session::Handle};

impl Engine {
    /// Takes a stored value out with a compare-and-set of its own, committed before it is returned. A value that this request
    /// has set is its own. One that it made of the stored value, or takes over from another session, is committed first, with
    /// all other changes. A claim that is dropped may have taken the value; it leaves the session usable.
    pub(crate) async fn claim(&self, handle: &Handle, slot: usize) -> Result<Option<Bytes>, SessionError> {
        // Schemas that are sealed have no accessor that claims.
        let Some(store) = self.store().map(|kept| &*kept.store) else { return Ok(None) };
        let _turn = handle.commit_turn().await;
        let state = handle.state();
        let generation = state.generation();
        state.check_usable()?;
        if state.shares(slot) {
            // Who gets it is decided where it is stored, or taken from another session.
            Box::pin(self.commit_in_turn(state)).await?;
        }
        let Some(mut base) = state.base() else { return Ok(state.pop(slot)) };
        if state.is_local(slot) {
            return Ok(state.pop(slot));
        }
        let id = state.id();
        let mut cells = state.stored_cells();
        let mut retries = Retries::begin(&self.queue, id).await?;
        loop {
            let now = self.clock.now();
            let Some(claimed) = cells.cell(slot).filter(|cell| cell.is_live(now)) else {
                state.rebase(generation, id, base, cells);
                return Ok(None);
            };
            if now < base.header.deadline {
                let mut header = base.header.clone();
                header.written = now;
                let mut draft = Draft::unchanged(cells);
                draft.set(slot, None);
                let write = self.write_draft(&draft, header, Some(&base.header), now)?;
                let write = Write { entry: write.entry.with_full_durability(), ..write };
                let update = || store.update(id, base.revision, &write.entry);
                match self.call(StoreOperation::Update, update).await? {
                    Updated::Updated => {
                        let (base, cells) = write.done(now);
                        state.rebase(generation, id, base, cells);
                        return Ok(Some(claimed.value));
                    }
                    Updated::Gone => break,
                    Updated::Conflict | Updated::NotAdmitted => retries.again().await?,
                };
            }
            // Another request was faster, or a sign-in may have lengthened what has ended.
            match self.follow(state, id).await? {
                Some(theirs) => (base, cells) = theirs,
                None => break,
            }
        }
        state.end(generation);
        Ok(None)
    }
}
