//! Random operations of one process that writes behind, with failures of the durable store, flushes and crashes.

use std::time::Duration;

use proptest::prelude::*;
use scs::{
    Clock, Timestamp,
    store::{Created, Entry, Revision, Store, Term, Updated},
};
use scs_stores::{MemoryCache, Tiered, WriteBehind};

use super::{ID, World};
use crate::support::{Fault, MINUTE, SECOND, TestStore};

#[derive(Debug, Clone)]
enum Step {
    Create(Duration),
    Load,
    Update(Duration, Kind),
    Touch(Duration),
    Delete,
    Flush,
    Pass(Duration),
    /// The next call of this name to the durable store fails.
    Fail(&'static str, Fault),
    /// The process ends at once, and another begins.
    Crash,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Secret,
    Terms,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ttl = || prop_oneof![3 => Just(MINUTE), 1 => (1..5000_u64).prop_map(Duration::from_millis)];
    let kind = prop_oneof![6 => Just(Kind::Plain), 1 => Just(Kind::Secret), 1 => Just(Kind::Terms)];
    let call = prop_oneof![Just("create"), Just("update"), Just("touch"), Just("delete"), Just("load")];
    let fault = prop_oneof![Just(Fault::Refused), Just(Fault::AnswerLost)];
    let step = prop_oneof![
        2 => ttl().prop_map(Step::Create),
        4 => Just(Step::Load),
        8 => (ttl(), kind).prop_map(|(ttl, kind)| Step::Update(ttl, kind)),
        2 => ttl().prop_map(Step::Touch),
        1 => Just(Step::Delete),
        1 => Just(Step::Flush),
        3 => (1..999_u64).prop_map(|millis| Step::Pass(Duration::from_millis(millis))),
        2 => (call, fault).prop_map(|(call, fault)| Step::Fail(call, fault)),
        1 => Just(Step::Crash),
    ];
    proptest::collection::vec(step, 1..60)
}

type Version = Option<(Revision, Timestamp)>;

struct Run {
    world: World,
    node: Tiered<MemoryCache, TestStore>,
    /// What the session must be.
    now: Version,
    /// The versions that a crash may leave: from the last that was surely written on.
    since_written: Vec<Version>,
    flushed: Timestamp,
}

fn start(world: &World) -> Tiered<MemoryCache, TestStore> {
    let builder = Tiered::builder(world.memory_cache(), world.durable.clone()).clock(world.clock.clone());
    builder.write_behind(WriteBehind::every(SECOND)).build()
}

impl Run {
    fn new() -> Self {
        let world = World::new();
        let (node, flushed) = (start(&world), world.clock.now());
        Self { world, node, now: None, since_written: vec![None], flushed }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Create(ttl) => self.create(&Entry::new("x", ttl)).await,
            Step::Load => self.check().await,
            Step::Update(ttl, kind) => self.update(ttl, kind).await,
            Step::Touch(ttl) => self.touch(ttl).await,
            Step::Delete => self.delete().await,
            Step::Flush => self.flush().await,
            Step::Pass(time) => self.pass(time).await,
            Step::Fail(call, fault) => self.world.durable.fail_next(call, fault),
            Step::Crash => {
                self.node = start(&self.world);
                let left = self.truth().await;
                let is_allowed = self.since_written.iter().any(|version| self.live(*version) == left);
                assert!(is_allowed, "a crash left {left:?} of {:?}", self.since_written);
                self.written(left);
            }
        }
    }

    fn live(&self, version: Version) -> Version {
        version.filter(|(_, expires)| self.world.clock.now() < *expires)
    }

    fn after(&self, entry: &Entry) -> (Revision, Timestamp) {
        (entry.revision(), self.world.clock.now() + entry.ttl())
    }

    async fn seen(&self, store: &impl Store) -> Version {
        loop {
            if let Ok(stored) = store.load(ID).await {
                return stored.map(|stored| (stored.revision(), self.world.clock.now() + stored.ttl()));
            }
        }
    }

    async fn truth(&self) -> Version {
        self.seen(&self.world.durable.inner).await
    }

    async fn check(&self) {
        assert_eq!(self.seen(&self.node).await, self.live(self.now));
    }

    /// The durable store has it.
    fn written(&mut self, version: Version) {
        self.now = version;
        self.since_written = vec![version];
    }

    async fn written_through(&mut self, version: Version) {
        assert_eq!(self.truth().await, self.live(version), "acknowledged, and not in the durable store");
        self.written(version);
    }

    /// A change that failed is done or not. What waited of the session may have been written first.
    async fn failed(&mut self, after: Version) {
        let seen = self.seen(&self.node).await;
        assert!([self.live(self.now), self.live(after)].contains(&seen), "half done: {seen:?}");
        self.now = seen;
        self.since_written.push(seen);
    }

    async fn create(&mut self, entry: &Entry) {
        match self.node.create(ID, entry).await {
            Ok(Created::Created) => {
                assert_eq!(self.live(self.now), None);
                self.written_through(Some(self.after(entry))).await;
            }
            Ok(Created::Occupied | Created::NotAdmitted) => assert!(self.live(self.now).is_some()),
            Err(_) if self.live(self.now).is_none() => self.failed(Some(self.after(entry))).await,
            Err(_) => self.check().await,
        }
    }

    async fn update(&mut self, ttl: Duration, kind: Kind) {
        let entry = match kind {
            Kind::Plain => Entry::new("x", ttl),
            Kind::Secret => Entry::new("x", ttl).with_full_durability(),
            Kind::Terms => Entry::new("x", ttl).with_terms(vec![Term::from_bytes([1; 16])], Vec::new()),
        };
        let expected = self.live(self.now).map_or_else(Revision::random, |(revision, _)| revision);
        match self.node.update(ID, expected, &entry).await {
            Ok(Updated::Updated) if kind == Kind::Plain => {
                assert!(self.live(self.now).is_some(), "an update created");
                self.now = Some(self.after(&entry));
                self.since_written.push(self.now);
            }
            Ok(Updated::Updated) => self.written_through(Some(self.after(&entry))).await,
            Ok(Updated::Conflict | Updated::Gone | Updated::NotAdmitted) => assert_eq!(self.live(self.now), None),
            Err(_) if self.live(self.now).is_some() => self.failed(Some(self.after(&entry))).await,
            Err(_) => self.check().await,
        }
        self.check().await;
    }

    async fn touch(&mut self, ttl: Duration) {
        let Some((revision, _)) = self.live(self.now) else { return };
        let touched = Some((revision, self.world.clock.now() + ttl));
        match self.node.touch(ID, revision, ttl).await {
            Ok(()) => {
                self.now = touched;
                self.since_written.push(touched);
            }
            Err(_) => self.failed(touched).await,
        }
        self.check().await;
    }

    async fn delete(&mut self) {
        match self.node.delete(ID).await {
            Ok(_) => self.written_through(None).await,
            Err(_) => {
                // The session was to end: what waited may be gone with it.
                let left = self.truth().await;
                assert!(left.is_none() || self.since_written.iter().any(|version| self.live(*version) == left));
                self.written(left);
            }
        }
        let _ = self.node.flush().await;
        self.check().await;
    }

    async fn flush(&mut self) {
        loop {
            let report = self.node.flush().await;
            assert!(report.lost.is_empty() || self.live(self.now).is_none(), "nobody else writes");
            if report.failed == 0 {
                break;
            }
            self.check().await;
        }
        self.flushed = self.world.clock.now();
        self.written_through(self.now).await;
        self.check().await;
    }

    /// Time passes, and the flusher runs, though not to the second.
    async fn pass(&mut self, time: Duration) {
        self.world.clock.advance(time);
        if self.world.clock.now().since(self.flushed) >= SECOND {
            self.flush().await;
        }
        self.check().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn changes_that_wait_are_seen_at_once_written_in_order_and_lost_only_by_a_crash(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut run = Run::new();
            for step in steps {
                run.step(step).await;
            }
        });
    }
}
