//! Database servers of a test's own, which it may stop, kill and read the log of.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use scs_stores::{MySqlStore, PostgresStore};

use super::ServerClock;

/// A PostgreSQL or MariaDB server on loopback. It ends when this is dropped.
pub(crate) struct DatabaseServer {
    kind: Kind,
    folder: PathBuf,
    port: u16,
    options: Vec<String>,
    clock: Option<ServerClock>,
    process: Option<Child>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Postgres,
    MariaDb,
}

/// Who a server runs as: neither runs as root.
struct User {
    user: u32,
    group: u32,
}

impl User {
    fn named(name: &str) -> Self {
        let number = |flag| {
            let output = Command::new("id").args([flag, name]).output().unwrap().stdout;
            String::from_utf8(output).unwrap().trim().parse().unwrap_or_else(|_| panic!("there is a user `{name}`"))
        };
        Self { user: number("-u"), group: number("-g") }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.uid(self.user).gid(self.group).current_dir("/");
        command
    }
}

impl Kind {
    fn user(self) -> User {
        User::named(match self {
            Self::Postgres => "postgres",
            Self::MariaDb => "mysql",
        })
    }

    fn program(self, name: &str) -> PathBuf {
        let folders = match self {
            Self::Postgres => newest("/usr/lib/postgresql").into_iter().map(|version| version.join("bin")).collect(),
            Self::MariaDb => vec!["/usr/sbin".into(), "/usr/bin".into()],
        };
        let found = folders.iter().map(|folder: &PathBuf| folder.join(name)).find(|path| path.exists());
        found.unwrap_or_else(|| panic!("`{name}` is installed"))
    }

    fn initialise(self, folder: &Path) {
        let data = folder.join("data");
        let mut command = match self {
            Self::Postgres => {
                let mut command = self.user().command(&self.program("initdb"));
                command.args(["--auth=trust", "--username=postgres", "--no-sync", "--pgdata"]).arg(data);
                command
            }
            Self::MariaDb => {
                let mut command = Command::new(self.program("mariadb-install-db"));
                command.args(["--no-defaults", "--user=mysql", "--skip-test-db"]);
                command.arg("--auth-root-authentication-method=normal").arg(format!("--datadir={}", data.display()));
                // Two that are installed at once get in each other's way elsewhere.
                command.arg(format!("--tmpdir={}", folder.display()));
                command
            }
        };
        let output = command.output().unwrap();
        assert!(output.status.success(), "{self:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn serve(self, folder: &Path, port: u16) -> Command {
        let data = folder.join("data");
        let mut command = self.user().command(&self.program(match self {
            Self::Postgres => "postgres",
            Self::MariaDb => "mariadbd",
        }));
        match self {
            Self::Postgres => {
                command.arg("-D").arg(data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"]).arg(folder)
            }
            Self::MariaDb => command
                .arg("--no-defaults")
                .arg(format!("--datadir={}", data.display()))
                .args(["--bind-address=127.0.0.1".to_owned(), format!("--port={port}")])
                .arg(format!("--socket={}", folder.join("socket").display()))
                .arg(format!("--tmpdir={}", folder.display())),
        };
        command
    }
}

fn newest(folder: &str) -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path()).collect();
    versions.sort();
    versions.pop()
}

impl DatabaseServer {
    /// A new server with options of its command line.
    pub(crate) async fn start(kind: Kind, options: &[&str]) -> Self {
        Self::start_by(kind, options, false).await
    }

    /// The same, with a clock that the test sets.
    pub(crate) async fn start_with_clock(kind: Kind) -> Self {
        Self::start_by(kind, &[], true).await
    }

    /// The clock of [`start_with_clock`](Self::start_with_clock).
    pub(crate) fn clock(&self) -> &ServerClock {
        self.clock.as_ref().expect("it has a clock")
    }

    async fn start_by(kind: Kind, options: &[&str], has_clock: bool) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("scs-{kind:?}-{port}"));
        fs::create_dir_all(&folder).unwrap();
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let clock = has_clock.then(|| ServerClock::within(&folder));
        let mut server = Self { kind, folder, port, options, clock, process: None };
        server.own(&server.folder);
        kind.initialise(&server.folder);
        server.resume().await;
        server
    }

    /// Starts it again after it was stopped or killed.
    pub(crate) async fn resume(&mut self) {
        for _ in 0..600 {
            // One whose children are not gone yet refuses to start.
            if self.process.as_mut().is_none_or(|process| process.try_wait().unwrap().is_some()) {
                self.process = Some(self.spawn());
            }
            if self.answers().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the server does not start: {}", self.log());
    }

    fn spawn(&self) -> Child {
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = self.kind.serve(&self.folder, self.port);
        if let Some(clock) = &self.clock {
            clock.rule(&mut command);
        }
        command.args(&self.options).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        command.spawn().unwrap()
    }

    async fn answers(&self) -> bool {
        match self.kind {
            Kind::Postgres => PostgresStore::connect(&self.url()).await.is_ok(),
            Kind::MariaDb => MySqlStore::connect(&self.url()).await.is_ok(),
        }
    }

    /// Kills it with SIGKILL: it has no chance to write anything.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn url(&self) -> String {
        match self.kind {
            Kind::Postgres => format!("postgres://postgres@127.0.0.1:{}/postgres", self.port),
            Kind::MariaDb => format!("mysql://root@127.0.0.1:{}/mysql", self.port),
        }
    }

    /// Gives it a folder.
    pub(crate) fn own(&self, folder: &Path) {
        let User { user, group } = self.kind.user();
        std::os::unix::fs::chown(folder, Some(user), Some(group)).unwrap();
    }

    /// All that it wrote.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join("data").join(name)
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Drop for DatabaseServer {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
