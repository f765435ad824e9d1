//! Whether a path is one that several processes meet at: told by the words around it, by what its
//! module deals with, and by what is asked of it. A server of Go keeps many a file for itself.

use amorsize_facts::event::{
    ActKind, CheckKind, EventKind, Function, Key, Lang, Literal, LockKind, StoreKind, ValueId,
    ValueKind,
};

use super::named_by_helper::by_helper;
use super::places::is_everybodys;
use super::publish::is_given;
use super::sense::{origin, words};
use crate::flow::{Flow, FrameId, Trail, Uid};
use crate::held::Locking;
use crate::slice::{Pair, refuses};

/// Whether the words around a path, or what its module deals with, say that several processes meet
/// there: a cache, a lock, a store, a state that outlives the process. What a server of Go does under
/// its own lock is its own, unless the words say more than that it is kept.
pub(super) fn kept_for_others(flow: &Flow<'_, '_>, pair: Pair, locked: bool) -> bool {
    let file = flow.tree.file(flow.entry);
    // A Go package is called by its last folder; what lies above is the tree's.
    let go = file.lang == Lang::Go;
    let far = if go { file.path.matches('/').count().saturating_sub(1) } else { 0 };
    let place = file.path.splitn(far + 1, '/').last().unwrap_or_default();
    // At the top of a module only the clause tells the name.
    let package = if go && far == 0 { file.package.as_str() } else { "" };
    let met = words(&format!("{package}/{place}"))
        .iter()
        .any(|word| if go { is_met(word) || word == "pidfile" } else { lasts(word) });
    let mut said = Vec::new();
    // Whoever makes an object works on what is its own.
    let name = flow.tree.function(flow.entry).name.as_str();
    let locked = locked || go && (name.starts_with("New") || name.starts_with("new"));
    let mut frames: Vec<FrameId> = if go {
        [pair.check, pair.act].into_iter().flat_map(|uid| flow.chain(uid)).collect()
    } else {
        (0..).zip(&flow.frames).map(|(frame, _)| frame).collect()
    };
    frames.dedup();
    for frame in frames.iter().copied() {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        said.push(if go {
            named_for(function, frame == 0)
        } else {
            function.qualified.to_string()
        });
    }
    let mut paths = Vec::new();
    let mut helped = Vec::new();
    let mut everybodys = false;
    for uid in [pair.check, pair.act] {
        if let Some((_, Some(key))) = flow.event(uid).kind.target() {
            // A server of Go lives in a home, too; what each run of a program changes there is its user's.
            let asked = !go || pair.data && !locks_around(flow, pair);
            everybodys |= asked && is_everybodys(flow, flow.frame_of(uid), key);
            paths.push(spelled(flow, flow.frame_of(uid), key));
            helped.push(by_helper(flow, flow.frame_of(uid), key));
        }
    }
    let imports = locks_files(flow);
    // What one person has set is changed by that person.
    let named =
        |is: fn(&str) -> bool| paths.iter().any(|path| words(path).iter().any(|word| is(word)));
    if go && everybodys && named(sets) {
        everybodys = false;
    }
    if !go && !imports && named(sets) && !named(lasts) {
        return false;
    }
    // What one build works on is that build's, whatever it locks its dependencies in; two may make the folder.
    let makes =
        matches!(&flow.event(pair.act).kind, EventKind::Act(act) if act.kind == ActKind::Create);
    if !go && !imports && !makes && named(is_built) && !named(is_cached) {
        return false;
    }
    // So is what is read, changed and written back under a name of the program's own.
    let own = pair.data && {
        let key = flow.event(pair.act).kind.target().and_then(|(_, key)| key?.value);
        key.is_some_and(|value| {
            let (frame, value) = origin(flow, flow.frame_of(pair.act), value);
            !is_given(flow.tree.function(flow.frames[frame as usize].func), value)
        })
    };
    let counts = |word: &String| lasts(word) && !(go && (locked || is_kept(word)) && !is_met(word));
    // Where a server keeps its files says nothing of others, unless what it keeps there is read and changed.
    let tells = |word: &String| !go || pair.data || is_met(word);
    own && !go
        || signs_in(flow, pair, &paths)
        || is_aged(flow, &frames)
        || imports
        || everybodys
        || met
        || refuses(flow)
        || writes_its_number(flow, pair.act)
        || said.iter().chain(&helped).any(|text| words(text).iter().any(counts))
        || paths.iter().any(|text| words(text).iter().any(|word| counts(word) && tells(word)))
}

/// Whether a folder of Python is made, or what was computed is written, in the cache that all runs of a program
/// share, whoever runs it and for what: two that are started for different ends meet there.
pub(super) fn in_everybodys_cache(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let EventKind::Act(act) = &flow.event(pair.act).kind else { return false };
    let kept = match act.kind {
        ActKind::Create => true,
        ActKind::OpenWrite => {
            let mut content = flow.content_of(pair.act, act).into_iter();
            content.any(|(frame, value)| is_computed(flow, frame, value))
        }
        _ => false,
    };
    let frame = flow.frame_of(pair.act);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let said = format!("{} {}", function.qualified, spelled(flow, frame, &act.key));
    kept && words(&said).iter().any(|word| is_cached(word)) && is_everybodys(flow, frame, &act.key)
}

/// Whether a value is more than constants put together: a tag that all write alike is not torn.
fn is_computed(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let mut trail = Trail::from([value], 24);
    while let Some(value) = trail.step() {
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Param(_) => return true,
            ValueKind::Result(_, of) if of.is_empty() => return true,
            _ => trail.follow(kind.inputs()),
        }
    }
    false
}

/// Whether anything around a path of Python says that several work on the file at the same time, and not only that
/// it is still there for the next one: locks on files that the module deals with, an age that is judged, the name
/// of a cache, a lock, a session.
pub(super) fn several_at_a_time(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let frames: Vec<FrameId> = (0..).zip(&flow.frames).map(|(frame, _)| frame).collect();
    let said = |text: &str| words(text).iter().any(|word| is_met(word));
    let named = |frame: &FrameId| {
        let id = flow.frames[*frame as usize].func;
        said(flow.tree.function(id).qualified.as_str()) || said(&flow.tree.file(id).path)
    };
    let spells = |uid| match flow.event(uid).kind.target() {
        Some((_, Some(key))) => {
            let frame = flow.frame_of(uid);
            said(&spelled(flow, frame, key)) || said(&by_helper(flow, frame, key))
        }
        _ => false,
    };
    let locks = |target: &str| {
        let last = target.rsplit('.').next().unwrap_or(target);
        matches!(last, "fcntl" | "lock" | "locks" | "locking")
    };
    locks_files(flow)
        || flow.tree.file(flow.entry).imports.iter().any(|import| locks(import.target.as_str()))
        || is_aged(flow, &frames)
        || frames.iter().any(named)
        || [pair.check, pair.act].into_iter().any(spells)
}

/// Whether the module deals with locks on files; one of Go's where the flow takes such a lock.
fn locks_files(flow: &Flow<'_, '_>) -> bool {
    let file = flow.tree.file(flow.entry);
    let locks = flow.events.iter().any(|ev| {
        matches!(&ev.event.kind, EventKind::Acquire(acquire) if acquire.kind == LockKind::File)
    });
    (locks || file.lang != Lang::Go)
        && file.imports.iter().any(|import| {
            let target = import.target.as_str();
            let first = target.split('.').next().unwrap_or(target);
            matches!(first, "filelock" | "portalocker" | "fasteners")
                || target.ends_with("flock")
                || target.ends_with("filelock")
                || target.starts_with("django.core.files.storage")
                || target.ends_with("staticfiles_storage")
        })
}

/// Whether the age of a file is judged: what has one is kept for later. A process of Go judges the age of
/// much else on the way.
fn is_aged(flow: &Flow<'_, '_>, frames: &[FrameId]) -> bool {
    let go = flow.tree.file(flow.entry).lang == Lang::Go;
    (0_u32..).zip(&flow.events).any(|(uid, ev)| {
        matches!(&ev.event.kind, EventKind::Check(check) if check.what == CheckKind::Expiry
            && (!go
                || frames.contains(&ev.frame)
                    && flow.store_of(uid).is_some_and(|of| of.kind == StoreKind::File)))
    })
}

/// The type of a method of Go, and what its name is about: `store` says there what is done.
fn named_for(function: &Function, entry: bool) -> String {
    let (class, name) = function.qualified.as_str().rsplit_once('.').unwrap_or_default();
    if !entry {
        return class.to_owned();
    }
    let about = words(if name.is_empty() { function.name.as_str() } else { name });
    let about = about.iter().skip_while(|word| word.is_empty()).skip(1);
    about.fold(class.to_owned(), |said, word| format!("{said} {word}"))
}

/// The names that a path is built from.
pub(super) fn spelled(flow: &Flow<'_, '_>, frame: FrameId, key: &Key) -> String {
    let mut text = key.text.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut trail = Trail::from(key.value.map(|value| (frame, value)), 24);
    while let Some((frame, value)) = trail.step() {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Load(path) => {
                text.push(' ');
                text.push_str(&path.to_string());
            }
            ValueKind::Param(n) => {
                if let Some(param) = function.params.get(usize::from(*n)) {
                    text.push(' ');
                    text.push_str(param.name.as_str());
                }
                trail.follow(flow.handed_in(frame, *n));
            }
            ValueKind::Result(event, _) => {
                if let Some(uid) = flow.uid(frame, *event)
                    && let EventKind::Call(call) = &flow.event(uid).kind
                {
                    text.push(' ');
                    text.push_str(call.name.as_str());
                }
            }
            _ => {}
        }
        trail.follow(kind.inputs().map(|input| (frame, input)));
    }
    text
}

/// Whether whoever has a file written says by its name that others meet there.
pub(super) fn called_for_others(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> bool {
    let mut callers = locking.callers(flow.entry);
    callers.any(|caller| {
        words(flow.tree.function(caller).qualified.as_str()).iter().any(|word| is_met(word))
    })
}

/// Whether what is written is the number of the process: it is there for other processes to read.
fn writes_its_number(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let EventKind::Act(written) = &flow.event(act).kind else { return false };
    let names_it = |name: &str| name.to_ascii_lowercase().ends_with("getpid");
    let mut trail = Trail::from(flow.content_of(act, written), 24);
    while let Some((frame, value)) = trail.step() {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        let kind = &function.value(value).kind;
        let number = match kind {
            ValueKind::Literal(Literal::Text(name)) => names_it(name.as_str()),
            ValueKind::Result(event, _) => flow.uid(frame, *event).is_some_and(|uid| {
                matches!(&flow.event(uid).kind, EventKind::Call(call) if names_it(call.name.as_str()))
            }),
            _ => false,
        };
        if number {
            return true;
        }
        if let ValueKind::Param(n) = kind {
            trail.follow(flow.handed_in(frame, *n));
        }
        trail.follow(kind.inputs().map(|input| (frame, input)));
    }
    false
}

/// Whether a word names what processes meet at, and not only what outlives one.
fn is_met(word: &str) -> bool {
    let word = word.strip_suffix("file").filter(|rest| !rest.is_empty()).unwrap_or(word);
    let one = word.strip_suffix('s').unwrap_or(word);
    word.contains("cache") || matches!(one, "lock" | "flock" | "session" | "lease")
}

/// Whether a word names what a server of Go keeps for itself as often as for others.
fn is_kept(word: &str) -> bool {
    matches!(
        word.strip_suffix('s').unwrap_or(word),
        "index"
            | "token"
            | "registry"
            | "snapshot"
            | "journal"
            | "download"
            | "blob"
            | "credential"
            | "pid"
    )
}

/// Whether a word names what a person has set.
fn sets(word: &str) -> bool {
    let word = word.strip_suffix("file").filter(|rest| !rest.is_empty()).unwrap_or(word);
    matches!(
        word.strip_suffix('s').unwrap_or(word),
        "conf" | "config" | "cfg" | "configuration" | "setting" | "preference" | "pref" | "profile"
    )
}

/// Whether a program of Go reads, changes and writes back by whom its user is known elsewhere, and locks nothing
/// for that: who signs in twice, here and there, keeps one of both.
fn signs_in(flow: &Flow<'_, '_>, pair: Pair, paths: &[String]) -> bool {
    let known = |word: &String| {
        matches!(word.strip_suffix('s').unwrap_or(word), "credential" | "cred" | "auth" | "login")
    };
    pair.data
        && flow.tree.file(flow.entry).lang == Lang::Go
        && !locks_around(flow, pair)
        && paths.iter().any(|path| words(path).iter().any(known))
}

/// Whether a lock of its own process is taken, and not only in a helper that does one of both: one on a file is
/// seen by whoever meets there.
fn locks_around(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let (check, act) = (flow.chain(pair.check), flow.chain(pair.act));
    let of_one = |frame: &FrameId| check.contains(frame) != act.contains(frame);
    flow.uids().any(|uid| {
        matches!(&flow.event(uid).kind, EventKind::Acquire(acquire) if acquire.kind != LockKind::File)
            && !flow.chain(uid).iter().any(of_one)
    })
}

/// Whether a word names the folder of a build.
fn is_built(word: &str) -> bool {
    matches!(word, "build" | "builddir")
}

fn is_cached(word: &str) -> bool {
    word.contains("cache")
}

fn lasts(word: &str) -> bool {
    let word = word.strip_suffix("file").filter(|rest| !rest.is_empty()).unwrap_or(word);
    let word = word.strip_suffix('s').unwrap_or(word);
    word.contains("cache")
        || matches!(
            word,
            "store"
                | "storage"
                | "lock"
                | "flock"
                | "pid"
                | "session"
                | "spool"
                | "queue"
                | "index"
                | "registry"
                | "token"
                | "persist"
                | "persistent"
                | "persistence"
                | "memo"
                | "checkpoint"
                | "download"
                | "blob"
                | "lease"
                | "journal"
                | "snapshot"
                | "cookie"
                | "credential"
                | "secret"
                | "socket"
                | "sock"
        )
}
