//! What fuzzing found worth keeping (docs/fuzzing.md), tried again in every test run: each file of `scs/fuzz/corpus/TARGET`
//! goes through the function that libFuzzer gave it to.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails says so by panicking")]

#[path = "../../scs-stores/src/millis.rs"]
#[allow(dead_code, unreachable_pub, reason = "a file of scs-stores, of which one target uses a part")]
mod millis;
#[path = "../../scs/fuzz/src/targets/mod.rs"]
#[allow(unreachable_pub, reason = "public where they are fuzzed")]
mod targets;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Targets count what all threads allocate, so there is one at a time.
static ALONE: Mutex<()> = Mutex::new(());

macro_rules! replay {
    ($($target:ident),* $(,)?) => {
        const TARGETS: &[&str] = &[$(stringify!($target)),*];

        $(
            #[test]
            fn $target() {
                replay(stringify!($target), targets::$target);
            }
        )*
    };
}

replay!(
    authorization_header,
    cookie_header,
    csrf_token,
    record_json,
    record_message_pack,
    schema_file,
    sealed,
    set_cookie,
    store_url,
    stored_bytes,
    term,
    token,
    ttl,
);

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scs/fuzz").join(path)
}

fn names_in(path: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(path)).unwrap();
    let path = |entry: fs::DirEntry| entry.path().file_stem().unwrap().to_string_lossy().into_owned();
    entries.map(|entry| path(entry.unwrap())).collect()
}

/// How often an input is tried that seems to break a promise.
const TRIES: usize = 3;

fn replay(target: &str, run: fn(&[u8])) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = folder("corpus").join(target);
    let inputs: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!inputs.is_empty(), "there is nothing to replay");
    for input in inputs {
        let bytes = fs::read(&input).unwrap();
        // Memory is counted for the whole process, and the harness allocates when it starts another test's thread.
        let is_kept = (0..TRIES).any(|_| std::panic::catch_unwind(|| run(&bytes)).is_ok());
        assert!(is_kept, "{} breaks a promise of `{target}`", input.display());
    }
}

#[test]
fn every_target_that_is_fuzzed_is_replayed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let replayed: BTreeSet<String> = TARGETS.iter().map(ToString::to_string).collect();
    assert_eq!(names_in("fuzz_targets"), replayed);
    assert_eq!(names_in("corpus"), replayed);
}
