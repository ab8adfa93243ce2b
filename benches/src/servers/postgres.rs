//! A database of its own on a PostgreSQL server.

use sqlx::{AssertSqlSafe, ConnectOptions as _, postgres::PgConnectOptions};

use super::{Address, name};

/// Deletes it if it is there.
///
/// # Panics
///
/// The user may not.
pub async fn delete(server: &Address) {
    administer(server, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", name())).await;
}

/// Makes it, empty, and says where it is; its URL ends in the parameters.
///
/// # Panics
///
/// The user may not.
pub async fn create(server: &Address, parameters: &str) -> Address {
    delete(server).await;
    administer(server, format!("CREATE DATABASE {}", name())).await;
    server.with_database(format!("{}{parameters}", name()))
}

async fn administer(server: &Address, statement: String) {
    let options: PgConnectOptions = server.url().parse().expect("the URL is one of PostgreSQL");
    let mut connection = options.connect().await.expect("PostgreSQL answers");
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await;
    done.expect("the user may make databases");
}
