//! Accounts: the other sessions of whoever is signed in.

use super::engine::{Engine, Found};
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
        // First, so that whoever cuts this off does not leave with the old token.
        if handle.state().check_head().is_ok() {
            handle.state().renew();
        }
        let mut revoked = 0;
        for account in accounts {
            revoked += self.revoke_with(&account, Some(handle.state().id())).await?;
        }
        Ok(revoked)
    }

    /// Signs in, and takes over what the account's latest session has; that one ends when this is committed.
    pub(crate) async fn login(&self, handle: &Handle, account: Search) -> Result<bool, SessionError> {
        let former = self.latest_with(&account, handle.state().id()).await?;
        let former = match former {
            Some((id, Found::Live(base, cells))) => Some((id, self.migrated(&base, cells)?)),
            _ => None,
        };
        handle.state().sign_in(account.slot, account.value);
        let Some((id, cells)) = former else { return Ok(false) };
        handle.state().adopt(id, &cells);
        Ok(true)
    }
}
