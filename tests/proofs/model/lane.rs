//! Lanes: where sequences run one after the other, beside those of other lanes.

use std::{sync::Arc, time::Duration};

use scs::{Clock as _, KeptBy, ManualClock, SessionManager, Timestamp, store::AnyStore};

use super::{
    reference::Policy,
    schema::{Older, Visitor},
};
use crate::support::{PATIENCE, Place, START};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

pub(super) struct Lane {
    pub(super) sessions: SessionManager<Visitor, AnyStore>,
    pub(super) older: SessionManager<Older, AnyStore>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) policy: Policy,
    /// A store that goes by the clock has to itself what is in it.
    own: Option<Place>,
}

impl Lane {
    /// A server goes by its own clock, and so only what the manager decides can pass with the test's: the idle timeout
    /// is as long as the absolute one there.
    pub(super) async fn new(place: &Place, shared: &AnyStore, number: usize) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let absolute = [2 * HOUR, 10 * HOUR];
        let own = place.another();
        let (store, idle) = match &own {
            Some(own) => (own.store_on(clock.clone()).await, [30 * MINUTE, 4 * HOUR]),
            None => (shared.clone(), absolute),
        };
        let renew_every = number.is_multiple_of(2).then_some(10 * MINUTE);
        let policy = Policy { idle, absolute, renew_every, grace: 10, ends_on_reuse: number.is_multiple_of(4) };
        Self { sessions: manager(&store, &clock, policy), older: manager(&store, &clock, policy), clock, policy, own }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether the store goes by the lane's clock, and nobody else has sessions in it.
    pub(super) const fn is_alone(&self) -> bool {
        self.own.is_some()
    }
}

fn manager<S: KeptBy<AnyStore>>(
    store: &AnyStore,
    clock: &Arc<ManualClock>,
    policy: Policy,
) -> SessionManager<S, AnyStore> {
    let [idle, remembered_idle] = policy.idle.map(Duration::from_secs);
    let [absolute, remembered_absolute] = policy.absolute.map(Duration::from_secs);
    let builder = SessionManager::builder(store.clone()).clock(clock.clone()).store_timeout(PATIENCE);
    let builder = builder.idle_timeout(idle).absolute_timeout(absolute);
    let mut builder = builder.remembered_timeouts(remembered_idle, remembered_absolute);
    if let Some(period) = policy.renew_every {
        builder = builder.renew_every(Duration::from_secs(period)).renewal_grace(Duration::from_secs(policy.grace));
    }
    if policy.ends_on_reuse {
        builder = builder.end_on_token_reuse();
    }
    builder.build().unwrap()
}
