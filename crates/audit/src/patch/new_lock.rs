//! A lock for what has none yet, in Python: of the object for its fields, of the class for what all objects
//! share, of the module for its variables. In Go a lock that one function alone takes would leave the others'
//! accesses to the same map as they were, which is worse than none.

use amorsize_facts::event::{Class, FileFacts, Function, FunctionKind, Lang, Receiver, TypeRef};
use amorsize_finding::Finding;

use super::lines::{Lines, mentions};
use super::modules::{before_definitions, import};
use super::own_lock::Lock;
use super::propose::edit_between;

/// Longer sections wait for what a lock should not be held over.
const LINES: u32 = 30;

/// Makes the lock that a finding's store lacks. `None` where there may be one already, or no place for it.
pub(super) fn given(
    facts: &FileFacts,
    lines: &Lines<'_>,
    function: &Function,
    finding: &Finding,
) -> Option<Lock> {
    let check = finding.check.as_ref()?.line;
    if facts.lang != Lang::Python || check.abs_diff(finding.act.line) > LINES {
        return None;
    }
    let own = function.receiver.as_ref().and_then(|receiver| {
        let field = finding.store.strip_prefix(receiver.name.as_str())?.strip_prefix('.')?;
        Some((receiver, field.split(['.', '[']).next().unwrap_or(field)))
    });
    let mut lock = match own {
        Some(own) => of_object(facts, lines, function, own, finding)?,
        None => of_module(facts, lines, function, finding)?,
    };
    let module = if function.is_async { "asyncio" } else { "threading" };
    lock.made.extend(import(facts, lines, finding, module)?);
    Some(lock)
}

/// What makes a lock. Of threads it lets its holder in again, as a section may call back.
fn maker(function: &Function) -> (&'static str, bool) {
    if function.is_async { ("asyncio.Lock()", false) } else { ("threading.RLock()", true) }
}

/// Whether a class may have a lock already, itself or by way of its bases.
fn has_lock(facts: &FileFacts, lines: &Lines<'_>, class: &Class) -> bool {
    let bases = |base: &TypeRef| facts.classes.iter().any(|own| own.name == base.name);
    let body = lines.moved(class.span.line, class.span.end_line, "").to_lowercase();
    class.bases.iter().any(bases)
        || [".lock", "_lock", "lock(", "mutex", "semaphore"].iter().any(|word| body.contains(word))
}

fn of_object(
    facts: &FileFacts,
    lines: &Lines<'_>,
    function: &Function,
    (receiver, field): (&Receiver, &str),
    finding: &Finding,
) -> Option<Lock> {
    let class = facts.classes.iter().find(|class| class.name == receiver.class)?;
    if has_lock(facts, lines, class) {
        return None;
    }
    let field = class.fields.iter().find(|own| own.name.as_str() == field)?;
    let (lock, reentrant) = maker(function);
    let (line, owner) =
        if field.of_class && lines.code(field.span.line)?.starts_with(field.name.as_str()) {
            (field.span.line, String::new())
        } else {
            let constructor = facts.functions.iter().find(|made| {
                made.kind == FunctionKind::Constructor
                    && made.name.as_str() == "__init__"
                    && made.receiver.as_ref().is_some_and(|of| of.class == class.name)
            })?;
            let owner = format!("{}.", constructor.receiver.as_ref()?.name);
            let within = constructor.span.line + 1..=constructor.span.end_line;
            let depth = lines.depth(constructor.span.line)?;
            let sets = within.into_iter().find(|line| {
                lines
                    .code(*line)
                    .is_some_and(|code| code.starts_with(owner.as_str()) && code.contains(" = "))
            })?;
            // The first statement that sets a field must not hang on a condition.
            (lines.depth(sets)? == depth + 4).then_some(())?;
            (sets, owner)
        };
    let made = format!("{}{owner}_lock = {lock}\n", lines.indent(line)?);
    let edit = edit_between(finding, (line, 1), (line, 1), made);
    Some(Lock { code: format!("{}._lock", receiver.name), reentrant, made: vec![edit] })
}

fn of_module(
    facts: &FileFacts,
    lines: &Lines<'_>,
    function: &Function,
    finding: &Finding,
) -> Option<Lock> {
    let bare = |name: &str| name.trim_start_matches('.').to_owned();
    let global = facts.globals.iter().find(|global| bare(global.name.as_str()) == finding.store)?;
    let locks = facts.globals.iter().any(|global| {
        global
            .type_ref
            .as_ref()
            .is_some_and(|of| ["Lock", "Mutex"].iter().any(|word| of.name.as_str().contains(word)))
    });
    let name = bare(global.name.as_str());
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if locks || !plain || function.kind == FunctionKind::Closure {
        return None;
    }
    let upper = name.chars().all(|c| !c.is_lowercase());
    let code = format!("{name}{}", if upper { "_LOCK" } else { "_lock" });
    let whole = lines.moved(1, function.span.end_line, "");
    if mentions(&whole, &code) {
        return None;
    }
    let (lock, reentrant) = maker(function);
    let declared = global.span.end_line;
    let whole = lines.code(declared)?;
    let closed = whole.matches(['(', '[', '{']).count() == whole.matches([')', ']', '}']).count();
    let (line, gap) = match lines.depth(declared) == Some(0) && closed && whole.contains(" = ") {
        true => (declared + 1, ""),
        false => (before_definitions(facts, lines)?, "\n\n"),
    };
    let edit = edit_between(finding, (line, 1), (line, 1), format!("{code} = {lock}\n{gap}"));
    Some(Lock { code, reentrant, made: vec![edit] })
}
