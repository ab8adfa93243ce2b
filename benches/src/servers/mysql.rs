//! A database of its own on a MySQL server.

use sqlx::{AssertSqlSafe, ConnectOptions as _, mysql::MySqlConnectOptions};

use super::{Address, name};

/// Deletes it if it is there.
///
/// # Panics
///
/// The user may not.
pub async fn delete(server: &Address) {
    administer(server, format!("DROP DATABASE IF EXISTS {}", name())).await;
}

/// Makes it, empty, and says where it is.
///
/// # Panics
///
/// The user may not.
pub async fn create(server: &Address) -> Address {
    delete(server).await;
    administer(server, format!("CREATE DATABASE {}", name())).await;
    server.with_database(name())
}

async fn administer(server: &Address, statement: String) {
    let options: MySqlConnectOptions = server.url().parse().expect("the URL is one of MySQL");
    let mut connection = options.connect().await.expect("MySQL answers");
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await;
    done.expect("the user may make databases");
}
