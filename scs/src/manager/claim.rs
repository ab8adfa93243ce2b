//! Claiming: a one-time value goes to at most one of many requests.

use bytes::Bytes;

use super::{commit::written, engine::StoreEngine, event::StoreOperation, retries::Retries};
use crate::{
    error::SessionError,
    record::Cell,
    state::encode,
    store::{Backend, Updated},
    typed_session::Handle,
};

impl<B: Backend> StoreEngine<B> {
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
        let (mut cells, mut unknown) = state.stored_fields();
        let mut retries = Retries::begin(&self.queue, id).await?;
        loop {
            let now = self.clock.now();
            let stored = cells.clone();
            let Some(Cell { value, .. }) = cells[slot].take().filter(|cell| cell.is_live(now)) else {
                state.rebase(base, stored, unknown);
                return Ok(None);
            };
            if base.header.deadline <= now {
                handle.end();
                return Ok(None);
            }
            let mut header = base.header.clone();
            header.written = now;
            let payload = encode(self.schema, &header, &cells, &unknown, now);
            let entry = self.entry_of(payload, &header, Some(&base.header), &cells, &stored, now)?;
            match self.call(StoreOperation::Update, self.backend.replace(id, base.revision, &entry)).await? {
                Updated::Updated => {
                    state.rebase(written(header, &entry, now), cells, unknown);
                    return Ok(Some(value));
                }
                Updated::Gone => {
                    handle.end();
                    return Ok(None);
                }
                Updated::Conflict => {
                    retries.again().await?;
                    let Some((theirs, record)) = self.follow(handle, id).await? else {
                        handle.end();
                        return Ok(None);
                    };
                    base = theirs;
                    (_, cells, unknown) = record.assign(self.schema);
                }
            }
        }
    }
}
