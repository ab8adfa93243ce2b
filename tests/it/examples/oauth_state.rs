//! `oauth_state`: a one-time value in a short-lived session of its own.

use futures_util::future::join_all;

use crate::support::{Server, Visitor, location};

async fn start() -> Server {
    Server::start("oauth_state", &["127.0.0.1:0"]).await
}

/// Goes to the provider and gives the address to which it sends the browser back.
async fn come_back(visitor: &mut Visitor) -> String {
    let sent = visitor.get("/login").await;
    assert!(location(&sent).starts_with("/provider/authorize?state="), "{sent:?}");
    let back = visitor.get(location(&sent)).await;
    assert!(location(&back).starts_with("/callback?code="), "{back:?}");
    location(&back).to_owned()
}

#[tokio::test]
async fn signing_in_at_the_provider_signs_in_here_and_ends_the_attempt() {
    let server = start().await;
    let mut visitor = Visitor::of(&server);
    let callback = come_back(&mut visitor).await;
    assert_eq!(visitor.cookies.keys().collect::<Vec<_>>(), ["__Host-oauth"]);
    assert_eq!(location(&visitor.get(&callback).await), "/");
    assert_eq!(visitor.cookies.keys().collect::<Vec<_>>(), ["__Host-id"]);
    assert!(visitor.read("/").await.contains("Signed in as Ada."));
}

#[tokio::test]
async fn a_second_callback_with_the_same_state_is_refused() {
    let server = start().await;
    let mut visitor = Visitor::of(&server);
    let callback = come_back(&mut visitor).await;
    let mut other_window = visitor.clone();
    assert_eq!(visitor.get(&callback).await.status(), 303);
    let refused = other_window.get(&callback).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.text().await.unwrap(), "This sign-in was not begun here.\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_callbacks_at_once_with_one_state_exactly_one_signs_in() {
    let server = start().await;
    let mut visitor = Visitor::of(&server);
    let callback = come_back(&mut visitor).await;
    let callbacks = (0..16).map(|_| {
        let (mut window, callback) = (visitor.clone(), callback.clone());
        tokio::spawn(async move { window.get(&callback).await.text().await.unwrap() })
    });
    let answers: Vec<_> = join_all(callbacks).await.into_iter().map(Result::unwrap).collect();
    let count = |expected: &str| answers.iter().filter(|answer| *answer == expected).count();
    assert_eq!((count(""), count("This sign-in was not begun here.\n")), (1, 15), "{answers:?}");
}

#[tokio::test]
async fn a_callback_that_somebody_else_prepared_signs_nobody_in() {
    let server = start().await;
    let (mut attacker, mut victim) = (Visitor::of(&server), Visitor::of(&server));
    let callback = come_back(&mut attacker).await;
    assert_eq!(victim.get(&callback).await.status(), 400, "without an attempt");
    come_back(&mut victim).await;
    assert_eq!(victim.get(&callback).await.status(), 400, "with an attempt of one's own");
    assert!(victim.read("/").await.contains("Sign in with the provider"));
}

#[tokio::test]
async fn a_wrong_guess_uses_the_state_up() {
    let server = start().await;
    let mut visitor = Visitor::of(&server);
    let callback = come_back(&mut visitor).await;
    assert_eq!(visitor.get("/callback?code=guessed&state=guessed").await.status(), 400);
    assert_eq!(visitor.get(&callback).await.status(), 400);
}
