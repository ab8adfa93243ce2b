//! What other sites make a browser send. Another address is another site, even on the same machine.

use axum::{Router, response::Html, routing::get};
use serde_json::json;

use crate::{
    driver::{Browser, Tab},
    site::{localhost, serve},
    support::Server,
};

/// A visitor with three visits, and the address of another site with a form and a link to the playground.
async fn visitor_and_other_site(browser: &Browser) -> (Server, Tab, String) {
    let server = Server::playground(&[]).await;
    let ours = localhost(&server);
    let tab = browser.open(&ours).await;
    tab.fetch("POST", "/login/7").await;
    for _ in 0..3 {
        tab.fetch("POST", "/visits").await;
    }
    let page = format!("<form method=post action='{ours}/visits'></form><a href='{ours}/session'>win a prize</a>");
    let port = serve(Router::new().route("/", get(|| async { Html(page) }))).await;
    (server, tab, format!("http://127.0.0.1:{port}/"))
}

in_each_browser!(a_form_of_another_site_arrives_without_the_session_and_changes_nothing_in_it);
async fn a_form_of_another_site_arrives_without_the_session_and_changes_nothing_in_it(browser: Browser) {
    let (server, tab, other_site) = visitor_and_other_site(&browser).await;
    let cookie = browser.cookie().await.line();
    tab.go_to(&other_site).await;
    tab.follow("document.forms[0].submit()").await;
    assert_eq!(tab.text().await, "1", "the first visit of somebody else");

    let session = reqwest::Client::new().get(format!("{}/session", server.url)).header("cookie", cookie).send().await;
    let session: serde_json::Value = session.unwrap().json().await.unwrap();
    assert_eq!((&session["account"], &session["visits"]), (&json!(7), &json!(3)));
}

in_each_browser!(a_link_from_another_site_arrives_with_the_session);
async fn a_link_from_another_site_arrives_with_the_session(browser: Browser) {
    let (_server, tab, other_site) = visitor_and_other_site(&browser).await;
    tab.go_to(&other_site).await;
    tab.follow("document.links[0].click()").await;
    let session = tab.json().await;
    assert_eq!((&session["account"], &session["visits"]), (&json!(7), &json!(3)));
}
