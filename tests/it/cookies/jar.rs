//! The jar of `scs::testing` keeps, sends and forgets cookies as RFC 6265bis tells browsers to.

use axum::http::{Method, Uri};
use scs::testing::{Context, CookieJar, Dropped, Fetch};

use super::{get, jar};
use crate::support::{DAY, SECOND, START};

/// What becomes of one line that a page sets.
fn kept(page: &str, line: &str) -> Result<(), Dropped> {
    jar().0.store(&get(page), line.as_bytes())
}

/// What a page gets of what another one set.
fn sent(from: &str, line: &str, to: &str) -> Option<String> {
    let (mut jar, _) = jar();
    jar.store(&get(from), line.as_bytes()).unwrap();
    header(&jar, &get(to))
}

fn header(jar: &CookieJar, fetch: &Fetch) -> Option<String> {
    jar.header(fetch).map(|header| String::from_utf8(header.as_bytes().to_vec()).unwrap())
}

fn with(lines: &[&str]) -> CookieJar {
    let (mut jar, _) = jar();
    for line in lines {
        jar.store(&get("https://example.com/"), line.as_bytes()).unwrap();
    }
    jar
}

#[test]
fn a_prefix_is_held_to_what_it_says_in_any_letter_case() {
    let kept = |line: &str| kept("https://example.com/", line);
    let host = "; Path=/; Secure; HttpOnly";
    for name in
        ["__Host-a", "__host-a", "__Host-Http-a", "__HOST-HTTP-a", "__Secure-a", "__SECURE-a", "__Http-a", "__http-a"]
    {
        assert_eq!(kept(&format!("{name}=1{host}")), Ok(()), "{name}");
        assert_eq!(kept(&format!("{name}=1; Path=/; HttpOnly")), Err(Dropped::Prefix), "{name} without Secure");
    }
    for name in ["__Host-a", "__Host-Http-a"] {
        assert_eq!(kept(&format!("{name}=1; Secure; HttpOnly")), Err(Dropped::Prefix), "{name} without Path");
        assert_eq!(kept(&format!("{name}=1; Path=/a; Secure; HttpOnly")), Err(Dropped::Prefix), "{name} below /a");
        assert_eq!(kept(&format!("{name}=1{host}; Domain=example.com")), Err(Dropped::Prefix), "{name} with Domain");
    }
    for name in ["__Http-a", "__Host-Http-a"] {
        assert_eq!(kept(&format!("{name}=1; Path=/; Secure")), Err(Dropped::Prefix), "{name} without HttpOnly");
    }
    assert_eq!(kept("__Http-a=1; Path=/a; Domain=example.com; Secure; HttpOnly"), Ok(()));
    assert_eq!(kept("__Host-a=1; Path=/; Secure"), Ok(()), "HttpOnly is no matter of this prefix");
}

#[test]
fn a_cookie_without_a_name_cannot_pass_for_one_with_a_prefix() {
    for value in ["__Host-id=1", "__host-id", "__Secure-id=1", "__Http-id", "__Host-Http-id=1"] {
        assert_eq!(kept("https://example.com/", &format!("={value}; Path=/; Secure")), Err(Dropped::HiddenPrefix));
    }
    assert_eq!(kept("https://example.com/", "__Host-id; Path=/; Secure"), Err(Dropped::HiddenPrefix));
    assert_eq!(kept("https://example.com/", "=; Path=/"), Err(Dropped::Empty));
    assert_eq!(sent("https://example.com/", "=value", "https://example.com/").as_deref(), Some("value"));
    assert_eq!(sent("https://example.com/", "value", "https://example.com/").as_deref(), Some("value"));
    assert_eq!(sent("https://example.com/", "name=", "https://example.com/").as_deref(), Some("name="));
}

#[test]
fn secure_cookies_come_from_secure_origins_and_from_this_machine_and_go_back_there() {
    let line = "a=1; Secure";
    let secure = [
        "https://example.com/",
        "http://localhost/",
        "http://LocalHost:3000/",
        "http://app.localhost/",
        "http://127.0.0.1/",
        "http://127.9.9.9:80/",
        "http://[::1]:3000/",
    ];
    for page in secure {
        assert_eq!(sent(page, line, page).as_deref(), Some("a=1"), "{page}");
    }
    for page in [
        "http://example.com/",
        "http://192.168.0.1/",
        "http://localhost.example.com/",
        "http://notlocalhost/",
        "http://[::2]/",
        "/",
    ] {
        assert_eq!(kept(page, line), Err(Dropped::InsecureOrigin), "{page}");
    }
    assert_eq!(sent("https://example.com/", line, "http://example.com/"), None);
    assert_eq!(sent("https://example.com/", "a=1", "http://example.com/").as_deref(), Some("a=1"));
}

#[test]
fn a_cookie_that_is_not_secure_leaves_a_secure_one_of_its_name_alone() {
    let mut jar = with(&["a=secure; Secure; Path=/login"]);
    let plain = |path| get(&format!("http://example.com{path}"));
    assert_eq!(jar.store(&plain("/"), b"a=1; Path=/login"), Err(Dropped::SecureExists));
    assert_eq!(jar.store(&plain("/"), b"a=1; Path=/login/en"), Err(Dropped::SecureExists));
    assert_eq!(
        jar.store(&get("http://www.example.com/"), b"a=1; Domain=example.com; Path=/login"),
        Err(Dropped::SecureExists)
    );
    assert_eq!(jar.store(&plain("/"), b"a=1; Path=/"), Ok(()), "one that does not shadow it");
    assert_eq!(jar.store(&plain("/"), b"b=1; Path=/login"), Ok(()));
    assert_eq!(jar.store(&get("https://example.com/"), b"a=1; Path=/login"), Ok(()), "whoever is secure may");
}

#[test]
fn a_domain_shares_with_hosts_below_and_belongs_to_whoever_names_it() {
    let domain = "a=1; Domain=example.com";
    assert_eq!(sent("https://example.com/", domain, "https://a.b.example.com/").as_deref(), Some("a=1"));
    assert_eq!(
        sent("https://www.example.com/", "a=1; Domain=.EXAMPLE.com", "https://example.com/").as_deref(),
        Some("a=1")
    );
    assert_eq!(sent("https://example.com/", domain, "https://badexample.com/"), None);
    assert_eq!(sent("https://example.com/", "a=1", "https://www.example.com/"), None, "for this host only");
    assert_eq!(sent("https://example.com/", "a=1; Domain=", "https://www.example.com/"), None);
    assert_eq!(sent("https://127.0.0.1/", "a=1; Domain=127.0.0.1", "https://127.0.0.1/").as_deref(), Some("a=1"));
    for domain in
        ["www.example.com", "badexample.com", "ample.com", "example.com.", "..example.com", "b\u{fc}cher.example"]
    {
        assert_eq!(
            kept("https://example.com/", &format!("a=1; Domain={domain}")),
            Err(Dropped::ForeignDomain),
            "{domain}"
        );
    }
    assert_eq!(kept("https://8.127.0.0.1/", "a=1; Domain=0.0.1"), Ok(()), "that is a name");
    assert_eq!(kept("https://127.0.0.1/", "a=1; Domain=0.0.1"), Err(Dropped::ForeignDomain), "and that an address");
    assert_eq!(kept("https://example.com/", "a=1; Domain=com"), Err(Dropped::PublicSuffix));
    assert_eq!(kept("https://localhost/", "__Host-a=1; Domain=localhost; Path=/; Secure"), Ok(()), "its own name");
}

#[test]
fn a_path_is_for_itself_and_what_is_below() {
    let sent = |set: &str, path: &str, to: &str| {
        let line = if path.is_empty() { "a=1".to_owned() } else { format!("a=1; Path={path}") };
        sent(&format!("https://example.com{set}"), &line, &format!("https://example.com{to}")).is_some()
    };
    assert!(sent("/", "/app", "/app") && sent("/", "/app", "/app/") && sent("/", "/app", "/app/x?y=z"));
    assert!(sent("/", "/app/", "/app/x") && !sent("/", "/app/", "/app"));
    assert!(!sent("/", "/app", "/apple") && !sent("/", "/app", "/"));
    assert!(sent("/a/b/c", "", "/a/b") && !sent("/a/b/c", "", "/a"), "by default where the page is");
    assert!(sent("/a", "", "/") && sent("/a", "none", "/"), "what is no path is as none");
}

#[test]
fn other_sites_get_what_same_site_allows_and_set_what_is_for_all() {
    let cookies = ["strict=1; SameSite=Strict", "lax=1; SameSite=lax", "unsaid=1", "none=1; SameSite=None; Secure"];
    let jar = with(&cookies);
    let names = |method: Method, context: Context| {
        let fetch = Fetch::new(method, Uri::from_static("https://example.com/")).context(context);
        let header = header(&jar, &fetch).unwrap();
        header.replace("=1", "")
    };
    let page = || Context::Embedded("https://other.example".to_owned());
    assert_eq!(names(Method::POST, Context::SameSite), "strict; lax; unsaid; none");
    assert_eq!(names(Method::GET, Context::Link), "lax; unsaid; none");
    assert_eq!(names(Method::POST, Context::Link), "none");
    assert_eq!(names(Method::GET, page()), "none");
    let (mut jar, _) = super::jar();
    for (line, kept) in cookies.into_iter().zip([false, false, false, true]) {
        let embedded = get("https://example.com/").context(page());
        assert_eq!(jar.store(&embedded, line.as_bytes()) != Err(Dropped::CrossSite), kept, "{line}");
        assert_eq!(jar.store(&get("https://example.com/").context(Context::Link), line.as_bytes()), Ok(()));
    }
    assert_eq!(kept("https://example.com/", "a=1; SameSite=None"), Err(Dropped::NoneWithoutSecure));
    assert_eq!(kept("https://example.com/", "a=1; SameSite=None; SameSite=Lax"), Ok(()), "the last one counts");
}

#[test]
fn a_partitioned_cookie_stays_where_it_was_set() {
    let line = b"a=1; Secure; SameSite=None; Partitioned";
    let embedded = |site: &str| get("https://example.com/").context(Context::Embedded(site.to_owned()));
    let (mut jar, _) = jar();
    jar.store(&embedded("https://one.example"), line).unwrap();
    assert!(header(&jar, &embedded("https://one.example")).is_some());
    assert_eq!(header(&jar, &embedded("https://two.example")), None);
    assert_eq!(header(&jar, &get("https://example.com/")), None);
    jar.store(&get("https://example.com/"), line).unwrap();
    assert_eq!((jar.cookies().count(), header(&jar, &get("https://example.com/")).as_deref()), (2, Some("a=1")));
    assert_eq!(kept("https://example.com/", "a=1; Partitioned"), Err(Dropped::PartitionedWithoutSecure));
}

#[test]
fn ages_count_from_now_and_before_dates_and_no_longer_than_400_days() {
    let expires = |line: &str| with(&[line]).cookies().next().map(scs::testing::StoredCookie::expires);
    assert_eq!(expires("a=1"), Some(None));
    assert_eq!(expires("a=1; Max-Age=60"), Some(Some(START + 60 * SECOND)));
    assert_eq!(expires("a=1; Max-Age=34560000"), Some(Some(START + 400 * DAY)));
    assert_eq!(expires("a=1; Max-Age=34560001"), Some(Some(START + 400 * DAY)));
    assert_eq!(expires("a=1; Max-Age=99999999999999999999999999"), Some(Some(START + 400 * DAY)));
    assert_eq!(expires("a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT"), Some(Some(START + 400 * DAY)));
    assert_eq!(expires("a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"), Some(Some(START + 60 * SECOND)));
    assert_eq!(expires("a=1; Max-Age=60; Max-Age=70"), Some(Some(START + 70 * SECOND)));
    for none in ["", "1.5", "+1", "6 0", "-", "x", "1-"] {
        assert_eq!(expires(&format!("a=1; Max-Age={none}")), Some(None), "{none:?} says nothing");
    }
    for over in ["0", "-1", "-99999999999999999999", "00"] {
        assert_eq!(expires(&format!("a=1; Max-Age={over}")), None, "{over:?} is over");
    }
}

#[test]
fn what_is_over_is_gone_and_a_closed_browser_keeps_what_has_an_age() {
    let (mut jar, clock) = jar();
    let page = get("https://example.com/");
    jar.store(&page, b"aged=1; Max-Age=60").unwrap();
    jar.store(&page, b"session=1").unwrap();
    jar.close_browser();
    assert_eq!(header(&jar, &page).as_deref(), Some("aged=1"));
    clock.advance(59 * SECOND);
    assert_eq!(header(&jar, &page).as_deref(), Some("aged=1"));
    clock.advance(SECOND);
    assert_eq!((header(&jar, &page), jar.cookies().count()), (None, 0));
}

#[test]
fn a_cookie_is_taken_out_by_one_that_repeats_name_domain_and_path() {
    let mut jar = with(&["a=1; Path=/", "b=1; Path=/; Domain=example.com", "c=1; Path=/app"]);
    let mut remove = |line: &str| {
        jar.store(&get("https://example.com/"), line.as_bytes()).unwrap();
        jar.cookies().count()
    };
    assert_eq!(remove("a=; Max-Age=0; Path=/app"), 3);
    assert_eq!(remove("a=; Max-Age=0; Path=/; Domain=example.com"), 3);
    assert_eq!(remove("a=; Max-Age=0; Path=/"), 2);
    assert_eq!(remove("b=; Max-Age=0; Path=/"), 2);
    assert_eq!(remove("b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Domain=example.com"), 1);
    assert_eq!(remove("c=; Max-Age=0"), 1);
}

#[test]
fn longer_paths_come_first_and_then_older_cookies_also_after_they_were_set_again() {
    let jar = with(&["a=1; Path=/", "b=1; Path=/app", "c=1; Path=/", "d=1; Path=/app/x", "a=2; Path=/"]);
    assert_eq!(header(&jar, &get("https://example.com/app/x")).as_deref(), Some("d=1; b=1; a=2; c=1"));
}

#[test]
fn lines_are_taken_apart_at_semicolons_and_first_equals_signs_and_nothing_else() {
    let pairs = [
        ("a=b=c; Path=/", "a=b=c"),
        (" a\t=\t b ", "a=b"),
        ("a=\"b; c\"", "a=\"b"),
        ("a=%3B,", "a=%3B,"),
        ("a=b,c=d", "a=b,c=d"),
        ("a=1;;;SECURE ;unknown=x", "a=1"),
        ("a=b\tc", "a=b\tc"),
    ];
    for (line, pair) in pairs {
        assert_eq!(header(&with(&[line]), &get("https://example.com/")).as_deref(), Some(pair), "{line:?}");
    }
    let (mut jar, _) = jar();
    jar.store(&get("https://example.com/"), b"\xff=\xfe").unwrap();
    assert_eq!(jar.header(&get("https://example.com/")).unwrap().as_bytes(), b"\xff=\xfe");
    for control in ["\0", "\u{8}", "\n", "\r", "\u{b}", "\u{c}", "\u{1f}", "\u{7f}"] {
        let line = format!("a=1; Path=/{control}");
        assert_eq!(kept("https://example.com/", &line), Err(Dropped::ControlCharacter), "{control:?}");
    }
}

#[test]
fn sizes_are_those_of_the_standard() {
    let named = |length: usize| format!("a={}", "x".repeat(length - 1));
    assert_eq!(kept("https://example.com/", &named(4096)), Ok(()));
    assert_eq!(kept("https://example.com/", &named(4097)), Err(Dropped::TooLong));
    let path = |length: usize| format!("a=1; Path=/{}", "x".repeat(length - 1));
    assert_eq!(with(&[&path(1024)]).cookies().next().unwrap().path().len(), 1024);
    assert_eq!(with(&[&path(1025)]).cookies().next().unwrap().path(), b"/", "as if it were not there");
}

#[test]
fn the_jar_prints_no_value() {
    let jar = with(&["a=secret-value; Path=/"]);
    assert!(!format!("{jar:?} {:?}", jar.cookies().next()).contains("secret-value"));
    assert!(jar.header(&get("https://example.com/")).unwrap().is_sensitive());
}
