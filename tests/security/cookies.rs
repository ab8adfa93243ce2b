//! CKE: the cookie as it leaves, and what browsers make of it.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Path,
    http::{HeaderName, Method, header},
    response::{AppendHeaders, Response},
    routing::{get, post},
};
use fastrand::Rng;
use scs::{
    CookieBuilder, CookieTransport, ManualClock, MemoryStore, SameSite, Session, SessionManager, Timestamp,
    TypedSession,
    testing::{Context, CookieJar, Fetch},
};

use crate::support::{self, DAY, START, TestStore, on_manual_clock, record_token};

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
}

type Visit = TypedSession<Visitor>;

async fn visit_and_set_three_cookies(session: Visit) -> AppendHeaders<[(HeaderName, &'static str); 3]> {
    session.set_visits(1);
    session.commit().await.unwrap();
    session.set_visits(2);
    session.renew();
    AppendHeaders([
        (header::SET_COOKIE, "a=1"),
        (header::SET_COOKIE, "b=2; Path=/"),
        (header::SET_COOKIE, "__Host-id2=3"),
    ])
}

async fn renew_with_deadline(Path(millis): Path<u64>, session: Visit) {
    session.set_deadline(session.deadline().min(START + Duration::from_millis(millis)));
    session.renew();
}

fn routes() -> Router {
    Router::new()
        .route("/read", get(|session: Visit| async move { session.visits().to_string() }))
        .route("/visit", post(|session: Visit| async move { session.update_visits(|visits| *visits += 1) }))
        .route("/login", post(|session: Visit| async move { session.set_account(7) }))
        .route("/renew", post(|session: Visit| async move { session.renew() }))
        .route("/remember", post(|session: Visit| async move { (session.set_account(7), session.remember(true)).0 }))
        .route("/logout", post(|session: Visit| async move { session.destroy() }))
        .route("/deadline/{millis}", post(renew_with_deadline))
        .route("/three", post(visit_and_set_three_cookies))
}

fn app(cookie: CookieTransport) -> Router {
    routes().layer(on_manual_clock::<Visitor>().0.layer().transport(cookie))
}

/// A `Set-Cookie` line, taken apart by the grammar for servers (RFC 6265bis §4.1.1) and nothing more lenient.
#[derive(Debug, Clone)]
struct Line {
    name: String,
    value: String,
    /// In their order, each once.
    attributes: Vec<(String, Option<String>)>,
}

impl Line {
    fn parse(line: &str) -> Self {
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line:?}");
        let mut parts = line.split("; ");
        let (name, value) = parts.next().unwrap().split_once('=').expect("a name and a value");
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        assert!(!name.is_empty() && name.bytes().all(is_token), "{line:?}");
        assert!(value.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)), "{line:?}");
        let attributes: Vec<_> = parts.map(attribute).collect();
        let mut names: Vec<_> = attributes.iter().map(|(name, _)| name).collect();
        names.dedup();
        assert_eq!(names.len(), attributes.len(), "{line:?}");
        Self { name: name.to_owned(), value: value.to_owned(), attributes }
    }

    #[expect(clippy::option_option, reason = "an attribute is absent, bare, or has a value")]
    fn get(&self, name: &str) -> Option<Option<&str>> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_deref())
    }

    fn max_age(&self) -> Option<u64> {
        self.get("Max-Age").map(|age| age.unwrap().parse().unwrap())
    }
}

fn attribute(text: &str) -> (String, Option<String>) {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
    let known = ["Path", "Domain", "Secure", "HttpOnly", "SameSite", "Partitioned", "Max-Age"];
    assert!(known.contains(&name), "{text:?}");
    assert!(!value.as_ref().is_some_and(|value| value.contains(';')));
    (name.to_owned(), value)
}

fn lines(response: &Response) -> Vec<Line> {
    response.headers().get_all(header::SET_COOKIE).iter().map(|line| Line::parse(line.to_str().unwrap())).collect()
}

/// The one line that a request is answered with.
async fn line(app: &Router, path: &str, cookie: Option<&Line>) -> Line {
    let cookie = cookie.map(|line| format!("{}={}", line.name, line.value));
    let headers: Vec<_> = cookie.iter().map(|cookie| ("cookie", cookie.as_str())).collect();
    let mut lines = lines(&support::post(app, path, &headers).await);
    assert_eq!(lines.len(), 1, "{path}");
    record_token(&lines[0].value);
    lines.remove(0)
}

fn built(settings: impl FnOnce(CookieBuilder) -> CookieBuilder) -> CookieTransport {
    settings(CookieTransport::builder()).build().unwrap()
}

fn refused(settings: impl FnOnce(CookieBuilder) -> CookieBuilder) -> bool {
    settings(CookieTransport::builder()).build().is_err()
}

/// One of each kind: the four prefixes, without, shared, for a path, partitioned, for all sites.
fn every_kind() -> Vec<CookieTransport> {
    let partitioned = |cookie: CookieBuilder| cookie.same_site(SameSite::None).partitioned(true);
    vec![
        CookieTransport::default(),
        built(|cookie| cookie.name("__Host-Http-id").same_site(SameSite::Strict)),
        built(|cookie| partitioned(cookie.name("__Host-embedded"))),
        built(|cookie| cookie.name("__Secure-id").domain("example.com").path("/")),
        built(|cookie| partitioned(cookie.name("__Http-id").domain("example.com"))),
        built(|cookie| cookie.name("id").path("/")),
        built(|cookie| cookie.name("plain").secure(false)),
    ]
}

fn jar() -> CookieJar {
    CookieJar::new(Arc::new(ManualClock::new(START)))
}

fn page(method: Method) -> Fetch {
    Fetch::new(method, "https://example.com/".parse().unwrap())
}

fn text(line: &Line) -> String {
    let attribute = |(name, value): &(String, Option<String>)| match value {
        Some(value) => format!("; {name}={value}"),
        None => format!("; {name}"),
    };
    format!("{}={}{}", line.name, line.value, line.attributes.iter().map(attribute).collect::<String>())
}

#[tokio::test]
async fn cke_1_the_cookie_belongs_to_one_host_over_secure_connections() {
    let line = line(&app(CookieTransport::default()), "/visit", None).await;
    assert_eq!((line.name.as_str(), line.value.len()), ("__Host-id", 64));
    let attributes: Vec<_> = line.attributes.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
    assert_eq!(attributes, [("Path", Some("/")), ("Secure", None), ("HttpOnly", None), ("SameSite", Some("Lax"))]);
    let mut jar = jar();
    jar.store(&page(Method::POST), text(&line).as_bytes()).unwrap();
    assert!(jar.header(&page(Method::GET)).is_some());
    let below = Fetch::new(Method::GET, "https://www.example.com/".parse().unwrap());
    let plain = Fetch::new(Method::GET, "http://example.com/".parse().unwrap());
    assert_eq!((jar.header(&below), jar.header(&plain)), (None, None));
}

#[test]
fn cke_1_settings_that_contradict_each_other_cannot_be_built() {
    assert!(refused(|cookie| cookie.domain("example.com")));
    assert!(refused(|cookie| cookie.path("/app")));
    assert!(refused(|cookie| cookie.secure(false)));
    for prefix in ["__Host-", "__Secure-", "__Http-", "__Host-Http-", "__host-", "__SECURE-", "__http-", "__HOST-HTTP-"]
    {
        assert!(refused(|cookie| cookie.name(format!("{prefix}id")).secure(false)), "{prefix}");
    }
    for prefix in ["__Host-", "__Host-Http-", "__HOST-", "__host-http-"] {
        assert!(refused(|cookie| cookie.name(format!("{prefix}id")).domain("example.com")), "{prefix}");
        assert!(refused(|cookie| cookie.name(format!("{prefix}id")).path("/app")), "{prefix}");
    }
    for domain in [
        "com",
        "127.0.0.1",
        "[::1]",
        "::1",
        ".example.com",
        "example.com.",
        "a..example",
        &format!("{}.example", "x".repeat(64)),
    ] {
        assert!(refused(|cookie| cookie.name("__Secure-id").domain(domain)), "{domain}");
    }
}

#[tokio::test]
async fn cke_2_scripts_never_see_the_cookie() {
    for kind in every_kind() {
        let app = app(kind);
        let visited = line(&app, "/visit", None).await;
        let renewed = line(&app, "/renew", Some(&visited)).await;
        let remembered = line(&app, "/remember", Some(&renewed)).await;
        let removed = line(&app, "/logout", Some(&remembered)).await;
        for line in [visited, renewed, remembered, removed] {
            assert_eq!(line.get("HttpOnly"), Some(None), "{}", line.name);
        }
    }
}

#[tokio::test]
async fn cke_2_the_token_is_nowhere_else_in_the_response() {
    let response = support::post(&app(CookieTransport::default()), "/visit", &[]).await;
    let token = lines(&response)[0].value.clone();
    let elsewhere = response.headers().iter().filter(|(name, _)| *name != header::SET_COOKIE);
    assert!(elsewhere.into_iter().all(|(_, value)| !value.to_str().unwrap().contains(&token)));
    assert!(!support::body_text(response).await.contains(&token));
}

#[tokio::test]
async fn cke_3_what_other_sites_send_along_is_said_on_every_cookie() {
    for (same_site, said) in [(SameSite::Strict, "Strict"), (SameSite::Lax, "Lax"), (SameSite::None, "None")] {
        let line = line(&app(built(|cookie| cookie.same_site(same_site))), "/visit", None).await;
        assert_eq!(line.get("SameSite"), Some(Some(said)));
    }
    assert!(refused(|cookie| cookie.name("id").secure(false).same_site(SameSite::None)));
    let mut jar = jar();
    jar.store(&page(Method::POST), text(&line(&app(CookieTransport::default()), "/visit", None).await).as_bytes())
        .unwrap();
    assert_eq!(jar.header(&page(Method::POST).context(Context::Link)), None, "no form of another site carries it");
    assert_eq!(jar.header(&page(Method::GET).context(Context::Embedded("https://other.example".into()))), None);
    assert!(jar.header(&page(Method::GET).context(Context::Link)).is_some(), "a link does");
}

#[tokio::test]
async fn cke_4_partitioned_is_asked_for_and_needs_secure() {
    let partitioned = built(|cookie| cookie.same_site(SameSite::None).partitioned(true));
    assert_eq!(line(&app(partitioned), "/visit", None).await.get("Partitioned"), Some(None));
    assert_eq!(line(&app(CookieTransport::default()), "/visit", None).await.get("Partitioned"), None);
    assert!(refused(|cookie| cookie.name("id").secure(false).partitioned(true)));
}

#[tokio::test]
async fn cke_5_a_session_goes_with_the_browser_unless_it_is_remembered() {
    let app = app(CookieTransport::default());
    let visited = line(&app, "/visit", None).await;
    let signed_in = line(&app, "/login", Some(&visited)).await;
    assert_eq!((visited.max_age(), signed_in.max_age()), (None, None));
    assert_eq!(line(&app, "/remember", Some(&signed_in)).await.max_age(), Some(30 * 24 * 60 * 60));
}

#[tokio::test]
async fn cke_5_no_cookie_outlives_its_record_by_a_second_nor_goes_before_it() {
    let mut random = Rng::with_seed(5);
    let lifetimes = [1, 2, 999, 1000, 1001, 400 * 24 * 60 * 60 * 1000].into_iter();
    let drawn = (0..400).map(|draw| random.u64(1..10_u64.pow(1 + draw % 10)));
    for millis in lifetimes.chain(drawn.collect::<Vec<_>>()) {
        let absolute = Duration::from_millis(millis);
        let clock = Arc::new(ManualClock::new(START));
        let store = MemoryStore::new().with_clock(clock.clone());
        let sessions = SessionManager::<Visitor, _>::builder(store).clock(clock.clone());
        let sessions = sessions.remembered_timeouts(absolute, absolute).build().unwrap();
        let app = routes().layer(sessions.layer());
        let remembered = line(&app, "/remember", None).await;
        assert_eq!(remembered.max_age(), Some(millis.div_ceil(1000)), "{millis} ms");
        assert_keeps_until(&remembered, START, START + absolute);
        // Later, and with a deadline that is nearer.
        let later = random.u64(0..millis);
        clock.advance(Duration::from_millis(later));
        let deadline = random.u64(later..millis) + 1;
        let renewed = line(&app, &format!("/deadline/{deadline}"), Some(&remembered)).await;
        assert_keeps_until(&renewed, START + Duration::from_millis(later), START + Duration::from_millis(deadline));
    }
    let longest = SessionManager::<Visitor, _>::builder(MemoryStore::new()).remembered_timeouts(DAY, Duration::MAX);
    assert!(longest.build().is_err(), "longer than browsers keep anything");
}

fn assert_keeps_until(line: &Line, now: Timestamp, deadline: Timestamp) {
    let age = line.max_age().unwrap();
    assert!(age <= 34_560_000);
    let forgotten = now + Duration::from_secs(age);
    assert!(forgotten >= deadline && forgotten.since(deadline) < Duration::from_secs(1), "{age} s");
}

#[tokio::test]
async fn cke_6_a_cookie_that_browsers_drop_for_its_size_cannot_be_built() {
    let longest = built(|cookie| cookie.name("x".repeat(4096 - 64)).path(format!("/{}", "p".repeat(1023))));
    let line = line(&app(longest), "/visit", None).await;
    let there = Fetch::new(Method::GET, format!("https://example.com/{}", "p".repeat(1023)).parse().unwrap());
    let mut jar = jar();
    jar.store(&there, text(&line).as_bytes()).unwrap();
    assert_eq!(jar.header(&there).unwrap().len(), 4096 + "=".len());
    assert!(refused(|cookie| cookie.name("x".repeat(4096 - 63))));
    assert!(refused(|cookie| cookie.name("id").path(format!("/{}", "p".repeat(1024)))));
    assert!(refused(|cookie| cookie.name("id").domain(format!("{}.com", "a.".repeat(600)))));
}

#[tokio::test]
async fn cke_7_whatever_the_builder_is_given_makes_one_line_of_exactly_that_or_none() {
    let mut random = Rng::with_seed(7);
    let alphabet: Vec<char> = "abc/_.-=;, \t\r\n\0\"'\\%<>()[]{}:@?#é\u{2028}\u{7f}".chars().collect();
    let mut word = |most: usize| -> String {
        (0..random.usize(..=most)).map(|_| alphabet[random.usize(..alphabet.len())]).collect()
    };
    let mut accepted = 0;
    for _ in 0..20_000 {
        let (name, path, domain) = (word(4), format!("/{}", word(3)), word(6));
        let domain = Some(domain).filter(|domain| domain.len() > 1);
        let mut cookie = CookieTransport::builder().name(&name).path(&path);
        if let Some(domain) = &domain {
            cookie = cookie.domain(domain);
        }
        let Ok(cookie) = cookie.build() else { continue };
        accepted += 1;
        let line = line(&app(cookie), "/visit", None).await;
        assert_eq!(
            (&line.name, line.get("Path"), line.get("Domain")),
            (&name, Some(Some(path.as_str())), domain.as_deref().map(Some))
        );
    }
    assert!(accepted > 100, "{accepted} were accepted");
}

#[tokio::test]
async fn cke_8_there_is_one_line_of_ours_and_the_applications_stay() {
    let response = support::post(&app(CookieTransport::default()), "/three", &[]).await;
    let names: Vec<_> = lines(&response).into_iter().map(|line| line.name).collect();
    assert_eq!(names, ["a", "b", "__Host-id2", "__Host-id"]);
}

#[tokio::test]
async fn cke_9_a_logout_empties_the_jar_whatever_the_cookie_is_like() {
    for kind in every_kind() {
        let app = app(kind);
        let set = line(&app, "/remember", None).await;
        let removed = line(&app, "/logout", Some(&set)).await;
        let (mut jar, page) = (jar(), page(Method::POST));
        jar.store(&page, text(&set).as_bytes()).unwrap();
        assert_eq!(jar.cookies().count(), 1);
        jar.store(&page, text(&removed).as_bytes()).unwrap();
        assert_eq!(jar.cookies().count(), 0, "{}", set.name);
        assert_eq!((removed.value.as_str(), removed.max_age()), ("", Some(0)));
        let without_age =
            |line: &Line| line.attributes.iter().filter(|(name, _)| name != "Max-Age").cloned().collect::<Vec<_>>();
        assert_eq!(without_age(&removed), without_age(&set));
    }
}

#[tokio::test]
async fn cke_10_what_changes_nothing_for_the_client_sets_no_cookie() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let app = routes().layer(sessions.layer());
    let cookie = line(&app, "/remember", None).await;
    let cookie = format!("{}={}", cookie.name, cookie.value);
    for _ in 0..1_000 {
        clock.advance(Duration::from_secs(7));
        let response = support::get(&app, "/read", &[("cookie", &cookie)]).await;
        assert!(lines(&response).is_empty());
    }
    let visited = support::post(&app, "/visit", &[("cookie", &cookie)]).await;
    assert!(lines(&visited).is_empty(), "the data changed, and the token did not");
    let anonymous = routes().layer(SessionManager::<Visitor, _>::new(TestStore::new()).layer());
    assert!(lines(&support::get(&anonymous, "/read", &[]).await).is_empty());
}

#[tokio::test]
async fn cke_11_the_prefix_that_scripts_cannot_set_is_offered() {
    for name in ["__Host-Http-id", "__Http-id"] {
        let line = line(&app(built(|cookie| cookie.name(name))), "/visit", None).await;
        assert_eq!(jar().store(&page(Method::POST), text(&line).as_bytes()), Ok(()));
        assert!(jar().store(&page(Method::POST), text(&line).replace("; HttpOnly", "").as_bytes()).is_err());
    }
}
