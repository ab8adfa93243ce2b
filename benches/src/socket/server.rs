//! One subject in a process of its own, which ends with whoever started it.

use std::{
    error::Error,
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use scs_benches::{
    subjects::subject,
    workload::{Case, Scenario},
};
use tokio::net::TcpListener;

/// Serves until standard input is closed.
#[tokio::main]
pub(crate) async fn serve(name: &str, case: Case) -> Result<(), Box<dyn Error>> {
    let serve = subject(name).serve.ok_or("it is measured in process only")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    Ok(serve(case, listener).await?)
}

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(name: &str, scenario: &Scenario) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", name, "--cases", scenario.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = child.stdout.take().ok_or("its output is read")?;
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
