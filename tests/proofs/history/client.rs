//! Clients: tabs of one browser, each of which sends one request after the other.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::Poll,
};

use fastrand::Rng;
use scs::{Session, SessionError, SessionManager, Token, TypedSession, store::AnyStore};
use tokio::task::yield_now;

use super::{
    recorder::Recorder,
    session::{Change, Data, Gone, Step, Unknown},
};
use crate::support::commit;

#[derive(Session)]
pub(super) struct Visitor {
    name: u64,
    #[session(merge = "add")]
    hits: u64,
    cart: Vec<u64>,
    #[session(flash)]
    notice: Option<u64>,
    made: bool,
}

pub(super) type Sessions = SessionManager<Visitor, AnyStore>;

/// What all tabs share: one session and the tokens that it has had.
#[derive(Clone)]
pub(super) struct Tab {
    sessions: Sessions,
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Tab {
    pub(super) async fn of_new_session(sessions: Sessions) -> Self {
        let session = sessions.open(None).await.unwrap();
        session.set_made(true);
        let token = commit(&session).await;
        Self { sessions, tokens: Arc::new(Mutex::new(vec![token])) }
    }

    fn token(&self) -> (usize, String) {
        let tokens = self.tokens.lock().unwrap();
        let last = tokens.len() - 1;
        (last, tokens[last].clone())
    }

    fn learn(&self, token: &Token) -> usize {
        let mut tokens = self.tokens.lock().unwrap();
        tokens.push(token.expose());
        tokens.len() - 1
    }

    /// Leaves nothing in the store.
    pub(super) async fn end(self) {
        let token = Token::parse(self.token().1.as_bytes()).unwrap();
        self.sessions.revoke(token.id()).await.unwrap();
    }
}

pub(super) struct Client {
    pub(super) tab: Tab,
    pub(super) recorder: Arc<Recorder>,
    pub(super) random: Rng,
}

impl Client {
    pub(super) async fn send(mut self, requests: usize) {
        for _ in 0..requests {
            self.request().await;
        }
    }

    async fn request(&mut self) {
        let (number, token) = self.tab.token();
        let called = self.recorder.now();
        let session = self.tab.sessions.open(token.as_str()).await.unwrap();
        let seen = (!session.is_new()).then(|| data(&session));
        self.recorder.note(called, Step::Read { token: number, seen: seen.clone() });
        let Some(seen) = seen else { return };
        self.dawdle().await;
        let called = self.recorder.now();
        let step = match self.random.u8(..100) {
            0..3 => self.logout(session).await,
            3..15 => self.claim(&session, number, seen).await,
            15..35 => return,
            _ => self.write(&session, number, seen).await,
        };
        self.recorder.note(called, step);
    }

    async fn dawdle(&mut self) {
        for _ in 0..self.random.u8(..4) {
            yield_now().await;
        }
    }

    async fn logout(&mut self, session: TypedSession<Visitor>) -> Step {
        session.destroy();
        Step::Logout { answer: self.cut_off(session.commit()).await.map(drop).ok_or(Unknown) }
    }

    async fn claim(&mut self, session: &TypedSession<Visitor>, token: usize, seen: Data) -> Step {
        Step::Claim {
            token,
            seen,
            answer: self.cut_off(session.claim_notice()).await.and_then(Result::ok).ok_or(Unknown),
        }
    }

    async fn write(&mut self, session: &TypedSession<Visitor>, token: usize, seen: Data) -> Step {
        let change = self.change();
        apply(change, session);
        let answer = match self.cut_off(session.commit()).await {
            Some(Ok(committed)) => Ok(Ok((data(session), committed.token().map(|token| self.tab.learn(token))))),
            Some(Err(SessionError::Gone)) => Ok(Err(Gone)),
            Some(Err(_)) | None => Err(Unknown),
        };
        Step::Write { token, seen, change, answer }
    }

    fn change(&mut self) -> Change {
        let value = self.random.u64(1..9);
        match self.random.u8(..8) {
            0 => Change::Name(value),
            1 => Change::Hits(value),
            2 | 3 => Change::Cart(value),
            4 => Change::Shorten,
            5 => Change::Notice(value),
            6 => Change::Pop,
            _ => Change::Renew,
        }
    }

    /// One call in ten is dropped midway, as when its client goes away.
    async fn cut_off<T>(&mut self, call: impl Future<Output = T>) -> Option<T> {
        let mut polls_left = if self.random.u8(..10) == 0 { self.random.u32(1..4) } else { u32::MAX };
        let mut call = pin!(call);
        std::future::poll_fn(|context| {
            polls_left -= 1;
            match call.as_mut().poll(context) {
                Poll::Pending if polls_left == 0 => Poll::Ready(None),
                polled => polled.map(Some),
            }
        })
        .await
    }
}

fn data(session: &TypedSession<Visitor>) -> Data {
    Data { name: session.name(), hits: session.hits(), cart: session.cart(), notice: session.peek_notice() }
}

fn apply(change: Change, session: &TypedSession<Visitor>) {
    match change {
        Change::Name(name) => session.set_name(name),
        Change::Hits(hits) => session.add_hits(hits),
        Change::Cart(item) => session.update_cart(move |cart| cart.push(item)),
        Change::Shorten => session.update_cart(|cart| {
            cart.pop();
        }),
        Change::Notice(notice) => session.set_notice(notice),
        Change::Pop => {
            session.pop_notice();
        }
        Change::Renew => session.renew(),
    }
}
