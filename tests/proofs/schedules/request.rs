//! Requests: what clients do in a schedule, each from opening its session to committing it.

use std::{sync::Arc, time::Duration};

use scs::{ManualClock, Session, SessionError, SessionManager, TypedSession, store::AnyStore};

use super::{Gate, Gated};

/// Longer than any session lives.
const FOR_EVER: Duration = Duration::from_hours(24 * 400);

#[derive(Session, Debug)]
pub(crate) struct Visitor {
    #[session(index(max = 2, over = "oldest"), renews)]
    pub(crate) account: Option<u64>,
    #[session(on_invalid = "destroy")]
    pub(crate) name: Option<String>,
    pub(crate) visits: u64,
    #[session(merge = "add")]
    pub(crate) hits: u64,
    #[session(flash)]
    pub(crate) notice: Option<String>,
    #[session(once)]
    pub(crate) device: Option<String>,
}

pub(crate) type Sessions = SessionManager<Visitor, Gated<AnyStore>>;

/// What one client does. The numbers are those of browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Read,
    Rename(&'static str),
    Visit,
    Hit,
    Pop,
    Claim,
    Register(&'static str),
    Renew,
    SignIn(u64),
    /// Signs in, and takes over what the account's latest session has.
    SignInWith(u64),
    SignOut,
    Clear,
    LogOut,
    Revoke(usize),
    RevokeAll(u64),
    RevokeOthers,
    Absorb(usize),
    Expire,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done(Option<String>),
    /// The session ended or was renewed meanwhile, and the request did nothing.
    Lost,
}

/// What a request is made with.
pub(crate) struct Client {
    pub(crate) sessions: Sessions,
    pub(crate) gate: Gate,
    pub(crate) clock: Arc<ManualClock>,
    /// Those that the browsers began with.
    pub(crate) tokens: Arc<[String]>,
    pub(crate) browser: usize,
}

impl Request {
    /// Whether another request may be lost to this one.
    pub(crate) const fn supersedes(self) -> bool {
        use Request::{Claim, Hit, Pop, Read, Register, Rename, Visit};
        !matches!(self, Read | Rename(_) | Visit | Hit | Pop | Claim | Register(_))
    }

    /// Runs the whole request; the second is the token that the client got.
    pub(crate) async fn run(self, client: Client) -> (Answer, Option<String>) {
        let committed = match self.administer(&client).await {
            Some(answer) => return (answer, None),
            None => self.visit(&client).await,
        };
        match committed {
            Ok((value, token)) => (Answer::Done(value), token),
            Err(SessionError::Gone | SessionError::SignInLost) => (Answer::Lost, None),
            Err(error) => panic!("{self:?}: {error}"),
        }
    }

    /// What is done to sessions from outside.
    async fn administer(self, client: &Client) -> Option<Answer> {
        let Client { sessions, gate, clock, tokens, .. } = client;
        let value = match self {
            Self::Revoke(browser) => {
                let id = scs::Token::parse(tokens[browser].as_bytes()).unwrap().id();
                sessions.revoke(id).await.unwrap().to_string()
            }
            Self::RevokeAll(account) => sessions.revoke_all(Visitor::by_account(account)).await.unwrap().to_string(),
            Self::Expire => {
                gate.pass("expiry").await;
                clock.advance(FOR_EVER);
                String::new()
            }
            _ => return None,
        };
        Some(Answer::Done(Some(value)))
    }

    /// What the client itself does.
    async fn visit(self, client: &Client) -> Result<(Option<String>, Option<String>), SessionError> {
        let session = client.sessions.open(client.tokens[client.browser].as_str()).await?;
        let mut value = self.change(&session, client).await?;
        let committed = session.commit().await?;
        if matches!(self, Self::Register(_)) {
            // Another one may have been first.
            value = session.device();
        }
        Ok((value, committed.token().map(scs::Token::expose)))
    }

    async fn change(self, session: &TypedSession<Visitor>, client: &Client) -> Result<Option<String>, SessionError> {
        match self {
            Self::Read => return Ok(Some(format!("{:?}", session.snapshot()))),
            Self::Rename(name) => session.set_name(name),
            Self::Visit => session.update_visits(|visits| *visits += 1),
            Self::Hit => session.add_hits(1),
            // Several may see it: only a claim is exact.
            Self::Pop => drop(session.pop_notice()),
            Self::Claim => return session.claim_notice().await,
            Self::Register(device) => drop(session.init_device(device)),
            Self::Renew => session.renew(),
            Self::SignIn(account) => session.set_account(account),
            // It says what there was to take over; what was taken is decided by the commit.
            Self::SignInWith(account) => drop(session.login_with(Visitor::by_account(account)).await?),
            Self::SignOut => session.sign_out(),
            Self::Clear => session.clear(),
            Self::LogOut => session.destroy(),
            Self::RevokeOthers => return Ok(Some(session.revoke_others().await?.to_string())),
            Self::Absorb(browser) => {
                let token = scs::Token::parse(client.tokens[browser].as_bytes()).unwrap();
                return Ok(Some(session.merge_from(&token).await?.to_string()));
            }
            Self::Revoke(_) | Self::RevokeAll(_) | Self::Expire => {}
        }
        Ok(None)
    }
}
