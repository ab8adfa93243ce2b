//! STO-1: strangers by the million, and nothing that grows.

use std::{fs, process::Command, sync::Arc};

use axum::http::StatusCode;
use fastrand::Rng;
use futures_util::{StreamExt as _, stream};
use scs::ManualClock;

use crate::{
    app::{World, cookie},
    support::{PATIENCE, Place, RedisServer, START, leaks::base64url, token_in},
};

/// How many requests; another number if the variable says so.
const VARIABLE: &str = "SCS_FLOOD";
const REQUESTS: u64 = 1_000_000;
/// What a test run tries.
const HUNDREDTH: &str = "10000";

const BATCH: u64 = 1000;
const AT_ONCE: usize = 16;

/// The process may take so much more at the end than after the first thousands.
const GROWTH: u64 = 1 << 20;

#[tokio::test]
#[ignore = "takes minutes; the tests run a hundredth of it"]
async fn a_million_strangers_at_sqlite() {
    let place = Place::file("sqlite");
    let world = World::at(&place).await;
    let file = place.url.strip_prefix("sqlite:").unwrap().to_owned();
    let rows = move || {
        let connection = rusqlite::Connection::open(&file).unwrap();
        let count = |table: &str| {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
        };
        count("scs_sessions") + count("scs_sessions_terms")
    };
    flood(&world, rows).await;
}

#[tokio::test]
#[ignore = "takes minutes; the tests run a hundredth of it"]
async fn a_million_strangers_at_redis() {
    let server = RedisServer::start(&[]);
    let clock = Arc::new(ManualClock::new(START));
    let store = scs_stores::open(&server.url()).await.unwrap();
    let world = World::over(store, clock, |settings| settings.store_timeout(PATIENCE));
    flood(&world, || server.ask("DBSIZE").trim_start_matches(':').parse().unwrap()).await;
}

/// The requests, a hundredth of them first, so that what is allocated once is there.
async fn flood<B>(world: &World<B>, rows: impl Fn() -> i64) {
    let requests = std::env::var(VARIABLE).map_or(REQUESTS, |requests| requests.parse().unwrap());
    let mut random = Rng::with_seed(requests);
    send(world, requests / 10, &mut random).await;
    let (rows_before, before) = (rows(), resident_bytes());
    send(world, requests, &mut random).await;
    let (rows_after, after) = (rows(), resident_bytes());
    println!(
        "{requests} requests: {rows_before} rows before, {rows_after} after; {before} bytes before, {after} after"
    );
    assert_eq!((rows_before, rows_after), (0, 0));
    assert!(after <= before + GROWTH, "{before} bytes grew to {after}");
}

/// A batch after the other, so that what this test itself remembers of events is little.
async fn send<B>(world: &World<B>, requests: u64, random: &mut Rng) {
    for _ in 0..requests / BATCH {
        let strangers = (0..BATCH).map(|_| {
            let mut bytes = [0; 48];
            random.fill(&mut bytes);
            (random.u8(..4), base64url(&bytes))
        });
        let strangers: Vec<_> = strangers.collect();
        let answers = stream::iter(strangers).map(async |(kind, token)| come(world, kind, &token).await);
        answers.buffer_unordered(AT_ONCE).collect::<()>().await;
        drop(world.events());
    }
}

/// Visits without a token, with one that nobody has, and logouts with and without.
async fn come<B>(world: &World<B>, kind: u8, token: &str) {
    match kind {
        0 => assert_eq!(world.says_to("").await, "NoToken None 0"),
        1 => assert_eq!(world.says_to(&cookie(token)).await, "Unknown None 0"),
        _ => {
            let line = if kind == 2 { String::new() } else { cookie(token) };
            let response = world.post_with("/logout", &line).await;
            assert_eq!((response.status(), token_in(&response)), (StatusCode::OK, None));
        }
    }
}

fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// In a process of its own, whose memory nothing else takes.
fn a_hundredth_of(test: &str) {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(VARIABLE, HUNDREDTH)
        .env_remove("SCS_TOKENS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned();
    assert!(run.status.success() && said.contains("10000 requests: 0 rows before, 0 after"), "{said}");
}

#[test]
fn sto_1_strangers_leave_no_row_and_take_no_memory_in_sqlite() {
    a_hundredth_of("flood::a_million_strangers_at_sqlite");
}

#[test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
fn sto_1_strangers_leave_no_row_and_take_no_memory_in_redis() {
    a_hundredth_of("flood::a_million_strangers_at_redis");
}

#[tokio::test]
async fn sto_1_nothing_is_stored_until_the_application_writes() {
    let world = World::new();
    for path in ["/logout", "/sign-out", "/clear", "/renew", "/claim", "/revoke-others", "/session"] {
        for line in [String::new(), cookie(&base64url(&[7; 48])), cookie("x")] {
            let response = world.post_with(path, &line).await;
            assert_eq!(token_in(&response), None, "{path}");
        }
    }
    assert_eq!(world.rows(), 0);
}
