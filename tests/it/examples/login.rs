//! `login`: passwords, a guarded page, the sessions of an account, and signing out everywhere.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::support::{Server, Visitor, location};

const ADA: [(&str, &str); 2] = [("name", "ada"), ("password", "correct horse battery staple")];
const GRACE: [(&str, &str); 2] = [("name", "grace"), ("password", "a nanosecond is this long")];

async fn start() -> Server {
    Server::start("login", &["127.0.0.1:0"]).await
}

#[tokio::test]
async fn a_guarded_page_sends_strangers_to_the_login_and_greets_who_has_the_password() {
    let server = start().await;
    let mut visitor = Visitor::of(&server);
    let refused = visitor.get("/").await;
    assert_eq!((refused.status().as_u16(), location(&refused)), (303, "/login"));
    assert!(visitor.read("/login").await.contains("name=\"password\""));
    assert!(visitor.submit("/login", &ADA).await.contains("You are signed in to account 7."));
    assert_eq!(visitor.get("/").await.headers()["cache-control"], "private, no-store");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_told_the_same_and_get_no_session() {
    let server = start().await;
    let mut visitor = Visitor::of(&server);
    let mut answers = Vec::new();
    for (name, password) in [("ada", "guess"), ("nobody", "guess"), ("nobody", ""), ("grace", ADA[1].1)] {
        let answer = visitor.post("/login", &[("name", name), ("password", password)]).await;
        assert_eq!(answer.status(), 403, "{name}");
        answers.push(answer.text().await.unwrap());
    }
    assert!(answers[0].contains("Wrong name or password.") && answers.iter().all(|answer| *answer == answers[0]));
    assert!(visitor.cookies.is_empty());
}

#[tokio::test]
async fn an_unknown_name_is_answered_no_sooner_than_a_wrong_password() {
    let server = start().await;
    let fastest = async |name: &str| {
        let mut fastest = Duration::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            Visitor::of(&server).post("/login", &[("name", name), ("password", "guess")]).await;
            fastest = fastest.min(begun.elapsed());
        }
        fastest
    };
    let (known, unknown) = (fastest("ada").await, fastest("nobody").await);
    assert!(unknown * 3 > known, "{unknown:?} for nobody, {known:?} for somebody");
}

#[tokio::test]
async fn the_other_devices_are_listed_and_signed_out_and_this_one_goes_on_with_a_new_token() {
    let server = start().await;
    let (mut phone, mut laptop) = (Visitor::of(&server), Visitor::of(&server));
    let signing_in = phone.request(Method::POST, "/login").header("user-agent", "a phone").form(&ADA);
    phone.send(signing_in).await;
    assert!(laptop.submit("/login", &ADA).await.contains("<td>a phone</td>"));
    let before = laptop.cookies.clone();
    assert!(!laptop.submit("/logout-elsewhere", &[]).await.contains("a phone"));
    assert_ne!(laptop.cookies, before);
    assert_eq!(location(&phone.get("/").await), "/login");
}

#[tokio::test]
async fn signing_in_again_renews_the_token_and_the_token_from_before_is_worthless() {
    let server = start().await;
    let mut visitor = Visitor::of(&server);
    visitor.submit("/login", &ADA).await;
    let mut thief = visitor.clone();
    visitor.submit("/login", &ADA).await;
    assert_ne!(visitor.cookies, thief.cookies);
    assert_eq!(location(&thief.get("/").await), "/login");
    assert!(visitor.read("/").await.contains("account 7"));
}

#[tokio::test]
async fn logging_out_makes_the_cookie_worthless_and_leaves_other_browsers_signed_in() {
    let server = start().await;
    let (mut phone, mut laptop) = (Visitor::of(&server), Visitor::of(&server));
    phone.submit("/login", &ADA).await;
    laptop.submit("/login", &ADA).await;
    let mut thief = phone.clone();
    phone.submit("/logout", &[]).await;
    assert!(phone.cookies.is_empty());
    assert_eq!(location(&thief.get("/").await), "/login");
    assert!(laptop.read("/").await.contains("account 7"));
}

#[tokio::test]
async fn logging_out_everywhere_ends_every_session_of_the_account_and_none_of_another() {
    let server = start().await;
    let (mut phone, mut laptop, mut grace) = (Visitor::of(&server), Visitor::of(&server), Visitor::of(&server));
    phone.submit("/login", &ADA).await;
    laptop.submit("/login", &ADA).await;
    grace.submit("/login", &GRACE).await;
    let listed = phone.read("/").await;
    assert_eq!((listed.matches("<code>").count(), listed.matches("(this one)").count()), (2, 1), "{listed}");

    phone.submit("/logout-everywhere", &[]).await;
    assert!(phone.cookies.is_empty());
    assert_eq!(location(&laptop.get("/").await), "/login");
    assert_eq!(grace.read("/").await.matches("<code>").count(), 1);
}

/// What the example claims of itself, so that a login does not grow unnoticed.
#[test]
fn a_login_takes_at_most_40_lines_of_code() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/login.rs")).unwrap();
    let parts: Vec<&str> = text.split("\n// ------").collect();
    let [head, login, _] = parts[..] else { panic!("two rulers") };
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    // The first line is the rest of the ruler.
    let lines = login.lines().skip(1).filter(is_code).count();
    assert!(lines <= 40, "{lines} lines");
    assert!(head.contains(&format!("the {lines} lines of code between the two rulers")), "{lines} lines");
}
