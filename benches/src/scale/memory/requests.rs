//! Requests of sessions picked at random, for what is asked for again and again is in the processor's cache.

use std::time::Instant;

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, StatusCode, header::COOKIE},
    routing::get,
};
use scs::{CookieTransport, MemoryStore, SessionManager, TypedSession};
use scs_benches::report::summary;
use tower::ServiceExt as _;

use crate::visitor::Visitor;

/// So many are asked for one after the other, so that of many sessions each is out of the cache when its turn comes again.
const MOST: usize = 200_000;

/// Requests that are timed together.
const TOGETHER: usize = 500;

/// Longer than a cookie is.
const LONGEST: usize = 128;

/// Cookies of some sessions. Its memory is there before any session is.
pub struct Sample {
    every: usize,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    name: String,
}

impl Sample {
    pub fn of(sessions: usize) -> Self {
        let size = sessions.min(MOST);
        // What is only reserved would become resident later.
        let (mut bytes, mut ends) = (vec![1; size * LONGEST], vec![1; size + 1]);
        bytes.clear();
        ends.clear();
        Self { every: sessions / size, bytes, ends, name: CookieTransport::default().name().to_owned() }
    }

    pub fn offer(&mut self, number: usize, token: impl FnOnce() -> String) {
        if number.is_multiple_of(self.every) && self.ends.len() < self.ends.capacity() {
            self.bytes.extend_from_slice(self.name.as_bytes());
            self.bytes.push(b'=');
            self.bytes.extend_from_slice(token().as_bytes());
            self.ends.push(self.bytes.len());
        }
    }

    fn cookies(&self) -> Vec<HeaderValue> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let cookies = starts.zip(&self.ends).map(|(start, end)| &self.bytes[*start..*end]);
        let mut cookies: Vec<_> =
            cookies.map(|cookie| HeaderValue::from_bytes(cookie).expect("a cookie is a header value")).collect();
        fastrand::shuffle(&mut cookies);
        cookies
    }

    /// Nanoseconds of one that reads and of one that changes.
    pub async fn requests(self, manager: &SessionManager<Visitor, MemoryStore>) -> [f64; 2] {
        let read = |session: TypedSession<Visitor>| async move { assert!(session.visits() > 0) };
        let change = |session: TypedSession<Visitor>| async move { session.update_visits(|visits| *visits += 1) };
        let router = Router::new().route("/read", get(read)).route("/change", get(change)).layer(manager.layer());
        let cookies = self.cookies();
        [nanoseconds(&router, "/read", &cookies).await, nanoseconds(&router, "/change", &cookies).await]
    }
}

async fn nanoseconds(router: &Router, path: &'static str, cookies: &[HeaderValue]) -> f64 {
    let mut times = Vec::new();
    for cookies in cookies.chunks_exact(TOGETHER).cycle().take(MOST / TOGETHER) {
        let began = Instant::now();
        for cookie in cookies {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = axum::http::Uri::from_static(path);
            request.headers_mut().insert(COOKIE, cookie.clone());
            let Ok(response) = router.clone().oneshot(request).await;
            assert_eq!(response.status(), StatusCode::OK);
        }
        times.push(began.elapsed().as_secs_f64() * 1e9 / TOGETHER as f64);
    }
    summary(&times).median
}
