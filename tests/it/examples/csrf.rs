//! `csrf`: a form that other sites cannot post.

use reqwest::Method;

use crate::support::{Server, Visitor};

/// The token in the form of a page.
fn token(page: &str) -> &str {
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap()
}

#[tokio::test]
async fn the_form_of_the_page_is_taken_and_a_forged_one_is_not() {
    let server = Server::start("csrf", &["127.0.0.1:0"]).await;
    let mut visitor = Visitor::of(&server);
    let page = visitor.read("/").await;
    let forged = visitor.post("/transfer", &[("amount", "5"), ("csrf", "forged")]).await;
    assert_eq!(forged.status(), 403);
    let page = visitor.submit("/transfer", &[("amount", "5"), ("csrf", token(&page))]).await;
    assert!(page.contains("You gave 5 coins."), "{page}");
}

#[tokio::test]
async fn what_the_browser_says_comes_from_elsewhere_is_refused_even_with_the_token() {
    let server = Server::start("csrf", &["127.0.0.1:0"]).await;
    let mut visitor = Visitor::of(&server);
    let page = visitor.read("/").await;
    let form = [("amount", "5"), ("csrf", token(&page))];
    let request = visitor.request(Method::POST, "/transfer").form(&form).header("sec-fetch-site", "cross-site");
    assert_eq!(visitor.send(request).await.status(), 403);
}
