//! What the builder accepts is what browsers keep, and what it refuses they drop.

use proptest::{collection::vec, option, prelude::*, sample::select};
use scs::{CookieTransport, SameSite, testing::Dropped};

use super::{get, jar, set_cookie};

/// What a cookie was asked to be.
#[derive(Debug, Clone)]
struct Settings {
    name: String,
    path: String,
    domain: Option<String>,
    same_site: SameSite,
    secure: bool,
    partitioned: bool,
}

/// As long as a token.
const VALUE_LENGTH: usize = 64;

fn names() -> impl Strategy<Value = String> {
    let prefixes =
        ["", "__Host-", "__HOST-", "__Secure-", "__secure-", "__Http-", "__http-", "__Host-Http-", "__Host-http-"];
    let rests = select(vec![
        "id",
        "",
        "a b",
        "a=b",
        "a;b",
        "a,b",
        "\u{e9}",
        "\u{2000}id",
        "\"id\"",
        "id\r\nx: y",
        "i\td",
        "\u{7f}",
    ]);
    let usual = (select(prefixes.to_vec()), rests).prop_map(|(prefix, rest)| format!("{prefix}{rest}"));
    let long = (4000_usize..4060).prop_map(|length| "x".repeat(length));
    let printable = "[!-~]{1,12}";
    prop_oneof![6 => usual, 1 => long, 1 => printable, 1 => ".{0,8}"]
}

fn paths() -> impl Strategy<Value = String> {
    let known = select(vec![
        "/", "/app", "/app/", "/a/b", "", "app", "/a;b", "/a b", "/a ", "/a?b", "/a#b", "/\u{e9}", "/a\nb",
    ]);
    let long = (1020_usize..1030).prop_map(|length| format!("/{}", "x".repeat(length)));
    prop_oneof![6 => known.prop_map(ToOwned::to_owned), 1 => long, 1 => "/[!-~]{0,12}"]
}

fn domains() -> impl Strategy<Value = String> {
    let known = select(vec![
        "example.com",
        "shop.example.com",
        "EXAMPLE.com",
        ".example.com",
        "example.com.",
        "example..com",
        "com",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "::1",
        "0x7f.1",
        "1.2.3.0x4",
        "exa mple.com",
        "exam_ple.com",
        "-a.example.com",
        "a-.example.com",
        "b\u{fc}cher.example",
        "example.com;x",
        "example.com/",
        "",
        "192.168.0.300",
    ]);
    let label = (60_usize..67).prop_map(|length| format!("{}.example.com", "x".repeat(length)));
    let long = vec(Just("abcdefghi".to_owned()), 22..28).prop_map(|labels| format!("{}.com", labels.join(".")));
    prop_oneof![6 => known.prop_map(ToOwned::to_owned), 1 => label, 1 => long]
}

fn settings() -> impl Strategy<Value = Settings> {
    let same_site = select(vec![SameSite::Strict, SameSite::Lax, SameSite::None]);
    let same_sites_and_flags = (same_site, proptest::bool::weighted(0.8), proptest::bool::weighted(0.3));
    let path = prop_oneof![Just("/".to_owned()), paths()];
    (names(), path, option::of(domains()), same_sites_and_flags).prop_map(
        |(name, path, domain, (same_site, secure, partitioned))| Settings {
            name,
            path,
            domain,
            same_site,
            secure,
            partitioned,
        },
    )
}

impl Settings {
    fn build(&self) -> Result<CookieTransport, String> {
        let mut cookie = CookieTransport::builder().name(&self.name).path(&self.path).same_site(self.same_site);
        if let Some(domain) = &self.domain {
            cookie = cookie.domain(domain);
        }
        cookie.secure(self.secure).partitioned(self.partitioned).build().map_err(|error| error.to_string())
    }

    /// The line that these settings would make, checked by nobody.
    fn line(&self) -> String {
        let domain = self.domain.as_ref().map(|domain| format!("; Domain={domain}")).unwrap_or_default();
        let secure = if self.secure { "; Secure" } else { "" };
        let partitioned = if self.partitioned { "; Partitioned" } else { "" };
        let value = "v".repeat(VALUE_LENGTH);
        let Self { name, path, same_site, .. } = self;
        format!("{name}={value}; Path={path}{domain}{secure}; HttpOnly; SameSite={same_site:?}{partitioned}")
    }

    /// A page that the cookie is for, if there can be one.
    fn page(&self) -> Option<scs::testing::Fetch> {
        let host = self.domain.as_deref().unwrap_or("example.com").trim_start_matches('.');
        let uri = format!("https://{host}{}", self.path).parse::<axum::http::Uri>().ok()?;
        Some(get(&uri.to_string()))
    }

    /// Whether a browser keeps it as it was asked for, and sends it where it should.
    fn is_kept(&self, line: &str) -> Result<(), Option<Dropped>> {
        let page = self.page().unwrap_or_else(|| get("https://example.com/"));
        let (mut jar, _) = jar();
        jar.store(&page, line.as_bytes()).map_err(Some)?;
        let cookie = jar.cookies().next().ok_or(None)?.clone();
        let domain = self.domain.as_ref().map(|domain| domain.to_ascii_lowercase());
        let is_as_asked = cookie.name() == self.name.as_bytes()
            && cookie.path() == self.path.as_bytes()
            && cookie.value().len() == VALUE_LENGTH
            && domain.is_none_or(|domain| domain == cookie.domain())
            && (cookie.is_secure(), cookie.is_http_only()) == (self.secure, true);
        (is_as_asked && jar.header(&page).is_some()).then_some(()).ok_or(None)
    }
}

/// What is refused although browsers keep it. docs/cookies.md says why.
const STRICTER: [&str; 4] =
    ["a cookie name consists of", "has its prefix in this spelling", "a cookie path begins", "a cookie domain is"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn browsers_keep_exactly_the_cookies_that_can_be_built(settings in settings()) {
        match settings.build() {
            Ok(transport) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                let line = runtime.block_on(set_cookie(transport));
                prop_assert_eq!(settings.is_kept(&line), Ok(()), "{}", line);
                let attributes = |line: &str| line.split_once(';').unwrap().1.to_owned();
                prop_assert_eq!(attributes(&line), attributes(&settings.line()));
            }
            Err(error) => {
                let is_kept = settings.is_kept(&settings.line()).is_ok();
                prop_assert!(!is_kept || STRICTER.iter().any(|reason| error.contains(reason)), "{} but kept", error);
            }
        }
    }
}

type Change = fn(&mut Settings);

#[test]
fn the_builder_refuses_each_kind_and_accepts_what_is_next_to_it() {
    let build = |change: Change| {
        let mut settings = Settings {
            name: "__Secure-id".to_owned(),
            path: "/".to_owned(),
            domain: None,
            same_site: SameSite::Lax,
            secure: true,
            partitioned: false,
        };
        change(&mut settings);
        settings.build().err()
    };
    assert_eq!(build(|_| {}), None);
    let accepted: [Change; 16] = [
        |cookie| cookie.name = "__Host-Http-id".into(),
        |cookie| cookie.name = "__Http-id".into(),
        |cookie| (cookie.name, cookie.path) = ("__Http-id".into(), "/app".into()),
        |cookie| (cookie.name, cookie.domain) = ("__Http-id".into(), Some("example.com".into())),
        |cookie| (cookie.name, cookie.secure) = ("id".into(), false),
        |cookie| cookie.name = "x".repeat(4096 - 64),
        |cookie| cookie.path = format!("/{}", "x".repeat(1023)),
        |cookie| cookie.path = "/~a!$&'()*+,:@=%20-._/Z9".into(),
        |cookie| cookie.domain = Some(format!("{}.example.com", "x".repeat(63))),
        |cookie| cookie.domain = Some("a.b-c.1.example".into()),
        |cookie| cookie.domain = Some("0x.example".into()),
        |cookie| cookie.domain = Some("1.2.3.4a".into()),
        |cookie| cookie.domain = Some(format!("{}.com", vec!["abcdefghi"; 25].join("."))),
        |cookie| cookie.same_site = SameSite::None,
        |cookie| cookie.partitioned = true,
        |cookie| cookie.name = "__Hosts-id".into(),
    ];
    for (number, change) in accepted.into_iter().enumerate() {
        assert_eq!(build(change), None, "number {number}");
    }
    let refused: [(&str, Change); 29] = [
        ("prefix such as", |cookie| cookie.secure = false),
        ("prefix such as", |cookie| (cookie.name, cookie.secure) = ("__Http-id".into(), false)),
        ("prefix such as", |cookie| (cookie.name, cookie.secure) = ("__Host-Http-id".into(), false)),
        ("no domain and the path", |cookie| (cookie.name, cookie.path) = ("__Host-Http-id".into(), "/app".into())),
        ("no domain and the path", |cookie| {
            (cookie.name, cookie.domain) = ("__Host-Http-id".into(), Some("example.com".into()));
        }),
        ("this spelling", |cookie| cookie.name = "__host-id".into()),
        ("this spelling", |cookie| cookie.name = "__SECURE-id".into()),
        ("this spelling", |cookie| cookie.name = "__Host-HTTP-id".into()),
        ("this spelling", |cookie| cookie.name = "__HTTP-id".into()),
        ("so long", |cookie| cookie.name = "x".repeat(4096 - 63)),
        ("cookie path", |cookie| cookie.path = format!("/{}", "x".repeat(1024))),
        ("cookie path", |cookie| cookie.path = "/a b".into()),
        ("cookie path", |cookie| cookie.path = "/a?b".into()),
        ("cookie path", |cookie| cookie.path = "/a#b".into()),
        ("cookie path", |cookie| cookie.path = "/a;b".into()),
        ("cookie path", |cookie| cookie.path = "/a<b".into()),
        ("cookie domain", |cookie| cookie.domain = Some(format!("{}.example.com", "x".repeat(64)))),
        ("cookie domain", |cookie| cookie.domain = Some("com".into())),
        ("cookie domain", |cookie| cookie.domain = Some(".example.com".into())),
        ("cookie domain", |cookie| cookie.domain = Some("example.com.".into())),
        ("cookie domain", |cookie| cookie.domain = Some("127.0.0.1".into())),
        ("cookie domain", |cookie| cookie.domain = Some("1.2.3.0x4".into())),
        ("cookie domain", |cookie| cookie.domain = Some("1.0X".into())),
        ("cookie domain", |cookie| cookie.domain = Some("-a.example.com".into())),
        ("cookie domain", |cookie| cookie.domain = Some("a-.example.com".into())),
        ("cookie domain", |cookie| cookie.domain = Some(format!("x{}.com", vec!["abcdefghi"; 25].join(".")))),
        ("SameSite=None", |cookie| {
            (cookie.name, cookie.secure, cookie.same_site) = ("id".into(), false, SameSite::None);
        }),
        ("partitioned", |cookie| (cookie.name, cookie.secure, cookie.partitioned) = ("id".into(), false, true)),
        ("cookie name", |cookie| cookie.name = "__Secure-i d".into()),
    ];
    for (number, (reason, change)) in refused.into_iter().enumerate() {
        let error = build(change);
        assert!(error.as_ref().is_some_and(|error| error.contains(reason)), "number {number}: {error:?}");
    }
}
