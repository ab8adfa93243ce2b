//! Browsers, driven from outside over the protocol that both of them speak (`WebDriver BiDi`).

mod bidi;
mod chromium;
mod firefox;
mod process;
mod tab;

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use self::{bidi::Connection, chromium::Chromium, firefox::Firefox};
use crate::support::Folder;

pub(crate) use self::{process::program, tab::Tab};

/// Which browser.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Chromium,
    Firefox,
}

/// A browser with a fresh profile. It ends when this is dropped.
pub(crate) struct Browser {
    running: Running,
    kind: Kind,
    profile: Folder,
}

/// The process and the connection to it.
enum Running {
    Chromium(Chromium),
    Firefox(Firefox),
}

impl Running {
    async fn start(kind: Kind, profile: &Path) -> Self {
        match kind {
            Kind::Chromium => Self::Chromium(Chromium::start(profile).await),
            Kind::Firefox => Self::Firefox(Firefox::start(profile).await),
        }
    }

    fn connection(&self) -> &Connection {
        match self {
            Self::Chromium(chromium) => &chromium.connection,
            Self::Firefox(firefox) => &firefox.connection,
        }
    }

    /// Closes it as its user would, so that what it keeps is on its disk.
    async fn close(&mut self) {
        match self {
            Self::Chromium(chromium) => chromium.close(),
            Self::Firefox(firefox) => firefox.close().await,
        }
    }
}

impl Browser {
    pub(crate) async fn start(kind: Kind) -> Self {
        let profile = Folder::new("browser");
        Self { running: Running::start(kind, profile.path()).await, kind, profile }
    }

    /// Closes it and starts it again, with the profile that it had.
    pub(crate) async fn restart(&mut self) {
        self.running.close().await;
        self.running = Running::start(self.kind, self.profile.path()).await;
    }

    /// A new tab that shows this page.
    pub(crate) async fn open(&self, url: &str) -> Tab {
        let tab = Tab::open(self.running.connection().clone()).await;
        tab.go_to(url).await;
        tab
    }

    /// Every cookie in its jar.
    pub(crate) async fn cookies(&self) -> Vec<Cookie> {
        let mut answer = self.running.connection().send("storage.getCookies", json!({})).await;
        serde_json::from_value(answer["cookies"].take()).unwrap()
    }

    /// The only cookie in its jar.
    pub(crate) async fn cookie(&self) -> Cookie {
        let mut cookies = self.cookies().await;
        assert_eq!(cookies.len(), 1, "{:?}", cookies.iter().map(|cookie| &cookie.name).collect::<Vec<_>>());
        cookies.remove(0)
    }
}

/// A cookie as a browser keeps it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cookie {
    pub(crate) name: String,
    value: Value,
    pub(crate) domain: String,
    pub(crate) path: String,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: String,
    /// In seconds since the Unix epoch; none for a cookie that ends with the browser.
    pub(crate) expiry: Option<u64>,
}

impl Cookie {
    /// What a request carries.
    pub(crate) fn line(&self) -> String {
        format!("{}={}", self.name, self.value["value"].as_str().unwrap())
    }
}
