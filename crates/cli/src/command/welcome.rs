//! `amorsize` alone: three lines to copy, and what it found about this folder.

use amorsize_finding::ExitCode;

use crate::context::Context;
use crate::failure::Outcome;

/// How many directory entries the first look reads at most.
const ENTRIES_MOST: usize = 2000;

/// Prints the welcome.
pub(crate) fn run(context: &mut Context) -> Outcome {
    let output = &context.output;
    output.line(output.bold("amorsize: does it pay, is it safe, and a cache that never lies"))?;
    output.line("")?;
    output.line("  amorsize tour                 see everything work, in under a minute")?;
    output
        .line("  amorsize cache stats          what is remembered, and how healthy the store is")?;
    output.line("  amorsize doctor               this machine as it really is")?;
    output.line("")?;
    let found = languages(&context.environment.current_directory);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let here = if found.is_empty() { "no source files".to_owned() } else { found.join(", ") };
    output.line(format!("here: {here}; {cores} cores to use"))?;
    output.line("`amorsize --help` lists the commands.")?;
    Ok(ExitCode::Clean)
}

/// The languages of the files in this folder and its direct subfolders, most files first.
fn languages(folder: &std::path::Path) -> Vec<String> {
    const KNOWN: [(&str, &str); 6] = [
        ("py", "Python"),
        ("go", "Go"),
        ("rs", "Rust"),
        ("java", "Java"),
        ("ts", "TypeScript"),
        ("js", "JavaScript"),
    ];
    let mut counts = [0_usize; KNOWN.len()];
    let mut folders = vec![(folder.to_path_buf(), 0)];
    let mut left = ENTRIES_MOST;
    while let Some((folder, depth)) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten().take(left) {
            left -= 1;
            let path = entry.path();
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if depth < 2 && !hidden && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push((path, depth + 1));
            } else if let Some(extension) = path.extension()
                && let Some(at) = KNOWN.iter().position(|(known, _)| extension == *known)
            {
                counts[at] += 1;
            }
        }
    }
    let mut found: Vec<_> = counts.iter().zip(KNOWN).filter(|(count, _)| **count > 0).collect();
    found.sort_by(|a, b| b.0.cmp(a.0));
    found.iter().map(|(count, (_, name))| format!("{name} ({count} files)")).collect()
}
