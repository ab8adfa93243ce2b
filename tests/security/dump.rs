//! Dumps: everything that a store has, as a thief would find it.

use std::{fs, process::Command};

use scs::store::{AnyStore, Iterate as _};
use sqlx::{AssertSqlSafe, MySqlPool, PgPool, Row as _};

use crate::support::Place;

/// Whatever the store of a place has written, in whatever form it is easily had.
pub(crate) async fn dump(place: &Place, store: &AnyStore) -> Vec<u8> {
    let (scheme, path) = place.url.split_once(':').unwrap_or((&place.url, ""));
    match scheme {
        "memory" => memory(store).await,
        "postgres" => postgres(&place.url).await,
        "mysql" => mysql(&place.url).await,
        "redis" => redis(&place.url),
        _ => ["", "-wal"]
            .into_iter()
            .flat_map(|suffix| fs::read(format!("{path}{suffix}")).unwrap_or_default())
            .collect(),
    }
}

async fn memory(store: &AnyStore) -> Vec<u8> {
    let (mut bytes, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.page(cursor, 1000).await.unwrap();
        for (id, stored) in page.items {
            bytes.extend(id.to_bytes());
            bytes.extend_from_slice(stored.payload());
        }
        cursor = page.next;
        if cursor.is_none() {
            return bytes;
        }
    }
}

/// Each row as PostgreSQL prints it.
async fn postgres(url: &str) -> Vec<u8> {
    let pool = PgPool::connect(url).await.unwrap();
    let mut text = String::new();
    for table in ["scs_sessions", "scs_sessions_terms"] {
        let rows = sqlx::query(AssertSqlSafe(format!("SELECT t::text FROM {table} t"))).fetch_all(&pool).await.unwrap();
        text.extend(rows.iter().map(|row| row.get::<String, _>(0) + "\n"));
    }
    pool.close().await;
    text.into_bytes()
}

/// Each column of each row in hexadecimal.
async fn mysql(url: &str) -> Vec<u8> {
    let pool = MySqlPool::connect(url).await.unwrap();
    let mut text = String::new();
    for (table, columns) in [("scs_sessions", "HEX(id), HEX(payload)"), ("scs_sessions_terms", "HEX(term), HEX(id)")] {
        let select = AssertSqlSafe(format!("SELECT CONCAT_WS(' ', {columns}) FROM {table}"));
        let rows = sqlx::query(select).fetch_all(&pool).await.unwrap();
        text.extend(rows.iter().map(|row| row.get::<String, _>(0) + "\n"));
    }
    pool.close().await;
    text.into_bytes()
}

/// Each key and its value as Redis serialises it.
fn redis(url: &str) -> Vec<u8> {
    let (server, prefix) = url.split_once("?prefix=").unwrap();
    let ask = |arguments: &[&[u8]]| {
        let arguments = arguments.iter().map(|argument| String::from_utf8_lossy(argument).into_owned());
        Command::new("redis-cli").args(["-u", server, "--raw"]).args(arguments).output().unwrap().stdout
    };
    let scripts = format!(
        "local all = {{}} for _, key in ipairs(redis.call('KEYS', '{prefix}*')) do all[#all + 1] = key .. ' ' .. \
         redis.call('DUMP', key) end return table.concat(all, '\\n')"
    );
    ask(&[b"EVAL", scripts.as_bytes(), b"0"])
}
