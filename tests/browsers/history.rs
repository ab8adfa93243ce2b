//! The back button.

use serde_json::{Value, json};

use crate::{
    driver::{Browser, Tab},
    site::localhost,
    support::Server,
};

/// Opens the page with the session, goes on to another, sends a request from there, and goes back.
async fn back_after(tab: &Tab, site: &str, method: &str, path: &str) -> Value {
    tab.go_to(&format!("{site}/session")).await;
    tab.go_to(&format!("{site}/plain")).await;
    tab.fetch(method, path).await;
    tab.go_back_to("/session").await;
    tab.json().await
}

in_each_browser!(after_a_logout_the_back_button_shows_no_page_of_the_account);
async fn after_a_logout_the_back_button_shows_no_page_of_the_account(browser: Browser) {
    let server = Server::playground(&[]).await;
    let site = localhost(&server);
    let tab = browser.open(&site).await;

    // Somebody who is not signed in sees the page as it was: the browser does keep what it may.
    tab.fetch("POST", "/visits").await;
    assert_eq!(back_after(&tab, &site, "POST", "/visits").await["visits"], json!(1));

    tab.fetch("POST", "/login/7").await;
    let session = back_after(&tab, &site, "POST", "/logout").await;
    assert_eq!((&session["outcome"], &session["account"]), (&json!("NoToken"), &Value::Null));
}
