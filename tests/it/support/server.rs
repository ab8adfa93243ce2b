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
        let mut process =
            Command::new(binary(example)).args(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
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

/// Where cargo put the example. Tests run beside it, and `cargo test` has built it unless only this
/// package was asked for.
fn binary(example: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let mut cargo = std::process::Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--examples", "--manifest-path"]).arg(manifest);
        assert!(cargo.status().unwrap().success(), "the examples build");
    });
    let tests = std::env::current_exe().unwrap();
    tests.ancestors().nth(2).unwrap().join("examples").join(example)
}
