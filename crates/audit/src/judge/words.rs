//! Puts a draft into words: spans, the schedule, the guard that is missing, what to do.

use amorsize_facts::event::{
    ActKind, CheckKind, EventKind, FileFacts, Scope as Reach, Span as Place,
};
use amorsize_finding::{
    Acknowledgement, Actor, Confidence, Consequence, Finding, Fix, Guard, GuardGap, GuardKind,
    Masked, RuleId, Scope, Span, Step, Verdict, Witness,
};

use super::consequence::severity;
use super::explore::{Draft, Other};
use super::pattern::{Grip, LockAt};
use crate::explore::{Cell, actor};
use crate::flow::{Flow, Uid};
use crate::rules;
use crate::slice::AbsPlace;

/// Gives the text of a file of the tree, by its index.
pub(crate) trait Sources {
    /// The text; empty if it cannot be had any more.
    fn text(&self, file: u32) -> &str;
}

const TEXT_MAX: usize = 160;

/// Writes the finding.
pub(crate) fn finding(flow: &Flow<'_, '_>, draft: &Draft, sources: &dyn Sources) -> Finding {
    let words = Words { flow, draft, sources };
    let entry = flow.tree.function(flow.entry);
    let file = flow.tree.file(flow.entry);
    let rule = RuleId::new(draft.rule);
    let (store, key) = (words.store(), words.key());
    let function = entry.qualified.as_str().to_owned();
    let identity = Finding::identity(rule, [&file.path, &function, &store, &key], 0);
    Finding {
        rule,
        verdict: draft.verdict,
        severity: severity(draft.consequence, draft.verdict),
        consequence: draft.consequence,
        title: words.title(&store),
        message: words.message(&store),
        confidence: words.confidence(),
        root: 0,
        path: file.path.clone(),
        function,
        check: Some(words.span(draft.pair.check, words.looks(draft.pair.check))),
        act: words.span(draft.pair.act, words.does(draft.pair.act)),
        store,
        key,
        witness: draft.witness.as_ref().map(|_| words.witness()),
        assumption: draft.assumption.clone(),
        guard: words.guard(),
        guard_gap: words.gap(),
        acknowledged: acknowledged(flow, draft, file),
        documented: documented(flow),
        sibling: None,
        masked: words.masked(),
        fix: Some(Fix { summary: rules::advice(draft.rule).to_owned(), ..Fix::default() }),
        proof: None,
        suppressed: None,
        baselined: false,
        fingerprint: identity,
    }
}

struct Words<'w, 't, 'f> {
    flow: &'w Flow<'t, 'f>,
    draft: &'w Draft,
    sources: &'w dyn Sources,
}

impl Words<'_, '_, '_> {
    fn source(&self, uid: Uid) -> (&str, &FileFacts) {
        let frame = self.flow.frame_of(uid);
        let func = self.flow.frames[frame as usize].func;
        (self.sources.text(func.file), self.flow.tree.file(func))
    }

    fn code(&self, uid: Uid) -> String {
        let (text, _) = self.source(uid);
        let code = self.flow.event(uid).span.text(text);
        shorten(code)
    }

    fn store(&self) -> String {
        match &self.draft.target.place {
            AbsPlace::Table(name) => format!("table {name}"),
            AbsPlace::Model(name) => format!("model {name}"),
            AbsPlace::Files => "files".to_owned(),
            AbsPlace::Path(path) => {
                let text = path.text();
                let entry = self.flow.tree.function(self.flow.entry);
                match (&entry.receiver, text.strip_prefix("self")) {
                    (Some(receiver), Some(rest)) => format!("{}{rest}", receiver.name),
                    _ => text,
                }
            }
        }
    }

    fn key(&self) -> String {
        let uid = self.draft.target.key_uid;
        let Some((_, Some(key))) = self.flow.event(uid).kind.target() else { return String::new() };
        let (text, _) = self.source(uid);
        shorten(key.span.text(text))
    }

    /// The event's place as the entry shows it; the helper's own line stands in the label.
    fn span(&self, uid: Uid, label: String) -> Span {
        let shown = self.flow.place(uid, 0).unwrap_or(uid);
        let place = self.flow.event(shown).span;
        let text = self.sources.text(self.flow.entry.file);
        let mut span = place_span(place, text);
        span.label = if shown == uid {
            label
        } else {
            let (_, file) = self.source(uid);
            let line = self.flow.event(uid).span.line;
            format!("{label} ({}:{line})", file.path)
        };
        span
    }

    fn looks(&self, uid: Uid) -> String {
        match &self.flow.event(uid).kind {
            EventKind::Check(check) => match check.what {
                CheckKind::Presence => "looks whether it is there",
                CheckKind::Expiry => "judges its age",
                CheckKind::Size => "looks how much is there",
                CheckKind::State => "looks at its value",
            },
            EventKind::Enumerate(_) => "lists what is there",
            EventKind::Act(_) => "opens it",
            _ => "reads it",
        }
        .to_owned()
    }

    fn does(&self, uid: Uid) -> String {
        match &self.flow.event(uid).kind {
            EventKind::Act(act) => match act.kind {
                ActKind::Create => "creates it",
                ActKind::Insert => "stores it",
                ActKind::Update => "changes it",
                ActKind::Delete | ActKind::Take => "removes it",
                ActKind::Clear => "removes everything",
                ActKind::Rename => "renames it",
                ActKind::OpenWrite | ActKind::Write => "writes it",
                ActKind::OpenRead => "opens it",
                ActKind::Append => "appends to it",
                ActKind::Enqueue => "queues it",
            },
            _ => "uses it",
        }
        .to_owned()
    }

    fn title(&self, store: &str) -> String {
        let what = match self.draft.consequence {
            Consequence::DoubleWin => "two callers both win",
            Consequence::LostUpdate => "an update is lost",
            Consequence::LostWrite => "a fresh value is deleted",
            Consequence::TornData => "half-written data is published",
            Consequence::StaleAnswer => "what was deleted comes back",
            Consequence::FlakyAnswer => "the answer depends on whether maintenance ran",
            Consequence::SilentFailure => "a failure is reported as success",
            Consequence::WrongReason => "a miss gets a false reason",
            Consequence::Crash => "the loser of a race fails",
            Consequence::Deadlock => "two callers wait for each other",
            Consequence::LimitExceeded => "a limit is exceeded",
            Consequence::DuplicateWork => "the work is done twice",
            Consequence::Security => "somebody else's file is used",
            Consequence::WrongAnswer => "an answer no order of calls explains",
        };
        format!("{what} in `{store}`")
    }

    fn message(&self, store: &str) -> String {
        let check = self.span(self.draft.pair.check, String::new());
        let act = self.span(self.draft.pair.act, String::new());
        let looks = self.looks(self.draft.pair.check);
        let does = self.does(self.draft.pair.act);
        let mut text = if self.draft.other == Other::Coin {
            let order = format!(
                "Line {} cleans up (line {} {does} once it has expired) before line {} {looks}: of an \
                 expired entry the look then finds nothing, and its own answer is destroyed",
                act.line,
                self.flow.event(self.draft.pair.act).span.line,
                check.line,
            );
            if self.draft.rule == 202 {
                format!("{order}, now and then, as a coin falls")
            } else {
                order
            }
        } else if self.draft.verdict == Verdict::Closed {
            format!(
                "Line {} {looks} and line {} {does}; nobody gets in between",
                check.line, act.line
            )
        } else {
            format!(
                "Line {} {looks} and line {} {does}, but `{store}` may change in between",
                check.line, act.line
            )
        };
        match &self.draft.grip {
            Grip::Gap(lock) => {
                let name = lock.path.text();
                text.push_str(": `");
                text.push_str(&name);
                text.push_str("` is given back and taken again");
            }
            Grip::Upgrade(lock) => {
                let name = lock.path.text();
                text.push_str(": `");
                text.push_str(&name);
                text.push_str("` is only shared at the check, and the act does not look again");
            }
            Grip::Different(first, second) => {
                text.push_str(": the check holds `");
                text.push_str(&first.path.text());
                text.push_str("`, the act `");
                text.push_str(&second.path.text());
                text.push('`');
            }
            Grip::None | Grip::Whole(_) => {}
        }
        text.push('.');
        if !self.draft.why_shared.is_empty() {
            text.push_str(" Shared: ");
            text.push_str(&self.draft.why_shared);
            text.push('.');
        }
        text
    }

    fn confidence(&self) -> Confidence {
        match self.draft.target.confidence {
            amorsize_facts::event::Confidence::Guess => Confidence::Low,
            amorsize_facts::event::Confidence::Likely => Confidence::Medium,
            amorsize_facts::event::Confidence::Certain => Confidence::High,
        }
    }

    fn witness(&self) -> Witness {
        let Some(found) = &self.draft.witness else { return Witness::default() };
        let entry = self.flow.tree.function(self.flow.entry).qualified.as_str();
        let other = match &self.draft.other {
            Other::Same | Other::Coin => entry.to_owned(),
            Other::Mutator { label, .. } => label.clone(),
            Other::Outside(_) => "another process".to_owned(),
        };
        let coin = self.draft.other == Other::Coin;
        let runs = |what: &str, how: &str| {
            if coin { format!("{what}, {how}") } else { what.to_owned() }
        };
        let actors = vec![
            Actor { name: "A".to_owned(), runs: runs(entry, "clean-up runs") },
            Actor { name: "B".to_owned(), runs: runs(&other, "clean-up does not run") },
        ];
        let steps = found.steps.iter().filter_map(|step| self.step(step)).collect();
        let initial = match found.start.first() {
            Some(Cell::Absent) => "nothing is there",
            Some(Cell::Live(_)) => "an entry is there",
            Some(Cell::Expired(_)) => "an expired entry is there",
            None => "",
        };
        Witness {
            initial: initial.to_owned(),
            actors,
            steps,
            outcome: found.summary.join("; "),
            not_serial: if coin {
                "the state is the same, only the coin differs".to_owned()
            } else {
                format!(
                    "one after the other, in either order: {}",
                    if found.serial == found.summary {
                        "the same is left, but the answers differ".to_owned()
                    } else {
                        found.serial.join("; ")
                    }
                )
            },
            eviction: None,
        }
    }

    fn step(&self, step: &crate::explore::Step) -> Option<Step> {
        let name = actor(step.thread).to_string();
        if step.result == "the coin says no" {
            return None;
        }
        if step.thread > 0 && !matches!(self.draft.other, Other::Same | Other::Coin) {
            let (path, line, effect) = match &self.draft.other {
                Other::Mutator { path, line, label, .. } => {
                    let own = self.flow.tree.file(self.flow.entry).path == *path;
                    ((!own).then(|| path.clone()), Some(*line), label.clone())
                }
                Other::Outside(what) => (None, None, (*what).to_owned()),
                Other::Same | Other::Coin => return None,
            };
            let result = Some(step.result.clone());
            return Some(Step { actor: name, line, path, effect, result, note: None });
        }
        let (_, file) = self.source(step.site);
        let own = self.flow.tree.file(self.flow.entry).path == file.path;
        Some(Step {
            actor: name,
            line: Some(self.flow.event(step.site).span.line),
            path: (!own).then(|| file.path.clone()),
            effect: self.code(step.site),
            result: Some(step.result.clone()),
            note: None,
        })
    }

    fn guard(&self) -> Option<Guard> {
        if self.draft.verdict != Verdict::Closed {
            return None;
        }
        match &self.draft.guard {
            Some(lock) => Some(lock_guard(lock)),
            None => Some(Guard {
                kind: GuardKind::AtomicOperation,
                scope: scope(self.draft.target.scope),
                name: self.code(self.draft.pair.act),
                line: Some(self.flow.event(self.draft.pair.act).span.line),
                path: None,
            }),
        }
    }

    fn gap(&self) -> Option<GuardGap> {
        if self.draft.verdict == Verdict::Closed {
            return None;
        }
        let check = self.span(self.draft.pair.check, String::new()).line;
        let act = self.span(self.draft.pair.act, String::new()).line;
        let reach = scope(self.draft.target.scope);
        if self.draft.other == Other::Coin {
            return None;
        }
        let (found, why_not) = match &self.draft.grip {
            Grip::Gap(lock) => (Some(lock), Some("it is given back in between")),
            Grip::Upgrade(lock) => (Some(lock), Some("others may read under it as well")),
            Grip::Different(lock, _) => (Some(lock), Some("the act is done under another one")),
            Grip::Whole(lock) if scope(lock.scope) < reach => {
                (Some(lock), Some("it keeps out fewer than share the store"))
            }
            Grip::Whole(lock) => (Some(lock), Some("not everybody who changes the store takes it")),
            Grip::None => (None, None),
        };
        Some(GuardGap {
            wanted: format!("one guard of {reach} scope from line {check} to line {act}"),
            scope: reach,
            found: found.map(lock_guard),
            why_not: why_not.map(str::to_owned),
        })
    }

    /// The handler that swallows the loss of the act.
    fn masked(&self) -> Option<Masked> {
        None
    }
}

fn lock_guard(lock: &LockAt) -> Guard {
    let kind = match (lock.mode, lock.scope) {
        (_, Reach::Host) => GuardKind::FileLock,
        (_, Reach::Cluster) => GuardKind::RemoteLock,
        (_, Reach::Task) => GuardKind::AsyncLock,
        (amorsize_facts::event::LockMode::Shared, _) => GuardKind::ReadLock,
        _ => GuardKind::Lock,
    };
    let (name, line) = (lock.path.text(), Some(lock.line));
    Guard { kind, scope: scope(lock.scope), name, line, path: None }
}

pub(crate) const fn scope(reach: Reach) -> Scope {
    match reach {
        Reach::Task => Scope::Task,
        Reach::Thread => Scope::Thread,
        Reach::Process => Scope::Process,
        Reach::Host => Scope::Host,
        Reach::Cluster => Scope::Cluster,
    }
}

fn shorten(code: &str) -> String {
    let line = code.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TEXT_MAX {
        return line;
    }
    let mut short: String = line.chars().take(TEXT_MAX - 1).collect();
    short.push('…');
    short
}

fn place_span(place: Place, text: &str) -> Span {
    let code = place.text(text);
    let (start, end) = (place.start as usize, place.end as usize);
    let column = |at: usize| {
        let line = text.get(..at).map_or(0, |before| before.rfind('\n').map_or(0, |n| n + 1));
        let chars = text.get(line..at).map_or(0, |part| part.chars().count());
        u32::try_from(chars).unwrap_or(0) + 1
    };
    let mut first = code.to_owned();
    if first.len() > 400 {
        first = shorten(code);
    }
    Span {
        line: place.line,
        column: column(start),
        end_line: place.end_line,
        end_column: column(end),
        text: first,
        label: String::new(),
        path: None,
    }
}

/// Comments near the pair, and the documentation of the function, that admit the race.
fn acknowledged(flow: &Flow<'_, '_>, draft: &Draft, file: &FileFacts) -> Vec<Acknowledgement> {
    let entry = flow.tree.function(flow.entry);
    let mut found = Vec::new();
    let line = |uid: Uid| flow.place(uid, 0).map_or(0, |uid| flow.event(uid).span.line);
    let (first, last) = (line(draft.pair.check), line(draft.pair.act));
    let (first, last) = (first.min(last).saturating_sub(6), first.max(last) + 4);
    for comment in &file.comments {
        if (first..=last).contains(&comment.line) && admits(&comment.text) {
            let (line, text) = (comment.line, shorten(&comment.text));
            found.push(Acknowledgement { line, text, path: None });
        }
    }
    if let Some(doc) = &entry.doc
        && let Some(sentence) = doc.split(". ").find(|sentence| admits(sentence))
    {
        let (line, text) = (entry.span.line, shorten(sentence));
        found.push(Acknowledgement { line, text, path: None });
    }
    found
}

fn admits(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "race",
        "racy",
        "toctou",
        "concurren",
        "not atomic",
        "non-atomic",
        "thread-safe",
        "threadsafe",
        "thread safe",
        "in the meantime",
        "meanwhile",
        "another process",
        "another thread",
        "other process",
        "someone else",
        "simultaneous",
        "same time",
        "between the check",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// What the documentation says about atomicity.
fn documented(flow: &Flow<'_, '_>) -> Option<String> {
    let entry = flow.tree.function(flow.entry);
    let doc = entry.doc.as_deref()?;
    let low = doc.to_ascii_lowercase();
    let disclaims = [
        "not atomic",
        "not thread",
        "isn't atomic",
        "not be atomic",
        "race condition",
        "not safe",
        "supporting caches",
        "is not guaranteed",
    ]
    .iter()
    .any(|word| low.contains(word));
    disclaims.then(|| shorten(doc))
}
