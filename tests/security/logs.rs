//! LOG: what is told of sessions, and what is not.

use std::sync::{Arc, Mutex};

use axum::{Router, http::StatusCode, routing::get as get_request};
use scs::{SessionEvent, SessionManager, Token, TypedSession};

use crate::{
    app::{NAME, World, cookie, token},
    support::{
        DAY, Fault, HOUR, MINUTE, START, TestStore, body_text, get,
        leaks::{Leaks, base64url},
        whole_run::assert_a_whole_run_prints_no_secret,
    },
};

/// This suite once more with everything logged that scs, the stores and their drivers have to say: no token, no eight
/// bytes of a secret and none of what was typed, in whatever form.
#[test]
fn log_1_no_log_line_of_this_suite_holds_a_token_or_a_value() {
    let but = ["log_1_no_log_line", "flood::sto_1_strangers", "tok_3_without", "supply::"];
    assert_a_whole_run_prints_no_secret(&but, 5_000);
}

#[tokio::test]
async fn log_1_an_error_tells_the_client_its_status_and_nothing_else() {
    let world = World::new();
    let browser = world.browser(&["/login", "/name"]).await;
    let mut leaks = Leaks::default();
    leaks.add_token(&token(&browser));
    leaks.add(NAME.as_bytes());
    for (call, path) in [("load", "/visit"), ("update", "/visit"), ("update", "/login"), ("delete", "/logout")] {
        world.store.fail_next(call, Fault::Refused);
        let response = world.post(&mut browser.clone(), path).await;
        let headers = format!("{:?}", response.headers());
        assert_eq!(leaks.find_in(headers.as_bytes()), None);
        assert_eq!(body_text(response).await, "Service Unavailable");
    }
}

/// The public id is what events are correlated by: no function of the token, and the same after a renewal.
#[tokio::test]
async fn log_2_the_events_of_a_session_share_an_id_that_is_no_secret() {
    let told = Arc::<Mutex<Vec<SessionEvent>>>::default();
    let seen = told.clone();
    let world = World::with(|settings| settings.on_event(move |event| seen.lock().unwrap().push(*event)));
    let mut browser = world.browser(&["/visit"]).await;
    let id = Token::parse(token(&browser).as_bytes()).unwrap().id();
    for path in ["/login", "/renew", "/logout"] {
        world.post(&mut browser, path).await;
    }
    let ids: Vec<_> = told
        .lock()
        .unwrap()
        .iter()
        .map(|event| match event {
            SessionEvent::Created { id } | SessionEvent::Renewed { id } | SessionEvent::Destroyed { id, .. } => *id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, [id; 4]);
    assert!(world.says_to(&cookie(&id.to_string())).await.starts_with("Malformed"));
}

#[tokio::test]
async fn log_3_each_event_is_told_exactly_once() {
    let world = World::with(|settings| settings.renew_every(HOUR).idle_timeout(2 * HOUR));
    let mut browser = world.browser(&["/visit"]).await;
    assert_eq!(world.events(), ["created"]);
    world.post(&mut browser, "/login").await;
    assert_eq!(world.events(), ["renewed"]);

    let [one, other] = [(); 2].map(|()| world.sessions.open(&token(&browser)));
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    one.add_visits(1);
    other.add_visits(1);
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(world.events(), ["conflict"]);

    let old = browser.clone();
    world.clock.advance(HOUR);
    world.get(&mut browser, "/session").await;
    world.get(&mut browser, "/session").await;
    world.clock.advance(MINUTE);
    world.events();
    world.says(&old).await;
    assert_eq!(world.events(), ["token_reuse"]);

    let late = world.sessions.open(&token(&browser)).await.unwrap();
    late.set_name(NAME);
    world.post(&mut browser.clone(), "/logout").await;
    assert_eq!(world.events(), ["destroyed"]);
    late.commit().await.unwrap_err();
    assert_eq!(world.events(), ["write_after_delete"]);
}

#[tokio::test]
async fn log_3_what_a_client_presents_is_told_once_too() {
    let world = World::over(TestStore::new(), Arc::new(scs::ManualClock::new(START)), |settings| settings);
    let browser = world.browser(&["/login"]).await;
    world.events();
    let ours = browser.cookie.clone().unwrap();
    for (line, event) in [
        (cookie(&base64url(&[1; 48])), "unknown_token"),
        (cookie("../../etc/passwd"), "malformed"),
        (format!("{ours}; {}", cookie("other")), "duplicate_cookie"),
    ] {
        world.says_to(&line).await;
        assert_eq!(world.events(), [event]);
    }
    world.store.fail_next("load", Fault::Refused);
    get(&world.app, "/session", &[("cookie", &ours)]).await;
    assert_eq!(world.events(), ["outage"]);
    // This store goes by another clock and still has the record.
    world.clock.advance(DAY);
    world.says(&browser).await;
    assert_eq!(world.events(), ["expired"]);
}

/// Nothing binds a session to an address or a program: telephones change both.
#[tokio::test]
async fn log_4_another_address_or_another_browser_is_the_same_session() {
    let world = World::new();
    let ours = world.browser(&["/login"]).await.cookie.unwrap();
    for (agent, address) in [("Mozilla/5.0", "192.0.2.1"), ("curl/8", "198.51.100.7"), ("", "2001:db8::1")] {
        let headers = [("cookie", &*ours), ("user-agent", agent), ("x-forwarded-for", address)];
        assert_eq!(body_text(get(&world.app, "/session", &headers).await).await, "Loaded Some(7) 0");
    }
    assert_eq!(world.events(), ["created"]);
}

/// An id is public: somebody who has only that learns nothing of the session, not even that it was there.
#[tokio::test]
async fn log_3_the_end_of_a_session_is_told_to_nobody_who_has_only_its_id() {
    let world = World::over(TestStore::new(), Arc::new(scs::ManualClock::new(START)), |settings| settings);
    let browser = world.browser(&["/login"]).await;
    let text = token(&browser);
    // This store goes by another clock and still has the record.
    world.clock.advance(DAY);
    world.events();
    // Of 64 symbols the first 22 hold the id, the last of them four bits of the secret too.
    let wrong = format!("{}{}", &text[..24], base64url(&[7; 30]));
    let id = |text: &str| Token::parse(text.as_bytes()).unwrap().id();
    assert_eq!(id(&wrong), id(&text));
    assert!(world.says_to(&cookie(&wrong)).await.starts_with("Unknown"));
    assert_eq!(world.events(), ["unknown_token"]);
    assert!(world.says(&browser).await.starts_with("Expired"));
    assert_eq!(world.events(), ["expired"]);
}

/// Whatever somebody writes into a configuration in place of a URL, with the password in it.
#[tokio::test]
async fn log_1_no_error_of_opening_a_store_quotes_what_it_was_given() {
    const PASSWORD: &str = "hunter2";
    let texts = [
        "host=db user=app password=hunter2",
        "host=db user=app password=hunter2 port=5432:x",
        "hunter2",
        "hunter2://u@h/d",
        "app:hunter2@db/app",
        "postgres:app:hunter2@db/app",
        "postgres:hunter2",
        "postgres+hunter2://h/d",
        "POSTGRES://app:hunter2@db/app",
        "Postgres+hunter2:",
        "postgres://app:hunter2@[",
        "postgres://app:hunter2@h:port/d",
        "postgres://app:hun/hunter2@h/d",
        "postgres://app@127.0.0.1:1/d?password=hunter2",
        "postgres://app@127.0.0.1:1/d?sslmode=hunter2",
        "postgres://app:%ff%hunter2@127.0.0.1:1/d",
        "jdbc:postgresql://db/app?user=app&password=hunter2",
        "mysql://app:hunter2@h:port/d",
        "mysql:app:hunter2@h",
        "mysql://app@127.0.0.1:1/d?ssl-mode=hunter2",
        "mariadb+hunter2://h",
        "server=db;uid=app;pwd=hunter2",
        "redis:hunter2@h",
        "redis://:hunter2@h:port",
        "redis://:hunter2@[",
        "redis://127.0.0.1:1/hunter2",
        "redis://u:%ffhunter2@127.0.0.1:1",
        "redis://127.0.0.1:1?pass=hunter2",
        "redis://127.0.0.1:1/0?hunter2=1",
        "redis://127.0.0.1:1/0?protocol=hunter2",
        "redis+hunter2://h",
        "redis+hunter2",
        "REDIS://:hunter2@h",
        "redis+unix://:hunter2@/nowhere",
        "redis+unix:///nowhere?pass=hunter2&db=x",
        "unix:/run/redis.sock?pass=hunter2",
        "unix:hunter2",
        "redis+sentinel://:hunter2@h:port/s",
        "redis+sentinel://127.0.0.1:1/s?sentinel_login=u:hunter2@",
        "redis+sentinel://:hunter2@127.0.0.1:1",
        "redis+cluster://:hunter2@127.0.0.1:1/3",
        "valkey+hunter2:x",
        "rediss+hunter2://u@h",
        "memory+hunter2:",
        "sqlite+hunter2:x",
        " postgres://app:hunter2@db",
        "post\u{301}gres://app:hunter2@db",
        "\"postgres://app:hunter2@db\"",
    ];
    for text in texts {
        let Err(error) = scs_stores::open(text).await else { panic!("{text} names no store") };
        let mut told = format!("{error} {error:?} {error:#?}");
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            told = format!("{told} {error} {error:?}");
            source = error.source();
        }
        let told = told.to_lowercase();
        assert!(!told.contains(PASSWORD) && !told.contains("hunter"), "{text}: {told}");
    }
    for builder in ["redis://:hunter2@h", "hunter2", "unix:hunter2"] {
        assert!(!format!("{:?}", scs_stores::RedisStore::builder(builder)).contains(PASSWORD));
    }
}

mod refused {
    use scs::{CodecError, RawFields, Session};

    #[derive(Session)]
    #[session(name = "Refused")]
    pub(super) struct Before {
        #[session(secret)]
        pub(super) name: String,
    }

    #[derive(Session)]
    #[session(name = "Refused", version = 2, migrate(from = 1, with = plan))]
    pub(super) struct After {
        #[session(secret)]
        pub(super) name: Plan,
    }

    #[derive(Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
    pub(super) enum Plan {
        #[default]
        Free,
        Paid,
    }

    fn plan(fields: &mut RawFields) -> Result<(), CodecError> {
        // The codec says which variants there are, and which name it found in place of one.
        let plan: Option<Plan> = fields.get("name")?;
        fields.set("name", &plan.unwrap_or(Plan::Paid))
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn log_1_a_migration_that_fails_quotes_no_value() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let store = TestStore::new();
    let before = SessionManager::<refused::Before, _>::new(store.clone());
    let session = before.open(None).await.unwrap();
    session.set_name(NAME);
    let token = session.commit().await.unwrap().token().unwrap().expose();
    let after = SessionManager::<refused::After, _>::new(store);
    assert_eq!(after.iterate().await.unwrap().len(), 0);
    let read = async |session: TypedSession<refused::After>| format!("{:?}", session.name() as u8);
    let app = Router::new().route("/", get_request(read)).layer(after.layer());
    let response = get(&app, "/", &[("cookie", &format!("__Host-id={token}"))]).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(lines.matches("cannot be migrated from version 1").count(), 2, "{lines}");
    assert!(!lines.contains(NAME), "{lines}");
}
