//! TOK-4: everything that a store has, as a thief would find it, and what it opens.

use std::{collections::HashSet, fs, process::Command};

use futures_util::{StreamExt as _, stream};
use scs::{
    SessionId, Token,
    store::{AnyStore, Iterate as _},
};
use sqlx::{AssertSqlSafe, MySqlPool, PgPool, Row as _};

use crate::{
    app::{World, token},
    support::{
        Place,
        leaks::{Leaks, base64url, hexadecimal, readings},
        whole_run,
    },
};

on_every_store!(tok_4_what_a_store_holds_opens_nothing);

async fn tok_4_what_a_store_holds_opens_nothing(place: Place) {
    let world = World::at(&place).await;
    let mut browser = world.browser(&["/login", "/name"]).await;
    let former = token(&browser);
    world.post(&mut browser, "/renew").await;
    let token = token(&browser);
    let dump = dump(&place, &world.store).await;
    let id = Token::parse(token.as_bytes()).unwrap().id();
    let found = readings(&dump);
    assert!(found.iter().any(|bytes| bytes.windows(16).any(|window| window == id.to_bytes())), "the dump has the id");

    let mut leaks = Leaks::default();
    for token in [&token, &former] {
        leaks.add_token(token);
    }
    assert_eq!(leaks.find_in(&dump), None, "a piece of a secret in the store");
    // With every driver's log a few are enough.
    let forgeries = forgeries(&found, id).into_iter().take(if whole_run::is_one() { 300 } else { usize::MAX });
    let opened = stream::iter(forgeries).map(async |forged| (world.sessions.open(&forged).await.unwrap(), forged));
    let mut opened = opened.buffer_unordered(8);
    let mut tried = 0;
    while let Some((session, forged)) = opened.next().await {
        assert!(session.is_new(), "{forged}, which was found in the store, opens a session");
        tried += 1;
    }
    println!("{}: {tried} tried", place.url.split(':').next().unwrap());
    assert_eq!(world.says(&browser).await, "Loaded Some(7) 0");
}

/// Whatever a thief may make of what he found: as a token, and as the secret behind the id.
fn forgeries(found: &[Vec<u8>], id: SessionId) -> HashSet<String> {
    let name = id.to_string();
    let ids = [name.clone(), name.replace('-', ""), base64url(&id.to_bytes()), base64url(name.as_bytes())];
    let padded = ids.iter().flat_map(|id| ["A", "0", "="].map(|filler| format!("{id}{}", filler.repeat(64))));
    let mut forgeries: HashSet<String> = padded.map(|text| text[..64].to_owned()).chain(ids.clone()).collect();
    for bytes in found {
        for window in bytes.windows(32).filter(|window| is_various(window)) {
            forgeries.insert(base64url(&[&id.to_bytes(), window].concat()));
            forgeries.insert(hexadecimal(window));
        }
        forgeries.extend(bytes.windows(48).filter(|window| is_various(window)).map(base64url));
        let words = bytes.windows(64).filter(|word| word.iter().all(u8::is_ascii_graphic));
        forgeries.extend(words.map(|word| String::from_utf8_lossy(word).into_owned()));
    }
    forgeries
}

/// Neither padding nor a text of few letters: 32 random bytes have thirty different ones.
fn is_various(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    !bytes.starts_with(&[0; 4])
        && bytes.iter().filter(|byte| !std::mem::replace(&mut seen[usize::from(**byte)], true)).count() >= 16
}

/// Whatever the store of a place has written, in whatever form it is easily had.
async fn dump(place: &Place, store: &AnyStore) -> Vec<u8> {
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
