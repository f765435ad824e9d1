//! What a test says about a store that was read before.

use super::body::{Body, Seen as Looked, shared};
use super::call::reads_into;
use crate::event::{
    Access, Check, CheckKind, Confidence, EventId, EventKind, Key, Literal, Name, Op, Outcome,
    Path, Place, Root, Seen, Span, Step, StoreId, StoreKind, ValueId, ValueKind, is_shouted,
    says_any,
};

/// Steps back from a tested value to the reads it comes from.
const STEPS_MAX: usize = 40;

impl Body<'_, '_, '_> {
    /// A check that the truth of `id` amounts to, if it judges something read; gives the check's result.
    pub(super) fn check_of(&mut self, id: ValueId, span: Span) -> Option<ValueId> {
        if let Some(event) = self.checked(id) {
            return Some(self.seen.get(&event).map_or(id, |seen| seen.result));
        }
        let Some((event, looked)) = self.source(id) else { return self.cell_test(id, span) };
        // What comes beside a plain yes or no is about the way there.
        let plain = self.checks.contains(&event);
        if (plain || looked.miss != Outcome::Error) && self.asks_beside(id)
            || self.asks_how_it_read(id)
            || self.picked_out(id, &looked)
        {
            return None;
        }
        let (what, means) = self.meaning(id, event, &looked);
        let (event, looked) = match what {
            CheckKind::Expiry => self.entry_of(&looked).unwrap_or((event, looked)),
            _ => (event, looked),
        };
        Some(self.emit_check(id, Some(event), &looked, what, means, span))
    }

    /// The entry of which a field was looked at: `entry["stored"]` tells the age of `entry`.
    fn entry_of(&self, field: &Looked) -> Option<(EventId, Looked)> {
        let place = |looked: &Looked| match &self.stores[looked.store.0 as usize].place {
            Place::Path(path) => Some(path.clone()),
            _ => None,
        };
        let mut record = place(field)?;
        let within = record.steps.pop() == Some(Step::Item);
        let ValueKind::Result(_, inputs) = self.value(field.result) else { return None };
        inputs.iter().filter(|_| within).find_map(|input| {
            let ValueKind::Result(event, _) = self.value(*input) else { return None };
            let entry = self.seen.get(event)?;
            (place(entry)? == record).then(|| (*event, entry.clone()))
        })
    }

    fn is_nil(&self, id: ValueId) -> bool {
        matches!(self.value(id), ValueKind::Literal(Literal::Nil))
    }

    /// `err != nil`, of what came beside a value: says whether the look itself went well.
    fn asks_beside(&self, id: ValueId) -> bool {
        let ValueKind::Op(Op::Eq | Op::Ne | Op::Is | Op::IsNot, parts) = self.value(id) else {
            return false;
        };
        let beside = |id: &ValueId| matches!(self.value(*id), ValueKind::Part(_, n) if *n > 0);
        parts.iter().any(|id| self.is_nil(*id)) && parts.iter().any(beside)
    }

    /// `json.Unmarshal(text, &v) != nil`: what was read is there, and does not make sense.
    fn asks_how_it_read(&self, id: ValueId) -> bool {
        let ValueKind::Op(Op::Eq | Op::Ne, parts) = self.value(id) else { return false };
        self.cx.is_go()
            && parts.iter().any(|id| self.is_nil(*id))
            && parts.iter().any(|part| match self.value(*part) {
                ValueKind::Op(Op::Call, inputs) => inputs.first().is_some_and(|word| {
                    matches!(self.value(*word), ValueKind::Literal(Literal::Text(word)) if reads_into(*word))
                }),
                ValueKind::Result(event, _) => {
                    self.call_names.get(event).is_some_and(|word| reads_into(*word))
                }
                _ => false,
            })
    }

    /// The check whose own result this is.
    fn checked(&self, id: ValueId) -> Option<EventId> {
        let ValueKind::Result(event, _) = self.value(id) else { return None };
        let is_check = self.checks.contains(event);
        is_check.then_some(*event)
    }

    #[expect(clippy::too_many_arguments, reason = "an event has that many parts")]
    fn emit_check(
        &mut self,
        id: ValueId,
        of: Option<EventId>,
        looked: &Looked,
        what: CheckKind,
        means: Seen,
        span: Span,
    ) -> ValueId {
        let event = self.next_event();
        let result = self.result(event, Name::EMPTY, vec![id], span);
        let check = Check {
            store: looked.store,
            key: looked.key.clone(),
            what,
            means,
            of,
            access: Access::Test,
            result,
            sql: None,
            confidence: looked.confidence,
        };
        self.checks.insert(event);
        self.emit(event, span, EventKind::Check(Box::new(check)));
        result
    }

    /// The nearest read (or check, or enumeration) that `id` is computed from.
    fn source(&self, id: ValueId) -> Option<(EventId, Looked)> {
        let mut todo = vec![id];
        let mut seen = Vec::new();
        let mut at = 0;
        while at < todo.len() && at < STEPS_MAX {
            let next = todo[at];
            at += 1;
            if seen.contains(&next) {
                continue;
            }
            seen.push(next);
            let kind = self.value(next);
            if let ValueKind::Result(event, _) = kind
                && let Some(looked) = self.seen.get(event)
            {
                return Some((*event, looked.clone()));
            }
            match kind {
                // What a call makes of a read value is that call's word, unless it asks about the value.
                ValueKind::Result(event, given)
                    if self.acts.contains(event)
                        || !(self.asks(*event)
                            || next == id && self.asks_what_it_is_given(*event, given)) => {}
                _ => todo.extend(kind.inputs()),
            }
        }
        None
    }

    pub(super) fn comes_from_a_look(&self, id: ValueId) -> bool {
        self.looked_at(id).is_some()
    }

    /// The store that a value comes from.
    pub(super) fn looked_at(&self, id: ValueId) -> Option<StoreId> {
        self.source(id).map(|(_, looked)| looked.store)
    }

    /// Whether a call is named like a question: `is_expired(entry)`, `has(x)`, `valid(x)`.
    fn asks(&self, event: EventId) -> bool {
        let Some(name) = self.call_names.get(&event) else { return true };
        let name = name.as_str().trim_start_matches('_').to_ascii_lowercase();
        if matches!(name.as_str(), "isdir" | "is_dir" | "isregular") {
            // What sort of thing has a name does not change.
            return false;
        }
        // The same in other letters.
        let converts = ["decode", "encode", "strip", "rstrip", "lower", "upper", "loads"];
        is_age(&name)
            || !self.cx.is_go() && converts.contains(&name.as_str())
            || [
                "is", "has", "valid", "check", "should", "needs", "fresh", "after", "before",
                "bool", "contains", "equal", "alive", "running",
            ]
            .iter()
            .any(|word| name.starts_with(word))
    }

    fn meaning(&self, id: ValueId, event: EventId, looked: &Looked) -> (CheckKind, Seen) {
        let presence = |means| (CheckKind::Presence, means);
        let mut id = id;
        while let ValueKind::Op(Op::Convert, parts) = self.value(id)
            && let [one] = parts.as_slice()
        {
            id = *one;
        }
        if self.counting.contains(&event)
            && matches!(self.value(id), ValueKind::Result(found, _) if *found == event)
        {
            // Of the rows of one key it asks whether there are any.
            return match looked.key.value {
                Some(_) => presence(Seen::Present),
                None => (CheckKind::Size, Seen::Many),
            };
        }
        match self.value(id) {
            ValueKind::Result(found, _) if *found == event => presence(Seen::Present),
            ValueKind::Part(of, 0)
                if *of == looked.result && self.cx.is_go() && self.checks.contains(&event) =>
            {
                presence(Seen::Present)
            }
            ValueKind::Part(of, _) if *of == looked.result => match looked.miss {
                Outcome::Error => presence(Seen::Absent),
                _ => presence(Seen::Present),
            },
            ValueKind::Phi(_) => presence(Seen::Present),
            ValueKind::Op(Op::Call, parts) if self.asked_of_error(parts).is_some() => {
                presence(self.asked_of_error(parts).unwrap_or(Seen::Absent))
            }
            ValueKind::Op(op, parts) if self.ages.contains(&id) => {
                (CheckKind::Expiry, self.older(*op, parts[0], parts[1]))
            }
            ValueKind::Op(op, parts) => self.comparison(*op, parts, looked),
            ValueKind::Result(..) | ValueKind::Field(..) => {
                if self.speaks_of_age(id) {
                    (CheckKind::Expiry, Seen::Expired)
                } else {
                    (CheckKind::State, Seen::Such)
                }
            }
            _ => (CheckKind::State, Seen::Such),
        }
    }

    fn comparison(&self, op: Op, parts: &[ValueId], looked: &Looked) -> (CheckKind, Seen) {
        let (Some(left), Some(right)) = (parts.first(), parts.get(1)) else {
            return (CheckKind::State, Seen::Such);
        };
        let empty = |id: &ValueId| match self.value(*id) {
            ValueKind::Literal(Literal::Int(0)) => true,
            ValueKind::Literal(Literal::Text(text)) => text.is_empty(),
            _ => false,
        };
        let equal = matches!(op, Op::Eq | Op::Is);
        let unequal = matches!(op, Op::Ne | Op::IsNot);
        if (self.is_nil(*left) || self.is_nil(*right)) && (equal || unequal) {
            let subject = if self.is_nil(*left) { right } else { left };
            if self.is_within(*subject) {
                return (CheckKind::State, Seen::Such);
            }
            let error = looked.miss == Outcome::Error && self.is_error_part(*subject);
            return (
                CheckKind::Presence,
                if equal == error { Seen::Present } else { Seen::Absent },
            );
        }
        if self.is_miss_error(*right) || self.is_miss_error(*left) {
            return (CheckKind::Presence, if equal { Seen::Absent } else { Seen::Present });
        }
        if self.is_sentinel(*right) && (equal || unequal) {
            return (CheckKind::Presence, if equal { Seen::Absent } else { Seen::Present });
        }
        let counted = self.counted_presence(op, *left, *right, looked);
        if let Some(seen) = counted.or_else(|| self.listed_presence(op, *left, *right, looked)) {
            return (CheckKind::Presence, seen);
        }
        let ordered = matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge);
        if ordered && (self.reaches_now(*left) || self.reaches_now(*right)) {
            return (CheckKind::Expiry, self.older(op, *left, *right));
        }
        if self.counts(looked)
            && looked.key.value.is_some()
            && let Some(seen) = self.some_or_none(op, *right)
        {
            return (CheckKind::Presence, seen);
        }
        if self.is_size(*left) || self.is_size(*right) || self.counts(looked) {
            let zero = empty(right) || empty(left);
            let few = match op {
                Op::Eq => zero,
                Op::Lt | Op::Le => !self.is_size(*right),
                Op::Gt | Op::Ge => self.is_size(*right) && !self.is_size(*left),
                _ => false,
            };
            return (CheckKind::Size, if few { Seen::Few } else { Seen::Many });
        }
        if self.has_an_end(op, *left, *right) {
            return (CheckKind::State, Seen::Such);
        }
        if matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge)
            && (self.speaks_of_age(*left) || self.speaks_of_age(*right))
        {
            return (CheckKind::Expiry, self.older(op, *left, *right));
        }
        // A field of what was found says something about it, not that it is there.
        let subject = if empty(left) { right } else { left };
        let row = self.stores[looked.store.0 as usize].kind == StoreKind::Orm;
        let field = (self.is_go() || row) && matches!(self.value(*subject), ValueKind::Field(..));
        if (equal || unequal) && (empty(left) || empty(right)) && !field {
            return (CheckKind::Presence, if equal { Seen::Absent } else { Seen::Present });
        }
        (CheckKind::State, Seen::Such)
    }

    /// `e.expires > 0`: whether an entry ends at all, not whether it has ended.
    fn has_an_end(&self, op: Op, left: ValueId, right: ValueId) -> bool {
        let none = matches!(self.value(right), ValueKind::Literal(Literal::Int(0)));
        let ValueKind::Field(_, field) = self.value(left) else { return false };
        let a_time =
            is_age(field.as_str()) || field.as_str().to_ascii_lowercase().contains("until");
        none && op == Op::Gt && a_time
    }

    /// `expires < now`, `now > expires`, `now - stored > ttl` say that it is too old.
    fn older(&self, op: Op, left: ValueId, right: ValueId) -> Seen {
        let less = matches!(op, Op::Lt | Op::Le);
        let now_on_left = self.reaches_now(left);
        let now_on_right = self.reaches_now(right);
        let expired = match (now_on_left, now_on_right) {
            (true, false) => !less,
            (false, true) => less,
            _ => less,
        };
        if expired { Seen::Expired } else { Seen::Fresh }
    }

    pub(super) fn reaches_now(&self, id: ValueId) -> bool {
        self.any_within(id, &|kind| match kind {
            ValueKind::Now => true,
            ValueKind::Param(n) => {
                self.param_names.get(usize::from(*n)).is_some_and(|name| *name == "now")
            }
            ValueKind::Load(Path { root: Root::Captured(name), steps }) => {
                steps.is_empty() && *name == "now"
            }
            _ => false,
        })
    }

    fn speaks_of_age(&self, id: ValueId) -> bool {
        self.any_within(id, &|kind| match kind {
            ValueKind::Now => true,
            ValueKind::Param(n) => self
                .param_names
                .get(usize::from(*n))
                .is_some_and(|name| matches!(name.as_str(), "cutoff" | "deadline" | "older_than")),
            ValueKind::Field(_, name) | ValueKind::Named(name) => is_age(name.as_str()),
            ValueKind::Load(Path { root, steps }) => {
                let of_root = match root {
                    Root::Global(name) | Root::Captured(name) => is_age(name.as_str()),
                    _ => false,
                };
                of_root
                    || steps.last().is_some_and(|step| match step {
                        Step::Field(name) | Step::Getter(name) => is_age(name.as_str()),
                        Step::Item => false,
                    })
            }
            ValueKind::Literal(Literal::Text(text)) => {
                text.as_str().len() < 40 && is_age(text.as_str())
            }
            _ => false,
        }) || self.called_age(id)
    }

    fn called_age(&self, id: ValueId) -> bool {
        let ValueKind::Result(event, _) = self.value(id) else { return false };
        self.call_names.get(event).is_some_and(|name| is_age(name.as_str()))
    }

    pub(super) fn any_within(&self, id: ValueId, test: &dyn Fn(&ValueKind) -> bool) -> bool {
        let mut todo = vec![id];
        let mut at = 0;
        while at < todo.len() && at < STEPS_MAX {
            let kind = self.value(todo[at]);
            if test(kind) {
                return true;
            }
            at += 1;
            todo.extend(kind.inputs());
        }
        false
    }

    fn is_go(&self) -> bool {
        self.cx.is_go()
    }

    fn is_error_part(&self, id: ValueId) -> bool {
        match self.value(id) {
            ValueKind::Part(_, n) => *n > 0,
            ValueKind::Result(..) => true,
            // `row.Scan(&x)`, `db.First(&x).Error`
            ValueKind::Op(Op::Convert, parts) => {
                matches!(parts.as_slice(), [one] if self.is_error_part(*one))
            }
            ValueKind::Field(of, name) => {
                matches!(name.as_str(), "Error" | "Err") && self.is_error_part(*of)
            }
            _ => false,
        }
    }

    /// `row[0]`, `entry.owner`: something in what was read, not the thing itself.
    fn is_within(&self, id: ValueId) -> bool {
        match self.value(id) {
            ValueKind::Item(..) => true,
            ValueKind::Field(_, name) => !matches!(name.as_str(), "Error" | "Err"),
            _ => false,
        }
    }

    /// `errors.Is(err, sql.ErrNoRows)`, `os.IsNotExist(err)`: what a yes says.
    fn asked_of_error(&self, parts: &[ValueId]) -> Option<Seen> {
        let (word, rest) = parts.split_first()?;
        let ValueKind::Literal(Literal::Text(word)) = self.value(*word) else { return None };
        match word.as_str() {
            "Is" | "As" | "Cause" if rest.iter().any(|part| self.is_miss_error(*part)) => {
                Some(Seen::Absent)
            }
            "Is" | "As" if rest.iter().any(|part| self.is_there_error(*part)) => {
                Some(Seen::Present)
            }
            word if is_miss_word(word) => Some(Seen::Absent),
            "IsExist" | "IsAlreadyExists" => Some(Seen::Present),
            _ => None,
        }
    }

    /// `err == redis.Nil`, `errors.Is(err, os.ErrNotExist)` and the like.
    fn is_miss_error(&self, id: ValueId) -> bool {
        let ValueKind::Named(name) = self.value(id) else { return false };
        is_miss_word(name.as_str().rsplit('.').next().unwrap_or_default())
    }

    /// `os.ErrExist` and the like.
    fn is_there_error(&self, id: ValueId) -> bool {
        let ValueKind::Named(name) = self.value(id) else { return false };
        let word = name.as_str().rsplit('.').next().unwrap_or_default();
        word == "ErrExist" || word == "EEXIST" || word.ends_with("AlreadyExists")
    }

    /// `MISSING`, `_missing`, `NOT_SET`, `sentinel`.
    fn is_sentinel(&self, id: ValueId) -> bool {
        let name = match self.value(id) {
            ValueKind::Load(path) => super::body::last_word(path),
            ValueKind::Named(name) => Some(name.as_str()),
            _ => None,
        };
        name.is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            ["missing", "sentinel", "not_set", "unset", "nothing", "no_value", "not_found", "miss"]
                .iter()
                .any(|word| name.contains(word))
        })
    }

    /// A test of a field, global or captured variable.
    fn cell_test(&mut self, id: ValueId, span: Span) -> Option<ValueId> {
        let (path, means) = self.tested_cell(id)?;
        if !shared(&path)
            || path.steps.is_empty() && !matches!(path.root, Root::Global(_) | Root::Captured(_))
        {
            return None;
        }
        if let Root::Global(name) = &path.root
            && !name.as_str().starts_with('.')
        {
            return None;
        }
        let store = self.cell(&path, None);
        let key = Key { value: None, shape: 0, text: None, span };
        let looked =
            Looked { store, key, miss: Outcome::Nil, confidence: Confidence::Certain, result: id };
        let what = match means {
            Seen::Expired | Seen::Fresh => CheckKind::Expiry,
            Seen::Such => CheckKind::State,
            _ => CheckKind::Presence,
        };
        Some(self.emit_check(id, None, &looked, what, means, span))
    }

    fn tested_cell(&self, id: ValueId) -> Option<(Path, Seen)> {
        match self.value(id) {
            ValueKind::Load(path) => Some((path.clone(), Seen::Present)),
            ValueKind::Op(op, parts) => {
                let (left, right) = (parts.first()?, parts.get(1)?);
                if self.compares_with_constant(*left, *right) {
                    return None;
                }
                let ((ValueKind::Load(path), other) | (other, ValueKind::Load(path))) =
                    (self.value(*left), self.value(*right))
                else {
                    return self.aged_cell(*op, *left, *right);
                };
                let nil = matches!(other, ValueKind::Literal(Literal::Nil));
                let ordered = matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge);
                let told = [*left, *right].into_iter().any(|side| self.is_told(side));
                if ordered && told && !self.speaks_of_age(id) {
                    return None;
                }
                let means = match op {
                    Op::Eq | Op::Is if nil => Seen::Absent,
                    Op::Ne | Op::IsNot if nil => Seen::Present,
                    Op::Lt | Op::Le | Op::Gt | Op::Ge if self.speaks_of_age(id) => {
                        self.older(*op, *left, *right)
                    }
                    Op::Eq | Op::Ne | Op::Is | Op::IsNot | Op::Lt | Op::Le | Op::Gt | Op::Ge => {
                        Seen::Such
                    }
                    _ => return None,
                };
                Some((path.clone(), means))
            }
            _ => None,
        }
    }

    /// Whether a number is what a helper says, and something more: `self.used() + n`. A limit that it is
    /// compared with is not what is asked about.
    fn is_told(&self, id: ValueId) -> bool {
        match self.value(id) {
            ValueKind::Op(Op::Add | Op::Sub | Op::Convert, parts) => {
                parts.iter().any(|part| self.is_told(*part))
            }
            ValueKind::Result(event, _) => {
                let own = self.receiver.as_ref().and_then(|(_, ty)| ty.as_ref());
                let called = own.zip(self.call_names.get(event));
                called.is_some_and(|(own, name)| self.cx.method_type(own, *name).is_some())
            }
            _ => false,
        }
    }

    /// `status(key) == statusMiss`: a constant says nothing new, whatever is compared with it.
    fn compares_with_constant(&self, left: ValueId, right: ValueId) -> bool {
        let constant = |id: ValueId| match self.value(id) {
            ValueKind::Load(Path { root: Root::Global(name), steps }) if self.cx.is_go() => {
                let own = name.as_str().strip_prefix('.');
                steps.is_empty() && own.is_some_and(|own| self.cx.is_constant(Name::new(own)))
            }
            ValueKind::Load(Path { steps, .. }) if !self.cx.is_go() => {
                matches!(steps.last(), Some(Step::Field(name)) if is_shouted(name.as_str()))
            }
            _ => false,
        };
        let answer = |id: ValueId| matches!(self.value(id), ValueKind::Result(event, _) if self.call_names.contains_key(event));
        constant(left) && answer(right) || constant(right) && answer(left)
    }

    /// `now - self.stored > ttl`.
    fn aged_cell(&self, op: Op, left: ValueId, right: ValueId) -> Option<(Path, Seen)> {
        if !matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge)
            || !(self.reaches_now(left) || self.reaches_now(right))
        {
            return None;
        }
        let mut todo = vec![left, right];
        let mut at = 0;
        while at < todo.len() && at < STEPS_MAX {
            if let ValueKind::Load(path) = self.value(todo[at]) {
                return Some((path.clone(), self.older(op, left, right)));
            }
            todo.extend(self.value(todo[at]).inputs());
            at += 1;
        }
        None
    }
}

/// Names of errors that say that nothing is there.
fn is_miss_word(word: &str) -> bool {
    matches!(word, "Nil" | "ErrNil" | "ErrCacheMiss" | "ENOENT")
        || ["NotExist", "NotFound", "NoRows", "NotExists", "DoesNotExist", "CacheMiss"]
            .iter()
            .any(|end| word.ends_with(end))
}

/// Words that tell of age: `expires_at`, `ttl`, `mtime`, `is_stale`.
pub(super) fn is_age(name: &str) -> bool {
    const WORDS: [&str; 16] = [
        "expir",
        "ttl",
        "mtime",
        "stale",
        "deadline",
        "timeout",
        "max_age",
        "maxage",
        "lifetime",
        "created",
        "modtime",
        "_at",
        "atime",
        "outdated",
        "validuntil",
        "notafter",
    ];
    says_any(name, &WORDS)
}
