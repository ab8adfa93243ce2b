//! Requests without a socket, and the check that each of them did its work.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use tokio::runtime::{Builder, Runtime};

use super::{Application, Case, START, Scenario};

const TASKS_PER_WORKER: usize = 8;
/// Tasks take turns, as they do where requests arrive one by one.
const TURN: usize = 16;

/// One library, made ready for one scenario.
pub trait Setup {
    /// Sends requests and waits for the answers.
    fn send(&mut self, requests: usize);

    /// # Panics
    ///
    /// A request that was sent did not do its work.
    fn check(&mut self);
}

/// A [`Setup`] of an [`Application`], on a runtime of its own.
pub struct InProcess<A> {
    /// Before the runtime, so that it is dropped first.
    app: Arc<A>,
    case: Case,
    tasks: Vec<Arc<[HeaderValue]>>,
    has_sessions: bool,
    sent: usize,
    created: Created,
    runtime: Runtime,
}

/// The sessions that requests without a cookie made.
#[derive(Default)]
struct Created {
    count: usize,
    last: Option<HeaderValue>,
}

impl<A: Application> InProcess<A> {
    pub fn new<F: Future<Output = A>>(scenario: Scenario, app: impl FnOnce(Case) -> F) -> Self {
        Self::prepared(scenario, app, true)
    }

    /// For an application that has no sessions, whose answers are all there is to check.
    pub fn without_sessions<F: Future<Output = A>>(scenario: Scenario, app: impl FnOnce(Case) -> F) -> Self {
        Self::prepared(scenario, app, false)
    }

    fn prepared<F: Future<Output = A>>(scenario: Scenario, app: impl FnOnce(Case) -> F, has_sessions: bool) -> Self {
        let runtime = match scenario.workers {
            None => Builder::new_current_thread().enable_all().build(),
            Some(workers) => Builder::new_multi_thread().worker_threads(workers).enable_all().build(),
        };
        let runtime = runtime.expect("a runtime can be started");
        let app = Arc::new(runtime.block_on(app(scenario.case)));
        let count = scenario.workers.map_or(1, |workers| workers * TASKS_PER_WORKER);
        let sessions = if scenario.case == Case::Create { 0 } else { scenario.sessions };
        let tasks = (0..count).map(|_| match has_sessions {
            true => runtime.block_on(prepare(&*app, sessions)),
            false => (0..sessions).map(|_| plain_cookie()).collect(),
        });
        let tasks = tasks.collect();
        Self { app, case: scenario.case, tasks, has_sessions, sent: 0, created: Created::default(), runtime }
    }
}

impl<A: Application> Setup for InProcess<A> {
    fn send(&mut self, requests: usize) {
        let Self { app, case, tasks, runtime, .. } = self;
        let created = match &tasks[..] {
            [cookies] => runtime.block_on(send(&**app, *case, cookies, requests)),
            tasks => runtime.block_on(async {
                let each = requests / tasks.len();
                let tasks: Vec<_> = tasks
                    .iter()
                    .map(|cookies| {
                        let (app, case, cookies) = (Arc::clone(app), *case, Arc::clone(cookies));
                        tokio::spawn(async move { send(&*app, case, &cookies, each).await })
                    })
                    .collect();
                for task in tasks {
                    task.await.expect("every request succeeds");
                }
                Created::default()
            }),
        };
        self.sent += requests / self.tasks.len() * self.tasks.len();
        self.created.count += created.count;
        self.created.last = created.last.or(self.created.last.take());
    }

    fn check(&mut self) {
        if !self.has_sessions {
            return;
        }
        let Self { app, case, tasks, sent, created, runtime, .. } = self;
        runtime.block_on(async {
            if *case == Case::Create {
                assert_eq!(created.count, *sent, "every request made a session");
                assert_eq!(number(&**app, created.last.clone()).await, START, "a new session has its number");
                return;
            }
            let mut counted = 0;
            for cookie in tasks.iter().flat_map(|task| task.iter()) {
                counted += number(&**app, Some(cookie.clone())).await - START;
                if case.is_mixed() {
                    let intact = app.answer(request(&Uri::from_static("/intact"), Some(cookie.clone()))).await;
                    assert_eq!(intact.status(), StatusCode::OK, "the other values are as they were");
                }
            }
            let expected = if case.counts() { *sent as u64 } else { 0 };
            assert_eq!(counted, expected, "every request counted once");
        });
    }
}

/// What clients send to an application that never sets a cookie.
pub const PLAIN_COOKIE: &str = "__Host-id=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// In memory of its own, like the cookie of a session: a static value costs nothing to clone, and a request would pay two
/// atomics less.
fn plain_cookie() -> HeaderValue {
    HeaderValue::from_bytes(PLAIN_COOKIE.as_bytes()).expect("it is ASCII")
}

async fn prepare<A: Application>(app: &A, sessions: usize) -> Arc<[HeaderValue]> {
    let mut cookies = Vec::with_capacity(sessions);
    for _ in 0..sessions {
        let response = app.answer(request(&Uri::from_static("/prepare"), None)).await;
        assert_eq!(response.status(), StatusCode::OK, "a session can be prepared");
        cookies.push(cookie(&response).expect("a session has a cookie"));
    }
    cookies.into()
}

/// Everything that the response sets, as a browser would send it.
fn cookie(response: &Response) -> Option<HeaderValue> {
    let lines = response.headers().get_all(header::SET_COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs: Vec<_> = lines.filter_map(|line| line.split(|byte| *byte == b';').next()).collect();
    (!pairs.is_empty()).then(|| HeaderValue::from_bytes(&pairs.join(&b"; "[..])).expect("what was a header is one"))
}

fn request(uri: &Uri, cookie: Option<HeaderValue>) -> Request {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri.clone();
    if let Some(cookie) = cookie {
        request.headers_mut().insert(header::COOKIE, cookie);
    }
    request
}

/// Sends requests one after the other.
async fn send<A: Application>(app: &A, case: Case, cookies: &[HeaderValue], requests: usize) -> Created {
    let uri = Uri::from_static("/");
    let mut created = Created::default();
    for index in 1..=requests {
        let cookie = match cookies {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(many[fastrand::usize(..many.len())].clone()),
        };
        let response = app.answer(request(&uri, cookie)).await;
        assert_eq!(response.status(), StatusCode::OK, "every request succeeds");
        if case == Case::Create {
            created.count += usize::from(response.headers().contains_key(header::SET_COOKIE));
            if index == requests {
                created.last = self::cookie(&response);
            }
        }
        drop(response);
        if index % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
    created
}

async fn number<A: Application>(app: &A, cookie: Option<HeaderValue>) -> u64 {
    let response = app.answer(request(&Uri::from_static("/number"), cookie)).await;
    assert_eq!(response.status(), StatusCode::OK, "the number can be read");
    let text = to_bytes(response.into_body(), 64).await.expect("a number is short");
    std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).expect("a number is an integer")
}
