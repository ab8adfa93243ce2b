//! The playground on each store.

use std::{any::Any, path::PathBuf};

use sqlx::{AssertSqlSafe, MySqlPool, PgPool};

use crate::support::unique;

/// Where the sessions of one test are, and nothing else.
struct Place {
    url: String,
    /// Removes it when it is dropped.
    _end: Option<Box<dyn Any>>,
}

impl Place {
    fn memory() -> Self {
        Self { url: "memory".to_owned(), _end: None }
    }

    fn file(scheme: &str) -> Self {
        let file = std::env::temp_dir().join(unique(scheme));
        Self { url: format!("{scheme}:{}", file.display()), _end: Some(Box::new(Files(file))) }
    }

    /// Keys of its own on the server of a URL, which end by themselves.
    fn keys(variable: &str) -> Self {
        Self { url: format!("{}?prefix={}:", std::env::var(variable).unwrap(), unique("playground")), _end: None }
    }

    /// A database of its own on the server of a URL.
    async fn database(variable: &str) -> Self {
        let (url, name) = (std::env::var(variable).unwrap(), unique("playground"));
        run(&url, format!("CREATE DATABASE {name}")).await;
        let (server, _) = url.rsplit_once('/').unwrap();
        Self { url: format!("{server}/{name}"), _end: Some(Box::new(Database { url, name })) }
    }
}

async fn run(url: &str, statement: String) {
    let statement = AssertSqlSafe(statement);
    match url.starts_with("postgres") {
        true => drop(sqlx::raw_sql(statement).execute(&PgPool::connect(url).await.unwrap()).await.unwrap()),
        false => drop(sqlx::raw_sql(statement).execute(&MySqlPool::connect(url).await.unwrap()).await.unwrap()),
    }
}

/// A file, and those that its store puts beside it.
struct Files(PathBuf);

impl Drop for Files {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

struct Database {
    url: String,
    name: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        let force = if self.url.starts_with("postgres") { "WITH (FORCE)" } else { "" };
        let (url, statement) = (self.url.clone(), format!("DROP DATABASE {} {force}", self.name));
        // Elsewhere: this is inside a runtime.
        let dropped =
            std::thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(run(&url, statement)));
        dropped.join().unwrap();
    }
}

macro_rules! playground {
    ($(#[$attribute:meta])* $store:ident: $place:expr) => {
        mod $store {
            use super::Place;

            $(#[$attribute])*
            #[tokio::test]
            async fn every_route_answers_as_documented() {
                let place = $place;
                super::super::every_route_answers_as_documented(&place.url).await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn concurrent_requests_of_one_session_lose_nothing() {
                let place = $place;
                super::super::concurrent_requests_of_one_session_lose_nothing(&place.url).await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn a_slow_request_from_before_a_login_or_logout_never_writes_after_it() {
                let place = $place;
                super::super::a_slow_request_from_before_a_login_or_logout_never_writes_after_it(&place.url).await;
            }
        }
    };
}

playground!(on_memory: Place::memory());
playground!(on_sqlite: Place::file("sqlite"));
playground!(on_redb: Place::file("redb"));
playground!(#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")] on_postgres: Place::database("SCS_POSTGRES_URL").await);
playground!(#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")] on_mariadb: Place::database("SCS_MYSQL_URL").await);
playground!(#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")] on_redis: Place::keys("SCS_REDIS_URL"));
playground!(#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")] on_a_redis_cluster: Place::keys("SCS_REDIS_CLUSTER_URL"));
playground!(#[cfg_attr(not(redis_sentinel), ignore = "set SCS_REDIS_SENTINEL_URL")] on_redis_with_sentinels: Place::keys("SCS_REDIS_SENTINEL_URL"));
playground!(#[cfg_attr(not(valkey), ignore = "set SCS_VALKEY_URL")] on_valkey: Place::keys("SCS_VALKEY_URL"));
