//! What a tree's own documentation disclaims: a limitation that is written down is a note, not an
//! alarm. Only the folders that are called documentation are read, within bounds.

use std::path::{Path, PathBuf};

use amorsize_finding::{Finding, Severity, Verdict};
use rustc_hash::FxHashSet;

/// Files of documentation that are looked at.
const FILES_MAX: usize = 4_000;
/// Longer files are passed over.
const FILE_BYTES_MAX: u64 = 2 << 20;
/// Characters of a quoted sentence.
const QUOTED_MAX: usize = 240;

/// What lies in the folder of a project.
const PROJECT_FILES: &[&str] = &["pyproject.toml", "setup.py", "setup.cfg", "go.mod", "Cargo.toml"];
/// Projects below a root whose documentation is looked at.
const PROJECTS_MAX: usize = 16;

/// What a documentation says when it promises nothing.
const DISCLAIMERS: &[&str] = &[
    "not guaranteed to be atomic",
    "not atomic",
    "isn't atomic",
    "aren't atomic",
    "not thread-safe",
    "not thread safe",
    "not safe for concurrent",
    "not process-safe",
    "race condition",
];

/// Words of which each disclaimer has one, wherever its lines are broken.
const WORDS: &[&str] = &["atomic", "safe", "race"];

/// The files of a tree's documentation.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    base: PathBuf,
    files: Vec<PathBuf>,
    /// Changes when a file does.
    pub stamp: String,
}

/// A paragraph that disclaims something.
pub(crate) struct Disclaimer {
    path: String,
    line: u32,
    text: String,
}

impl Documents {
    /// Lists the documentation of a root, and of the projects that it holds or is the code of; nothing is read yet.
    pub(crate) fn of(root: &Path) -> Self {
        let mut documents = Self { base: root.to_path_buf(), ..Self::default() };
        let mut hasher = blake3::Hasher::new();
        let folders = projects(root)
            .into_iter()
            .flat_map(|at| ["docs", "doc", "documentation"].map(|name| at.join(name)));
        for folder in folders {
            let walk = ignore::WalkBuilder::new(folder)
                .follow_links(false)
                .parents(false)
                .sort_by_file_path(Path::cmp)
                .build();
            for entry in walk.flatten() {
                let path = entry.path();
                let ending = path.extension().and_then(std::ffi::OsStr::to_str);
                let Ok(meta) = entry.metadata() else { continue };
                let fits = matches!(ending, Some("txt" | "rst" | "md"))
                    && meta.is_file()
                    && meta.len() <= FILE_BYTES_MAX;
                if !fits || documents.files.len() >= FILES_MAX {
                    continue;
                }
                hasher.update(path.as_os_str().as_encoded_bytes());
                let changed = meta.modified().ok();
                hasher.update(format!("{} {changed:?}", meta.len()).as_bytes());
                documents.files.push(path.to_path_buf());
            }
        }
        documents.stamp = hasher.finalize().to_hex().to_string();
        documents
    }

    /// The pages that may be about one of the findings.
    pub(crate) fn pages(&self, findings: &[Finding]) -> Vec<&Path> {
        let asking = findings.iter().filter(|finding| asks(finding));
        let places: FxHashSet<String> =
            asking.flat_map(|finding| parts(finding).map(str::to_ascii_lowercase)).collect();
        let pages = self.files.iter().filter(|file| places.contains(&stem(file)));
        pages.map(PathBuf::as_path).collect()
    }

    /// What stands on pages.
    pub(crate) fn said(&self, pages: &[&Path]) -> Vec<Disclaimer> {
        pages.iter().flat_map(|page| self.read(page)).collect()
    }

    /// Marks the findings that the documentation owns up to.
    pub(crate) fn mark(findings: &mut [Finding], said: &[Disclaimer]) {
        for finding in findings.iter_mut().filter(|finding| asks(finding)) {
            let Some(disclaimer) = said.iter().find(|said| said.is_about(finding)) else {
                continue;
            };
            finding.documented =
                Some(format!("{}:{}: {}", disclaimer.path, disclaimer.line, disclaimer.text));
            finding.severity = Severity::Note;
        }
    }

    fn read(&self, file: &Path) -> Vec<Disclaimer> {
        let Ok(text) = std::fs::read_to_string(file) else { return Vec::new() };
        let low = text.to_ascii_lowercase();
        if !WORDS.iter().any(|word| low.contains(word)) {
            return Vec::new();
        }
        let path =
            file.strip_prefix(&self.base).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let mut found = Vec::new();
        let mut line = 1_u32;
        for (paragraph, low) in text.split("\n\n").zip(low.split("\n\n")) {
            let flat = WORDS
                .iter()
                .any(|word| low.contains(word))
                .then(|| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
            let disclaims = |flat: &String| {
                let low = flat.to_ascii_lowercase();
                DISCLAIMERS.iter().any(|word| low.contains(word))
            };
            if let Some(flat) = flat.filter(disclaims) {
                let blank = paragraph.lines().take_while(|line| line.trim().is_empty()).count();
                let line = line + u32::try_from(blank).unwrap_or(0);
                found.push(Disclaimer { path: path.clone(), line, text: flat });
            }
            let lines = paragraph.matches('\n').count() + 2;
            line += u32::try_from(lines).unwrap_or(0);
        }
        for disclaimer in &mut found {
            if let Some((cut, _)) = disclaimer.text.char_indices().nth(QUOTED_MAX) {
                disclaimer.text.truncate(cut);
                disclaimer.text.push('…');
            }
        }
        found
    }
}

/// Where a root's documentation may lie: in itself, in the projects that were unpacked into it, and in the project
/// whose code it is.
fn projects(root: &Path) -> Vec<PathBuf> {
    let is_project =
        |at: &Path| PROJECT_FILES.iter().any(|name| at.join(name).symlink_metadata().is_ok());
    let mut found = vec![root.to_path_buf()];
    if is_project(root) {
        return found;
    }
    let within = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut within: Vec<PathBuf> = within
        .filter(|entry| entry.file_type().is_ok_and(|of| of.is_dir()))
        .map(|entry| entry.path())
        .filter(|at| is_project(at))
        .collect();
    within.sort();
    within.truncate(PROJECTS_MAX);
    found.extend(within);
    found.extend(Some(root.join("..")).filter(|at| is_project(at)));
    found
}

/// Whether a documented limitation would make a difference: a race of a public operation.
fn asks(finding: &Finding) -> bool {
    finding.verdict != Verdict::Closed
        && finding.documented.is_none()
        && (100..200).contains(&finding.rule.number())
}

impl Disclaimer {
    /// Whether the paragraph names the operation, and its page the module that it stands in.
    fn is_about(&self, finding: &Finding) -> bool {
        let name = finding.function.rsplit('.').next().unwrap_or(&finding.function);
        let named = [format!("{name}()"), format!("`{name}`"), format!(".{name}(")];
        stands_in(finding, &stem(Path::new(&self.path)))
            && named.iter().any(|name| self.text.contains(name.as_str()))
    }
}

/// What a page is about, by its name.
fn stem(page: &Path) -> String {
    let stem = page.file_stem().and_then(std::ffi::OsStr::to_str);
    stem.unwrap_or_default().to_ascii_lowercase()
}

/// Whether a finding stands in a module, or below a folder, of that name.
fn stands_in(finding: &Finding, name: &str) -> bool {
    parts(finding).any(|part| part.eq_ignore_ascii_case(name))
}

/// What a finding stands in: its folders and its module.
fn parts(finding: &Finding) -> impl Iterator<Item = &str> {
    finding.path.split(['/', '.'])
}
