//! The whole audit of some roots: walk, parse, link, judge, suppress, count.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use amorsize_facts::event::{Coverage as Parsed, FileFacts, Lang};
use amorsize_facts::{Vocabulary, lang_of, skipped};
use amorsize_finding::{BoundHit, Coverage, Finding, Gap, Report, Root, RuleId, SkipReason};
use rustc_hash::FxHashMap;

use crate::documented::Documents;
use crate::error::Error;
use crate::fault::{Fault, caught};
use crate::link::{Tables, Tree, adopt, folder};
use crate::remember::{Memory, Remembered};
use crate::run::{Scope, audit_where, joined, judging};
use crate::walk::{Source, walk};
use crate::{front, patch, rules, suppress};

/// What to audit and how.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The trees, or single files.
    pub roots: Vec<PathBuf>,
    /// Whether closed sites are wanted, too.
    pub all: bool,
    /// Whether tests, vendored code and examples are looked at.
    pub include_tests: bool,
    /// Patterns of paths that are left out, as in an ignore file.
    pub exclude: Vec<String>,
    /// Rows added to the vocabulary: TOML with `[[audit.api]]` tables; none when empty.
    pub api: String,
    /// Only these rules; all when empty.
    pub rules: Vec<RuleId>,
    /// Threads; as many as there are cores when 0.
    pub jobs: usize,
    /// The version that the report carries.
    pub version: String,
    /// Where results are remembered; nowhere if `None`.
    pub store: Option<PathBuf>,
    /// What tells this build of the analyser from any other.
    pub analyser: String,
}

/// Audits the roots.
///
/// # Errors
/// When a root is not there, or a pattern or a row of the vocabulary is not understood.
pub fn run(request: &Request) -> Result<Report, Error> {
    let jobs = match request.jobs {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        jobs => jobs,
    };
    let roots = request
        .roots
        .iter()
        .map(|path| {
            let name = path.canonicalize().ok();
            let name = name.as_deref().unwrap_or(path).file_name();
            let name = name.map_or_else(|| ".".to_owned(), |n| n.to_string_lossy().into_owned());
            Root { name, path: path.display().to_string(), version: None }
        })
        .collect();
    let mut report = Report::new(request.version.clone(), roots);
    for (number, path) in (0_u32..).zip(&request.roots) {
        // A walk waits for the disk; what else is needed is read meanwhile.
        let beside = || (front::vocabulary(&request.api), Documents::of(path));
        let (walked, (vocabulary, documents)) = std::thread::scope(|scope| {
            let elsewhere = std::thread::Builder::new().spawn_scoped(scope, beside).ok();
            let walked = walk(path, number, (request.include_tests, &request.exclude), jobs);
            (walked, elsewhere.map_or_else(beside, joined))
        });
        let (vocabulary, walked) = (vocabulary?, walked?);
        add(&mut report.coverage, walked.coverage);
        let read = Read { sources: walked.sources, documents };
        one_root(request, (number, &vocabulary), read, jobs, &mut report);
    }
    if !request.rules.is_empty() {
        report.findings.retain(|finding| request.rules.contains(&finding.rule));
    }
    let mut ids: Vec<u16> = report.findings.iter().map(|finding| finding.rule.number()).collect();
    ids.sort_unstable();
    ids.dedup();
    report.rules =
        ids.into_iter().filter_map(|id| rules::rule(id).map(rules::Rule::described)).collect();
    report.sort();
    Ok(report)
}

/// What was read of one root.
struct Read {
    sources: Vec<Source>,
    documents: Documents,
}

/// Takes what is remembered of a root, or looks afresh and remembers it.
fn one_root(
    request: &Request,
    (number, vocabulary): (u32, &Vocabulary),
    Read { sources, documents }: Read,
    jobs: usize,
    report: &mut Report,
) {
    let options = format!(
        "{} {} {number} {} {}",
        request.all, request.include_tests, documents.stamp, request.api
    );
    let memory = request
        .store
        .as_deref()
        .and_then(|store| Memory::open(store, &request.analyser, &options, &sources));
    let mut found = match memory.as_ref().and_then(Memory::recall) {
        Some(mut known) => {
            known.coverage.files_cached = known.coverage.files_parsed;
            known
        }
        None => {
            let fresh = look(request, (number, vocabulary), (sources, &documents), jobs);
            let faulty = fresh.coverage.gaps.iter().any(|gap| gap.reason == SkipReason::Fault);
            if let Some(memory) = memory.filter(|_| !faulty) {
                memory.keep(&fresh);
            }
            fresh
        }
    };
    add(&mut report.coverage, std::mem::take(&mut found.coverage));
    report.findings.append(&mut found.findings);
    report.suppressions_unused.append(&mut found.unused);
    report.stats.candidates += found.stats.candidates;
    report.stats.schedules += found.stats.schedules;
}

fn look(
    request: &Request,
    (number, vocabulary): (u32, &Vocabulary),
    (sources, documents): (Vec<Source>, &Documents),
    jobs: usize,
) -> Remembered {
    let mut found = Remembered::default();
    let (mut facts, unread) = parse(vocabulary, &sources, jobs);
    let tables = Arc::new(Tables::of(&facts));
    make_plain(&mut facts, &tables, vocabulary);
    crate::link::wrapped(&mut facts, &tables);
    adopt(&mut facts, &tables);
    crate::link::name_locks_of_conditions(&mut facts, &tables);
    cover(&mut found.coverage, number, &facts, &unread);
    let texts: Vec<String> = sources.into_iter().map(|source| source.text).collect();
    let scope = Scope { all: request.all, include_tests: request.include_tests };
    let audited = audit_where(&Tree::on(&facts, &tables), &texts, scope, &|_| true);
    found.stats.candidates = audited.candidates;
    found.stats.schedules = audited.schedules;
    if audited.truncated > 0 {
        found.coverage.bounds.push(BoundHit {
            bound: "calls within calls that are followed".to_owned(),
            limit: 5,
            hits: audited.truncated,
            first: String::new(),
        });
    }
    let mut findings = audited.findings;
    for finding in &mut findings {
        finding.root = number;
    }
    let mut faults = audited.faults;
    let pages = documents.pages(&findings);
    let said = || documents.said(&pages);
    // Patches are tried on all threads; pages wait for the disk.
    let (mended, said) = std::thread::scope(|scope| {
        let elsewhere = judging().spawn_scoped(scope, said).ok();
        let mended = mend(vocabulary, &facts, &texts, &mut findings, jobs);
        (mended, elsewhere.map_or_else(said, joined))
    });
    Documents::mark(&mut findings, &said);
    faults.extend(mended);
    faults.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    found.coverage.gaps.extend(faults.into_iter().map(|fault| gap(number, fault)));
    for (file, text) in facts.iter().zip(&texts) {
        let unused = suppress::apply(number, &file.path, text, &mut findings);
        found.unused.extend(unused);
    }
    found.findings = findings;
    // Facts are many small pieces, and nobody waits for them to be given back.
    drop(std::thread::Builder::new().spawn(move || drop(facts)));
    found
}

/// Makes calls of abstract methods what they are named after, and rows that nothing refuses such as are made anyway:
/// neither is found by what becomes of the other.
fn make_plain(facts: &mut [FileFacts], tables: &Arc<Tables>, vocabulary: &Vocabulary) {
    let read: &[FileFacts] = facts;
    let made_anyway = || crate::link::made_anyway(read, tables, vocabulary);
    let (named, made_anyway) = std::thread::scope(|scope| {
        let elsewhere = judging().spawn_scoped(scope, made_anyway).ok();
        (crate::link::named_after(read, tables), elsewhere.map_or_else(made_anyway, joined))
    });
    crate::link::refine(facts, named);
    crate::link::spare_rows(facts, made_anyway);
}

/// Where a fault of this program left something unseen.
fn gap(root: u32, Fault { path, line, detail }: Fault) -> Gap {
    Gap { root, path, reason: SkipReason::Fault, line, detail }
}

/// Looks for patches on all threads, a file at a time.
fn mend(
    vocabulary: &Vocabulary,
    facts: &[FileFacts],
    texts: &[String],
    findings: &mut [Finding],
    jobs: usize,
) -> Vec<Fault> {
    let mut of_path: FxHashMap<String, Vec<&mut Finding>> = FxHashMap::default();
    for finding in findings {
        of_path.entry(finding.path.clone()).or_default().push(finding);
    }
    let files = facts.iter().zip(texts);
    let work = files.filter_map(|(file, text)| Some((file, text, of_path.remove(&file.path)?)));
    let mut work: Vec<_> = work.collect();
    // Whoever takes the longest begins first.
    work.sort_by_cached_key(|(_, text, found)| std::cmp::Reverse(text.len() * found.len()));
    let threads = jobs.clamp(1, work.len().max(1));
    let left = Mutex::new(work.into_iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let faults = Mutex::new(Vec::new());
    let work = || {
        while let Some((file, text, mut here)) = next() {
            if let Err(said) = caught(|| patch::mend(vocabulary, file, text, &mut here)) {
                let detail = format!("while a patch was looked for: {said}");
                let fault = Fault { path: file.path.clone(), line: None, detail };
                faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // Where no thread is to be had, this one does it all.
            drop(std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work));
        }
        work();
    });
    faults.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Parses on all threads; each takes the next package, the largest first.
fn parse(vocabulary: &Vocabulary, sources: &[Source], jobs: usize) -> (Vec<FileFacts>, Vec<Fault>) {
    let packages = packages(sources);
    let next = AtomicUsize::new(0);
    let mut all: Vec<(usize, (FileFacts, Option<Fault>))> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1))
            .map(|_| {
                let (next, packages) = (&next, &packages);
                std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, move || {
                    let mut found = Vec::new();
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(package) = packages.get(at) else { return found };
                        let files: Vec<&Source> = package.iter().map(|n| &sources[*n]).collect();
                        let facts = package_of(vocabulary, &files);
                        found.extend(package.iter().copied().zip(facts));
                    }
                })
            })
            .collect();
        workers.into_iter().filter_map(|worker| worker.ok()?.join().ok()).flatten().collect()
    });
    all.sort_by_key(|(index, _)| *index);
    let (facts, faults): (Vec<_>, Vec<_>) = all.into_iter().map(|(_, read)| read).unzip();
    (facts, faults.into_iter().flatten().collect())
}

/// The facts of files that are read together; each by itself, where that meets a fault.
fn package_of(vocabulary: &Vocabulary, files: &[&Source]) -> Vec<(FileFacts, Option<Fault>)> {
    match caught(|| front::extract_all(vocabulary, files)) {
        Ok(facts) => facts.into_iter().map(|facts| (facts, None)).collect(),
        Err(_) if files.len() > 1 => {
            files.iter().flat_map(|file| package_of(vocabulary, &[*file])).collect()
        }
        Err(detail) => {
            let unread = |file: &&Source| {
                let lang = lang_of(&file.path).unwrap_or(Lang::Python);
                let facts = skipped(&file.path, file.text.as_bytes(), lang, &detail);
                let path = file.path.clone();
                (facts, Some(Fault { path, line: None, detail: detail.clone() }))
            };
            files.iter().map(unread).collect()
        }
    }
}

/// The files that are read together, by index: those of one directory in Go, else each by itself.
fn packages(sources: &[Source]) -> Vec<Vec<usize>> {
    let mut packages: Vec<Vec<usize>> = Vec::new();
    let mut of_directory: FxHashMap<&str, usize> = FxHashMap::default();
    for (index, source) in sources.iter().enumerate() {
        if lang_of(&source.path) != Some(Lang::Go) {
            packages.push(vec![index]);
            continue;
        }
        let directory = folder(&source.path);
        let at = *of_directory.entry(directory).or_insert_with(|| {
            packages.push(Vec::new());
            packages.len() - 1
        });
        packages[at].push(index);
    }
    let size = |package: &Vec<usize>| package.iter().map(|n| sources[*n].text.len()).sum::<usize>();
    packages.sort_by_cached_key(|package| std::cmp::Reverse(size(package)));
    packages
}

fn add(coverage: &mut Coverage, other: Coverage) {
    coverage.files_seen += other.files_seen;
    coverage.files_parsed += other.files_parsed;
    coverage.files_partly_parsed += other.files_partly_parsed;
    coverage.files_skipped += other.files_skipped;
    coverage.files_cached += other.files_cached;
    coverage.lines += other.lines;
    coverage.bytes += other.bytes;
    coverage.functions += other.functions;
    for (language, more) in other.languages {
        let sum = coverage.languages.entry(language).or_default();
        sum.files += more.files;
        sum.lines += more.lines;
    }
    for (reason, count) in other.skipped {
        *coverage.skipped.entry(reason).or_default() += count;
    }
    coverage.gaps.extend(other.gaps);
    for bound in other.bounds {
        let known = coverage
            .bounds
            .iter_mut()
            .find(|known| known.bound == bound.bound && known.limit == bound.limit);
        match known {
            Some(known) => known.hits += bound.hits,
            None => coverage.bounds.push(bound),
        }
    }
}

fn cover(coverage: &mut Coverage, root: u32, facts: &[FileFacts], faults: &[Fault]) {
    for file in facts {
        let gap = |reason: SkipReason, line: Option<u32>, detail: &str| Gap {
            root,
            path: file.path.clone(),
            reason,
            line,
            detail: detail.to_owned(),
        };
        match &file.coverage {
            Parsed::Parsed => coverage.files_parsed += 1,
            Parsed::Partly(gaps) => {
                coverage.files_partly_parsed += 1;
                let first = gaps.first();
                let line = first.map(|gap| gap.span.line);
                let why = first.map_or("", |gap| &gap.why);
                coverage.gaps.push(gap(SkipReason::PartlyParsed, line, why));
            }
            Parsed::Skipped(why) => {
                coverage.files_skipped += 1;
                let faulty = faults.iter().any(|fault| fault.path == file.path);
                let reason = if faulty { SkipReason::Fault } else { SkipReason::NotParsed };
                *coverage.skipped.entry(reason).or_default() += 1;
                coverage.gaps.push(gap(reason, None, why));
                continue;
            }
        }
        coverage.lines += u64::from(file.lines);
        coverage.bytes += file.bytes;
        coverage.functions += file.functions.len() as u64;
        let language = coverage.languages.entry(language(file.lang).to_owned()).or_default();
        language.files += 1;
        language.lines += u64::from(file.lines);
    }
}

const fn language(lang: Lang) -> &'static str {
    match lang {
        Lang::Python => "python",
        Lang::Go => "go",
        Lang::Rust => "rust",
        Lang::Java => "java",
        Lang::TypeScript => "typescript",
    }
}
