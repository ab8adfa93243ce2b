//! Who plays what is wrong with a server.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use scs::{Clock, ManualClock, store::AnyStore};
use scs_stores::RedisStore;
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection};

use super::Fault;
use crate::support::{DatabaseServer, HOUR, Kind, Place, RedisCluster, RedisServer, START, ServerClock, wait_until};

/// As long as something is wrong at a time: mostly less than a call may take, and sometimes more.
fn a_while(chance: &mut Rng) -> Duration {
    Duration::from_millis(if chance.u8(..8) == 0 { 1_500 } else { chance.u64(5..200) })
}

/// Another process writes into the file.
pub(super) struct FileLock {
    place: Place,
    /// What has a cache of its own may serve for a second what another has ended.
    shared: Option<AnyStore>,
}

impl FileLock {
    pub(super) async fn on(place: Place) -> Self {
        let shared = match place.url.starts_with("tiered") {
            true => Some(place.store().await),
            false => None,
        };
        Self { place, shared }
    }
}

impl Fault for FileLock {
    async fn store(&self) -> AnyStore {
        match &self.shared {
            Some(shared) => shared.clone(),
            None => self.place.store().await,
        }
    }

    async fn strike(&mut self, chance: &mut Rng) {
        let path = self.place.url.split_once(':').unwrap().1.to_owned();
        let (time, lock) = (a_while(chance), if chance.bool() { "BEGIN IMMEDIATE" } else { "BEGIN EXCLUSIVE" });
        let hold = move || {
            let other = rusqlite::Connection::open(path).unwrap();
            // Somebody writes just now, and will not the next time.
            if other.execute_batch(lock).is_ok() {
                std::thread::sleep(time);
                other.execute_batch("ROLLBACK").unwrap();
            }
        };
        tokio::task::spawn_blocking(hold).await.unwrap();
    }
}

/// Two processes have ten connections each, and one more may be on its way out.
fn check_connections(count: i64) {
    assert!(count <= 21, "{count} connections of two pools of ten");
}

/// What a transaction holds that takes its time.
fn held(chance: &mut Rng) -> &'static str {
    chance
        .choice(&[
            "SELECT id FROM scs_sessions FOR UPDATE",
            "SELECT id FROM scs_sessions_terms FOR UPDATE",
            "DELETE FROM scs_sessions WHERE revision % 7 = 0",
            "UPDATE scs_sessions SET revision = revision + 1 WHERE revision % 2 = 0",
        ])
        .unwrap()
}

/// Somebody holds rows or a table, and lets go of them without a change.
pub(super) struct PostgresLock {
    place: Place,
}

impl PostgresLock {
    pub(super) const fn on(place: Place) -> Self {
        Self { place }
    }
}

impl Fault for PostgresLock {
    async fn store(&self) -> AnyStore {
        self.place.store().await
    }

    async fn strike(&mut self, chance: &mut Rng) {
        let mut other = PgConnection::connect(&self.place.url).await.unwrap();
        let lock = match chance.bool() {
            true => held(chance),
            false => "LOCK TABLE scs_sessions IN ACCESS EXCLUSIVE MODE",
        };
        // It may be the one that gives way to a deadlock.
        let script = format!("SET lock_timeout = '1s'; BEGIN; {lock}");
        let _ = sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut other).await;
        tokio::time::sleep(a_while(chance)).await;
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
        let count =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        check_connections(sqlx::query_scalar(count).fetch_one(&mut other).await.unwrap());
    }
}

/// The same in MariaDB.
pub(super) struct MariaDbLock {
    place: Place,
}

impl MariaDbLock {
    pub(super) const fn on(place: Place) -> Self {
        Self { place }
    }
}

impl Fault for MariaDbLock {
    async fn store(&self) -> AnyStore {
        self.place.store().await
    }

    async fn strike(&mut self, chance: &mut Rng) {
        let mut other = MySqlConnection::connect(&self.place.url).await.unwrap();
        let lock = match chance.bool() {
            true => format!("BEGIN; {}", held(chance)),
            false => "LOCK TABLES scs_sessions WRITE, scs_sessions_terms WRITE".to_owned(),
        };
        let script = format!("SET innodb_lock_wait_timeout = 1, lock_wait_timeout = 1; {lock}");
        let _ = sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut other).await;
        tokio::time::sleep(a_while(chance)).await;
        let count =
            "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()";
        check_connections(sqlx::query_scalar(count).fetch_one(&mut other).await.unwrap());
        sqlx::raw_sql("ROLLBACK; UNLOCK TABLES").execute(&mut other).await.unwrap();
    }
}

/// What operators do to tables beside the traffic.
pub(super) struct Maintenance {
    place: Place,
}

impl Maintenance {
    pub(super) const fn on(place: Place) -> Self {
        Self { place }
    }
}

impl Fault for Maintenance {
    async fn store(&self) -> AnyStore {
        self.place.store().await
    }

    async fn strike(&mut self, chance: &mut Rng) {
        let table = if chance.bool() { "scs_sessions" } else { "scs_sessions_terms" };
        let is_postgres = self.place.url.starts_with("postgres");
        let works = match is_postgres {
            true => [
                "VACUUM FULL {}",
                "REINDEX TABLE {}",
                "ANALYZE {}",
                "ALTER TABLE {} ADD note text; ALTER TABLE {} DROP note",
            ],
            false => [
                "OPTIMIZE TABLE {}",
                "ALTER TABLE {} FORCE",
                "ANALYZE TABLE {}",
                "ALTER TABLE {} ADD note text; ALTER TABLE {} DROP note",
            ],
        };
        let work = chance.choice(&works).unwrap().replace("{}", table);
        for statement in work.split("; ").map(str::to_owned).map(AssertSqlSafe) {
            // One that another transaction is in the way of gives up.
            let _ = match is_postgres {
                true => {
                    let mut operator = PgConnection::connect(&self.place.url).await.unwrap();
                    sqlx::raw_sql(statement).execute(&mut operator).await.map(drop)
                }
                false => {
                    let mut operator = MySqlConnection::connect(&self.place.url).await.unwrap();
                    sqlx::raw_sql(statement).execute(&mut operator).await.map(drop)
                }
            };
        }
    }
}

/// Servers that stand still for a while.
pub(super) struct Paused {
    servers: Vec<RedisServer>,
    url: String,
}

impl Paused {
    pub(super) fn server() -> Self {
        let server = RedisServer::start(&[]);
        Self { url: server.url(), servers: vec![server] }
    }

    pub(super) fn cluster() -> Self {
        let cluster = RedisCluster::start(60_000);
        Self { url: cluster.url(), servers: cluster.nodes }
    }
}

impl Fault for Paused {
    fn loses_places(&self) -> bool {
        self.servers.len() > 1
    }

    async fn store(&self) -> AnyStore {
        scs_stores::open(&self.url).await.unwrap()
    }

    async fn strike(&mut self, chance: &mut Rng) {
        let (server, time) = (chance.choice(&self.servers).unwrap(), a_while(chance));
        server.ask(&format!("CLIENT PAUSE {} ALL", time.as_millis()));
        tokio::time::sleep(time).await;
    }
}

/// Slots move from node to node, which no call is to notice.
pub(super) struct Resharder {
    cluster: Arc<RedisCluster>,
    from: usize,
}

impl Resharder {
    pub(super) fn start() -> Self {
        Self { cluster: Arc::new(RedisCluster::start(60_000)), from: 0 }
    }
}

impl Fault for Resharder {
    const FAILS: bool = false;
    fn loses_places(&self) -> bool {
        true
    }

    async fn store(&self) -> AnyStore {
        scs_stores::open(&self.cluster.url()).await.unwrap()
    }

    async fn strike(&mut self, chance: &mut Rng) {
        let (cluster, from) = (self.cluster.clone(), self.from);
        self.from = (self.from + 1) % 3;
        let seed = chance.u64(..);
        let reshard = move || {
            let mut chance = Rng::with_seed(seed);
            let source = &cluster.primaries()[from];
            let keys = (0..10).map(|_| source.ask("RANDOMKEY")).filter(|key| !key.is_empty() && key != "-1");
            let mut slots: Vec<_> = keys.map(|key| cluster.slot(&key)).collect();
            slots.sort_unstable();
            slots.dedup();
            chance.shuffle(&mut slots);
            cluster.move_slots(slots.into_iter(), from, (from + 1) % 3);
        };
        tokio::task::spawn_blocking(reshard).await.unwrap();
    }
}

/// A replica that writes wait for, and that stands still for a while.
pub(super) struct SlowReplica {
    primary: RedisServer,
    replica: RedisServer,
}

impl SlowReplica {
    pub(super) fn start() -> Self {
        let primary = RedisServer::start(&["--repl-diskless-sync-delay", "0"]);
        let replica = RedisServer::start(&["--replicaof", &format!("127.0.0.1 {}", primary.port)]);
        wait_until("the replica is in", || primary.ask("INFO replication").contains("state=online"));
        Self { primary, replica }
    }
}

impl Fault for SlowReplica {
    async fn store(&self) -> AnyStore {
        let store = RedisStore::builder(self.primary.url()).wait_for_replicas(1).connect().await.unwrap();
        AnyStore::new(store)
    }

    async fn strike(&mut self, chance: &mut Rng) {
        self.replica.stand_still(true);
        tokio::time::sleep(a_while(chance)).await;
        self.replica.stand_still(false);
        tokio::time::sleep(Duration::from_millis(chance.u64(1..100))).await;
    }
}

/// A database that takes no writes for a while, for connections that there are and for new ones.
pub(super) struct ReadOnly {
    server: DatabaseServer,
    url: String,
    statements: [&'static str; 2],
}

impl ReadOnly {
    pub(super) async fn postgres() -> Self {
        let server = DatabaseServer::start(Kind::Postgres, &["-c", "fsync=off"]).await;
        let statements = [
            "ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()",
            "SET default_transaction_read_only = off; ALTER SYSTEM SET default_transaction_read_only = off; SELECT pg_reload_conf()",
        ];
        Self { url: server.url(), server, statements }
    }

    pub(super) async fn mariadb() -> Self {
        let server = DatabaseServer::start(Kind::MariaDb, &[]).await;
        let mut root = MySqlConnection::connect(&server.url()).await.unwrap();
        // Root may write all the same.
        let user = "CREATE DATABASE app; CREATE USER app@localhost; GRANT ALL ON app.* TO app@localhost; \
                    CREATE USER app@'127.0.0.1'; GRANT ALL ON app.* TO app@'127.0.0.1'";
        sqlx::raw_sql(user).execute(&mut root).await.unwrap();
        let url = server.url().replace("root@", "app@").replace("/mysql", "/app");
        Self { url, server, statements: ["SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"] }
    }

    async fn run(&self, statement: &'static str) {
        match self.url.starts_with("postgres") {
            true => {
                let mut root = PgConnection::connect(&self.server.url()).await.unwrap();
                for statement in statement.split("; ") {
                    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut root).await.unwrap();
                }
            }
            false => {
                let mut root = MySqlConnection::connect(&self.server.url()).await.unwrap();
                sqlx::raw_sql(statement).execute(&mut root).await.unwrap();
            }
        }
    }
}

impl Fault for ReadOnly {
    async fn store(&self) -> AnyStore {
        scs_stores::open(&self.url).await.unwrap()
    }

    async fn strike(&mut self, chance: &mut Rng) {
        self.run(self.statements[0]).await;
        tokio::time::sleep(a_while(chance)).await;
        self.run(self.statements[1]).await;
        tokio::time::sleep(Duration::from_millis(chance.u64(50..300))).await;
    }
}

/// A server that becomes a replica of nobody who is there, and primary again.
pub(super) struct ReadOnlyRedis {
    server: RedisServer,
}

impl ReadOnlyRedis {
    pub(super) fn start() -> Self {
        Self { server: RedisServer::start(&[]) }
    }
}

impl Fault for ReadOnlyRedis {
    async fn store(&self) -> AnyStore {
        scs_stores::open(&self.server.url()).await.unwrap()
    }

    async fn strike(&mut self, chance: &mut Rng) {
        self.server.ask("REPLICAOF 127.0.0.1 1");
        tokio::time::sleep(a_while(chance)).await;
        self.server.ask("REPLICAOF NO ONE");
        tokio::time::sleep(Duration::from_millis(chance.u64(20..200))).await;
    }
}

/// A server that drops what it likes, and is full of other things.
pub(super) struct Evicting {
    server: RedisServer,
}

impl Evicting {
    pub(super) fn start() -> Self {
        Self { server: RedisServer::start(&["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random"]) }
    }
}

impl Fault for Evicting {
    const EVICTS: bool = true;

    async fn store(&self) -> AnyStore {
        scs_stores::open(&format!("{}?eviction=allow", self.server.url())).await.unwrap()
    }

    async fn strike(&mut self, chance: &mut Rng) {
        let mut probe = self.server.probe();
        for _ in 0..50 {
            probe.ask(&format!("SET other:{} {}", chance.u64(..1_000), "x".repeat(10_000)));
        }
    }
}

/// The clock of the process and of its store is set forward and back by hours, and sessions last for longer.
pub(super) struct Jumps {
    store: AnyStore,
    clock: Arc<ManualClock>,
    /// Removes it at the end.
    _place: Place,
}

impl Jumps {
    pub(super) async fn on(place: Place) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        Self { store: place.store_on(clock.clone()).await, clock, _place: place }
    }
}

impl Fault for Jumps {
    const FAILS: bool = false;

    async fn store(&self) -> AnyStore {
        self.store.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    async fn strike(&mut self, chance: &mut Rng) {
        let away = HOUR * chance.u32(1..=5);
        let there = match chance.bool() {
            true => START + away,
            false => scs::Timestamp::from_unix_millis(START.as_unix_millis() - away.as_millis() as u64),
        };
        self.clock.set(there);
        tokio::time::sleep(Duration::from_millis(chance.u64(1..20))).await;
    }
}

/// The clock of a server is set forward and back by hours, while that of the process is right. A call may be taken for one that
/// took hours.
pub(super) enum ServerJumps {
    Database(DatabaseServer),
    Redis(RedisServer),
}

impl ServerJumps {
    pub(super) async fn database(kind: Kind) -> Self {
        Self::Database(DatabaseServer::start_with_clock(kind).await)
    }

    pub(super) fn valkey() -> Self {
        let url = std::env::var("SCS_VALKEY_URL").unwrap();
        let port = url.rsplit_once(':').unwrap().1.parse().unwrap();
        Self::Redis(RedisServer::start_with_clock(port))
    }

    fn clock(&self) -> &ServerClock {
        match self {
            Self::Database(server) => server.clock(),
            Self::Redis(server) => server.clock(),
        }
    }
}

impl Fault for ServerJumps {
    async fn store(&self) -> AnyStore {
        let url = match self {
            Self::Database(server) => server.url(),
            Self::Redis(server) => server.url(),
        };
        scs_stores::open(&url).await.unwrap()
    }

    async fn strike(&mut self, chance: &mut Rng) {
        self.clock().set_ahead(chance.i64(-5 * 3_600..=5 * 3_600));
        tokio::time::sleep(Duration::from_millis(chance.u64(1..100))).await;
    }
}
