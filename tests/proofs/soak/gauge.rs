//! What Linux says about a process.

use std::{fs, time::Instant};

/// Ticks of the processor's time in a second, the same on every Linux (`USER_HZ`).
const TICKS: f64 = 100.0;

pub(super) struct Gauge {
    process: u32,
    last: (Instant, f64),
}

impl Gauge {
    pub(super) fn of(process: u32) -> Self {
        Self { process, last: (Instant::now(), seconds(process)) }
    }

    /// What it took of one core since this was last asked.
    pub(super) fn cpu(&mut self) -> f64 {
        let now = (Instant::now(), seconds(self.process));
        let (since, used) = std::mem::replace(&mut self.last, now);
        (now.1 - used) / (now.0 - since).as_secs_f64()
    }

    /// Resident memory in bytes.
    pub(super) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    pub(super) fn sockets(&self) -> usize {
        let files = fs::read_dir(format!("/proc/{}/fd", self.process)).unwrap();
        let links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
    }
}

/// Of the processor's time that the process has used.
fn seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(')').unwrap();
    let ticks = after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap());
    ticks.sum::<f64>() / TICKS
}
