//! Whose each token and each session is: the first client's that saw it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
pub(super) struct Ledger(Arc<Mutex<BTreeMap<String, u64>>>);

impl Ledger {
    /// Whether somebody else has seen it before.
    pub(super) fn is_anothers(&self, seen: &str, client: u64) -> bool {
        *self.0.lock().unwrap().entry(seen.to_owned()).or_insert(client) != client
    }
}
