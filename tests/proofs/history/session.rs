//! What a session is when nothing happens at once, and which answers each step may have.

/// The fields of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Data {
    pub(super) name: u64,
    pub(super) hits: u64,
    pub(super) cart: Vec<u64>,
    pub(super) notice: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct State {
    data: Data,
    /// The number of the token that opens it; `None` if nobody knows that token.
    token: Option<usize>,
    ended: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Name(u64),
    Hits(u64),
    Cart(u64),
    Shorten,
    Notice(u64),
    Pop,
    Renew,
}

/// What a request has seen, and what it was told.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Read { token: usize, seen: Option<Data> },
    Write { token: usize, seen: Data, change: Change, answer: Result<Written, Unknown> },
    Claim { token: usize, seen: Data, answer: Result<Option<u64>, Unknown> },
    Logout { answer: Result<(), Unknown> },
}

/// What was stored, and the number of a new token.
type Written = Result<(Data, Option<usize>), Gone>;

/// The session had ended, or had another token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gone;

/// Whether it was done nobody knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unknown;

impl Step {
    pub(super) const fn is_uncertain(&self) -> bool {
        match self {
            Self::Read { .. } => false,
            Self::Write { answer, .. } => answer.is_err(),
            Self::Claim { answer, .. } => answer.is_err(),
            Self::Logout { answer } => answer.is_err(),
        }
    }
}

impl State {
    pub(super) fn of_new_session() -> Self {
        Self { data: Data::default(), token: Some(0), ended: false }
    }

    /// The state after the step; `None` if the step cannot have had its answer here.
    pub(super) fn after(&self, step: &Step) -> Option<Self> {
        match step {
            Step::Read { token, seen } => {
                let due = self.opens_with(*token).then_some(&self.data);
                (due == seen.as_ref()).then(|| self.clone())
            }
            Step::Write { token, seen, change, answer } => {
                self.after_write(*token, seen, *change, answer.as_ref().ok())
            }
            Step::Claim { token, seen, answer } => self.after_claim(*token, seen, *answer),
            Step::Logout { .. } => Some(Self { ended: true, ..self.clone() }),
        }
    }

    fn opens_with(&self, token: usize) -> bool {
        !self.ended && self.token == Some(token)
    }

    fn after_write(&self, token: usize, seen: &Data, change: Change, answer: Option<&Written>) -> Option<Self> {
        if change.leaves(seen) {
            // Nothing is written, and nothing is looked up either.
            return Some(self.clone());
        }
        if !self.opens_with(token) {
            return answer.is_none_or(Result::is_err).then(|| self.clone());
        }
        let data = change.done_to(&self.data, seen);
        match answer {
            Some(Ok((after, _))) if *after != data => None,
            Some(Err(Gone)) => None,
            Some(Ok((_, renewed))) => Some(Self { token: renewed.or(self.token), data, ended: false }),
            None => Some(Self { token: self.token.filter(|_| !matches!(change, Change::Renew)), data, ended: false }),
        }
    }

    /// Whoever has seen no value is answered so; whoever has seen one gets what is there.
    fn after_claim(&self, token: usize, seen: &Data, answer: Result<Option<u64>, Unknown>) -> Option<Self> {
        if seen.notice.is_none() {
            return answer.ok().flatten().is_none().then(|| self.clone());
        }
        let due = self.data.notice.filter(|_| self.opens_with(token));
        let data = Data { notice: self.data.notice.filter(|_| due.is_none()), ..self.data.clone() };
        answer.ok().is_none_or(|claimed| claimed == due).then(|| Self { data, ..self.clone() })
    }
}

impl Change {
    fn leaves(self, seen: &Data) -> bool {
        !matches!(self, Self::Renew) && self.done_to(seen, seen) == *seen
    }

    /// What it makes of what is there now, by a request that has seen something earlier.
    fn done_to(self, there: &Data, seen: &Data) -> Data {
        let mut data = there.clone();
        match self {
            Self::Name(name) => data.name = name,
            Self::Hits(hits) => data.hits += hits,
            Self::Cart(item) => data.cart.push(item),
            Self::Shorten => drop(data.cart.pop()),
            Self::Notice(notice) => data.notice = Some(notice),
            Self::Pop => data.notice = data.notice.filter(|notice| Some(*notice) != seen.notice),
            Self::Renew => {}
        }
        data
    }
}
