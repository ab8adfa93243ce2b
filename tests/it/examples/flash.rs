//! `flash`: a message that is shown once.

use crate::support::{Server, Visitor};

#[tokio::test]
async fn the_message_of_a_form_is_shown_on_the_next_page_and_never_again() {
    let server = Server::start("flash", &["127.0.0.1:0"]).await;
    let mut visitor = Visitor::of(&server);
    assert!(!visitor.read("/").await.contains("will hear"));
    assert!(visitor.cookies.is_empty(), "whoever only looks gets no session");
    let page = visitor.submit("/subscribe", &[("address", "<b>ada@example.com")]).await;
    assert!(page.contains("&lt;b&gt;ada@example.com will hear from us."), "{page}");
    assert!(!visitor.read("/").await.contains("will hear"));
}

#[tokio::test]
async fn the_message_is_for_whoever_sent_the_form_and_for_nobody_else() {
    let server = Server::start("flash", &["127.0.0.1:0"]).await;
    let (mut visitor, mut other) = (Visitor::of(&server), Visitor::of(&server));
    visitor.post("/subscribe", &[("address", "ada@example.com")]).await;
    assert!(!other.read("/").await.contains("will hear"));
    assert!(visitor.read("/").await.contains("will hear"));
}
