//! Claiming: a one-time value goes to at most one of many requests.

use bytes::Bytes;

use super::{engine::BackendEngine, event::StoreOperation, retries::Retries};
use crate::{
    error::SessionError,
    record::Draft,
    store::{Store, Updated},
    typed_session::Handle,
};

impl<B: Store> BackendEngine<B> {
    /// Takes a stored value out with a compare-and-set of its own, committed before it is returned.
    pub(super) async fn claim_value(&self, handle: &Handle, slot: usize) -> Result<Option<Bytes>, SessionError> {
        let _turn = handle.commit_turn().await;
        handle.check_usable()?;
        let state = handle.state();
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
                state.rebase(base, cells);
                return Ok(None);
            };
            if now < base.header.deadline {
                let mut header = base.header.clone();
                header.written = now;
                let mut draft = Draft::unchanged(cells);
                draft.set(slot, None);
                let write = self.write(&draft, header, Some(&base.header), now)?;
                match self.call(StoreOperation::Update, self.backend.update(id, base.revision, &write.entry)).await? {
                    Updated::Updated => {
                        let (base, cells) = write.done(now);
                        state.rebase(base, cells);
                        return Ok(Some(claimed.value));
                    }
                    Updated::Gone => break,
                    Updated::Conflict => retries.again().await?,
                };
            }
            // Another request was faster, or a sign-in may have lengthened what has ended.
            match self.follow(handle, id).await? {
                Some(theirs) => (base, cells) = theirs,
                None => break,
            }
        }
        handle.end();
        Ok(None)
    }
}
