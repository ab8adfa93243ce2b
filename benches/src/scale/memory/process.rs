//! What Linux says about this process.

use std::{fs, io};

/// What of its memory is in RAM.
pub fn resident_bytes() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    let kibibytes = kibibytes.and_then(|number| number.parse::<u64>().ok());
    kibibytes.map(|number| number * 1024).ok_or_else(|| io::Error::other("no VmRSS in /proc/self/status"))
}
