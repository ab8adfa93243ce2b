//! Creating the tables.

use scs::store::StoreError;

use super::{database::Database, retry::retrying, store::SqlStore};

impl<D: Database> SqlStore<D> {
    /// The tables as a script, under the names of this store, for those who run migrations with a tool of their own.
    pub fn schema(&self) -> String {
        self.names.apply(D::SCHEMA).into_owned()
    }

    /// Creates the tables and indexes that are missing. It may run at every start, also in several processes at once.
    ///
    /// It looks first: where nothing is missing, the user needs no right to create anything, and the server may take no writes.
    ///
    /// # Errors
    ///
    /// The database cannot be reached, or something is missing and this user may not create it.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let missing = retrying(|| self.database.query_one::<i64>(self.sql(D::STATEMENTS.missing), &[])).await?;
        if missing == Some(0) {
            return Ok(());
        }
        retrying(|| self.database.run_script(self.names.apply(D::SCHEMA))).await
    }
}
