//! The one line for developers whose browser drops the cookie without a word. Debug builds only.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Request, header};

use super::arrival::Arrival;
use crate::{time::Timestamp, transport::Reach};

/// A browser that was just given a cookie and comes without within so long has dropped it.
const SOON: Duration = Duration::from_secs(2);

/// Who sent a request to which a browser may drop a `Secure` cookie: over plain http, to another machine.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Client {
    host: Option<HeaderValue>,
    agent: Option<HeaderValue>,
}

impl Client {
    pub(super) fn of<B>(request: &Request<B>) -> Option<Self> {
        let arrival = Arrival::of(request);
        let is_elsewhere = arrival.reach.is_some_and(|reach| reach > Reach::Machine);
        let header = |name| request.headers().get(name).cloned();
        (arrival.is_plain && is_elsewhere)
            .then(|| Self { host: header(header::HOST), agent: header(header::USER_AGENT) })
    }
}

/// Watches one layer for a cookie that does not come back.
#[derive(Default)]
pub(super) struct DroppedCookie {
    /// To whom the last cookie went, and when.
    sent: Mutex<Option<(Client, Timestamp)>>,
    told: AtomicBool,
}

impl DroppedCookie {
    pub(super) fn sent_to(&self, client: &Client, now: Timestamp) {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some((client.clone(), now));
    }

    /// Tells the developer, once.
    pub(super) fn look(&self, client: &Client, headers: &HeaderMap, now: Timestamp) {
        if headers.contains_key(header::COOKIE) || !self.was_just_sent_to(client, now) {
            return;
        }
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "scs::session",
                "the browser dropped the Secure cookie: use https, localhost or CookieTransport::insecure_dev()"
            );
        }
    }

    fn was_just_sent_to(&self, client: &Client, now: Timestamp) -> bool {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.as_ref().is_some_and(|(to, at)| to == client && now.since(*at) < SOON)
    }
}
