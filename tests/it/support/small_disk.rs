//! A disk that is soon full.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A file system of 4 MiB in memory. Only root may mount one.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    pub(crate) fn mount(folder: &Path) -> Self {
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m,mode=0777", "scs"]).arg(folder).status();
        assert!(mounted.unwrap().success(), "a file system can be mounted; are we root?");
        Self(folder.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server may still have files open on it.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
