//! The clock of a server of a test's own, which the test may set.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// libfaketime, which `.ci/run` installs; where it is missing these tests are listed as ignored.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// How far the clock of a server is from the machine's.
pub(crate) struct ServerClock {
    file: PathBuf,
}

impl ServerClock {
    /// A clock that is right, for a server with this folder.
    pub(crate) fn within(folder: &Path) -> Self {
        let clock = Self { file: folder.join("clock") };
        clock.set_ahead(0);
        clock
    }

    /// Has a server that is started by this command go by the clock. What only measures goes on as it does.
    pub(crate) fn rule(&self, server: &mut Command) {
        server.env("LD_PRELOAD", LIBRARY).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        server.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }

    pub(crate) fn set_ahead(&self, seconds: i64) {
        // Written aside, so that no server reads half of it.
        let aside = self.file.with_extension("next");
        std::fs::write(&aside, format!("{seconds:+}")).unwrap();
        std::fs::rename(aside, &self.file).unwrap();
    }
}
