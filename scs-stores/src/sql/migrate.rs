//! Creating the tables.

use scs::store::StoreError;

use super::{database::Database, retry::retrying, store::SqlStore};

impl<D: Database> SqlStore<D> {
    /// The tables as a script, under the names of this store, for those who run migrations with a tool of their own.
    pub fn schema(&self) -> String {
        self.names.apply(D::SCHEMA).into_owned()
    }

    /// Creates the tables that are missing. It may run at every start, also in several processes at once.
    ///
    /// # Errors
    ///
    /// The database cannot be reached or does not let this user create tables.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        retrying(|| self.database.run_script(self.names.apply(D::SCHEMA))).await
    }
}
