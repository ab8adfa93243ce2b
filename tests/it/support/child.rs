//! Tests that run in a process of their own, until it is killed.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

const SIGKILL: i32 = 9;

/// This test binary once more, which runs one ignored test and nothing else. Orders are variables of its environment.
pub(crate) fn start(test: &str, orders: impl IntoIterator<Item = (&'static str, String)>) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .envs(orders)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets it go on for a while, kills it, and gives what it has said.
pub(crate) fn kill(mut child: Child, random: &mut fastrand::Rng) -> Vec<String> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut lines = lines.filter_map(|line| line.strip_prefix('@').map(str::to_owned));
    let mut said: Vec<String> = lines.by_ref().take(random.usize(10..600)).collect();
    thread::sleep(Duration::from_micros(random.u64(..3_000)));
    child.kill().unwrap();
    // Anything else is a store that did what it must not.
    assert_eq!(child.wait().unwrap().signal(), Some(SIGKILL), "the child ended by itself");
    said.extend(lines);
    said
}

/// In the child: one line in one call, so that none is torn.
pub(crate) fn say(line: &str) {
    std::io::stdout().lock().write_all(format!("@{line}\n").as_bytes()).unwrap();
}
