//! Adds what the bin `allocations` counts.

use std::{error::Error, process::Command};

use scs_benches::{
    arguments::Arguments,
    report::{Allocated, Cost},
};

pub(crate) fn add(rows: &mut [Cost], arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let counter = std::env::current_exe()?.with_file_name("allocations");
    let output = Command::new(&counter)
        .args(arguments.selection())
        .output()
        .map_err(|error| format!("{}: {error}; build all bins first", counter.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let counted: Vec<Allocated> = serde_json::from_slice(&output.stdout)?;
    for row in rows {
        row.allocated = counted.iter().find(|one| one.subject == row.subject && one.scenario == row.scenario).cloned();
    }
    Ok(())
}
