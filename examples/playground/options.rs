//! The command line.

use std::{error::Error, time::Duration};

use clap::{Parser, ValueEnum};
use scs::{HeaderTransport, SessionManager, Transport};

use super::Sessions;

/// A server with a route for every operation of a session.
#[derive(Parser)]
pub(crate) struct Options {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:3000")]
    pub(crate) listen: String,
    /// Where sessions are kept: `memory`, `sqlite:FILE`, `redb:FILE`, or the URL of a server: `postgres://`, `mysql://`, `redis://`,
    /// `redis+cluster://`, `redis+sentinel://`. All but the first need the cargo feature of their name.
    #[arg(long, default_value = "memory")]
    store: String,
    /// How long a session lives without a request.
    #[arg(long, default_value = "30m", value_parser = humantime::parse_duration)]
    idle: Duration,
    /// How long a session lives at most.
    #[arg(long, default_value = "24h", value_parser = humantime::parse_duration)]
    lifetime: Duration,
    /// How the token travels.
    #[arg(long, default_value = "cookie")]
    transport: Carrier,
    /// How often the token is renewed on its own; `0` is never.
    #[arg(long, default_value = "0", value_parser = humantime::parse_duration)]
    renew_every: Duration,
}

#[derive(Clone, Copy, ValueEnum)]
enum Carrier {
    Cookie,
    Bearer,
}

impl Options {
    pub(crate) async fn manager(&self) -> Result<Sessions, Box<dyn Error>> {
        let store = scs_stores::open(&self.store).await?;
        let sessions = SessionManager::builder(store).idle_timeout(self.idle).absolute_timeout(self.lifetime);
        let sessions = match self.renew_every.is_zero() {
            true => sessions,
            false => sessions.renew_every(self.renew_every),
        };
        Ok(sessions.build()?)
    }

    pub(crate) fn transport(&self) -> Transport {
        match self.transport {
            Carrier::Cookie => Transport::default(),
            Carrier::Bearer => HeaderTransport::bearer().into(),
        }
    }
}
