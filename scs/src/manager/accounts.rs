//! Accounts: the other sessions of whoever is signed in.

use super::engine::Engine;
use crate::{
    error::SessionError,
    typed_session::{Handle, Search},
};

impl Engine {
    /// Ends every other session of the same accounts, and renews the token of this one.
    pub(crate) async fn revoke_others(&self, handle: &Handle) -> Result<u64, SessionError> {
        let accounts = handle.state().accounts().into_iter();
        let accounts: Vec<_> = accounts.map(|(slot, value)| Search::new(self.schema, slot, value)).collect();
        if accounts.is_empty() {
            return Ok(0);
        }
        // First, so that a request that is cut off or fails does not leave with the old token.
        if handle.state().check_head().is_ok() {
            handle.state().renew_anyway();
        }
        let mut revoked = 0;
        for account in accounts {
            revoked += self.revoke_with(&account, Some(handle.state().id())).await?;
        }
        Ok(revoked)
    }
}
