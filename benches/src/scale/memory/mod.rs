//! The store in memory: bytes, time of a request and time of purging, by how many sessions there are.
//!
//! Each number of sessions has a process of its own, so that none finds the memory as another has left it.

mod clock;
mod process;
mod requests;

use std::{env, error::Error, process::Command, sync::Arc, time::Instant};

use scs::{MemoryStore, SessionManager, store::Purge as _};
use serde::{Deserialize, Serialize};

use self::{clock::Shifted, requests::Sample};
use crate::visitor::{NOTE, Visitor};

const SIZES: [usize; 4] = [1_000, 100_000, 1_000_000, 5_000_000];
const FEW: [usize; 2] = [1_000, 50_000];

/// With it a process measures one number of sessions.
pub const SESSIONS: &str = "--sessions";

/// Expired records that one call deletes at most, as the reaper has it.
const PURGED_AT_ONCE: usize = 1_000;

#[derive(Serialize, Deserialize)]
pub struct Measured {
    pub sessions: usize,
    /// Per session, of what the process has resident.
    pub bytes: f64,
    pub payload: f64,
    /// Nanoseconds of a request.
    pub read: f64,
    pub change: f64,
    /// Records in a second.
    pub purged: f64,
    /// Microseconds of the longest call that purges.
    pub longest_purge: f64,
}

pub fn measure(is_quick: bool) -> Result<Vec<Measured>, Box<dyn Error + Send + Sync>> {
    let sizes: &[usize] = if is_quick { &FEW } else { &SIZES };
    sizes.iter().map(|sessions| in_a_process(*sessions)).collect()
}

fn in_a_process(sessions: usize) -> Result<Measured, Box<dyn Error + Send + Sync>> {
    eprintln!("{sessions} sessions in memory");
    let output = Command::new(env::current_exe()?).args([SESSIONS, &sessions.to_string()]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

pub fn in_this_process(sessions: usize) -> Result<(), Box<dyn Error + Send + Sync>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("{}", serde_json::to_string(&runtime.block_on(measured(sessions))?)?);
    Ok(())
}

async fn measured(sessions: usize) -> Result<Measured, Box<dyn Error + Send + Sync>> {
    let clock = Arc::<Shifted>::default();
    let store = MemoryStore::new().with_clock(clock.clone());
    let manager = SessionManager::<Visitor, _>::new(store.clone());
    let mut sample = Sample::of(sessions);
    let before = process::resident_bytes()?;
    for number in 0..sessions {
        let session = manager.open(None).await?;
        session.set_visits(1);
        session.set_note(NOTE.to_owned());
        let committed = session.commit().await?;
        sample.offer(number, || committed.token().expect("a new session has one").expose());
    }
    let bytes = process::resident_bytes()?.saturating_sub(before) as f64 / sessions as f64;
    let payload = store.statistics().payload_bytes as f64 / sessions as f64;
    let [read, change] = sample.requests(&manager).await;

    clock.pass_a_year();
    let (began, mut purged, mut longest_purge) = (Instant::now(), 0, 0.0_f64);
    loop {
        let call = Instant::now();
        let deleted = store.purge(PURGED_AT_ONCE).await?;
        longest_purge = longest_purge.max(call.elapsed().as_secs_f64() * 1e6);
        purged += deleted;
        if deleted == 0 {
            break;
        }
    }
    assert_eq!(purged, sessions);
    let purged = purged as f64 / began.elapsed().as_secs_f64();
    Ok(Measured { sessions, bytes, payload, read, change, purged, longest_purge })
}
