//! A folder for files, which goes with everything in it.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// In `SCS_BENCH_FOLDER`, or where temporary files belong: what waits for the disk waits for this one.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let base = env::var_os("SCS_BENCH_FOLDER").map_or_else(env::temp_dir, PathBuf::from);
        let folder = base.join(format!("scs-bench-{}", process::id()));
        fs::create_dir_all(&folder).expect("the folder can be made");
        Self(folder)
    }

    /// A name that no other file has.
    pub fn file(&self) -> PathBuf {
        static FILES: AtomicU64 = AtomicU64::new(0);
        self.0.join(FILES.fetch_add(1, Relaxed).to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in a folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
