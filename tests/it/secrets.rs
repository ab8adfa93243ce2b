//! No token, secret or session value in anything that is printed.

use std::process::{Command, Stdio};

use scs::{
    CookieTransport, MemoryStore, Session, SessionManager, Token,
    store::{AnyStore, Entry, Store as _},
};

use crate::support::{DAY, bytes_of, commit};

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

/// Runs the other tests with all logs at trace level, those of the servers and of each store's driver included, and
/// searches what came out for every token that was issued meanwhile. Tests of stores alone issue none.
#[test]
fn no_log_line_of_the_whole_test_run_holds_a_token() {
    if std::env::var("SCS_TOKENS").is_ok() {
        return;
    }
    let file = std::env::temp_dir().join(format!("scs-tokens-{}", std::process::id()));
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--nocapture", "--skip", "no_log_line", "--skip", "architecture::", "--skip", "any_bytes"])
        .args(["--skip", "conformance::", "--skip", "stores::"])
        .env("SCS_TOKENS", &file)
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let log = [run.stdout, run.stderr].map(|output| String::from_utf8_lossy(&output).into_owned()).concat();
    assert!(run.status.success(), "the run failed:\n{}", &log[log.len().saturating_sub(4000)..]);
    let tokens = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    let tokens: Vec<&str> = tokens.lines().collect();
    assert!(tokens.len() > 1000, "{} tokens were issued", tokens.len());
    assert!(log.contains("scs::session") && log.contains("TRACE"), "the log is at trace level");
    assert_found_nowhere(&log, &tokens);
}

/// Every window of the log that could be a piece of a token is looked up, rather than every piece in
/// the whole log.
fn assert_found_nowhere(log: &str, tokens: &[&str]) {
    let pieces: std::collections::HashSet<String> = tokens.iter().flat_map(|token| pieces(token)).collect();
    let is_base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    for word in log.split(|c| !is_base64url(c)).filter(|word| word.len() >= 11) {
        for start in 0..=word.len() - 11 {
            assert!(!pieces.contains(&word[start..start + 11]), "a token in the log: {word}");
        }
    }
}
