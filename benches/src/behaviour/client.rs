//! A browser in this process, and a gate that holds slow requests where they have read their session.

use std::{pin::Pin, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header},
};
use tokio::{sync::Notify, task::JoinHandle};
use tower::ServiceExt as _;

use crate::subjects::Subject;

pub type Answer<'a> = Pin<Box<dyn Future<Output = bool> + 'a>>;

/// Slow handlers open the gate when they have read their session, and wait there.
#[derive(Clone, Default)]
pub struct Gate {
    open: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl Gate {
    /// What a slow handler does between reading and changing its session.
    pub async fn pass(&self) {
        self.open.notify_one();
        self.go_on.notified().await;
    }

    pub async fn wait_until_open(&self) {
        self.open.notified().await;
    }

    pub fn go_on(&self) {
        self.go_on.notify_one();
    }
}

/// A browser with a jar.
#[derive(Clone)]
pub struct Client {
    router: Router,
    jar: Vec<(String, String)>,
}

pub struct Response {
    pub text: String,
    /// The first `Set-Cookie` that sets something.
    pub cookie: Option<String>,
    pub cache_control: String,
}

/// A request that is on its way.
pub struct Started(JoinHandle<(Response, HeaderMap)>);

impl Started {
    pub async fn finish(self) {
        let _ = self.0.await;
    }
}

impl Client {
    pub async fn of(subject: &Subject, gate: &Gate) -> Self {
        Self { router: (subject.router)(gate.clone()).await, jar: Vec::new() }
    }

    pub async fn get(&mut self, path: &str) -> Response {
        let (response, headers) = send(self.router.clone(), self.request(path)).await;
        self.learn(&headers);
        response
    }

    pub fn start(&self, path: &str) -> Started {
        Started(tokio::spawn(send(self.router.clone(), self.request(path))))
    }

    fn request(&self, path: &str) -> Request<Body> {
        let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::get(path).header(header::COOKIE, cookies.join("; "));
        request.body(Body::empty()).expect("paths of this program are valid")
    }

    fn learn(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            self.jar.retain(|(known, _)| known != name);
            if !value.is_empty() && !line.contains("Max-Age=0") {
                self.jar.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

async fn send(router: Router, request: Request<Body>) -> (Response, HeaderMap) {
    let Ok(response) = router.oneshot(request).await;
    let (parts, body) = response.into_parts();
    let text = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let response = Response {
        text: String::from_utf8_lossy(&text).into_owned(),
        cookie: header(header::SET_COOKIE),
        cache_control: header(header::CACHE_CONTROL).unwrap_or_default(),
    };
    (response, parts.headers)
}
