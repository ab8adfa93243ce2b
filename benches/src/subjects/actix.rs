//! actix-session, whose sessions are in the cookie itself, beside actix-web without sessions.
//!
//! A client of such a session sends back what it was last told. Here every request carries the first
//! cookie instead, so that the client does no work that the others' clients need not do.

use actix_session::{Session, SessionMiddleware, storage::CookieSessionStore};
use actix_web::{
    App, Error, HttpResponse, Route,
    body::{MessageBody, to_bytes},
    cookie::Key,
    dev::{Service, ServiceResponse},
    error::ErrorInternalServerError,
    http::header::{self, HeaderValue},
    test::{TestRequest, init_service},
    web::get,
};
use tokio::runtime::{Builder, Runtime};

use super::Subject;
use crate::workload::{Case, Mixed, PLAIN_COOKIE, START, Setup, each_field};

type Request = actix_http::Request;

const PLAIN: &str = "actix-web alone";

pub const WITHOUT: Subject = Subject {
    name: PLAIN,
    baseline: PLAIN,
    floor: None,
    // Without a store, other sessions change nothing; and workers of actix-web share nothing.
    setup: |scenario| scenario.is_countable().then(|| Box::new(without(scenario.case)) as Box<dyn Setup>),
    serve: None,
};

pub const COOKIE: Subject = Subject {
    name: "actix-session in the cookie",
    baseline: PLAIN,
    floor: None,
    setup: |scenario| scenario.is_countable().then(|| Box::new(in_cookie(scenario.case)) as Box<dyn Setup>),
    serve: None,
};

type Answer = Result<&'static str, Error>;

async fn ok() -> &'static str {
    "ok"
}

fn ok_if(as_expected: bool) -> Answer {
    if as_expected { Ok("ok") } else { Err(ErrorInternalServerError("not what was stored")) }
}

fn value(session: &Session) -> Result<u64, Error> {
    session.get("number")?.ok_or_else(|| ErrorInternalServerError("there is no number"))
}

async fn read(session: Session) -> Answer {
    ok_if(value(&session)? == START)
}

async fn write(session: Session) -> Answer {
    session.insert("number", value(&session)? + 1)?;
    Ok("ok")
}

async fn create(session: Session) -> Answer {
    session.insert("number", START)?;
    Ok("ok")
}

async fn create_mixed(session: Session) -> Answer {
    let mixed = Mixed::sample();
    macro_rules! put {
        ($field:ident) => {
            session.insert(stringify!($field), &mixed.$field)?
        };
    }
    put!(number);
    each_field!(put);
    Ok("ok")
}

async fn number(session: Session) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().body(value(&session)?.to_string()))
}

async fn intact(session: Session) -> Answer {
    let mixed = Mixed::sample();
    let mut same = true;
    macro_rules! compare {
        ($field:ident) => {
            same &= session.get(stringify!($field))? == Some(mixed.$field)
        };
    }
    each_field!(compare);
    ok_if(same)
}

fn routes(case: Case) -> [(&'static str, Route); 4] {
    let prepare = if case.is_mixed() { get().to(create_mixed) } else { get().to(create) };
    let case = match case {
        Case::Ignore => get().to(ok),
        Case::Read | Case::ReadMixed => get().to(read),
        Case::Write | Case::WriteMixed => get().to(write),
        Case::Create => get().to(create),
    };
    [("/", case), ("/prepare", prepare), ("/number", get().to(number)), ("/intact", get().to(intact))]
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be started")
}

fn without(case: Case) -> impl Setup {
    let runtime = runtime();
    let paths = ["/", "/prepare", "/number", "/intact"];
    let app = paths.into_iter().fold(App::new(), |app, path| app.route(path, get().to(ok)));
    let app = runtime.block_on(init_service(app));
    let cookie = (case != Case::Create)
        .then(|| HeaderValue::from_bytes(PLAIN_COOKIE.as_bytes()).expect("it is ASCII, in memory of its own"));
    Actix { app, runtime, case, cookie, has_sessions: false, last: None }
}

fn in_cookie(case: Case) -> impl Setup {
    let runtime = runtime();
    let middleware = SessionMiddleware::new(CookieSessionStore::default(), Key::generate());
    let app = routes(case).into_iter().fold(App::new(), |app, (path, route)| app.route(path, route));
    let app = runtime.block_on(init_service(app.wrap(middleware)));
    let mut setup = Actix { app, runtime, case, cookie: None, has_sessions: true, last: None };
    if case != Case::Create {
        let prepared = setup.runtime.block_on(answer(&setup.app, "/prepare", None));
        setup.cookie = Some(cookie(&prepared).expect("a session has a cookie"));
    }
    setup
}

struct Actix<S> {
    app: S,
    runtime: Runtime,
    case: Case,
    /// What every request carries.
    cookie: Option<HeaderValue>,
    has_sessions: bool,
    /// What the last response set.
    last: Option<HeaderValue>,
}

impl<S, B> Setup for Actix<S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    fn send(&mut self, requests: usize) {
        let Self { app, runtime, case, cookie, has_sessions, last } = self;
        let writes = *has_sessions && (case.counts() || *case == Case::Create);
        runtime.block_on(async {
            for index in 1..=requests {
                let response = answer(app, "/", cookie.clone()).await;
                if writes {
                    assert!(response.headers().contains_key(header::SET_COOKIE), "every request saves its session");
                    if index == requests {
                        *last = self::cookie(&response);
                    }
                }
            }
        });
    }

    fn check(&mut self) {
        if !self.has_sessions {
            return;
        }
        let Self { app, runtime, case, cookie, last, .. } = self;
        let cookie = last.as_ref().or(cookie.as_ref());
        runtime.block_on(async {
            let response = answer(app, "/number", cookie.cloned()).await;
            let text = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("a number is there"));
            let expected = START + u64::from(case.counts());
            assert_eq!(text, expected.to_string(), "the last response has the session as it was saved");
            if case.is_mixed() {
                answer(app, "/intact", cookie.cloned()).await;
            }
        });
    }
}

async fn answer<S, B>(app: &S, path: &str, cookie: Option<HeaderValue>) -> ServiceResponse<B>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
{
    let mut request = TestRequest::with_uri(path);
    if let Some(cookie) = cookie {
        request = request.insert_header((header::COOKIE, cookie));
    }
    let response = app.call(request.to_request()).await.expect("every request succeeds");
    assert!(response.status().is_success(), "every request succeeds");
    response
}

fn cookie<B>(response: &ServiceResponse<B>) -> Option<HeaderValue> {
    let line = response.headers().get(header::SET_COOKIE)?.as_bytes();
    HeaderValue::from_bytes(line.split(|byte| *byte == b';').next()?).ok()
}
