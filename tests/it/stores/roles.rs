//! Users who may not create tables, and servers that may not be written to.

use scs::{
    SessionId,
    store::{Created, Entry, Store as _, StoreError, StoreErrorKind},
};
use scs_stores::{MySqlStore, PostgresStore};
use sqlx::{AssertSqlSafe, Executor as _, MySqlPool, PgPool, mysql::MySqlPoolOptions};

use crate::support::{DatabaseServer, Kind, MINUTE, unique};

const ID: SessionId = SessionId::from_bytes([7; 16]);

async fn works(store: &impl scs::store::Store) {
    assert_eq!(store.create(ID, &Entry::new("one", MINUTE)).await.unwrap(), Created::Created);
    assert!(store.delete(ID).await.unwrap());
}

fn refused(error: &StoreError, words: &str) {
    assert!(error.to_string().contains(words), "{error}");
}

/// A schema with the tables, and a user whose tables are there.
struct Postgres {
    owner: PgPool,
    /// The name of both.
    name: String,
}

impl Postgres {
    async fn new() -> Self {
        let (owner, name) = (PgPool::connect(&super::postgres::url()).await.unwrap(), unique("role"));
        let it = Self { owner, name };
        it.run("CREATE SCHEMA {}; CREATE ROLE {} LOGIN; GRANT USAGE ON SCHEMA {} TO {}").await;
        it.run("ALTER ROLE {} SET search_path = {}").await;
        it
    }

    async fn migrated() -> Self {
        let it = Self::new().await;
        it.store().migrate().await.unwrap();
        it.run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO {}").await;
        it
    }

    async fn run(&self, script: &str) {
        self.owner.execute(AssertSqlSafe(script.replace("{}", &self.name))).await.unwrap();
    }

    /// The owner's.
    fn store(&self) -> PostgresStore {
        PostgresStore::new(self.owner.clone()).with_schema(&self.name).unwrap()
    }

    /// The user's.
    fn url(&self) -> String {
        let url = super::postgres::url();
        let (scheme, rest) = url.split_once("://").unwrap();
        format!("{scheme}://{}@{}", self.name, rest.split_once('@').unwrap().1)
    }

    async fn drop(self) {
        self.run("DROP SCHEMA {} CASCADE; DROP OWNED BY {}; DROP ROLE {}").await;
    }
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn in_postgres_a_user_who_may_only_change_rows_opens_tables_that_are_there() {
    let postgres = Postgres::migrated().await;
    works(&scs_stores::open(&postgres.url()).await.unwrap()).await;
    let store = PostgresStore::connect(&postgres.url()).await.unwrap().with_schema(&postgres.name).unwrap();
    store.migrate().await.unwrap();
    works(&store).await;
    postgres.drop().await;
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn in_postgres_a_user_who_may_not_create_a_missing_table_is_told_so() {
    let postgres = Postgres::new().await;
    let store = PostgresStore::connect(&postgres.url()).await.unwrap().with_schema(&postgres.name).unwrap();
    let error = store.migrate().await.unwrap_err();
    refused(&error, "what the user may do with the tables");
    assert_eq!(error.kind(), StoreErrorKind::Configuration);
    postgres.drop().await;
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn in_postgres_a_server_that_takes_no_writes_is_opened_and_read_and_named_at_a_write() {
    let postgres = Postgres::migrated().await;
    let _ = postgres.store().create(ID, &Entry::new("one", MINUTE)).await.unwrap();
    postgres.run("ALTER ROLE {} SET default_transaction_read_only = on").await;
    let store = PostgresStore::connect(&postgres.url()).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.load(ID).await.unwrap().unwrap().payload(), "one");
    refused(&store.delete(ID).await.unwrap_err(), "takes no writes");
    postgres.drop().await;
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn in_postgres_migrating_again_creates_what_is_missing_and_nothing_else() {
    let postgres = Postgres::migrated().await;
    let _ = postgres.store().create(ID, &Entry::new("one", MINUTE)).await.unwrap();
    let indexes = async || {
        let count = "SELECT count(*) FROM pg_indexes WHERE schemaname = $1";
        sqlx::query_scalar::<_, i64>(count).bind(&postgres.name).fetch_one(&postgres.owner).await.unwrap()
    };
    let all = indexes().await;
    for missing in ["TABLE {}.scs_sessions_terms", "INDEX {}.scs_sessions_expires", "INDEX {}.scs_sessions_terms_id"] {
        postgres.run(&format!("DROP {missing}")).await;
        postgres.store().migrate().await.unwrap();
        assert_eq!(indexes().await, all, "{missing}");
    }
    assert_eq!(postgres.store().load(ID).await.unwrap().unwrap().payload(), "one");
    postgres.drop().await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn in_mariadb_a_user_who_may_only_change_rows_opens_tables_that_are_there() {
    let (owner, name) = (MySqlPool::connect(&super::mysql::url()).await.unwrap(), unique("role"));
    let run = async |script: &str| {
        owner.execute(AssertSqlSafe(script.replace("{}", &name))).await.unwrap();
    };
    let store = MySqlStore::new(owner.clone()).await.unwrap().with_database(&name).unwrap();
    run("CREATE DATABASE {}").await;
    for host in ["localhost", "127.0.0.1"] {
        run(&format!("CREATE USER {{}}@'{host}'")).await;
        run(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {{}}.* TO {{}}@'{host}'")).await;
    }
    let server = super::mysql::url();
    let (scheme, rest) = server.split_once("://").unwrap();
    let address = rest.split_once('@').map_or(rest, |(_, address)| address).split('/').next().unwrap();
    let url = format!("{scheme}://{name}@{address}/{name}");
    let error = MySqlStore::connect(&url).await.unwrap().migrate().await.unwrap_err();
    refused(&error, "what the user may do with the tables");
    store.migrate().await.unwrap();
    works(&scs_stores::open(&url).await.unwrap()).await;
    run("DROP DATABASE {}").await;
    for host in ["localhost", "127.0.0.1"] {
        run(&format!("DROP USER {{}}@'{host}'")).await;
    }
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn a_pool_whose_settings_change_what_statements_do_is_refused_with_the_settings_name() {
    for (set, name) in [
        ("sql_mode = ''", "sql_mode"),
        ("autocommit = 0", "autocommit"),
        ("completion_type = 1", "completion_type"),
        ("completion_type = 2", "completion_type"),
        ("sql_safe_updates = 1", "sql_safe_updates"),
        ("sql_select_limit = 5", "sql_select_limit"),
        ("unique_checks = 0", "unique_checks"),
        ("SESSION TRANSACTION READ ONLY", "transaction_read_only"),
    ] {
        let pool = MySqlPoolOptions::new().max_connections(1).after_connect(move |connection, _| {
            let set = AssertSqlSafe(format!("SET {set}"));
            Box::pin(async move { connection.execute(set).await.map(drop) })
        });
        let pool = pool.connect(&super::mysql::url()).await.unwrap();
        let error = MySqlStore::new(pool).await.unwrap_err();
        refused(&error, &format!("`{name}`"));
        assert_eq!(error.kind(), StoreErrorKind::Configuration, "{error}");
    }
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn the_stores_own_connections_do_not_follow_a_servers_odd_settings() {
    let options = ["--autocommit=0", "--completion-type=2", "--transaction-read-only=1", "--sql-mode="];
    let server = DatabaseServer::start(Kind::MariaDb, &options).await;
    let stores = [MySqlStore::connect(&server.url()).await.unwrap(), MySqlStore::connect(&server.url()).await.unwrap()];
    stores[0].migrate().await.unwrap();
    for round in 0..3 {
        let entry = Entry::new("one", MINUTE).with_terms(vec![scs::store::Term::from_bytes([round; 16])], Vec::new());
        assert_eq!(stores[0].create(ID, &entry).await.unwrap(), Created::Created);
        assert_eq!(stores[1].load(ID).await.unwrap().unwrap().payload(), "one");
        assert!(stores[1].delete(ID).await.unwrap());
        assert!(stores[0].load(ID).await.unwrap().is_none());
    }
}
