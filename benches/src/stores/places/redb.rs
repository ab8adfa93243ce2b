//! Two files, one for the client and one for the store: only one may have a file open.

use std::sync::Arc;

use redb::Durability;
use scs_benches::servers::Address;
use scs_stores::{RedbDurability, RedbStore};

use crate::{folder::Folder, place::Place, raw};

pub struct Redb {
    folder: Folder,
    durability: RedbDurability,
    of_client: Durability,
}

impl Redb {
    pub fn new(durability: RedbDurability, of_client: Durability) -> Self {
        Self { folder: Folder::new(), durability, of_client }
    }
}

impl Place for Redb {
    type Client = raw::redb::Redb;
    type Store = RedbStore;

    fn server(&self) -> Option<&Address> {
        None
    }

    async fn connect(&self, _: Option<&str>, payload: Arc<[u8]>) -> (Self::Client, RedbStore) {
        let store = RedbStore::builder(self.folder.file()).durability(self.durability).open();
        let client = raw::redb::Redb::open(&self.folder.file(), self.of_client, payload);
        (client, store.expect("the folder is there"))
    }

    async fn clean_up(self) {}
}
