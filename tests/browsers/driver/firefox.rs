//! Firefox, which needs no driver.

use std::path::Path;

use serde_json::json;
use tokio::process::Child;

use super::{
    bidi::Connection,
    process::{Channel, program, start},
};

/// JSON as it was sent, and no page of the browser's own around it.
const SETTINGS: &str = r#"user_pref("devtools.jsonview.enabled", false);"#;

pub(super) struct Firefox {
    pub(super) connection: Connection,
    process: Child,
}

impl Firefox {
    pub(super) async fn start(profile: &Path) -> Self {
        std::fs::write(profile.join("user.js"), SETTINGS).unwrap();
        let mut firefox = program("SCS_FIREFOX");
        firefox.args(["--headless", "--new-instance", "--remote-debugging-port", "0", "--profile"]).arg(profile);
        let (process, url) = start(firefox, Channel::Errors, "WebDriver BiDi listening on ").await;
        let connection = Connection::open(&format!("{url}/session")).await;
        connection.send("session.new", json!({"capabilities": {}})).await;
        Self { connection, process }
    }

    pub(super) async fn close(&mut self) {
        // It may hang up before it answers.
        let _ = self.connection.try_send("browser.close", json!({})).await;
        self.process.wait().await.unwrap();
    }
}
