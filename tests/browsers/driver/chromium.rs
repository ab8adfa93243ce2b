//! Chromium, behind its driver.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
};

use serde_json::{Value, json};
use tokio::process::Child;

use super::{
    bidi::Connection,
    process::{Channel, program, start},
};

/// As the administrator of a container, without a screen, and asking nobody for updates.
const ARGUMENTS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

pub(super) struct Chromium {
    pub(super) connection: Connection,
    /// The port of the driver and the path of the browser behind it.
    port: u16,
    path: String,
    _driver: Child,
}

impl Chromium {
    pub(super) async fn start(profile: &Path) -> Self {
        let mut driver = program("SCS_CHROMEDRIVER");
        driver.arg("--port=0");
        let (driver, port) = start(driver, Channel::Output, "started successfully on port ").await;
        let port = port.parse().unwrap();
        let started = reqwest::Client::new()
            .post(format!("http://127.0.0.1:{port}/session"))
            .json(&Self::wanted(profile))
            .send()
            .await
            .unwrap();
        let started: Value = started.json().await.unwrap();
        let text =
            |pointer: &str| started.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{started}"));
        let path = format!("/session/{}", text("/value/sessionId"));
        let connection = Connection::open(text("/value/capabilities/webSocketUrl")).await;
        Self { connection, port, path, _driver: driver }
    }

    fn wanted(profile: &Path) -> Value {
        let mut arguments = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        let options = json!({"args": arguments});
        json!({"capabilities": {"alwaysMatch": {"webSocketUrl": true, "goog:chromeOptions": options}}})
    }

    /// The driver answers when the browser has ended. Written out, for a test that fails must not leave a browser
    /// behind either, and what drops it cannot wait for a client.
    pub(super) fn close(&self) {
        let Ok(mut driver) = TcpStream::connect(("127.0.0.1", self.port)) else { return };
        let request = format!("DELETE {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", self.path);
        let _ = driver.write_all(request.as_bytes());
        let _ = driver.read(&mut [0; 1024]);
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.close();
    }
}
