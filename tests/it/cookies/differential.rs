//! What is read out of Cookie headers, compared with twelve lines that say what ought to be, and with the crate `cookie`,
//! of which every difference is listed in docs/cookies.md.

use std::{borrow::Cow, collections::BTreeMap, convert::Infallible, fs};

use axum::{
    body::Body,
    extract::FromRequestParts as _,
    http::{HeaderValue, Request, header},
    response::{IntoResponse as _, Response},
};
use cookie::Cookie;
use fastrand::Rng;
use scs::{CookieTransport, Outcome};
use tower::{Layer as _, ServiceExt as _};

use super::{Sessions, Visit};
use crate::support::{TestStore, commit, root};

const HEADERS: u32 = 100_000;
const SEED: u64 = 6265;
const OURS: &str = "__Host-id";

/// What other readers do, and we do not. The names are those of the table in docs/cookies.md.
const QUIRKS: [&str; 4] = [
    "loses lines that are not UTF-8",
    "trims other white space",
    "trims around the equals sign",
    "decodes percent signs",
];

#[derive(Clone, Copy)]
struct Quirks(usize);

impl Quirks {
    /// Every set of them, smaller ones first.
    fn all() -> Vec<Self> {
        let mut sets: Vec<Self> = (0..1 << QUIRKS.len()).map(Self).collect();
        sets.sort_by_key(|set| set.0.count_ones());
        sets
    }

    fn has(self, quirk: &str) -> bool {
        let bit = QUIRKS.iter().position(|name| *name == quirk).unwrap();
        self.0 >> bit & 1 == 1
    }

    fn names(self) -> Vec<&'static str> {
        QUIRKS.into_iter().filter(|quirk| self.has(quirk)).collect()
    }
}

/// Every value of our cookie in a line. Without quirks: RFC 6265bis §4.2.1, and nothing else.
fn values(line: &[u8], quirks: Quirks) -> Vec<Vec<u8>> {
    if quirks.has("loses lines that are not UTF-8") && std::str::from_utf8(line).is_err() {
        return Vec::new();
    }
    let trim = |text| trim(text, quirks.has("trims other white space"));
    let mut values = Vec::new();
    for pair in line.split(|byte| *byte == b';').map(trim) {
        let Some(equals) = pair.iter().position(|byte| *byte == b'=') else { continue };
        let (mut name, mut value) = (Cow::Borrowed(&pair[..equals]), Cow::Borrowed(&pair[equals + 1..]));
        if quirks.has("trims around the equals sign") {
            (name, value) = (trim(&pair[..equals]).into(), trim(&pair[equals + 1..]).into());
        }
        if quirks.has("decodes percent signs") {
            let (Some(decoded_name), Some(decoded_value)) = (decoded(&name), decoded(&value)) else { continue };
            (name, value) = (decoded_name.into(), decoded_value.into());
        }
        if *name == *OURS.as_bytes() {
            values.push(value.into_owned());
        }
    }
    values
}

fn trim(text: &[u8], other_white_space: bool) -> &[u8] {
    match std::str::from_utf8(text) {
        Ok(text) if other_white_space => text.trim().as_bytes(),
        _ => {
            let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
            let start = text.iter().take_while(|byte| is_space(byte)).count();
            let end = text[start..].iter().rev().take_while(|byte| is_space(byte)).count();
            &text[start..text.len() - end]
        }
    }
}

/// `None` if it is no text then.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let hexadecimal = after.get(..2).filter(|digits| *byte == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let code = hexadecimal.map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
        bytes.push(code.unwrap_or(*byte));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok().map(String::into_bytes)
}

/// What a session would be opened with.
fn outcome(mut values: Vec<Vec<u8>>, token: &str) -> Outcome {
    values.dedup();
    let is_token = |value: &[u8]| {
        value.len() == 64 && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    match &values[..] {
        [] => Outcome::NoToken,
        [value] if value == token.as_bytes() => Outcome::Loaded,
        [value] if is_token(value) => Outcome::Unknown,
        [_] => Outcome::Malformed,
        _ => Outcome::Ambiguous,
    }
}

/// Every value that the other library finds.
fn found_by_others(lines: &[Vec<u8>], decodes: bool) -> Vec<Vec<u8>> {
    let texts = lines.iter().filter_map(|line| std::str::from_utf8(line).ok());
    let cookies = texts.flat_map(|line| match decodes {
        true => Cookie::split_parse_encoded(line).flatten().collect::<Vec<_>>(),
        false => Cookie::split_parse(line).flatten().collect(),
    });
    cookies.filter(|cookie| cookie.name() == OURS).map(|cookie| cookie.value().as_bytes().to_vec()).collect()
}

/// Lines of pairs that are ours, nearly ours, or nobody's.
fn lines(random: &mut Rng, token: &str) -> Vec<Vec<u8>> {
    let names: [&[u8]; 24] = [
        b"__Host-id",
        b"__Host-id",
        b"__Host-id",
        b"__Host-id",
        b"__host-id",
        b"__Host-id ",
        b"__Host-id\t",
        b"\xe2\x80\x80__Host-id",
        b"\xc2\xa0__Host-id",
        b"__Host-id\xc2\x85",
        b"\xe3\x80\x80__Host-id",
        b"__%48ost-id",
        b"%5f_Host-id",
        b"__Host-id%",
        b"%ff__Host-id",
        b"\"__Host-id\"",
        b"..Host-id",
        b"=__Host-id",
        b"x__Host-id",
        b"$Version",
        b"theme",
        b"\xff\xfe",
        b"",
        b"__Host-id2",
    ];
    let other = "B".repeat(64);
    let encoded = format!("%{:02X}{}", token.as_bytes()[0], &token[1..]);
    let values: [&[u8]; 14] = [
        token.as_bytes(),
        token.as_bytes(),
        token.as_bytes(),
        other.as_bytes(),
        encoded.as_bytes(),
        &token.as_bytes()[1..],
        b"",
        b"dark",
        b"a=b",
        b"\xff",
        b"%ff",
        &[b" ", token.as_bytes()].concat(),
        &[b"\"", token.as_bytes(), b"\""].concat(),
        &[token.as_bytes(), b"\xe2\x80\x83"].concat(),
    ];
    let between: [&[u8]; 9] = [b"; ", b"; ", b"; ", b";", b" ;\t", b", ", b";;", b"  ;  ", b"&"];
    let mut line = || {
        let mut line = Vec::new();
        for _ in 0..random.u32(0..5) {
            line.extend(names[random.usize(..names.len())]);
            line.extend(if random.u32(..20) == 0 { b"".as_slice() } else { b"=" });
            line.extend(values[random.usize(..values.len())]);
            line.extend(between[random.usize(..between.len())]);
        }
        line
    };
    let first = line();
    if first.len() % 4 == 0 { vec![first, line()] } else { vec![first] }
}

/// The same whether a cookie is one or the same twice.
fn distinct(mut values: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    values.sort();
    values.dedup();
    values
}

async fn answer(request: Request<Body>) -> Result<Response, Infallible> {
    let (mut parts, _) = request.into_parts();
    let session = Visit::from_request_parts(&mut parts, &()).await.unwrap();
    let mut response = ().into_response();
    response.extensions_mut().insert(session.outcome());
    Ok(response)
}

#[tokio::test]
async fn a_hundred_thousand_headers_are_read_as_the_standard_says_and_every_difference_to_others_is_listed() {
    let sessions = Sessions::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    let app = sessions.layer().layer(tower::service_fn(answer));
    let mut random = Rng::with_seed(SEED);
    let sets = Quirks::all();
    let mut classes: BTreeMap<(bool, Vec<&str>), u32> = BTreeMap::new();
    for _ in 0..HEADERS {
        let lines = lines(&mut random, &token);
        let expected = |quirks| {
            let values = lines.iter().flat_map(|line| values(line, quirks)).collect();
            outcome(distinct(values), &token)
        };
        let mut request = Request::new(Body::empty());
        for line in &lines {
            request.headers_mut().append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        let response = app.clone().oneshot(request).await.unwrap();
        let ours = *response.extensions().get::<Outcome>().unwrap();
        assert_eq!(
            ours,
            expected(Quirks(0)),
            "{:?}",
            lines.iter().map(|line| line.escape_ascii().to_string()).collect::<Vec<_>>()
        );
        for decodes in [false, true] {
            let others = outcome(distinct(found_by_others(&lines, decodes)), &token);
            if others == ours {
                continue;
            }
            let explains = |set: &&Quirks| expected(**set) == others && (decodes || !set.has("decodes percent signs"));
            let Some(quirks) = sets.iter().find(explains) else {
                panic!(
                    "others read {others:?}, and no list says why: {:?}",
                    lines.iter().map(|line| line.escape_ascii().to_string()).collect::<Vec<_>>()
                );
            };
            *classes.entry((decodes, quirks.names())).or_default() += 1;
        }
    }
    let listed = listed();
    for ((decodes, quirks), count) in &classes {
        println!("{count:6} {} {quirks:?}", if *decodes { "split_parse_encoded" } else { "split_parse" });
        assert!(
            quirks.iter().all(|quirk| listed.contains(&(*quirk).to_owned())),
            "{quirks:?} is not in docs/cookies.md"
        );
    }
    for quirk in &listed {
        let is_seen = classes.keys().any(|(_, quirks)| quirks == &[quirk.as_str()]);
        assert!(is_seen, "docs/cookies.md lists `{quirk}`, which no header shows");
    }
}

/// The first column of the table of differences.
fn listed() -> Vec<String> {
    let document = fs::read_to_string(root().join("docs/cookies.md")).unwrap();
    let table = document.split("| the crate `cookie` |").nth(1).unwrap().split("\n\n").next().unwrap();
    table.lines().skip(2).filter_map(|row| row.split('|').nth(1)).map(|cell| cell.trim().to_owned()).collect()
}

#[tokio::test]
async fn no_byte_before_our_name_is_overlooked() {
    let sessions = Sessions::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    let app = sessions.layer().layer(tower::service_fn(answer));
    let others = (b'!'..=255).filter(|byte| !matches!(byte, b';' | 0x7f));
    for (byte, start) in others.flat_map(|byte| (0..8).map(move |start| (byte, start))) {
        let line = [&b"xxxxxxxx"[..start], b";", &[byte], OURS.as_bytes(), b"=", token.as_bytes()].concat();
        let request = Request::get("/").header(header::COOKIE, HeaderValue::from_bytes(&line).unwrap());
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.extensions().get(), Some(&Outcome::NoToken), "{byte:#x} after {start} others");
    }
}

#[tokio::test]
async fn the_shortest_pair_of_a_name_of_any_length_is_found_wherever_it_stands() {
    for length in 1..=9 {
        let name = "n".repeat(length);
        let cookie = CookieTransport::builder().name(&name).build().unwrap();
        let app = Sessions::new(TestStore::new()).layer().transport(cookie).layer(tower::service_fn(answer));
        for (before, after) in (0..17).flat_map(|before| [(before, ""), (before, ";"), (before, ";;;;x")]) {
            let line = [&";".repeat(before), &name, "=", after].concat();
            let request = Request::get("/").header(header::COOKIE, &line);
            let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.extensions().get(), Some(&Outcome::Malformed), "{line}");
        }
    }
}
