//! Where a Python file stands: what it is imported as, and the functions in which a party is held.

use super::source::enclosing;
use crate::harness::window::places;
use amorsize_finding::Finding;
use std::path::{Path, PathBuf};

/// The most functions a party is held in.
const FUNCTIONS_MAX: usize = 8;

pub(super) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().into_owned();
    let text = text.strip_prefix("./").map(str::to_owned).unwrap_or(text);
    if text.is_empty() { ".".to_owned() } else { text }
}

/// The folder that stands on the path, and the module's name below it: packages have an `__init__.py`.
pub(super) fn module_of(path: &Path) -> (PathBuf, String) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut names = if stem == "__init__" { vec![] } else { vec![stem] };
    let mut folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let is_package = |folder: &Path| std::fs::symlink_metadata(folder.join("__init__.py")).is_ok();
    while is_package(&folder) {
        let Some(name) = folder.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            break;
        };
        names.insert(0, name);
        folder.pop();
    }
    (folder, names.join("."))
}

/// The finding's function, and the helpers that its witness passes.
pub(super) fn watches(finding: &Finding, tree: &Path, source: &str) -> Vec<String> {
    let path = tree.join(&finding.path);
    let mut found = vec![format!("py:{}:{}", shown(&path), finding.function)];
    for (other, line) in places(finding) {
        let place = match other {
            None => enclosing(source, line).map(|function| (path.clone(), function)),
            Some(other) => {
                let path = tree.join(other);
                let text = amorsize_os::files::read_bounded(&path, super::SOURCE_BYTES_MAX);
                let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
                enclosing(&text, line).map(|function| (path, function))
            }
        };
        let watch = place.map(|(path, function)| format!("py:{}:{function}", shown(&path)));
        found.extend(watch.filter(|watch| !found.contains(watch)));
    }
    found.truncate(FUNCTIONS_MAX);
    found
}
