//! Two files, one for the client and one for the store: each would have the other's cache read again.

use std::sync::Arc;

use scs_benches::servers::Address;
use scs_stores::{SqliteDurability, SqliteStore};

use crate::{folder::Folder, place::Place, raw};

pub struct Sqlite {
    folder: Folder,
    durability: SqliteDurability,
}

impl Sqlite {
    pub fn new(durability: SqliteDurability) -> Self {
        Self { folder: Folder::new(), durability }
    }
}

impl Place for Sqlite {
    type Client = raw::sqlite::Sqlite;
    type Store = SqliteStore;

    fn server(&self) -> Option<&Address> {
        None
    }

    async fn connect(&self, _: Option<&str>, payload: Arc<[u8]>) -> (Self::Client, SqliteStore) {
        let store = SqliteStore::builder(self.folder.file()).durability(self.durability).open();
        let store = store.expect("the folder is there");
        store.migrate().await.expect("the file is new");
        let synchronous = match self.durability {
            SqliteDurability::PowerCut => "FULL",
            SqliteDurability::ProcessEnd => "NORMAL",
        };
        (raw::sqlite::Sqlite::open(&self.folder.file(), synchronous, &store.schema(), payload), store)
    }

    async fn clean_up(self) {}
}
