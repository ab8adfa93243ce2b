//! A whole run of a test binary, and what it said.

use std::process::{Command, Output, Stdio};

use super::leaks::Leaks;

/// Runs the tests of this binary once more, but for some, with all logs at trace level, those of the servers and of
/// each store's driver included. What comes out must hold nothing of any token that was issued meanwhile and of any
/// value that was recorded.
pub(crate) fn assert_a_whole_run_prints_no_secret(but: &[&str], tokens_at_least: usize) {
    if is_one() {
        return;
    }
    let file = std::env::temp_dir().join(format!("{}.tokens", super::unique("run")));
    let skipped = but.iter().flat_map(|name| ["--skip", name]);
    let run = Command::new(std::env::current_exe().unwrap())
        .arg("--nocapture")
        .args(skipped)
        .env("SCS_TOKENS", &file)
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (log, leaks, tokens) = read(run, &std::fs::read_to_string(&file).unwrap());
    std::fs::remove_file(file).unwrap();
    assert!(tokens >= tokens_at_least, "{tokens} tokens were issued");
    let is_complete = ["scs::session", "TRACE"].iter().all(|word| String::from_utf8_lossy(&log).contains(word));
    assert!(is_complete, "the log is at trace level");
    assert_eq!(leaks.find_in(&log), None, "a token or a value in the log");
}

/// Whether this is such a run.
pub(crate) fn is_one() -> bool {
    std::env::var("SCS_TOKENS").is_ok()
}

/// What was printed, and what must not be in it: a token or a value in each line of the file.
fn read(run: Output, recorded: &str) -> (Vec<u8>, Leaks, usize) {
    let log = [run.stdout, run.stderr].concat();
    let end = String::from_utf8_lossy(&log[log.len().saturating_sub(4000)..]);
    assert!(run.status.success(), "the run failed:\n{end}");
    let (mut leaks, mut tokens) = (Leaks::default(), 0);
    for line in recorded.lines() {
        if let Some(value) = line.strip_prefix("value ") {
            leaks.add(value.as_bytes());
        } else {
            leaks.add_token(line);
            tokens += 1;
        }
    }
    (log, leaks, tokens)
}
