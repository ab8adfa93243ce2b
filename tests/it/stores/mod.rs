//! The stores that keep sessions outside the process: the contract, and what is special to each.

mod errors;
mod mysql;
mod postgres;
mod round_trips;
mod server_restart;
mod sqlite;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// A name that nothing else has on the servers.
fn unique(purpose: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("scs_{purpose}_{}_{number}", std::process::id())
}

/// A folder that nothing else uses, removed with all that is in it when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(purpose: &str) -> Self {
        let folder = std::env::temp_dir().join(unique(purpose));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
