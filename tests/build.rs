//! Tells the suites which servers there are. A suite without its server is listed as ignored, with the
//! variable that names it; in CI all of them are set (`.ci/run`). So is a test that must mount a file system, trace
//! a process or set a server's clock, where that is not possible.

use std::{path::Path, process::Command};

/// What the suites need: a variable with the URL of a server or the path of a program, and the `cfg` that is on if it is set.
const NEEDS: [(&str, &str); 10] = [
    ("SCS_CHROMEDRIVER", "chromium"),
    ("SCS_FIREFOX", "firefox"),
    ("SCS_NGINX", "nginx"),
    ("SCS_PGBOUNCER", "pgbouncer"),
    ("SCS_POSTGRES_URL", "postgres"),
    ("SCS_MYSQL_URL", "mysql"),
    ("SCS_REDIS_URL", "redis"),
    ("SCS_REDIS_CLUSTER_URL", "redis_cluster"),
    ("SCS_REDIS_SENTINEL_URL", "redis_sentinel"),
    ("SCS_VALKEY_URL", "valkey"),
];

/// What sets the clock of a server (`tests/it/support/server_clock.rs`).
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for (variable, need) in NEEDS {
        println!("cargo:rerun-if-env-changed={variable}");
        println!("cargo:rustc-check-cfg=cfg({need})");
        if std::env::var_os(variable).is_some() {
            println!("cargo:rustc-cfg={need}");
        }
    }
    println!("cargo:rustc-check-cfg=cfg(strace)");
    if can_trace() {
        println!("cargo:rustc-cfg=strace");
    }
    println!("cargo:rustc-check-cfg=cfg(faketime)");
    if Path::new(FAKETIME).exists() {
        println!("cargo:rustc-cfg=faketime");
    }
    println!("cargo:rustc-check-cfg=cfg(mounts)");
    if can_mount() {
        println!("cargo:rustc-cfg=mounts");
    }
}

/// Tries it: even where strace is installed, tracing may be forbidden.
fn can_trace() -> bool {
    Command::new("strace").args(["-o", "/dev/null", "true"]).output().is_ok_and(|output| output.status.success())
}

/// Tries it: even the administrator of a container may not.
fn can_mount() -> bool {
    let folder = Path::new(&std::env::var_os("OUT_DIR").unwrap_or_default()).join("mount");
    let succeeds = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    std::fs::create_dir_all(&folder).is_ok()
        && succeeds(Command::new("mount").args(["-t", "tmpfs", "tmpfs"]).arg(&folder))
        && succeeds(Command::new("umount").arg(&folder))
}
