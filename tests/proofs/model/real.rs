//! The real thing: a manager that does the same operations and answers in the model's words.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use scs::{SessionError, SessionId, Sessions, Timestamp, Token, TypedSession, TypedTerm};

use super::{
    fields::{Change, Value},
    lane::Lane,
    operation::{Answer, Call, Operation, Presented, Refusal, Term},
    reference::from_last,
    schema::Visitor,
};

type Visit = TypedSession<Visitor>;

/// One sequence of operations on the sessions of a lane.
pub(super) struct Real<'a> {
    lane: &'a Lane,
    start: Timestamp,
    /// Added to accounts and teams, so that other sequences have others.
    pub(super) offset: u64,
    pub(super) handles: Vec<Visit>,
    tokens: Vec<String>,
    pub(super) ids: Vec<SessionId>,
}

impl<'a> Real<'a> {
    pub(super) fn new(lane: &'a Lane) -> Self {
        static OFFSET: AtomicU64 = AtomicU64::new(0);
        let (start, offset) = (lane.now(), OFFSET.fetch_add(10, Ordering::Relaxed));
        Self { lane, start, offset, handles: Vec::new(), tokens: Vec::new(), ids: Vec::new() }
    }

    /// Since the sequence began.
    pub(super) fn seconds(&self, time: Timestamp) -> u64 {
        time.since(self.start).as_secs()
    }

    /// Leaves nothing to the sequences that follow.
    pub(super) async fn clean_up(&self) {
        for id in &self.ids {
            self.lane.sessions.revoke(*id).await.unwrap();
        }
        if self.lane.is_alone() {
            self.purge().await.unwrap();
        }
    }

    async fn purge(&self) -> Result<Answer, SessionError> {
        self.lane.clock.advance(Duration::from_secs(1));
        self.lane.sessions.purge_expired().await.map(count)
    }

    pub(super) async fn run(&mut self, operation: &Operation) -> Answer {
        let answer = match *operation {
            Operation::Open(presented) => self.open(presented).await,
            Operation::Get(number) => self.get(number).await,
            Operation::Older(number, value) => self.older(number, value).await,
            Operation::On(number, ref call) => match from_last(self.handles.len(), number) {
                Some(handle) => self.call(handle, call).await,
                None => Ok(Answer::Nothing),
            },
            Operation::Find(term) => self.list(self.lane.sessions.find(self.term(term))).await,
            Operation::RevokeAll(term) => self.lane.sessions.revoke_all(self.term(term)).await.map(count),
            Operation::Revoke(number) => self.revoke(number).await,
            Operation::Iterate => self.list(self.lane.sessions.iterate()).await,
            Operation::Purge => self.purge().await,
            Operation::Pass(seconds) => {
                self.lane.clock.advance(Duration::from_secs(seconds));
                Ok(Answer::Nothing)
            }
        };
        self.note_ids();
        answer.unwrap_or_else(refused)
    }

    /// Numbers the sessions in the order in which they came.
    fn note_ids(&mut self) {
        for handle in &self.handles {
            if !self.ids.contains(&handle.id()) {
                self.ids.push(handle.id());
            }
        }
    }

    pub(super) fn number_of(&self, id: SessionId) -> Option<usize> {
        self.ids.iter().position(|known| *known == id)
    }

    fn term(&self, term: Term) -> TypedTerm<Visitor> {
        match term {
            Term::Account(account) => Visitor::by_account(account + self.offset),
            Term::Team(number) => Visitor::by_team(number + self.offset),
        }
    }

    async fn open(&mut self, presented: Presented) -> Result<Answer, SessionError> {
        let text = match presented {
            Presented::Nothing => None,
            Presented::Malformed => Some("made-up".to_owned()),
            Presented::Forged(number) => self.token(number).map(forged),
            Presented::Token(number) => self.token(number).map(ToOwned::to_owned),
        };
        let session = self.lane.sessions.open(text.as_deref()).await?;
        let is_loaded = session.outcome() == scs::Outcome::Loaded;
        self.handles.push(session);
        Ok(Answer::Bool(is_loaded))
    }

    fn token(&self, number: usize) -> Option<&str> {
        from_last(self.tokens.len(), number).map(|number| &*self.tokens[number])
    }

    fn nth_id(&self, number: usize) -> Option<SessionId> {
        from_last(self.ids.len(), number).map(|number| self.ids[number])
    }

    async fn get(&mut self, number: usize) -> Result<Answer, SessionError> {
        let Some(id) = self.nth_id(number) else { return Ok(Answer::Bool(false)) };
        let found = self.lane.sessions.get(id).await?;
        let is_there = found.is_some();
        self.handles.extend(found);
        Ok(Answer::Bool(is_there))
    }

    async fn revoke(&self, number: usize) -> Result<Answer, SessionError> {
        let Some(id) = self.nth_id(number) else { return Ok(Answer::Bool(false)) };
        self.lane.sessions.revoke(id).await.map(Answer::Bool)
    }

    async fn older(&mut self, number: usize, value: u64) -> Result<Answer, SessionError> {
        let Some(token) = self.token(number) else { return Ok(Answer::Nothing) };
        let session = self.lane.older.open(token).await?;
        if session.is_new() {
            return Ok(Answer::Nothing);
        }
        session.set_nick(value);
        session.update_legacy(move |legacy| *legacy += value);
        let token = session.commit().await?.token().map(Token::expose);
        Ok(Answer::Older(session.legacy(), token.map(|token| self.number_of_token(token))))
    }

    /// The sessions of this sequence that a list has, each once.
    async fn list(&self, mut sessions: Sessions<Visitor>) -> Result<Answer, SessionError> {
        let mut listed = Vec::new();
        while let Some(session) = sessions.next().await? {
            listed.extend(self.number_of(session.id()));
        }
        listed.sort_unstable();
        Ok(Answer::Sessions(listed))
    }

    async fn call(&mut self, number: usize, call: &Call) -> Result<Answer, SessionError> {
        let session = self.handles[number].clone();
        match *call {
            Call::Set(field, value) => self.set(&session, field, value),
            Call::SetTags(ref tags) => session.set_tags(tags.clone()),
            Call::Update(field, ref change) => update(&session, field, change),
            Call::Init(value) if session.init_device(value).is_err() => {
                return Ok(Answer::Refused(Refusal::AlreadySet));
            }
            Call::Init(_) => {}
            Call::Remove(field) => remove(&session, field),
            Call::Pop(field) => return Ok(Answer::Value(self.pop(&session, field))),
            Call::Keep => session.keep_notice(),
            Call::Now(value) => session.now_notice(value),
            Call::Claim => return session.claim_notice().await.map(|notice| Answer::Value(optional(notice))),
            Call::Local(value) => session.set_began(value),
            Call::Renew => session.renew(),
            Call::SignOut => session.sign_out(),
            Call::Clear => session.clear(),
            Call::Destroy => session.destroy(),
            Call::Remember(remember) => session.remember(remember),
            Call::SetDeadline(seconds) => session.set_deadline(self.lane.now() + Duration::from_secs(seconds)),
            Call::MergeFrom(token) => return self.merge(&session, token).await,
            Call::LoginWith(account) => {
                return session.login_with(Visitor::by_account(account + self.offset)).await.map(Answer::Bool);
            }
            Call::RevokeOthers => return session.revoke_others().await.map(count),
            Call::Commit => return self.commit(&session).await,
            Call::Reload => session.reload().await?,
        }
        Ok(Answer::Nothing)
    }

    fn set(&self, session: &Visit, field: &str, value: u64) {
        match field {
            "account" => session.set_account(value + self.offset),
            "team" => session.set_team(value + self.offset),
            "visits" => session.set_visits(value),
            "hits" => session.set_hits(value),
            "name" => session.set_name(value),
            "notice" => session.set_notice(value),
            "otp" => session.set_otp(value),
            "draft" => session.set_draft(value),
            "captcha" => session.set_captcha(value),
            "address" => session.set_address(value),
            _ => session.set_page_size(value),
        }
    }

    fn pop(&self, session: &Visit, field: &str) -> Value {
        optional(match field {
            "account" => session.pop_account().map(|account| account - self.offset),
            "name" => session.pop_name(),
            "notice" => session.pop_notice(),
            _ => session.pop_otp(),
        })
    }

    async fn merge(&self, session: &Visit, number: usize) -> Result<Answer, SessionError> {
        let Some(text) = self.token(number) else { return Ok(Answer::Bool(false)) };
        let Ok(token) = Token::parse(text.as_bytes()) else { return Ok(Answer::Failed("no token".to_owned())) };
        session.merge_from(&token).await.map(Answer::Bool)
    }

    async fn commit(&mut self, session: &Visit) -> Result<Answer, SessionError> {
        let committed = session.commit().await?;
        if committed.is_removed() {
            return Ok(Answer::Forget);
        }
        let token = committed.token().map(Token::expose);
        Ok(Answer::Committed(token.map(|token| self.number_of_token(token))))
    }

    fn number_of_token(&mut self, token: String) -> usize {
        let known = self.tokens.iter().position(|known| *known == token);
        known.unwrap_or_else(|| {
            self.tokens.push(token);
            self.tokens.len() - 1
        })
    }
}

fn update(session: &Visit, field: &str, change: &Change) {
    match (field, change.clone()) {
        ("visits", Change::Add(amount)) => session.update_visits(move |visits| *visits += amount),
        ("page_size", Change::Add(amount)) => session.update_page_size(move |size| *size += amount),
        (_, Change::Add(amount)) => session.add_hits(amount),
        (_, Change::Push(item)) => session.update_cart(move |cart| cart.push(item)),
        (_, Change::Insert(tag)) => session.update_tags(move |tags| {
            tags.insert(tag);
        }),
        (_, Change::Discard(tag)) => session.update_tags(move |tags| {
            tags.remove(&tag);
        }),
        _ => session.update_cart(|cart| {
            cart.pop();
        }),
    }
}

fn remove(session: &Visit, field: &str) {
    match field {
        "account" => session.remove_account(),
        "team" => session.remove_team(),
        "visits" => session.remove_visits(),
        "name" => session.remove_name(),
        "notice" => session.remove_notice(),
        "otp" => session.remove_otp(),
        _ => session.remove_captcha(),
    }
}

fn optional(value: Option<u64>) -> Value {
    value.into_iter().collect()
}

fn count(number: u64) -> Answer {
    Answer::Count(usize::try_from(number).unwrap_or(usize::MAX))
}

fn refused(error: SessionError) -> Answer {
    match error {
        SessionError::Gone => Answer::Refused(Refusal::Gone),
        SessionError::SignInLost => Answer::Refused(Refusal::SignInLost),
        SessionError::LimitReached { .. } => Answer::Refused(Refusal::LimitReached),
        other => Answer::Failed(format!("{other:?}")),
    }
}

/// The token with another secret.
fn forged(token: &str) -> String {
    let (rest, last) = token.split_at(token.len() - 1);
    format!("{rest}{}", if last == "A" { "E" } else { "A" })
}
