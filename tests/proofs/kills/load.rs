//! Clients who say what they are about to do, and when they were told that it is done.

use std::sync::Arc;

use futures_util::future::join_all;
use scs::SessionError;

use super::Sessions;

const CLIENTS: usize = 8;

/// Hears what clients say.
pub(super) type Listener = Arc<dyn Fn(String) + Send + Sync>;

/// Goes on until the store fails each of the clients.
pub(super) async fn load(sessions: &Sessions, seed: u64, listener: Listener) {
    let clients = (0..CLIENTS).map(|name| {
        let random = fastrand::Rng::with_seed(seed * CLIENTS as u64 + name as u64);
        let client = Client { sessions: sessions.clone(), name, random, listener: listener.clone() };
        tokio::spawn(client.lives())
    });
    for client in join_all(clients).await {
        let Err(error) = client.unwrap();
        assert!(error.is_transient(), "{error:?} is answered with 503");
    }
}

struct Client {
    sessions: Sessions,
    name: usize,
    random: fastrand::Rng,
    listener: Listener,
}

impl Client {
    fn say(&self, what: &str, more: &str) {
        (self.listener)(format!("{} {what} {more}", self.name));
    }

    async fn lives(mut self) -> Result<std::convert::Infallible, SessionError> {
        loop {
            let mut token = self.enters().await?;
            for _ in 0..self.random.usize(1..20) {
                match self.random.usize(..5) {
                    0 => token = self.signs_in(&token).await?,
                    _ => self.adds(&token).await?,
                }
            }
            if self.random.bool() {
                self.leaves(&token).await?;
            }
        }
    }

    async fn enters(&self) -> Result<String, SessionError> {
        self.say("enters", "");
        let session = self.sessions.open(None).await?;
        session.set_name(self.name);
        let token = session.commit().await?.token().unwrap().expose();
        self.say("has-entered", &token);
        Ok(token)
    }

    async fn adds(&self, token: &str) -> Result<(), SessionError> {
        let session = self.sessions.open(token).await?;
        self.say("adds", "");
        session.add_hits(1);
        session.update_visits(|visits| *visits += 1);
        session.commit().await?;
        self.say("has-added", "");
        Ok(())
    }

    async fn signs_in(&mut self, token: &str) -> Result<String, SessionError> {
        let session = self.sessions.open(token).await?;
        self.say("signs-in", "");
        session.set_account(self.random.u64(..));
        let token = session.commit().await?.token().unwrap().expose();
        self.say("has-signed-in", &token);
        Ok(token)
    }

    async fn leaves(&self, token: &str) -> Result<(), SessionError> {
        let session = self.sessions.open(token).await?;
        self.say("leaves", "");
        session.destroy();
        session.commit().await?;
        self.say("has-left", "");
        Ok(())
    }
}
