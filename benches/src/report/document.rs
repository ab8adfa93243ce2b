//! Tables inside a document that people write: everything between two markers is ours.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The document of all benches.
pub fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md")
}

/// Replaces what stands between `<!-- name -->` and `<!-- /name -->` in a file.
///
/// # Errors
///
/// The file cannot be read or written, or has no such markers.
pub fn replace_section(file: &Path, name: &str, text: &str) -> io::Result<()> {
    let document = fs::read_to_string(file)?;
    let replaced = replace(&document, name, text)
        .ok_or_else(|| io::Error::other(format!("{}: no <!-- {name} --> … <!-- /{name} -->", file.display())))?;
    fs::write(file, replaced)
}

fn replace(document: &str, name: &str, text: &str) -> Option<String> {
    let (open, close) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let (before, rest) = document.split_once(&open)?;
    let (_, after) = rest.split_once(&close)?;
    Some(format!("{before}{open}\n{}\n{close}{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let document = "a\n<!-- x -->\nold\n<!-- /x -->\nb";
        assert_eq!(replace(document, "x", "new\n").as_deref(), Some("a\n<!-- x -->\nnew\n<!-- /x -->\nb"));
        assert_eq!(replace(document, "y", "new"), None);
    }
}
