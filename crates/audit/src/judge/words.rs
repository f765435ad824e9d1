//! Puts a draft into words: spans, the guard that is missing, what to do. The schedule stands in `schedule.rs`.

use amorsize_facts::event::{
    ActKind, Atomicity, CheckKind, Disposition, EventKind, FileFacts, Scope as Reach,
    Span as Place, StoreKind,
};
use amorsize_finding::{
    Confidence, Consequence, Finding, Fix, Guard, GuardGap, GuardKind, Masked, RuleId, Scope, Span,
    Verdict,
};

use super::admitted::{acknowledged, documented};
use super::closed::{Closing, closing};
use super::consequence::severity;
use super::explore::{Draft, Other};
use super::pattern::{Grip, LockAt};
use super::told::{key_columns, literal_text, quiet_handler, statement};
use crate::flow::{Flow, Uid};
use crate::rules;
use crate::slice::AbsPlace;

/// Gives the text of a file of the tree, by its index.
pub(crate) trait Sources {
    /// The text; empty if it cannot be had any more.
    fn text(&self, file: u32) -> &str;
}

const TEXT_MAX: usize = 160;
/// Longer calls are shown by the statement they send.
const STATEMENT_LEAST: usize = 72;

/// Writes the finding.
pub(crate) fn finding(flow: &Flow<'_, '_>, draft: &Draft, sources: &dyn Sources) -> Finding {
    let words = Words { flow, draft, sources };
    let entry = flow.tree.function(flow.entry);
    let file = flow.tree.file(flow.entry);
    let rule = RuleId::new(draft.rule);
    let (store, key) = (words.store(), words.key());
    let function = entry.qualified.as_str().to_owned();
    let identity = Finding::identity(rule, [&file.path, &function, &store, &key], 0);
    // A variable has no entries that a key could tell apart.
    let key = if draft.target.kind == StoreKind::Cell { String::new() } else { key };
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
        fix: (draft.verdict != Verdict::Closed)
            .then(|| Fix { summary: rules::advice(draft.rule).to_owned(), ..Fix::default() }),
        proof: None,
        suppressed: None,
        baselined: false,
        fingerprint: identity,
    }
}

pub(super) struct Words<'w, 't, 'f> {
    pub(super) flow: &'w Flow<'t, 'f>,
    pub(super) draft: &'w Draft,
    pub(super) sources: &'w dyn Sources,
}

impl Words<'_, '_, '_> {
    pub(super) fn source(&self, uid: Uid) -> (&str, &FileFacts) {
        let frame = self.flow.frame_of(uid);
        let func = self.flow.frames[frame as usize].func;
        (self.sources.text(func.file), self.flow.tree.file(func))
    }

    pub(super) fn code(&self, uid: Uid) -> String {
        let (text, _) = self.source(uid);
        let code = shorten(self.flow.event(uid).span.text(text));
        // How a long statement is put together is not what it does.
        match statement(&self.flow.event(uid).kind) {
            Some(statement) if code.len() > STATEMENT_LEAST => shorten(&statement),
            _ => code,
        }
    }

    pub(super) fn store(&self) -> String {
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
        let table = matches!(self.draft.target.place, AbsPlace::Table(_) | AbsPlace::Model(_));
        if table {
            let events = [self.draft.pair.check, self.draft.pair.act, uid];
            let columns = events.iter().find_map(|uid| key_columns(&self.flow.event(*uid).kind));
            return columns.unwrap_or_default();
        }
        let Some((_, Some(key))) = self.flow.event(uid).kind.target() else { return String::new() };
        let (text, _) = self.source(uid);
        shorten(key.span.text(text))
    }

    /// The event's place as the entry shows it; the helper's own line stands in the label.
    fn span(&self, uid: Uid, label: String) -> Span {
        let shown = self.flow.place_in_entry(uid).unwrap_or(uid);
        let place = self.judged(shown);
        let text = self.sources.text(self.flow.entry.file);
        let mut span = place_span(place, text);
        let told = statement(&self.flow.event(uid).kind)
            .filter(|_| shown != uid || place.end_line > place.line);
        let label = match told {
            Some(statement) => format!("{label}: {}", shorten(&statement)),
            None => label,
        };
        span.label = if shown == uid {
            label
        } else {
            let (_, file) = self.source(uid);
            let line = self.flow.event(uid).span.line;
            format!("{label} ({}:{line})", file.path)
        };
        span
    }

    /// Where what is read is judged, if that is part of one expression: `len(items[id]) > 0`.
    fn judged(&self, uid: Uid) -> Place {
        let own = self.flow.event(uid).span;
        let (frame, id) = (self.flow.frame_of(uid), self.flow.event(uid).id);
        let around = |place: &Place| {
            place.line == own.line && place.start <= own.start && place.end >= own.end
        };
        let judging = self.flow.events.iter().filter(|ev| {
            ev.frame == frame
                && matches!(&ev.event.kind, EventKind::Check(check) if check.of == Some(id))
        });
        let wider = judging.map(|ev| ev.event.span).filter(around);
        wider.max_by_key(|place| place.end - place.start).unwrap_or(own)
    }

    fn looks(&self, uid: Uid) -> String {
        if matches!(self.draft.rule, 163 | 301 | 302) {
            return "writes, and may be refused".to_owned();
        }
        match &self.flow.event(uid).kind {
            EventKind::Call(call) if call.name.as_str().starts_with("List") => {
                return "lists what is there".to_owned();
            }
            EventKind::Release(_) => return "gives the lock back".to_owned(),
            EventKind::Act(act) if act.kind != ActKind::OpenRead && self.draft.rule < 110 => {
                return "changes it".to_owned();
            }
            _ => {}
        }
        match &self.flow.event(uid).kind {
            EventKind::Check(check) => match check.what {
                CheckKind::Presence => "looks whether it is there",
                CheckKind::Expiry => "judges its age",
                CheckKind::Size => "looks how much is there",
                CheckKind::State => "looks at its value",
            },
            EventKind::Enumerate(_) => "lists what is there",
            EventKind::Act(act) if act.atomicity == Atomicity::Relative => "tries to count it",
            EventKind::Act(_) => "opens it",
            _ => "reads it",
        }
        .to_owned()
    }

    fn does(&self, uid: Uid) -> String {
        if self.draft.rule == 301 && uid != self.draft.pair.check {
            return "answers as if nothing had happened".to_owned();
        }
        if self.draft.rule == 120 && self.draft.verdict == Verdict::Conditional {
            return "gets one of those that were listed".to_owned();
        }
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
            EventKind::Wait(_) => "waits to be woken",
            EventKind::Read(_) => "reads it again",
            EventKind::Enumerate(_) => "lists it",
            _ => "uses it",
        }
        .to_owned()
    }

    fn title(&self, store: &str) -> String {
        if self.draft.verdict == Verdict::Closed {
            return match closing(self.flow, self.draft) {
                Closing::Lock(lock) => {
                    format!("`{}` keeps check and act on `{store}` together", lock.path.text())
                }
                Closing::Key | Closing::Act => {
                    format!("the act on `{store}` decides by itself who wins")
                }
                Closing::Again(_) => format!("`{store}` is looked at again before the act"),
                Closing::Nothing => format!("no order of the steps on `{store}` matters"),
            };
        }
        match self.draft.rule {
            108 => return format!("what is decided rests on `{store}`, which others may change"),
            111 => return format!("`{store}` may keep what its source no longer holds"),
            110 => return format!("a helper gives `{store}` back between check and act"),
            120 if self.draft.grip != Grip::None => {
                return format!("what `{store}` listed may be gone when it is fetched");
            }
            302 => {
                return format!("a write to `{store}` that changed nothing is reported as success");
            }
            162 => return format!("a lease in `{store}` may never end"),
            106 if self.draft.consequence == Consequence::Deadlock => {
                return format!("the wake-up that `{store}` calls for may come before the wait");
            }
            163 => return format!("a swap in `{store}` may change nothing, and nobody asks"),
            301 => return format!("an error of `{store}` becomes an ordinary answer"),
            _ => {}
        }
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

    /// What happens, in one sentence.
    fn says(&self, store: &str) -> String {
        let check = self.span(self.draft.pair.check, String::new());
        let act = self.span(self.draft.pair.act, String::new());
        let looks = self.looks(self.draft.pair.check);
        let does = self.does(self.draft.pair.act);
        if self.draft.other == Other::Coin {
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
            let end = closing(self.flow, self.draft).says();
            format!("Line {} {looks} and line {} {does}; {end}", check.line, act.line)
        } else if self.draft.rule == 301 {
            format!(
                "When the write of line {} is refused, line {} answers as if nothing had happened: \
                 what was stored before stays, and nobody is told",
                check.line, act.line
            )
        } else if self.draft.rule == 111 {
            format!(
                "Line {} {looks}, and line {} fills `{store}` with what was read elsewhere in between: who changes \
                 that and brings `{store}` up to date before the fill sees the old value come back",
                check.line, act.line
            )
        } else if self.draft.rule == 162 {
            format!(
                "Line {} makes the entry and line {} gives it its end: who dies in between leaves it \
                 for ever, and everybody else is refused",
                check.line, act.line
            )
        } else if self.draft.rule == 142 && self.draft.consequence == Consequence::DoubleWin {
            format!(
                "Line {} removes the name of a file that is locked: who waits for the lock has it open and \
                 gets a lock that nobody else meets, because the next one makes a new file",
                act.line
            )
        } else if self.draft.rule == 142 {
            format!(
                "Line {} opens the file and line {} goes by its name again: by then the name may stand \
                 for another file",
                check.line, act.line
            )
        } else if matches!(self.draft.rule, 163 | 302) {
            format!(
                "Whether the write of line {} changed anything is not looked at: when it did not, \
                 the answer says it did",
                act.line
            )
        } else {
            format!(
                "Line {} {looks} and line {} {does}, but `{store}` may change in between",
                check.line, act.line
            )
        }
    }

    fn message(&self, store: &str) -> String {
        let mut text = self.says(store);
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

    fn guard(&self) -> Option<Guard> {
        if self.draft.verdict != Verdict::Closed {
            return None;
        }
        let code = |uid| self.code(uid);
        Some(closing(self.flow, self.draft).guard(self.flow, self.draft, &code))
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
        if self.draft.verdict == Verdict::Closed {
            return None;
        }
        let function = self.flow.tree.function(self.flow.entry);
        let text = self.sources.text(self.flow.entry.file);
        let places = [self.draft.pair.check, self.draft.pair.act];
        let acts = places.into_iter().filter_map(|uid| self.flow.place(uid, 0));
        for uid in acts {
            let handler = quiet_handler(&function.body, self.flow.event(uid).id);
            if let Some(handler) = handler {
                let code = shorten(handler.span.text(text).lines().next().unwrap_or_default());
                let told = match &handler.disposition {
                    Disposition::Returns(Some(literal)) => literal_text(literal),
                    Disposition::Returns(None) => "nothing".to_owned(),
                    _ => "nothing, as if it had worked".to_owned(),
                };
                return Some(Masked { line: handler.span.line, text: code, told });
            }
        }
        None
    }
}

pub(super) fn lock_guard(lock: &LockAt) -> Guard {
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

pub(super) fn shorten(code: &str) -> String {
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
    if let Some((cut, _)) = first.char_indices().nth(400) {
        // The lines stay as they stand, so that they can be found again.
        first.truncate(cut);
        first.push('…');
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
