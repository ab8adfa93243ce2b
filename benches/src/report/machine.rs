//! What was measured, and on what.

use std::{fs, path::Path, process::Command};

/// Whose versions matter to a reader of tables that compare libraries.
pub const LIBRARIES: &[&str] =
    &["axum", "tower", "hyper", "tokio", "tower-sessions", "axum_session", "ruts", "actix-web", "actix-session"];

/// Whose versions matter to a reader of tables about stores.
pub const CLIENTS: &[&str] = &["axum", "tokio", "redis", "sqlx", "rusqlite", "redb"];

/// The machine and the versions of these, as a paragraph. Ask for it before measuring: it has the load that others make.
pub fn machine(libraries: &[&str]) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = value("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let rustc = Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    format!(
        "{cores} cores of {processor}, {:.0} GiB, Linux {}; {}; release with thin LTO and one codegen unit, the system's malloc. \
         Load before the run: {}. {}.",
        memory.unwrap_or_default() / f64::from(1 << 20),
        kernel.trim(),
        String::from_utf8_lossy(&rustc).trim(),
        load.split(' ').next().unwrap_or_default(),
        versions(libraries).join(", ")
    )
}

/// The value of a line `label: value`.
fn value(file: &str, label: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let (_, value) = text.lines().find(|line| line.starts_with(label))?.split_once(':')?;
    Some(value.trim().to_owned())
}

fn versions(libraries: &[&str]) -> Vec<String> {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock = fs::read_to_string(lock).unwrap_or_default();
    let version = |name: &str| {
        let (_, after) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(format!("{name} {}", after.split('"').next()?))
    };
    libraries.iter().filter_map(|name| version(name)).collect()
}
