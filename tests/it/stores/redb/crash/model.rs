//! What must be in the file after a kill, by what the child has said.

use std::{collections::BTreeMap, fmt};

use scs::store::{Index as _, SessionId, Store as _, Term};
use scs_stores::RedbStore;

pub(super) const WRITERS: u8 = 8;

/// Sessions of each writer.
pub(super) const SLOTS: usize = 4;

/// Terms that sessions have or have not.
pub(super) const TERMS: u8 = 3;

pub(super) fn session_id(writer: u8, slot: usize) -> SessionId {
    let mut bytes = [writer; 16];
    bytes[15] = u8::try_from(slot).unwrap();
    SessionId::from_bytes(bytes)
}

fn term(number: u8) -> Term {
    Term::from_bytes([number; 16])
}

/// A session as it is to be in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Session {
    pub(super) revision: u64,
    /// Its time to live.
    pub(super) seconds: u64,
    pub(super) length: usize,
    /// A bit for each.
    pub(super) terms: u8,
}

pub(super) type State = Option<Session>;

impl Session {
    /// Bytes that no other revision has.
    pub(super) fn payload(&self) -> Vec<u8> {
        self.revision.to_be_bytes().into_iter().cycle().take(self.length).collect()
    }

    pub(super) fn terms(bits: u8) -> Vec<Term> {
        (0..TERMS).filter(|number| bits >> number & 1 == 1).map(term).collect()
    }

    fn read(words: &[&str]) -> State {
        let [revision, seconds, length, terms] = words else { return None };
        Some(Self {
            revision: revision.parse().unwrap(),
            seconds: seconds.parse().unwrap(),
            length: length.parse().unwrap(),
            terms: terms.parse().unwrap(),
        })
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.revision, self.seconds, self.length, self.terms)
    }
}

/// How a session in the store is read.
pub(super) trait Load: Sized {
    async fn loaded(store: &RedbStore, id: SessionId) -> Self;
}

impl Load for State {
    async fn loaded(store: &RedbStore, id: SessionId) -> Self {
        let stored = store.load(id).await.unwrap()?;
        let mut terms = 0;
        for number in 0..TERMS {
            let found = store.find(term(number), None, 1000).await.unwrap().items;
            terms |= u8::from(found.contains(&id)) << number;
        }
        let length = stored.payload().len();
        let session = Session { revision: stored.revision().get(), seconds: stored.ttl().as_secs(), length, terms };
        assert!(**stored.payload() == *session.payload(), "the payload of {id} is not whole");
        Some(session)
    }
}

type Slot = (u8, usize);

/// The states that a session had since the last kill, the first of them on disk.
struct History {
    states: Vec<State>,
    /// The last of them that must be on disk.
    floor: usize,
}

/// A write that was begun.
struct Pending {
    slot: Slot,
    state: State,
    /// For a write that must last: the last state of each session when it was begun.
    before: Option<BTreeMap<Slot, usize>>,
}

/// What the child has said.
pub(super) struct Model {
    is_relaxed: bool,
    histories: BTreeMap<Slot, History>,
    pending: BTreeMap<u8, Pending>,
    acknowledged: usize,
    cut_off: usize,
    cut_off_and_done: usize,
    lost: usize,
}

impl Model {
    pub(super) fn new(is_relaxed: bool) -> Self {
        let slots = (0..WRITERS).flat_map(|writer| (0..SLOTS).map(move |slot| (writer, slot)));
        let histories = slots.map(|slot| (slot, History { states: vec![None], floor: 0 })).collect();
        let pending = BTreeMap::new();
        Self { is_relaxed, histories, pending, acknowledged: 0, cut_off: 0, cut_off_and_done: 0, lost: 0 }
    }

    pub(super) fn read(&mut self, line: &str) {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["begin", writer, slot, must_last, ref state @ ..] => {
                let slot = (writer.parse().unwrap(), slot.parse().unwrap());
                self.begin(slot, must_last == "true" || !self.is_relaxed, Session::read(state));
            }
            ["end", writer] => self.end(writer.parse().unwrap()),
            _ => panic!("the child said {line}"),
        }
    }

    fn begin(&mut self, slot: Slot, must_last: bool, state: State) {
        let last = self.histories.iter().map(|(slot, history)| (*slot, history.states.len() - 1));
        let before = must_last.then(|| last.collect());
        self.pending.insert(slot.0, Pending { slot, state, before });
    }

    fn end(&mut self, writer: u8) {
        let Pending { slot, state, before } = self.pending.remove(&writer).unwrap();
        self.acknowledged += 1;
        self.histories.get_mut(&slot).unwrap().states.push(state);
        let Some(mut before) = before else { return };
        // What had been acknowledged before it was committed before it.
        before.entry(slot).and_modify(|last| *last += 1);
        for (slot, last) in before {
            let history = self.histories.get_mut(&slot).unwrap();
            history.floor = history.floor.max(last);
        }
    }

    /// Each session is in a state that it may be in, and from there it goes on.
    pub(super) async fn compare_and_go_on(&mut self, store: &RedbStore) {
        self.cut_off += self.pending.len();
        for ((writer, slot), history) in &mut self.histories {
            let state = State::loaded(store, session_id(*writer, *slot)).await;
            let pending = self.pending.get(writer).filter(|pending| pending.slot == (*writer, *slot));
            let place = history.states[history.floor..].iter().position(|possible| *possible == state);
            let is_pending = pending.is_some_and(|pending| pending.state == state);
            assert!(
                place.is_some() || is_pending,
                "session {writer}/{slot} is {state:?}, after {:?} and perhaps {:?}",
                &history.states[history.floor..],
                pending.map(|pending| &pending.state),
            );
            self.cut_off_and_done += usize::from(is_pending);
            self.lost +=
                place.filter(|_| !is_pending).map_or(0, |place| history.states.len() - 1 - history.floor - place);
            *history = History { states: vec![state], floor: 0 };
        }
        self.pending.clear();
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, cut_off, cut_off_and_done, lost, .. } = self;
        write!(f, "{acknowledged} writes acknowledged and {lost} of them lost as they may be; ")?;
        write!(f, "{cut_off} cut off, {cut_off_and_done} of them done all the same")
    }
}
