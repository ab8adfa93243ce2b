//! Real browsers, and a real cache between clients and server: what they do with our cookie and our headers.
//!
//! They are programs that the tests start themselves; docs/browsers.md says which, and what was seen.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails says so by panicking")]

#[path = "../it/support/mod.rs"]
#[allow(dead_code, unused_imports, clippy::cast_possible_truncation, reason = "the other tests use the rest")]
mod support;

/// Tries `async fn $test(browser: Browser)` in each browser.
macro_rules! in_each_browser {
    ($test:ident) => {
        mod $test {
            use crate::driver::{Browser, Kind};

            #[cfg_attr(not(chromium), ignore = "set SCS_CHROMEDRIVER")]
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_chromium() {
                super::$test(Browser::start(Kind::Chromium).await).await;
            }

            #[cfg_attr(not(firefox), ignore = "set SCS_FIREFOX")]
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_firefox() {
                super::$test(Browser::start(Kind::Firefox).await).await;
            }
        }
    };
}

mod cookies;
mod driver;
mod history;
mod other_sites;
mod restarts;
mod settings;
mod shared_cache;
mod site;
mod tabs;
