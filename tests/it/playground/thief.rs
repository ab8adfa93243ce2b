//! A thief who has copied every cookie that a visitor ever had, and plays each of them after every step.

use reqwest::Method;
use serde_json::{Value, json};

use super::Visitor;
use crate::support::Server;

/// What the visitor does, or an administrator, and who is signed in then.
const STEPS: [(Method, &str, Option<u64>); 13] = [
    (Method::POST, "/login/7", Some(7)),
    (Method::POST, "/renew", Some(7)),
    (Method::POST, "/login/7", Some(7)),
    (Method::POST, "/login/8", Some(8)),
    (Method::POST, "/clear", None),
    (Method::POST, "/login/7?remember=true", Some(7)),
    (Method::DELETE, REVOKE, None),
    (Method::POST, "/login/7", Some(7)),
    (Method::POST, "/logout", None),
    (Method::POST, "/login/7", Some(7)),
    (Method::POST, "/login/8?remember=true", Some(8)),
    (Method::POST, "/renew", Some(8)),
    (Method::POST, "/logout", None),
];

/// Asked for by somebody else.
const REVOKE: &str = "/sessions?account=7";

/// What a thief does with a cookie.
const DEEDS: [(Method, &str); 8] = [
    (Method::POST, "/visits"),
    (Method::PUT, "/name"),
    (Method::POST, "/notice/claim"),
    (Method::POST, "/login/9"),
    (Method::POST, "/renew"),
    (Method::POST, "/clear"),
    (Method::POST, "/logout"),
    (Method::GET, "/stream"),
];

/// Each step ends every copy from before it, and nothing that is done with one reaches the visitor.
pub(super) async fn no_copy_of_a_cookie_outlives_a_step(store: &str, renew_every: &str) {
    let server = Server::playground(&["--store", store, "--renew-every", renew_every]).await;
    let (mut visitor, admin) = (Visitor::of(&server), Visitor::of(&server));
    let mut copies: Vec<Visitor> = Vec::new();
    for (number, (method, path, account)) in STEPS.into_iter().enumerate() {
        // A few requests, among which the cookie may be renewed on its own.
        for _ in 0..3 {
            visitor.put("/notice", "for the visitor").await;
            copies.push(visitor.clone());
        }
        let answered = match path {
            REVOKE => admin.send(method, path, "").await,
            _ => visitor.request(method, path, "").await,
        };
        assert!(answered.status().is_success(), "step {number}, {path}");
        let before = visitor.session().await;
        assert_eq!(before["account"], json!(account), "step {number}, {path}");
        assert_all_are_over(&copies, number).await;
        let theirs = of_the_visitor(&visitor.session().await);
        plays(&copies, number).await;
        assert_eq!(of_the_visitor(&visitor.session().await), theirs, "step {number}, {path}");
        copies.retain(|copy| copy.browser.cookie.is_some());
    }
}

async fn assert_all_are_over(copies: &[Visitor], step: usize) {
    for (number, copy) in copies.iter().enumerate() {
        let seen: Value = copy.send(Method::GET, "/session", "").await.json().await.unwrap();
        assert_eq!(
            (&seen["new"], &seen["account"], &seen["notice"]),
            (&json!(true), &Value::Null, &Value::Null),
            "copy {number} after step {step}"
        );
    }
}

/// Each deed with one of the copies: all of them in turn, the latest first.
async fn plays(copies: &[Visitor], step: usize) {
    let copies = copies.iter().rev().cycle().skip(step % 3);
    for ((method, path), copy) in DEEDS.into_iter().zip(copies) {
        drop(copy.send(method, path, "Mallory").await);
    }
}

/// What a session shows at any moment; one that is not stored has another id each time.
fn of_the_visitor(session: &Value) -> Value {
    let mut session = session.clone();
    let fields = session.as_object_mut().unwrap();
    fields.remove("expires_in_s");
    if fields["new"] == true {
        fields.remove("id");
    }
    session
}
