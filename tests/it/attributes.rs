//! Attributes of fields beyond reading and writing: who sees a value, and how long it stays.

use std::sync::{Arc, Mutex};

use scs::{MemoryStore, Session, SessionError, SessionManager, TypedSession};

use crate::support::{TestStore, commit};

/// Neither serializable nor printable: a request may hold anything.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<Vec<&'static str>>>);

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    cart: Vec<String>,
    #[session(on_login = "drop")]
    captcha: Option<String>,
    #[session(on_logout = "drop")]
    address: Option<String>,
    #[session(secret)]
    api_key: Option<String>,
    #[session(skip)]
    trace: Trace,
    #[session(skip, default = 7)]
    attempts: u8,
    #[session(skip)]
    locale: Option<String>,
}

fn sessions() -> (SessionManager<Visitor, TestStore>, TestStore) {
    let store = TestStore::new();
    (SessionManager::new(store.clone()), store)
}

async fn new_session() -> TypedSession<Visitor> {
    sessions().0.open(None).await.unwrap()
}

#[tokio::test]
async fn a_skipped_field_lives_for_one_request_and_is_never_stored() {
    let (sessions, store) = sessions();
    let session = sessions.open(None).await.unwrap();
    session.with_trace(|trace| trace.0.lock().unwrap().push("begun"));
    session.set_trace(Trace(Arc::new(Mutex::new(vec!["begun"]))));
    session.with_trace(|trace| trace.0.lock().unwrap().push("ended"));
    assert_eq!(*session.clone().trace().0.lock().unwrap(), ["begun", "ended"]);
    assert_eq!(
        session.update_attempts(|attempts| {
            *attempts += 1;
            *attempts
        }),
        8
    );
    session.set_locale("de");
    assert_eq!((session.attempts(), session.locale().as_deref(), session.has_locale()), (8, Some("de"), true));
    session.commit().await.unwrap();
    assert_eq!(store.take_calls(), [""; 0], "nothing of it is worth a store call");

    session.set_cart(vec!["tea".to_owned()]);
    let token = commit(&session).await;
    assert_eq!(session.attempts(), 8, "a commit does not end the request");
    let next = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((next.attempts(), next.locale(), next.has_trace()), (7, None, false));
}

#[tokio::test]
async fn a_skipped_field_is_taken_out_cleared_and_reset_with_the_session() {
    let session = new_session().await;
    session.set_locale("de");
    assert_eq!((session.pop_locale().as_deref(), session.pop_locale()), (Some("de"), None));
    session.set_locale("de");
    session.remove_locale();
    assert!(!session.has_locale());
    session.set_locale("de");
    session.clear();
    assert!(!session.has_locale(), "clear drops all data");
    session.set_locale("de");
    session.destroy();
    assert!(!session.has_locale(), "what follows is another session");
}

#[tokio::test]
async fn a_snapshot_has_skipped_fields_too() {
    let session = new_session().await;
    session.set_locale("de");
    let snapshot = session.snapshot();
    assert_eq!((snapshot.locale.as_deref(), snapshot.attempts), (Some("de"), 7));
}

#[tokio::test]
async fn signing_in_drops_what_the_visitor_must_not_take_along() {
    let (sessions, _) = sessions();
    let session = sessions.open(None).await.unwrap();
    session.set_captcha("passed");
    session.set_cart(vec!["tea".to_owned()]);
    session.set_account(7);
    assert_eq!((session.captcha(), session.cart().len()), (None, 1), "dropped at once, the rest is kept");
    session.set_captcha("of the account");
    let token = commit(&session).await;

    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_account(7);
    assert!(session.has_captcha(), "the same account signed in again: nothing changes hands");
    session.set_account(8);
    assert!(!session.has_captcha(), "another account is another person");
    let token = commit(&session).await;
    assert_eq!(sessions.open(token.as_str()).await.unwrap().captcha(), None);
}

#[tokio::test]
async fn signing_out_is_no_sign_in() {
    let session = new_session().await;
    session.set_account(7);
    session.set_captcha("passed");
    session.remove_account();
    assert!(session.has_captcha());
}

#[tokio::test]
async fn signing_out_drops_who_it_was_and_what_belongs_to_them() {
    let session = new_session().await;
    session.set_account(7);
    session.set_address("1 Main Street");
    session.set_cart(vec!["tea".to_owned()]);
    session.sign_out();
    assert_eq!((session.account(), session.address(), session.cart().len()), (None, None, 1));
}

#[tokio::test]
async fn signing_in_and_out_drops_what_another_request_stored_meanwhile_too() {
    let (sessions, _) = sessions();
    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".to_owned()]);
    let token = commit(&session).await;

    let other = sessions.open(token.as_str()).await.unwrap();
    other.set_captcha("passed");
    other.commit().await.unwrap();
    session.set_account(7);
    let token = commit(&session).await;
    assert_eq!(sessions.open(token.as_str()).await.unwrap().captcha(), None);

    let other = sessions.open(token.as_str()).await.unwrap();
    other.set_address("1 Main Street");
    other.commit().await.unwrap();
    session.sign_out();
    let token = commit(&session).await;
    assert_eq!(sessions.open(token.as_str()).await.unwrap().address(), None);
}

#[tokio::test]
async fn what_a_merged_session_brings_along_is_not_dropped_by_its_sign_in() {
    let (sessions, _) = sessions();
    let account = sessions.open(None).await.unwrap();
    account.set_account(7);
    account.set_captcha("theirs");
    let token = commit(&account).await;
    let session = sessions.open(None).await.unwrap();
    session.set_captcha("ours");
    assert!(session.merge_from(&scs::Token::parse(token.as_bytes()).unwrap()).await.unwrap());
    assert_eq!(session.captcha().as_deref(), Some("theirs"));
}

#[tokio::test]
async fn a_secret_field_is_never_printed() {
    let session = new_session().await;
    session.set_api_key("k-4711");
    session.set_cart(vec!["tea".to_owned()]);
    session.set_account(7);
    assert_eq!(
        session.inspect().to_string(),
        r#"Visitor { account: 7, cart: ["tea"], api_key: [secret] }"#,
        "values are shown where they are asked for, secrets nowhere"
    );
    for printed in [format!("{session:?}"), format!("{:?}", session.inspect())] {
        assert!(!printed.contains("4711"), "{printed}");
    }
}

/// Fails to serialize, and says what it holds.
#[derive(Clone, Default)]
struct Talkative;

impl serde::Serialize for Talkative {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("cannot serialize k-4711"))
    }
}

impl<'de> serde::Deserialize<'de> for Talkative {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

#[derive(Session)]
struct Keys {
    #[session(secret)]
    key: Talkative,
}

#[tokio::test]
async fn an_error_about_a_secret_field_does_not_quote_it() {
    let session = SessionManager::<Keys, _>::new(MemoryStore::new()).open(None).await.unwrap();
    session.set_key(Talkative);
    let error = session.commit().await.unwrap_err();
    assert!(matches!(error, SessionError::Encode { field: "key", .. }));
    assert!(!format!("{error:?}").contains("4711"), "{error:?}");
}

#[derive(Session)]
#[session(name = "visitor", codec = scs::Json)]
struct InJson {
    #[session(index)]
    account: Option<u64>,
    names: Vec<Option<String>>,
    #[session(merge = "add")]
    hits: u64,
}

#[tokio::test]
async fn a_schemas_codec_encodes_its_values_and_nobody_elses() {
    let store = MemoryStore::new();
    let sessions = SessionManager::<InJson, _>::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    session.set_names(vec![Some("Ada".to_owned()), None]);
    session.add_hits(3);
    let token = commit(&session).await;
    let record = scs::store::Store::load(&store, session.id()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(record.payload()).into_owned();
    assert!(text.contains(r#"["Ada",null]"#), "{text}");

    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((session.account(), session.names().len(), session.hits()), (Some(7), 2, 3));
    assert_eq!(session.inspect().to_string(), r#"visitor { account: 7, names: ["Ada", none], hits: 3 }"#);
    assert_eq!(sessions.find(InJson::by_account(7)).await.unwrap().len(), 1);
}
