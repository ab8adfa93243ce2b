//! `PgBouncer` of a test's own, in front of the PostgreSQL server of the suites.

use std::{
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    process::{Child, Command, Stdio},
    str::FromStr as _,
};

use sqlx::postgres::PgConnectOptions;

use super::{Folder, Probe, RedisServer, wait_until};

/// It ends when this is dropped.
pub(crate) struct PgBouncer {
    port: u16,
    process: Child,
    _folder: Folder,
}

impl PgBouncer {
    /// Lends at most so many connections to the server, however many clients it has.
    pub(crate) fn start(connections: usize) -> Self {
        let (folder, port) = (Folder::new("pgbouncer"), RedisServer::free_port());
        let file = folder.file("pgbouncer.ini");
        std::fs::write(&file, configuration(port, connections)).unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new(std::env::var("SCS_PGBOUNCER").unwrap());
        // It does not run as root.
        if folder.path().metadata().unwrap().uid() == 0 {
            command.args(["-u", "postgres"]);
        }
        let process = command.arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_until("the pooler listens", || Probe::try_connect(port).is_some());
        Self { port, process, _folder: folder }
    }

    /// Where it lends a connection for one `transaction` or one `statement`.
    pub(crate) fn url(&self, mode: &str) -> String {
        format!("postgres://client@127.0.0.1:{}/{mode}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn configuration(port: u16, connections: usize) -> String {
    let server = PgConnectOptions::from_str(&std::env::var("SCS_POSTGRES_URL").unwrap()).unwrap();
    let (host, user) = (server.get_host(), server.get_username());
    let (at, database) = (server.get_port(), server.get_database().unwrap_or(user));
    let database = |mode| {
        format!("{mode} = host={host} port={at} dbname={database} user={user} pool_size={connections} pool_mode={mode}")
    };
    format!(
        "[databases]\n{}\n{}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = any\nmax_client_conn = 200\n",
        database("transaction"),
        database("statement"),
    )
}
