//! TOK: tokens.

use std::{
    collections::HashSet,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::http::{HeaderValue, Request, StatusCode, header};
use scs::{
    ManualClock, MemoryStore, SessionId, Token,
    store::{Created, Entry, Revision, Store, StoreError, Stored, Updated},
};
use tower::ServiceExt as _;

use crate::{
    app::{World, cookie, lines, token},
    noise::Noise,
    support::{
        Browser, START, body_text, bytes_of,
        leaks::{Leaks, base64url},
        record_token, root, token_in, whole_run,
    },
};

/// Where the secret begins: the first symbols are the public id, and one has two bits of it.
const SECRET: usize = 22;

async fn tokens_are_noise(count: u64) {
    let (mut noise, mut seen) = (Noise::of(64 - SECRET), HashSet::new());
    let sessions = scs::SessionManager::<crate::app::Visitor, _>::new(MemoryStore::new());
    let app = crate::app::routes().layer(sessions.layer());
    for _ in 0..count {
        let request = Request::post("/visit").body(axum::body::Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let token = record_token(&token_in(&response).unwrap());
        let is_symbol = |symbol: u8| symbol.is_ascii_alphanumeric() || symbol == b'-' || symbol == b'_';
        assert!(token.len() == 64 && token.bytes().all(is_symbol));
        let secret = bytes_of(&token).split_off(16);
        assert!(seen.insert(secret.clone()), "two secrets are the same");
        noise.add(&token[SECRET..], secret);
        sessions.revoke(Token::parse(token.as_bytes()).unwrap().id()).await.unwrap();
    }
    let (least, greatest, deviation) = noise.assert_is_noise();
    println!("{count} tokens: chi-squared {least:.1} to {greatest:.1}, bits within {deviation:.2} standard deviations");
}

#[tokio::test]
async fn tok_1_the_secret_half_of_a_token_is_noise() {
    tokens_are_noise(if whole_run::is_one() { 10_000 } else { 100_000 }).await;
}

#[tokio::test]
#[ignore = "takes a minute"]
async fn tok_1_the_secret_half_of_a_million_tokens_is_noise() {
    tokens_are_noise(1_000_000).await;
}

/// A store in which the first new ids are all somebody's.
#[derive(Clone)]
struct Colliding {
    inner: MemoryStore,
    victim: SessionId,
    collisions: Arc<AtomicU32>,
}

impl Store for Colliding {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        let one_less = |left: u32| left.checked_sub(1);
        let collided = self.collisions.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok();
        self.inner.create(if collided { self.victim } else { id }, entry).await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        self.inner.load(id).await
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        self.inner.update(id, expected, entry).await
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        self.inner.touch(id, expected, ttl).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        self.inner.delete(id).await
    }
}

/// The answer to a new visitor whose first ids collide, and what became of the victim.
async fn collide(times: u32) -> (axum::response::Response, bool) {
    #[derive(scs::Session)]
    struct Plain {
        visits: u64,
    }
    let visit = async |session: scs::TypedSession<Plain>| session.update_visits(|visits| *visits += 1);
    let (inner, victim) = (MemoryStore::new(), SessionId::from_bytes([7; 16]));
    let kept = Entry::new("the victim's", Duration::from_mins(1));
    let _ = inner.create(victim, &kept).await.unwrap();
    let store = Colliding { inner: inner.clone(), victim, collisions: Arc::new(AtomicU32::new(times)) };
    let sessions = scs::SessionManager::<Plain, _>::new(store);
    let app = axum::Router::new().route("/", axum::routing::post(visit)).layer(sessions.layer());
    let response = crate::support::post(&app, "/", &[]).await;
    let stored = inner.load(victim).await.unwrap().unwrap();
    (response, stored.payload() == kept.payload() && stored.revision() == kept.revision())
}

#[tokio::test]
async fn tok_2_a_new_session_never_takes_over_one_that_is_there() {
    for collisions in 1..8 {
        let (response, is_untouched) = collide(collisions).await;
        let id = Token::parse(token_in(&response).unwrap().as_bytes()).unwrap().id();
        assert!(is_untouched && id != SessionId::from_bytes([7; 16]), "after {collisions} collisions");
    }
    let (response, is_untouched) = collide(u32::MAX).await;
    assert_eq!((response.status(), token_in(&response)), (StatusCode::SERVICE_UNAVAILABLE, None));
    assert!(is_untouched);
}

/// Visits by strangers in a process whose operating system has no randomness any more after a while.
#[tokio::test]
#[ignore = "runs in a process of its own, under strace"]
async fn strangers_until_there_is_no_randomness() {
    let world = World::new();
    let mut refused = 0;
    for _ in 0..200 {
        let response = world.post_with("/visit", "").await;
        match token_in(&response) {
            Some(_) => assert_eq!((response.status(), refused), (StatusCode::OK, 0)),
            None => {
                assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
                refused += 1;
            }
        }
    }
    println!("@{} rows, {refused} refused", world.rows());
    assert_eq!(world.rows() + refused, 200);
}

/// Each token asks the operating system: none comes out of a pool that a fork or a snapshot would double.
#[test]
#[cfg_attr(not(strace), ignore = "strace cannot trace here")]
fn tok_3_without_randomness_there_is_no_token_and_no_session() {
    let run = Command::new("strace")
        .args(["-f", "-qqq", "-o", "/dev/null", "-e", "trace=getrandom", "-e", "inject=getrandom:error=EIO:when=120+"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "tokens::strangers_until_there_is_no_randomness", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}");
    let line = said.lines().find(|line| line.starts_with('@')).unwrap();
    let refused: u32 = line.split(' ').nth(2).unwrap().parse().unwrap();
    assert!((80..200).contains(&refused), "{line}");
}

/// One of the many ways in which a text is no token.
fn malformed(random: &mut fastrand::Rng, token: &str) -> Vec<u8> {
    let place = random.usize(..token.len());
    let (before, after) = token.as_bytes().split_at(place);
    let strange: &[u8] = match random.u8(..12) {
        0 => b"../",
        1 => b"%00",
        2 => b"' OR 1=1--",
        3 => b"=",
        4 => b"+",
        5 => b"/",
        6 => b"\xff\xfe",
        7 => b"\xc3\xa9",
        8 => b" ",
        9 => b"\"",
        10 => b"\t",
        _ => b"%0d%0aSet-Cookie:x",
    };
    match random.u8(..6) {
        0 => before.to_vec(),
        1 => [token.as_bytes(), after, b"A"].concat(),
        2 => [before, strange, after].concat(),
        3 => [before, strange, after.get(strange.len()..).unwrap_or_default()].concat(),
        4 => strange.repeat(random.usize(1..40)),
        _ => vec![random.u8(0x80..), 64],
    }
}

#[tokio::test]
async fn tok_5_ten_thousand_malformed_tokens_never_reach_the_store() {
    let world = World::new();
    let token = token(&world.browser(&["/login"]).await);
    let (mut random, mut sent) = (fastrand::Rng::with_seed(5), 0);
    let whole = (0..10_000).map(|_| malformed(&mut random, &token));
    let long = [Vec::new(), b"x".repeat(1 << 20), token.repeat(1000).into_bytes()];
    world.store.take_calls();
    world.events();
    for value in whole.chain(long) {
        // A semicolon would end the cookie, and blanks around it are not part of it.
        let line = HeaderValue::from_bytes(&[b"__Host-id=", value.as_slice(), b"!"].concat()).unwrap();
        let request = Request::post("/session").header(header::COOKIE, line).body(axum::body::Body::empty()).unwrap();
        let response = world.app.clone().oneshot(request).await.unwrap();
        assert!(response.headers().get(header::SET_COOKIE).is_none());
        assert_eq!((response.status(), &*body_text(response).await), (StatusCode::OK, "Malformed None 0"), "{value:?}");
        sent += 1;
    }
    assert_eq!(sent, 10_003);
    assert_eq!(world.store.take_calls(), [""; 0]);
    assert_eq!(world.events(), vec!["malformed"; 10_003]);
}

/// 48 bytes are 64 symbols without a bit to spare, so that no second text is the same token.
#[tokio::test]
async fn tok_5_each_token_has_one_text() {
    let world = World::new();
    let token = token(&world.browser(&["/visit"]).await);
    for (place, symbol) in token.bytes().enumerate() {
        for other in (0..64).map(|value| base64url(&[0, 0, value]).pop().unwrap() as u8) {
            let mut text = token.clone().into_bytes();
            text[place] = other;
            let opens = world.says_to(&cookie(std::str::from_utf8(&text).unwrap())).await == "Loaded None 1";
            assert_eq!(opens, other == symbol, "symbol {place}");
        }
    }
}

#[tokio::test]
async fn tok_6_a_token_that_opens_nothing_is_never_adopted() {
    let world = World::new();
    let ended = token(&world.browser(&["/visit"]).await);
    world.post_with("/logout", &cookie(&ended)).await;
    let made_up = base64url(&[9; 48]);
    for planted in [&made_up, &ended] {
        for path in ["/visit", "/login", "/renew", "/clear"] {
            let response = world.post_with(path, &cookie(planted)).await;
            let answered = token_in(&response);
            assert_ne!(answered.as_ref(), Some(planted));
            assert!(answered.is_none_or(|token| token[..22] != planted[..22]), "the id is another one too");
            assert_eq!(world.says_to(&cookie(planted)).await, "Unknown None 0", "after {path}");
        }
    }
}

#[tokio::test]
async fn tok_7_a_response_and_a_session_are_printed_without_the_token() {
    let world = World::new();
    let response = world.post_with("/login", "").await;
    let token = token_in(&response).unwrap();
    let session = world.sessions.open(&token).await.unwrap();
    let parsed = Token::parse(token.as_bytes()).unwrap();
    let mut leaks = Leaks::default();
    leaks.add_token(&token);
    let printed = format!("{response:?} {session:?} {parsed:?} {:#?} {:?}", world.sessions, world.store.inner);
    assert_eq!(leaks.find_in(printed.as_bytes()), None);
    assert!(lines(&response, "set-cookie")[0].contains(&token), "and it is told to the client all the same");
}

/// Each is a program that does not compile, with what the compiler says of it (`ui-tests/ui.rs`).
#[test]
fn tok_7_a_token_can_be_neither_printed_nor_serialized_nor_compared() {
    for case in ["printing_a_token", "serializing_a_token", "comparing_tokens", "hashing_a_token", "making_up_a_token"]
    {
        let refused = std::fs::read_to_string(root().join(format!("ui-tests/fail/secrets/{case}.stderr"))).unwrap();
        assert!(refused.starts_with("error[E"), "{case}");
    }
}

/// Two processes that start alike give out different tokens.
#[tokio::test]
async fn tok_3_two_managers_that_begin_alike_give_out_different_tokens() {
    let begin = || World::over(MemoryStore::new(), Arc::new(ManualClock::new(START)), |settings| settings);
    let (one, other) = (begin(), begin());
    let mut seen = HashSet::new();
    for _ in 0..1000 {
        for world in [&one, &other] {
            let mut browser = Browser::default();
            world.post(&mut browser, "/visit").await;
            assert!(seen.insert(token(&browser)[SECRET..].to_owned()));
        }
    }
}
