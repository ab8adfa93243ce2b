//! The same application over each library, written as its documentation has it, with its default settings.

#[cfg(feature = "peers")]
mod actix;
mod axum_session;
mod floor;
mod plain;
#[cfg(feature = "peers")]
mod ruts;
mod scs;
mod tower_sessions;

use std::{io, pin::Pin};

use axum::{Router, http::StatusCode, routing::MethodRouter};
use tokio::net::TcpListener;

use crate::workload::{Application as _, Case, InProcess, Scenario, Setup};

type Serving = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// One library, or what it is compared with.
pub struct Subject {
    pub name: &'static str,
    /// The subject without sessions whose time this one's is divided by.
    pub baseline: &'static str,
    /// The subject that does the least, for what runs under the same framework.
    pub floor: Option<&'static str>,
    /// `None` for a scenario that the library has nothing to do with.
    pub setup: fn(Scenario) -> Option<Box<dyn Setup>>,
    /// `None` for what is measured in process only.
    pub serve: Option<fn(Case, TcpListener) -> Serving>,
}

macro_rules! axum_subject {
    (without sessions $name:expr, $app:path) => {
        Subject {
            name: $name,
            baseline: PLAIN,
            floor: Some(FLOOR),
            setup: |scenario| Some(Box::new(InProcess::without_sessions(scenario, $app))),
            serve: Some(|case, listener| Box::pin(async move { $app(case).await.serve(listener).await })),
        }
    };
    ($name:expr, $app:path) => {
        Subject {
            name: $name,
            baseline: PLAIN,
            floor: Some(FLOOR),
            setup: |scenario| Some(Box::new(InProcess::new(scenario, $app))),
            serve: Some(|case, listener| Box::pin(async move { $app(case).await.serve(listener).await })),
        }
    };
    // A typed library has another schema, and so another application, for the larger session.
    ($name:expr, $app:path, $mixed:path) => {
        Subject {
            name: $name,
            baseline: PLAIN,
            floor: Some(FLOOR),
            setup: |scenario| match scenario.case.is_mixed() {
                true => Some(Box::new(InProcess::new(scenario, $mixed))),
                false => Some(Box::new(InProcess::new(scenario, $app))),
            },
            serve: Some(|case, listener| match case.is_mixed() {
                true => Box::pin(async move { $mixed(case).await.serve(listener).await }),
                false => Box::pin(async move { $app(case).await.serve(listener).await }),
            }),
        }
    };
}

pub const PLAIN: &str = "axum alone";
pub const FLOOR: &str = "the floor";
pub const SCS: &str = "scs around the Router";

pub const SUBJECTS: &[Subject] = &[
    axum_subject!(without sessions PLAIN, plain::without),
    axum_subject!(without sessions "axum with an idle layer", plain::with_idle_layer),
    axum_subject!(FLOOR, floor::around::<floor::One>, floor::around::<floor::Sixteen>),
    axum_subject!(SCS, scs::around, scs::around_mixed),
    axum_subject!("scs in Router::layer", scs::layered, scs::layered_mixed),
    axum_subject!("tower-sessions", tower_sessions::layered),
    axum_subject!("axum_session", axum_session::layered),
    #[cfg(feature = "peers")]
    axum_subject!("ruts", ruts::layered),
    #[cfg(feature = "peers")]
    actix::WITHOUT,
    #[cfg(feature = "peers")]
    actix::COOKIE,
];

/// # Panics
///
/// There is no such subject.
pub fn subject(name: &str) -> &'static Subject {
    SUBJECTS.iter().find(|subject| subject.name == name).unwrap_or_else(|| panic!("no subject is called {name:?}"))
}

type Answer = Result<&'static str, StatusCode>;

/// The answer of a handler that found what it should.
const fn ok_if(as_expected: bool) -> Answer {
    if as_expected { Ok("ok") } else { Err(StatusCode::INTERNAL_SERVER_ERROR) }
}

/// The answer of a handler whose session failed.
fn failed<E>(_: E) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

/// Every application has the same paths: the case, and what prepares and checks it.
struct Routes {
    case: MethodRouter,
    prepare: MethodRouter,
    number: MethodRouter,
    intact: MethodRouter,
}

impl Routes {
    fn router(self) -> Router {
        let Self { case, prepare, number, intact } = self;
        Router::new().route("/", case).route("/prepare", prepare).route("/number", number).route("/intact", intact)
    }
}
