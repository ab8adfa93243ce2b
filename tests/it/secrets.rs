//! No token, secret or session value in anything that is printed.

use scs::{
    CookieTransport, MemoryStore, Session, SessionManager, Token,
    store::{AnyStore, Entry, Store as _},
};

use crate::support::{
    DAY, bytes_of, commit,
    leaks::{Leaks, base64url, hexadecimal},
    record_value,
    whole_run::assert_a_whole_run_prints_no_secret,
};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<String>,
    pin: u64,
}

const ACCOUNT: &str = "account-that-nobody-may-see";
const PIN: u64 = 918_273_645_546;

/// Pieces of the token's secret half: 11 characters are 8 bytes.
fn pieces(token: &str) -> Vec<String> {
    let secret: Vec<char> = token.chars().skip(22).collect();
    secret.windows(11).map(|piece| piece.iter().collect()).collect()
}

fn assert_hides(printed: &str, token: &str) {
    assert!(!pieces(token).iter().any(|piece| printed.contains(piece.as_str())), "a token in {printed}");
    assert!(!printed.contains(ACCOUNT) && !printed.contains(&PIN.to_string()), "a value in {printed}");
    let value_bytes = format!("{:?}", ACCOUNT.as_bytes());
    assert!(!printed.contains(value_bytes.trim_matches(['[', ']'])), "the bytes of a value in {printed}");
}

#[tokio::test]
async fn debug_output_of_public_types_holds_no_token_and_no_value() {
    [ACCOUNT, &PIN.to_string()].into_iter().for_each(record_value);
    let store = MemoryStore::new();
    let sessions = SessionManager::<Visitor, _>::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_account(ACCOUNT);
    session.set_pin(PIN);
    let committed = session.commit().await.unwrap();
    let text = committed.token().unwrap().expose();
    let token = Token::parse(text.as_bytes()).unwrap();
    let stored = store.load(session.id()).await.unwrap().unwrap();
    let entry = Entry::new(stored.payload().clone(), DAY);
    let printed = [
        format!("{session:?} {sessions:?} {committed:?} {token:?}"),
        format!("{store:?} {:?} {stored:?} {entry:?}", AnyStore::new(store.clone())),
        format!("{:?} {:?}", sessions.layer(), CookieTransport::default()),
        format!("{:?} {:?}", Visitor::by_account(ACCOUNT), sessions.iterate()),
        format!("{:?} {}", sessions.policy(), sessions.policy()),
        format!("{:?}", Token::parse(&text.as_bytes()[1..])),
    ];
    for printed in printed {
        assert_hides(&printed, &text);
    }
}

#[tokio::test]
async fn a_dump_of_the_store_holds_no_token() {
    let store = MemoryStore::new();
    let sessions = SessionManager::<Visitor, _>::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_pin(1);
    let token = commit(&session).await;
    let stored = store.load(session.id()).await.unwrap().unwrap();
    let payload = stored.payload();
    let secret = bytes_of(&token)[16..].to_vec();
    assert!(!payload.windows(8).any(|window| secret.windows(8).any(|piece| piece == window)));
    assert!(!pieces(&token).iter().any(|piece| payload.windows(11).any(|window| window == piece.as_bytes())));
}

/// Tests of stores alone issue no tokens.
#[test]
fn no_log_line_of_the_whole_test_run_holds_a_token() {
    let but = ["no_log_line", "architecture::", "any_bytes", "conformance::", "stores::"];
    assert_a_whole_run_prints_no_secret(&but, 1000);
}

#[test]
fn a_secret_is_found_in_every_form_in_which_it_may_be_printed() {
    let (mut leaks, secret) = (Leaks::default(), *b"\xf1\x8e\x07eight\xc3\n\xb9\"and\\\x00more");
    leaks.add(&secret);
    let digits = hexadecimal(&secret);
    let shifted = ["", "x", "xy"].map(|before| base64url(&[before.as_bytes(), &secret].concat()));
    let forms = [
        format!("{secret:?}"),
        format!("{:?}", bytes::Bytes::copy_from_slice(&secret)),
        digits.to_uppercase(),
        format!("0x{digits}"),
        shifted.join(" "),
        shifted[1].clone(),
        shifted[2].replace('-', "+").replace('_', "/"),
    ];
    for form in forms {
        assert!(leaks.find_in(format!("one line\nid={form};\n").as_bytes()).is_some(), "{form}");
    }
    assert!(leaks.find_in(&[b"in a file ", secret.as_slice()].concat()).is_some());
    assert_eq!(leaks.find_in(format!("{:?} {}", &secret[..7], &digits[..14]).as_bytes()), None);
}
