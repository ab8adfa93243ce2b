//! The examples as real processes on real sockets.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// An example that is running. It ends when this is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    _process: Child,
}

impl Server {
    /// Starts an example on a free port and waits until it listens.
    pub(crate) async fn start(example: &str, arguments: &[&str]) -> Self {
        Self::run(&binary(example), arguments).await
    }

    /// Starts an example that is built only with the feature of its name.
    pub(crate) async fn with_feature(example: &str, arguments: &[&str]) -> Self {
        Self::run(&binary_with_feature(example), arguments).await
    }

    async fn run(binary: &Path, arguments: &[&str]) -> Self {
        let mut process =
            Command::new(binary).args(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("the server says where it listens");
        let url = line.strip_prefix("listening on ").expect("`listening on http://ADDR`").to_owned();
        Self { url, _process: process }
    }

    /// The playground, with sessions in memory unless the arguments say otherwise.
    pub(crate) async fn playground(arguments: &[&str]) -> Self {
        let mut all = vec!["--listen", "127.0.0.1:0"];
        all.extend(arguments);
        Self::start("playground", &all).await
    }
}

/// Where cargo put the example. Tests run beside it, and `cargo test --workspace` has built it. If only this package
/// was asked for, it is built now, and for the whole workspace: with its features.
fn binary(example: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| build(&["--examples"]));
    folder_of_examples().join(example)
}

/// `cargo test --workspace` does not build these: their frameworks take a minute, and only their own tests need them.
fn binary_with_feature(example: &str) -> PathBuf {
    build(&["--example", example, "--features", &format!("scs-examples-extra/{example}")]);
    folder_of_examples().join(example)
}

fn build(what: &[&str]) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--workspace", "--manifest-path"]).arg(manifest).args(what);
    assert!(cargo.status().unwrap().success(), "the examples build");
}

fn folder_of_examples() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.ancestors().nth(2).unwrap().join("examples")
}
