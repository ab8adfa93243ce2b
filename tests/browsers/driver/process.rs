//! Programs that say where they listen.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
};

/// The program that a variable names. Without the variable the tests that need it are listed as ignored.
pub(crate) fn program(variable: &str) -> Command {
    let mut command = Command::new(std::env::var_os(variable).unwrap_or_else(|| panic!("set {variable}")));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

pub(super) enum Channel {
    Output,
    Errors,
}

/// Starts a program, and waits for the line in which it says where it listens: what stands behind `prefix` there.
pub(super) async fn start(mut command: Command, channel: Channel, prefix: &str) -> (Child, String) {
    match channel {
        Channel::Output => command.stdout(Stdio::piped()),
        Channel::Errors => command.stderr(Stdio::piped()),
    };
    let mut child = command.spawn().unwrap();
    let said = match channel {
        Channel::Output => listen(child.stdout.take().unwrap(), prefix).await,
        Channel::Errors => listen(child.stderr.take().unwrap(), prefix).await,
    };
    (child, said)
}

/// Goes on reading afterwards, for a program that nobody listens to would block or end.
async fn listen(channel: impl AsyncRead + Unpin + Send + 'static, prefix: &str) -> String {
    let mut lines = BufReader::new(channel).lines();
    let said = loop {
        let line = lines.next_line().await.unwrap().expect("the program says where it listens");
        if let Some((_, said)) = line.split_once(prefix) {
            break said.trim_end_matches('.').to_owned();
        }
    };
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    said
}
