//! A tab, and what its user and the scripts of its page do.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::bidi::Connection;
use crate::support::PATIENCE;

/// What a page is when it has been loaded, shown from the browser's memory or not.
const LOADED: &str = "document.readyState === 'complete' || new Promise(loaded => addEventListener('load', loaded))";

/// A clone is the same tab.
#[derive(Clone)]
pub(crate) struct Tab {
    connection: Connection,
    context: String,
}

impl Tab {
    pub(super) async fn open(connection: Connection) -> Self {
        let created = connection.send("browsingContext.create", json!({"type": "tab"})).await;
        let context = created["context"].as_str().unwrap().to_owned();
        connection.send("session.subscribe", json!({"events": ["browsingContext.load"], "contexts": [context]})).await;
        Self { connection, context }
    }

    /// Types an address, and waits for the page.
    pub(crate) async fn go_to(&self, url: &str) {
        let to = json!({"context": self.context, "url": url, "wait": "complete"});
        self.connection.send("browsingContext.navigate", to).await;
    }

    /// The back button, and waits until the page before is there, be it loaded anew or kept.
    pub(crate) async fn go_back_to(&self, path: &str) {
        self.connection.send("browsingContext.traverseHistory", json!({"context": self.context, "delta": -1})).await;
        let is_there = async { while self.path().await.as_deref() != Some(path) {} };
        timeout(PATIENCE, is_there).await.expect("the browser goes back");
    }

    /// None while one page makes room for another.
    async fn path(&self) -> Option<String> {
        let expression = format!("(async () => (await ({LOADED}), location.pathname))()");
        let answer = self.connection.try_send("script.evaluate", self.script(&expression)).await?;
        answer.pointer("/result/result/value")?.as_str().map(str::to_owned)
    }

    /// Does what leads to another page, and waits for that.
    pub(crate) async fn follow(&self, action: &str) {
        let mut events = self.connection.events();
        self.evaluate::<Value>(&format!("({action}, null)")).await;
        while events.recv().await.unwrap().pointer("/params/context") != Some(&json!(self.context)) {}
    }

    /// What the page shows.
    pub(crate) async fn text(&self) -> String {
        self.evaluate(&format!("(await ({LOADED}), document.body.innerText)")).await
    }

    /// What the page shows, which is JSON.
    pub(crate) async fn json(&self) -> Value {
        let text: String = self.evaluate(&format!("(await ({LOADED}), document.querySelector('pre').innerText)")).await;
        serde_json::from_str(&text).unwrap()
    }

    /// What an expression is in the page, or what it promises.
    pub(crate) async fn evaluate<T: DeserializeOwned>(&self, expression: &str) -> T {
        let script = self.script(&format!("(async () => JSON.stringify(await {expression}))()"));
        let answer = self.connection.send("script.evaluate", script).await;
        let text = answer["result"]["value"].as_str().unwrap_or_else(|| panic!("{expression}: {answer}"));
        serde_json::from_str(text).unwrap()
    }

    fn script(&self, expression: &str) -> Value {
        json!({"expression": expression, "target": {"context": self.context}, "awaitPromise": true})
    }

    /// A request of the page's script, and what is answered.
    pub(crate) async fn fetch(&self, method: &str, url: &str) -> String {
        self.evaluate(&fetch(method, url)).await
    }

    /// So many requests at once, and what each is answered.
    pub(crate) async fn fetch_at_once(&self, times: usize, method: &str, url: &str) -> Vec<String> {
        self.evaluate(&format!("Promise.all(Array.from({{length: {times}}}, () => {}))", fetch(method, url))).await
    }
}

fn fetch(method: &str, url: &str) -> String {
    format!("fetch('{url}', {{method: '{method}'}}).then(response => response.text())")
}
