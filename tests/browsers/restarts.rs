//! Browsers that are closed and opened again.

use serde_json::{Value, json};

use crate::{driver::Browser, site::localhost, support::Server};

in_each_browser!(whoever_is_remembered_is_signed_in_when_the_browser_starts_again);
async fn whoever_is_remembered_is_signed_in_when_the_browser_starts_again(mut browser: Browser) {
    let session = session_after_a_restart(&mut browser, "/login/7?remember=true").await;
    assert_eq!((&session["outcome"], &session["account"]), (&json!("Loaded"), &json!(7)));
}

in_each_browser!(whoever_is_not_remembered_is_a_stranger_when_the_browser_starts_again);
async fn whoever_is_not_remembered_is_a_stranger_when_the_browser_starts_again(mut browser: Browser) {
    let session = session_after_a_restart(&mut browser, "/login/7").await;
    assert_eq!((&session["outcome"], &session["account"]), (&json!("NoToken"), &Value::Null));
}

async fn session_after_a_restart(browser: &mut Browser, login: &str) -> Value {
    let server = Server::playground(&[]).await;
    let tab = browser.open(&localhost(&server)).await;
    tab.fetch("POST", login).await;
    assert_eq!(browser.cookies().await.len(), 1);
    drop(tab);
    browser.restart().await;
    browser.open(&format!("{}/session", localhost(&server))).await.json().await
}
