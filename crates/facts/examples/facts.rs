//! Prints the event graph of a file, or times the extraction of many: `facts FILE [FUNCTION]`, `facts --time < LIST`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a tool for developers"
)]

use std::collections::BTreeMap;
use std::path::Path;

use amorsize_facts::{Vocabulary, event, extract_package, lang_of};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let vocabulary = Vocabulary::builtin();
    if args.first().is_some_and(|arg| arg == "--time") {
        return time(&vocabulary);
    }
    let Some(path) = args.first() else { return };
    let bytes = std::fs::read(path).expect("readable");
    let lang = lang_of(path).expect("a known language");
    let siblings: Vec<(String, Vec<u8>)> =
        std::fs::read_dir(Path::new(path).parent().unwrap_or(Path::new(".")))
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path().to_str()?.to_owned()))
            .filter(|other| {
                lang == event::Lang::Go && lang_of(other) == Some(lang) && other != path
            })
            .filter_map(|other| std::fs::read(&other).ok().map(|bytes| (other, bytes)))
            .collect();
    let mut files: Vec<File<'_>> = vec![(path, &bytes)];
    files.extend(siblings.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let facts = extract_package(&files, lang, &vocabulary).swap_remove(0);
    println!(
        "{:?} {} functions {} classes",
        facts.coverage,
        facts.functions.len(),
        facts.classes.len()
    );
    for function in &facts.functions {
        if args.get(1).is_none_or(|name| function.qualified.as_str().contains(name.as_str())) {
            println!("{}", function.outline());
        }
    }
}

/// Path and bytes.
type File<'f> = (&'f str, &'f [u8]);

fn time(vocabulary: &Vocabulary) {
    let files: Vec<(String, Vec<u8>)> = std::io::stdin()
        .lines()
        .map_while(Result::ok)
        .filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes)))
        .collect();
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let start = std::time::Instant::now();
    let (mut functions, mut events, mut gaps) = (0, 0, 0);
    let mut kept = Vec::new();
    let mut folders: BTreeMap<_, Vec<File<'_>>> = BTreeMap::new();
    for (path, bytes) in &files {
        let folder = folders.entry((Path::new(path).parent(), lang_of(path))).or_default();
        folder.push((path, bytes));
    }
    for ((_, lang), files) in folders {
        let Some(lang) = lang else { continue };
        for facts in extract_package(&files, lang, vocabulary) {
            functions += facts.functions.len();
            events +=
                facts.functions.iter().map(|function| function.events as usize).sum::<usize>();
            if facts.coverage != event::Coverage::Parsed {
                gaps += 1;
            }
            kept.push(facts);
        }
    }
    let took = start.elapsed();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned();
    eprintln!(
        "{} files, {bytes} bytes, {functions} functions, {events} events, {gaps} with gaps: {took:?}; {peak}",
        files.len()
    );
}
