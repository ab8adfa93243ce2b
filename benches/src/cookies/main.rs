//! What it takes to read a Cookie header, up to the size that servers take: the table of docs/cookies.md.
//!
//! Without arguments it measures every case, on a machine that does nothing else. For instructions, which are the same on a busy
//! one, count a case twice, and take the difference:
//!
//! ```sh
//! cookies=benches/target/release/cookies
//! cargo build --release --manifest-path benches/Cargo.toml --bin cookies
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null $cookies "none" 1000
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null $cookies "none" 2000
//! ```

#![forbid(unsafe_code)]

use std::{convert::Infallible, time::Instant};

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderValue, Request, header::COOKIE},
};
use scs::{MemoryStore, Outcome, Session, SessionManager, TypedSession};
use tower::{Layer, Service, ServiceExt, service_fn};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

/// As large as it gets, behind which ours stands.
const HEADER: usize = 64 * 1024;
/// A cookie of ours that costs nothing once it is found.
const OURS: &str = "__Host-id=x";
const TIMES: usize = 2_000;

struct Case {
    name: &'static str,
    lines: Vec<String>,
    outcome: Outcome,
}

fn behind(name: &'static str, junk: &str, times: usize) -> Case {
    Case { name, lines: vec![format!("{}; {OURS}", junk.repeat(times))], outcome: Outcome::Malformed }
}

fn cases() -> Vec<Case> {
    let crumbs = std::iter::repeat_n("theme=dark".to_owned(), 99).chain([OURS.to_owned()]);
    vec![
        Case { name: "none", lines: Vec::new(), outcome: Outcome::NoToken },
        behind("ours alone", "", 0),
        behind("behind two others", "theme=dark; _ga=GA1.2.12345678.1234567890", 1),
        Case { name: "in the last of 100 headers", lines: crumbs.collect(), outcome: Outcome::Malformed },
        behind("behind 64 KiB of one cookie", "x", HEADER),
        behind("behind 4,000 cookies, 64 KiB", "name=0123456789; ", 4_000),
        behind("behind 64 KiB of semicolons", ";", HEADER),
        behind("behind 64 KiB of spaces", " ", HEADER),
        behind("behind 64 KiB of names that are nearly ours", "__Host-i=;", HEADER / 10),
    ]
}

/// A request that opens its session and does nothing with it.
async fn answer(request: Request<Body>) -> Result<Body, Infallible> {
    let (mut parts, _) = request.into_parts();
    let session = TypedSession::<Visitor>::from_request_parts(&mut parts, &()).await;
    let outcome = session.map(|session| session.outcome());
    Ok(Body::from(format!("{:?}", outcome.unwrap_or(Outcome::Outage))))
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut arguments = std::env::args().skip(1);
    match (arguments.next(), arguments.next().and_then(|times| times.parse().ok())) {
        (Some(name), Some(times)) => {
            let case = cases().into_iter().find(|case| case.name == name).expect("there is such a case");
            runtime.block_on(shortest(&case, times));
        }
        _ => {
            println!("| Cookie header | µs |\n|---|---|");
            for case in cases() {
                println!("| {} | {:.1} |", case.name, runtime.block_on(shortest(&case, TIMES)) * 1e6);
            }
        }
    }
}

/// The shortest of so many requests, in seconds.
async fn shortest(case: &Case, times: usize) -> f64 {
    let layer = SessionManager::<Visitor, _>::new(MemoryStore::new()).layer();
    let mut app = layer.layer(service_fn(answer));
    let lines: Vec<_> = case.lines.iter().map(|line| HeaderValue::from_str(line).expect("a header")).collect();
    let mut shortest = f64::MAX;
    for _ in 0..times {
        let mut request = Request::new(Body::empty());
        for line in &lines {
            request.headers_mut().append(COOKIE, line.clone());
        }
        let begun = Instant::now();
        let response = app.ready().await.expect("it is ready").call(request).await.expect("it answers");
        shortest = shortest.min(begun.elapsed().as_secs_f64());
        let said = axum::body::to_bytes(response.into_body(), 100).await.expect("a body");
        assert_eq!(said, format!("{:?}", case.outcome), "{}", case.name);
    }
    shortest
}
