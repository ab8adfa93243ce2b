//! `remember_me`: a cookie that outlives the browser, or does not.

use crate::support::{Server, Visitor, set_cookies};

#[tokio::test]
async fn only_who_ticks_the_box_gets_a_cookie_that_outlives_the_browser() {
    let server = Server::start("remember_me", &["127.0.0.1:0"]).await;
    let mut visitor = Visitor::of(&server);
    let forgotten = visitor.post("/login", &[("name", "Ada")]).await;
    assert_eq!(set_cookies(&forgotten).len(), 1);
    assert!(!set_cookies(&forgotten)[0].contains("Max-Age"), "gone when the browser closes");
    assert!(visitor.read("/").await.contains("after 30m "));

    let remembered = visitor.post("/login", &[("name", "Ada"), ("remember", "true")]).await;
    assert!(set_cookies(&remembered)[0].contains("; Max-Age=2592000;"), "{:?}", set_cookies(&remembered));
    assert!(visitor.read("/").await.contains("after 14days "));

    let forgotten = visitor.post("/login", &[("name", "Ada")]).await;
    assert!(!set_cookies(&forgotten)[0].contains("Max-Age"), "without the box, remembering ends");
    assert!(visitor.read("/").await.contains("after 30m "));
}

#[tokio::test]
async fn a_remembered_session_ends_with_a_logout_like_any_other() {
    let server = Server::start("remember_me", &["127.0.0.1:0"]).await;
    let mut visitor = Visitor::of(&server);
    visitor.post("/login", &[("name", "Ada"), ("remember", "true")]).await;
    let mut thief = visitor.clone();
    let page = visitor.submit("/logout", &[]).await;
    assert!(page.contains("Remember me on this computer") && visitor.cookies.is_empty());
    assert!(thief.read("/").await.contains("Remember me on this computer"));
}
