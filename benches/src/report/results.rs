//! Results as JSON in `benches/results`, so that a plot or a table can be made again without measuring again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results").join(name).with_extension("json")
}

/// Where a plot of the documents lies.
pub fn plot_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/plots").join(name).with_extension("svg")
}

/// # Errors
///
/// The file cannot be written.
pub fn save(name: &str, results: &impl Serialize) -> io::Result<()> {
    let file = file(name);
    fs::create_dir_all(file.parent().expect("a file lies in a folder"))?;
    fs::write(file, serde_json::to_string_pretty(results)? + "\n")
}

/// # Errors
///
/// Nothing was saved under this name, or something else.
pub fn load<T: DeserializeOwned>(name: &str) -> io::Result<T> {
    Ok(serde_json::from_str(&fs::read_to_string(file(name))?)?)
}
