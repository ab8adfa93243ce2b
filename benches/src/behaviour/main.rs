//! What session libraries do when it matters, each with its default settings and its store in memory,
//! asked over HTTP from outside. Prints the table of the README:
//!
//! ```sh
//! cargo run --manifest-path benches/Cargo.toml --bin behaviour
//! ```

mod client;
mod subjects;

use client::{Client, Gate};
use subjects::{SUBJECTS, Subject};

/// One thing to find out, and what it was.
struct Question {
    text: &'static str,
    ask: for<'a> fn(&'a Subject) -> client::Answer<'a>,
}

const QUESTIONS: &[Question] = &[
    Question { text: "overlapping requests on different fields: both kept", ask: |s| Box::pin(both_kept(s)) },
    Question { text: "overlapping increments of one field: both counted", ask: |s| Box::pin(both_counted(s)) },
    Question { text: "logout during a slow request: stays logged out", ask: |s| Box::pin(stays_logged_out(s)) },
    Question { text: "setting the account changes the token by itself", ask: |s| Box::pin(sign_in_renews(s)) },
    Question { text: "a slow request from before the sign-in never writes after it", ask: |s| Box::pin(fenced(s)) },
    Question { text: "a visitor who stores nothing gets no cookie", ask: |s| Box::pin(no_cookie(s)) },
    Question { text: "a 500 drops what its handler changed", ask: |s| Box::pin(dropped_on_500(s)) },
    Question { text: "the cookie is `Secure` by default", ask: |s| Box::pin(secure_cookie(s)) },
    Question { text: "the cookie is `__Host-` by default", ask: |s| Box::pin(host_cookie(s)) },
    Question { text: "a response with the cookie is kept by no shared cache", ask: |s| Box::pin(no_store(s)) },
];

#[tokio::main]
async fn main() {
    let names: Vec<_> = SUBJECTS.iter().map(|subject| subject.name).collect();
    println!("| | {} |", names.join(" | "));
    println!("|---|{}", "---|".repeat(names.len()));
    for question in QUESTIONS {
        let mut answers = Vec::new();
        for subject in SUBJECTS {
            answers.push(if (question.ask)(subject).await { "yes" } else { "no" });
        }
        println!("| {} | {} |", question.text, answers.join(" | "));
    }
}

async fn both_kept(subject: &Subject) -> bool {
    let gate = Gate::default();
    let mut client = Client::of(subject, &gate).await;
    client.get("/set?key=first").await;
    let slow = client.start("/slow/set?key=a");
    gate.wait_until_open().await;
    client.get("/set?key=b").await;
    gate.go_on();
    slow.finish().await;
    let keys = client.get("/keys").await.text;
    keys.contains('a') && keys.contains('b')
}

async fn both_counted(subject: &Subject) -> bool {
    let gate = Gate::default();
    let mut client = Client::of(subject, &gate).await;
    client.get("/count").await;
    let slow = client.start("/slow/count");
    gate.wait_until_open().await;
    client.get("/count").await;
    gate.go_on();
    slow.finish().await;
    client.get("/number").await.text == "3"
}

async fn stays_logged_out(subject: &Subject) -> bool {
    let gate = Gate::default();
    let mut client = Client::of(subject, &gate).await;
    client.get("/login").await;
    let (signed_in, slow) = (client.clone(), client.start("/slow/set?key=a"));
    gate.wait_until_open().await;
    client.get("/logout").await;
    gate.go_on();
    slow.finish().await;
    signed_in.clone().get("/account").await.text == "none"
}

async fn sign_in_renews(subject: &Subject) -> bool {
    let mut client = Client::of(subject, &Gate::default()).await;
    client.get("/set?key=a").await;
    let mut before = client.clone();
    client.get("/login").await;
    before.get("/account").await.text == "none" && client.get("/account").await.text == "7"
}

async fn fenced(subject: &Subject) -> bool {
    let gate = Gate::default();
    let mut client = Client::of(subject, &gate).await;
    client.get("/set?key=first").await;
    let slow = client.start("/slow/set?key=a");
    gate.wait_until_open().await;
    client.get("/login").await;
    gate.go_on();
    slow.finish().await;
    client.get("/account").await.text == "7" && !client.get("/keys").await.text.contains('a')
}

async fn no_cookie(subject: &Subject) -> bool {
    let mut client = Client::of(subject, &Gate::default()).await;
    client.get("/keys").await.cookie.is_none()
}

async fn dropped_on_500(subject: &Subject) -> bool {
    let mut client = Client::of(subject, &Gate::default()).await;
    client.get("/set?key=first").await;
    client.get("/fail?key=a").await;
    !client.get("/keys").await.text.contains('a')
}

async fn secure_cookie(subject: &Subject) -> bool {
    let mut client = Client::of(subject, &Gate::default()).await;
    client.get("/set?key=a").await.cookie.unwrap_or_default().contains("; Secure")
}

async fn host_cookie(subject: &Subject) -> bool {
    let mut client = Client::of(subject, &Gate::default()).await;
    client.get("/set?key=a").await.cookie.unwrap_or_default().starts_with("__Host-")
}

async fn no_store(subject: &Subject) -> bool {
    let mut client = Client::of(subject, &Gate::default()).await;
    client.get("/set?key=a").await.cache_control.contains("no-store")
}
