//! What is refused when a store connects, and what the error says.

use std::time::Instant;

use scs::store::{Index as _, Iterate as _, Limit as _, Store as _, StoreErrorKind};
use scs_stores::{OpenError, RedisStore, open};

use super::{AT_ONCE, entry, entry_under, id, store_on, term, url, words};
use crate::support::{MINUTE, RedisServer};

/// The kind and the words of the error that a URL is refused with.
async fn refusal(url: &str) -> (StoreErrorKind, String) {
    let error = RedisStore::connect(url).await.expect_err(url);
    (error.kind(), words(&error))
}

#[tokio::test]
async fn what_is_no_url_of_a_store_is_an_error_that_says_why() {
    for (url, why) in [
        ("redis", "`://`"),
        ("http://localhost", "begins with `redis`"),
        ("redis+raft://localhost", "`cluster` or `sentinel`"),
        ("redis://localhost?retries=9", "options"),
        ("redis://localhost/zero", "documentation of `RedisStore`"),
        ("redis+cluster://a,b/3", "database 0"),
        ("redis+sentinel://a,b", "/SERVICE"),
        ("redis://localhost?prefix={a}", "prefix"),
        ("redis://localhost?prefix=", "prefix"),
    ] {
        let (kind, words) = refusal(url).await;
        assert_eq!(kind, StoreErrorKind::Configuration, "{url}: {words}");
        assert!(words.contains(why), "{url}: {words}");
    }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_refused_login_says_where_it_is_written() {
    let server = RedisServer::start(&["--requirepass", "correct-horse"]);
    let at = |login: &str| format!("redis://{login}127.0.0.1:{}", server.port);
    for login in ["", ":wrong-pony@", "nobody:correct-horse@"] {
        let (kind, words) = refusal(&at(login)).await;
        assert_eq!(kind, StoreErrorKind::Configuration, "{words}");
        assert!(words.contains("redis://:PASSWORD@HOST"), "{words}");
        assert!(!words.contains("pony") && !words.contains("horse"), "{words}");
    }
    let store = RedisStore::connect(at(":correct-horse@")).await.unwrap();
    assert!(!format!("{store:?}").contains("horse"));
    assert!(!format!("{:?}", RedisStore::builder(at(":correct-horse@"))).contains("horse"));
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_password_that_a_server_has_not_is_refused_too() {
    let server = RedisServer::start(&[]);
    let (kind, words) = refusal(&format!("redis://:unasked@127.0.0.1:{}", server.port)).await;
    assert_eq!(kind, StoreErrorKind::Configuration, "{words}");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_database_that_does_not_exist_is_named_as_the_reason() {
    let server = RedisServer::start(&[]);
    let (kind, words) = refusal(&format!("{}/99", server.url())).await;
    assert_eq!(kind, StoreErrorKind::Configuration, "{words}");
    assert!(words.contains("databases"), "{words}");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_server_that_is_not_there_is_an_error_at_once() {
    let mut server = RedisServer::start(&[]);
    server.kill();
    for scheme in ["redis", "redis+cluster", "redis+sentinel"] {
        let started = Instant::now();
        let (kind, words) = refusal(&format!("{scheme}://127.0.0.1:{}{}", server.port, path(scheme))).await;
        assert_eq!(kind, StoreErrorKind::Unavailable, "{scheme}: {words}");
        assert!(words.contains("check that it runs"), "{scheme}: {words}");
        assert!(started.elapsed() < AT_ONCE, "{scheme}: {:?}", started.elapsed());
    }
}

fn path(scheme: &str) -> &'static str {
    if scheme == "redis+sentinel" { "/sessions" } else { "" }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_single_server_is_no_cluster_and_no_sentinel() {
    let server = RedisServer::start(&[]);
    let (kind, words) = refusal(&format!("redis+cluster://127.0.0.1:{}", server.port)).await;
    assert_eq!(kind, StoreErrorKind::Configuration, "{words}");
    assert!(words.contains("use `redis://`"), "{words}");
    let (kind, words) = refusal(&format!("redis+sentinel://127.0.0.1:{}/sessions", server.port)).await;
    assert_eq!(kind, StoreErrorKind::Configuration, "{words}");
    assert!(words.contains("no sentinel"), "{words}");
}

#[tokio::test]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn a_node_of_a_cluster_is_no_single_server() {
    let cluster = url("SCS_REDIS_CLUSTER_URL");
    let node = cluster.split(',').next().unwrap().replace("redis+cluster", "redis");
    let (kind, words) = refusal(&node).await;
    assert_eq!(kind, StoreErrorKind::Configuration, "{words}");
    assert!(words.contains("redis+cluster://"), "{words}");
}

#[tokio::test]
#[cfg_attr(not(redis_sentinel), ignore = "set SCS_REDIS_SENTINEL_URL")]
async fn a_service_that_no_sentinel_knows_is_an_error_that_says_so() {
    let sentinels = url("SCS_REDIS_SENTINEL_URL");
    let (sentinels, _) = sentinels.rsplit_once('/').unwrap();
    let (kind, words) = refusal(&format!("{sentinels}/unknown")).await;
    assert_eq!(kind, StoreErrorKind::Unavailable, "{words}");
    assert!(words.contains("/SERVICE"), "{words}");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_prefix_in_a_url_may_be_percent_encoded() {
    let server = RedisServer::start(&[]);
    let store = RedisStore::connect(format!("{}?prefix=shop%3A", server.url())).await.unwrap();
    let id = id();
    let _ = store.create(id, &entry()).await.unwrap();
    assert_eq!(server.ask("KEYS *"), format!("shop:s:{id}"));
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_server_that_may_drop_sessions_is_refused_unless_that_is_wanted() {
    let server = RedisServer::start(&[]);
    for policy in ["allkeys-lru", "volatile-ttl"] {
        server.ask(&format!("CONFIG SET maxmemory-policy {policy}"));
        let (kind, words) = refusal(&server.url()).await;
        assert_eq!(kind, StoreErrorKind::Configuration, "{words}");
        assert!(words.contains(policy) && words.contains("noeviction"), "{words}");
        RedisStore::builder(server.url()).allow_eviction().connect().await.unwrap();
        RedisStore::connect(format!("{}?eviction=allow", server.url())).await.unwrap();
    }
    server.ask("CONFIG SET maxmemory-policy noeviction");
    store_on(&server).await;
}

/// It drops the lists of sessions too, while the sessions live.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn where_the_server_may_drop_lists_finding_and_limiting_are_refused() {
    let server = RedisServer::start(&["--maxmemory-policy", "allkeys-lru"]);
    let store = RedisStore::builder(server.url()).allow_eviction().connect().await.unwrap();
    let (id, term) = (id(), term());
    let _ = store.create(id, &entry_under(&[term], &[])).await.unwrap();
    for refused in [
        store.find(term, None, 10).await.map(drop),
        store.delete_under(term, id).await.map(drop),
        store.admit(term, id, 1, MINUTE).await.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Configuration);
        assert!(error.to_string().contains("noeviction"), "{error}");
    }
    assert!(store.delete(id).await.unwrap());
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_user_who_may_not_ask_for_the_policy_may_store() {
    let server = RedisServer::start(&[]);
    server.ask("ACL SETUSER app on >secret ~scs:* +@read +@write +@scripting +@connection +time -info");
    let store = RedisStore::connect(format!("redis://app:secret@127.0.0.1:{}", server.port)).await.unwrap();
    let (id, entry) = (id(), entry());
    let _ = store.create(id, &entry).await.unwrap();
    assert!(store.delete(id).await.unwrap());
    let elsewhere = RedisStore::builder(format!("redis://app:secret@127.0.0.1:{}", server.port));
    let elsewhere = elsewhere.key_prefix("other:").connect().await.unwrap();
    let error = elsewhere.create(id, &entry).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Configuration, "{}", words(&error));
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn applications_of_one_database_have_a_prefix_each() {
    let server = RedisServer::start(&[]);
    let at = |prefix: &str| RedisStore::builder(server.url()).key_prefix(prefix).connect();
    // The last two are patterns that would match the others' keys.
    let mut stores = Vec::new();
    for prefix in ["shop:", "shop:s:", "sh", "sh*:", "s?op:"] {
        stores.push(at(prefix).await.unwrap());
    }
    let (id, entry) = (id(), entry());
    for store in &stores {
        assert_eq!(store.create(id, &entry).await.unwrap(), scs::store::Created::Created);
    }
    for store in &stores {
        assert_eq!(store.page(None, 10).await.unwrap().items.len(), 1, "{store:?}");
    }
    assert!(stores[0].delete(id).await.unwrap());
    assert!(stores[1].load(id).await.unwrap().is_some());
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_store_is_opened_by_its_url_and_by_the_applications_client() {
    let server = RedisServer::start(&[]);
    open(&server.url()).await.unwrap();
    open(&server.url().replace("redis:", "valkey:")).await.unwrap();
    let error = open(&format!("{}/99", server.url())).await.unwrap_err();
    assert!(matches!(error, OpenError::Store(error) if error.kind() == StoreErrorKind::Configuration));
}
