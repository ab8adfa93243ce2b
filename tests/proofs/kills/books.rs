//! What must be in the store after a kill, by what clients have said.

use std::{collections::BTreeMap, mem};

use super::Sessions;

/// Sessions of earlier kills that are looked at again.
const REMEMBERED: usize = 200;

/// A session as a client knows it.
#[derive(Clone)]
struct Account {
    token: String,
    name: usize,
    added: u64,
}

/// What a client was doing when the store was killed: it may be done or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Pending {
    #[default]
    Nothing,
    Adding,
    /// Signing in, which changes the token, or leaving, which ends it.
    Ending,
}

#[derive(Default)]
pub(super) struct Books {
    /// The session that a client has now, and what it is about to do with it.
    open: BTreeMap<usize, (Account, Pending)>,
    /// Sessions that nobody uses any more.
    kept: Vec<Account>,
    /// Tokens that were renewed or ended.
    ended: Vec<String>,
    acknowledged: usize,
    kills: usize,
}

impl Books {
    pub(super) fn read(&mut self, line: &str) {
        let [name, what, token] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("a client said {line}") };
        let name = name.parse().unwrap();
        self.acknowledged += usize::from(what.starts_with("has-"));
        match what {
            "enters" => self.keep(name),
            "has-entered" => {
                let account = Account { token: token.to_owned(), name, added: 0 };
                self.open.insert(name, (account, Pending::Nothing));
            }
            "has-left" => self.end(name),
            _ => self.change(name, what, token),
        }
    }

    fn change(&mut self, name: usize, what: &str, token: &str) {
        let (account, pending) = self.open.get_mut(&name).unwrap();
        *pending = match what {
            "adds" => Pending::Adding,
            "signs-in" | "leaves" => Pending::Ending,
            _ => Pending::Nothing,
        };
        match what {
            "has-added" => account.added += 1,
            "has-signed-in" => self.ended.push(mem::replace(&mut account.token, token.to_owned())),
            _ => {}
        }
    }

    /// The client goes on with another session.
    fn keep(&mut self, name: usize) {
        self.kept.extend(self.open.remove(&name).map(|(account, _)| account));
    }

    fn end(&mut self, name: usize) {
        self.ended.extend(self.open.remove(&name).map(|(account, _)| account.token));
    }

    /// Looks at all that the clients know of.
    pub(super) async fn compare(&mut self, sessions: &Sessions) {
        self.kills += 1;
        for token in &self.ended {
            assert!(sessions.open(token).await.unwrap().is_new(), "an acknowledged logout or renewal was undone");
        }
        for account in &self.kept {
            assert!(account.is_in(sessions, 0).await, "a session that nobody used is gone");
        }
        for (_, (mut account, pending)) in mem::take(&mut self.open) {
            if account.is_in(sessions, u64::from(pending == Pending::Adding)).await {
                account.added = sessions.open(&account.token).await.unwrap().hits();
                self.kept.push(account);
            } else {
                assert_eq!(pending, Pending::Ending, "a session is gone");
                self.ended.push(account.token);
            }
        }
        forget(&mut self.kept);
        forget(&mut self.ended);
    }
}

/// Leaves the latest.
fn forget<T>(remembered: &mut Vec<T>) {
    remembered.drain(..remembered.len().saturating_sub(REMEMBERED));
}

impl Account {
    /// Whether there is this session. It is whole, its client's, and has all that was acknowledged, and perhaps one more.
    async fn is_in(&self, sessions: &Sessions, more: u64) -> bool {
        let session = sessions.open(&self.token).await.unwrap();
        if session.is_new() {
            return false;
        }
        let (hits, visits) = (session.hits(), session.visits());
        assert_eq!(session.name(), self.name, "somebody else's session");
        assert_eq!(hits, visits, "half a change");
        assert!((self.added..=self.added + more).contains(&hits), "{hits} of {} acknowledged additions", self.added);
        true
    }
}

impl Drop for Books {
    fn drop(&mut self) {
        println!("{} kills, {} acknowledgements", self.kills, self.acknowledged);
    }
}
