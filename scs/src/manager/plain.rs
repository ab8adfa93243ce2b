//! Commits that need not wait: of a session that did not change, and of field changes into a store that answers at once.

use super::{
    engine::{Engine, outage},
    event::{SessionEvent, StoreOperation},
    metrics::{Measured, Timer},
    write::Former,
};
use crate::{
    error::{SessionError, StoreError},
    state::{Base, Held, Plain, Saved, State, new_secret},
    store::{Answer, Created, ErasedStore, Updated},
    time::{Clock as _, Timestamp},
    token::Token,
    typed_session::Committed,
};

/// What is reported once the session's lock is free: hooks and recorders of metrics are the application's code.
#[derive(Default)]
struct Report {
    call: Option<Measured>,
    event: Option<SessionEvent>,
}

impl Report {
    /// Makes a call of a store that answers at once; `None` if it does not.
    fn answer_of<'a, T>(
        &mut self,
        operation: StoreOperation,
        ask: impl FnOnce() -> Answer<'a, T>,
    ) -> Option<Result<T, StoreError>> {
        let timer = Timer::start();
        let Answer::Now(answer) = ask() else { return None };
        self.call = Some(timer.stop(operation, answer.is_ok()));
        self.event = answer.as_ref().err().and_then(|error| outage(operation, error.kind()));
        Some(answer)
    }
}

impl Engine {
    /// Commits without waiting; `None` if something has to be waited for, and nothing was written.
    ///
    /// `last`: the response head leaves right afterwards, and the client can be told nothing later.
    pub(crate) fn commit_now(&self, state: &State, last: bool) -> Option<Result<Committed, SessionError>> {
        let mut report = Report::default();
        let now = self.clock.now();
        let is_due = |base: &Base, held: Option<&Held>| {
            self.policy.touch_due(base, now).is_some()
                || held.is_some_and(|held| self.policy.needs_rotation(base, held, now))
        };
        let save = |plain: Plain<'_>| self.clock.hold(now, || self.save_plain(plain, now, &mut report));
        let committed = state.commit_plain(last, is_due, save);
        if let Some(call) = report.call {
            call.record(self.schema.name);
        }
        if let Some(event) = report.event {
            self.report(event);
        }
        Some(committed?.map(Committed::from))
    }

    fn save_plain(&self, plain: Plain<'_>, now: Timestamp, report: &mut Report) -> Saved {
        let Some(store) = self.store().filter(|store| store.answers_at_once && !self.wants_place(&plain)) else {
            return Saved::NotYet;
        };
        match plain.base.is_some() {
            true => self.update_plain(store, plain, now, report),
            false => self.create_plain(store, plain, now, report),
        }
    }

    fn update_plain(&self, store: &ErasedStore, plain: Plain<'_>, now: Timestamp, report: &mut Report) -> Saved {
        let Some(base) = &*plain.base else { return Saved::NotYet };
        let rotates = plain.held.is_some_and(|held| self.policy.needs_rotation(base, held, now));
        if rotates || base.header.deadline <= now || self.queue.is_contended(plain.id) {
            return Saved::NotYet;
        }
        let mut header = base.header.written_at(now, self.schema);
        if let Some(held) = plain.held {
            header.note_presented(held, now);
        }
        let former = Former { header: Some(&base.header), cells: plain.stored() };
        let Ok((entry, cells)) = self.entry(former, &plain.changes(), None, &header, now) else {
            return Saved::NotYet;
        };
        let update = || store.store.update(plain.id, base.revision, &entry);
        match report.answer_of(StoreOperation::Update, update) {
            Some(Ok(Updated::Updated)) => {}
            Some(Err(error)) => return Saved::Failed(error.into()),
            Some(Ok(Updated::Conflict | Updated::Gone | Updated::NotAdmitted)) | None => return Saved::NotYet,
        }
        plain.settle(Base { header, revision: entry.revision(), expires: now + entry.ttl() }, cells);
        Saved::Done(None)
    }

    fn create_plain(&self, store: &ErasedStore, plain: Plain<'_>, now: Timestamp, report: &mut Report) -> Saved {
        let Ok(secret) = new_secret() else { return Saved::NotYet };
        let token = Token::new(plain.id, secret);
        let secret = self.hasher.hash(&token);
        let header = self.policy.first_header(self.schema, self.tag, secret, now);
        let former = Former { header: None, cells: plain.stored() };
        let Ok((entry, cells)) = self.entry(former, &plain.changes(), None, &header, now) else {
            return Saved::NotYet;
        };
        let create = || store.store.create(plain.id, &entry);
        match report.answer_of(StoreOperation::Create, create) {
            Some(Ok(Created::Created)) => report.event = Some(SessionEvent::Created { id: plain.id }),
            Some(Err(error)) => return Saved::Failed(error.into()),
            Some(Ok(Created::Occupied | Created::NotAdmitted)) | None => return Saved::NotYet,
        }
        plain.settle(Base { header, revision: entry.revision(), expires: now + entry.ttl() }, cells);
        Saved::Done(Some(Held::issued(token, secret, now)))
    }
}
