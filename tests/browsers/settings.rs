//! What browsers do with each cookie that [`CookieTransport::builder`] makes or refuses to make.

use axum::{
    Router,
    extract::Path,
    http::header,
    routing::{get, post},
};
use scs::{CookieTransport, MemoryStore, SameSite, Session, SessionManager, TypedSession};

use crate::{
    driver::{Browser, Tab},
    site::serve,
};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

type Visit = TypedSession<Visitor>;

/// A host with a domain that a cookie may be shared in, as far as a name of this machine can be one.
const HOST: &str = "app.localhost";

#[derive(Debug, Clone, Copy)]
struct Settings {
    name: &'static str,
    path: &'static str,
    domain: Option<&'static str>,
    same_site: SameSite,
    secure: bool,
    partitioned: bool,
}

impl Settings {
    fn transport(self) -> Option<CookieTransport> {
        let cookie = CookieTransport::builder().name(self.name).path(self.path).same_site(self.same_site);
        let cookie = cookie.secure(self.secure).partitioned(self.partitioned);
        self.domain.into_iter().fold(cookie, scs::CookieBuilder::domain).build().ok()
    }

    /// The line that these settings would be, allowed or not.
    fn line(self) -> String {
        let Self { name, path, same_site, .. } = self;
        let domain = self.domain.map(|domain| format!("; Domain={domain}")).unwrap_or_default();
        let secure = if self.secure { "; Secure" } else { "" };
        let partitioned = if self.partitioned { "; Partitioned" } else { "" };
        format!("{name}=value; Path={path}{domain}{secure}; HttpOnly; SameSite={same_site:?}{partitioned}")
    }
}

/// Every combination of what matters to a browser.
fn every_setting() -> Vec<Settings> {
    let mut all = Vec::new();
    for name in ["id", "!#$%&'*+-.^_`|~", "__Secure-id", "__Host-id", "__Http-id", "__Host-Http-id"] {
        for (path, domain) in [("/", None), ("/", Some(HOST)), ("/app", None), ("/app", Some(HOST))] {
            for same_site in [SameSite::Strict, SameSite::Lax, SameSite::None] {
                for (secure, partitioned) in [(true, false), (true, true), (false, false), (false, true)] {
                    all.push(Settings { name, path, domain, same_site, secure, partitioned });
                }
            }
        }
    }
    all
}

/// Sessions with these settings.
fn app(transport: CookieTransport) -> Router {
    let visit = async |session: Visit| {
        session.update_visits(|visits| *visits += 1);
        session.visits().to_string()
    };
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    Router::new()
        .route("/visit", post(visit))
        .route("/logout", post(async |session: Visit| session.destroy()))
        .layer(sessions.layer().transport(transport))
}

/// A tab below `/app`, on a site with each of the routers.
async fn tab_of(browser: &Browser, apps: impl IntoIterator<Item = Router>) -> Tab {
    let mut site = Router::new().route("/app/", get(async || "a page"));
    for (number, app) in apps.into_iter().enumerate() {
        site = site.nest(&format!("/app/{number}"), app);
    }
    let port = serve(site).await;
    browser.open(&format!("http://{HOST}:{port}/app/")).await
}

in_each_browser!(what_the_builder_accepts_is_kept_and_returned_and_removed_by_a_logout);
async fn what_the_builder_accepts_is_kept_and_returned_and_removed_by_a_logout(browser: Browser) {
    let accepted: Vec<_> = every_setting().into_iter().filter_map(|s| Some((s, s.transport()?))).collect();
    assert!(accepted.len() >= 100, "{} of them", accepted.len());
    let tab = tab_of(&browser, accepted.iter().map(|(_, transport)| app(transport.clone()))).await;
    let mut otherwise = Vec::new();
    for (number, (settings, _)) in accepted.into_iter().enumerate() {
        let visit = format!("/app/{number}/visit");
        tab.fetch("POST", &visit).await;
        let kept = browser.cookies().await.len();
        let returned = tab.fetch("POST", &visit).await == "2";
        tab.fetch("POST", &format!("/app/{number}/logout")).await;
        let left = browser.cookies().await.len();
        if (kept, returned, left) != (1, true, 0) {
            otherwise.push((settings.line(), kept, returned, left));
        }
    }
    assert!(otherwise.is_empty(), "line, kept, returned, left after a logout: {otherwise:#?}");
}

in_each_browser!(what_the_builder_refuses_is_dropped);
async fn what_the_builder_refuses_is_dropped(browser: Browser) {
    let refused: Vec<_> = every_setting().into_iter().filter(|settings| settings.transport().is_none()).collect();
    assert!(refused.len() >= 100, "{} of them", refused.len());
    let lines: Vec<_> = refused.iter().map(|settings| settings.line()).collect();
    let (all, remove) = (lines.clone(), lines.clone());
    let set = async move |Path(number): Path<usize>| [(header::SET_COOKIE, lines[number].clone())];
    let unset = async move |Path(number): Path<usize>| [(header::SET_COOKIE, format!("{}; Max-Age=0", remove[number]))];
    let app = Router::new().route("/set/{number}", get(set)).route("/unset/{number}", get(unset));
    let tab = tab_of(&browser, [app]).await;
    let mut kept = Vec::new();
    for (number, line) in all.into_iter().enumerate() {
        tab.fetch("GET", &format!("/app/0/set/{number}")).await;
        if !browser.cookies().await.is_empty() {
            kept.push(line);
        }
        tab.fetch("GET", &format!("/app/0/unset/{number}")).await;
    }
    assert!(kept.is_empty(), "{kept:#?}");
}
