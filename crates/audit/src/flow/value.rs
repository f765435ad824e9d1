//! Values across frames: when two expressions are the same key, and what a value is made from.

use std::hash::{Hash as _, Hasher as _};
use std::rc::Rc;

use amorsize_facts::event::{
    ActKind, EventId, EventKind, Function, Lang, Literal, Name, Path, Piece, Place, Read, Return,
    Root, StoreId, StoreKind, Text, ValueId, ValueKind, says_any,
};
use rustc_hash::{FxHashSet, FxHasher};

use super::given::Captured;
use super::{Flow, FrameId, Trail, Uid};

/// What a value is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deps {
    /// Reads, checks and acts it is computed from.
    pub events: Vec<Uid>,
    /// A parameter of the entry other than what the key is made of.
    pub params: bool,
    /// A new object.
    pub fresh: bool,
    /// The result of a call nobody knows.
    pub calls: bool,
    /// The calls, known or not.
    pub asked: Vec<Uid>,
    /// Anything else that is not constant.
    pub other: bool,
    seen: FxHashSet<(FrameId, ValueId)>,
}

const DEPTH_MAX: u8 = 24;

fn hash(parts: &[u64]) -> u64 {
    let mut hasher = FxHasher::default();
    parts.hash(&mut hasher);
    hasher.finish()
}

fn hash_of(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

pub(crate) fn literal_hash(literal: &Literal) -> u64 {
    match literal {
        Literal::Nil => 11,
        Literal::Bool(b) => hash(&[12, u64::from(*b)]),
        Literal::Int(n) => hash(&[13, hash_of(n)]),
        Literal::Float(f) => hash(&[14, f.to_bits()]),
        Literal::Text(text) => hash(&[15, hash_of(&text.as_str())]),
        Literal::Other => 16,
    }
}

impl Flow<'_, '_> {
    /// A number that two values share exactly when they are computed alike.
    pub(crate) fn canon(&self, frame: FrameId, value: ValueId) -> u64 {
        if let Some(known) = self.canon.borrow().get(&(frame, value)) {
            return *known;
        }
        // A cycle through a loop variable ends here.
        self.canon
            .borrow_mut()
            .insert((frame, value), hash(&[1, u64::from(frame), u64::from(value.0)]));
        let number = self.compute(frame, value);
        self.canon.borrow_mut().insert((frame, value), number);
        number
    }

    fn compute(&self, frame: FrameId, value: ValueId) -> u64 {
        let function = self.tree.function(self.frames[frame as usize].func);
        let many = |values: &[ValueId]| -> Vec<u64> {
            values.iter().map(|value| self.canon(frame, *value)).collect()
        };
        match &function.value(value).kind {
            ValueKind::Unknown | ValueKind::Caught(_) => {
                hash(&[2, u64::from(frame), u64::from(value.0)])
            }
            ValueKind::Receiver => hash_of(&self.receiver(frame)),
            ValueKind::Param(n) => self.argument(frame, *n),
            ValueKind::Literal(literal) => literal_hash(literal),
            ValueKind::Load(path) => self
                .argument_opened(frame, path)
                .or_else(|| self.argument_given(frame, path))
                .or_else(|| self.built_with(frame, path))
                .or_else(|| self.captured_number(frame, path))
                .or_else(|| self.put_before(frame, path).map(|(at, value)| self.canon(at, value)))
                .unwrap_or_else(|| hash_of(&self.path(frame, path))),
            ValueKind::Result(event, inputs) => {
                let Some(uid) = self.uid(frame, *event) else {
                    return hash(&[3, function.value(value).shape, hash(&many(inputs))]);
                };
                match &self.event(uid).kind {
                    // No two calls give the same.
                    EventKind::Call(call) if makes_its_own(call.name.as_str()) => {
                        hash(&[5, u64::from(uid)])
                    }
                    EventKind::Call(call) => {
                        let receiver = call
                            .receiver
                            .as_ref()
                            .map_or(0, |path| hash_of(&self.path(frame, path)));
                        let mut args = many(&call.args);
                        for (name, value) in &call.named {
                            args.extend([hash_of(&name.as_str()), self.canon(frame, *value)]);
                        }
                        hash(&[4, hash_of(&call.name.as_str()), receiver, hash(&args)])
                    }
                    EventKind::Read(read) => self
                        .kept_setting(frame, read)
                        .or_else(|| self.kept_name(uid, read))
                        .unwrap_or_else(|| hash(&[5, u64::from(uid)])),
                    _ => hash(&[5, u64::from(uid)]),
                }
            }
            ValueKind::Part(of, n) => hash(&[6, self.canon(frame, *of), u64::from(*n)]),
            ValueKind::Field(of, name)
                if *name == "name" && self.path_opened(frame, *of).is_some() =>
            {
                self.path_opened(frame, *of).unwrap_or_default()
            }
            ValueKind::Field(of, name) => {
                hash(&[7, self.canon(frame, *of), hash_of(&name.as_str())])
            }
            ValueKind::Item(of, at) => hash(&[8, self.canon(frame, *of), self.canon(frame, *at)]),
            ValueKind::Element(of) => hash(&[9, self.canon(frame, *of)]),
            ValueKind::Op(op, values) => hash(&[20, hash_of(op), hash(&many(values))]),
            ValueKind::Phi(values) => {
                let mut parts = many(values);
                parts.sort_unstable();
                parts.dedup();
                if parts.len() == 1 { parts[0] } else { hash(&[21, hash(&parts)]) }
            }
            ValueKind::Tuple(values) => hash(&[22, hash(&many(values))]),
            ValueKind::New(name, values) => {
                hash(&[23, hash_of(&name.as_str()), hash(&many(values))])
            }
            ValueKind::Closure(id) => hash(&[24, u64::from(id.0)]),
            ValueKind::Named(name) => hash(&[25, hash_of(&name.as_str())]),
            ValueKind::Now => 26,
        }
    }

    /// The number of an entry under a constant key that nothing here changes: `self.state["path"]` and
    /// `config["path"]` of a parameter are the same path wherever they are written.
    fn kept_setting(&self, frame: FrameId, read: &Read) -> Option<u64> {
        let function = |frame: FrameId| self.tree.function(self.frames[frame as usize].func);
        let key = match &function(frame).value(read.key.value?).kind {
            ValueKind::Literal(literal @ Literal::Text(_)) => literal_hash(literal),
            _ => return None,
        };
        let place = |frame: FrameId, store| match &function(frame).store(store).place {
            Place::Path(path)
                if matches!(path.root, Root::Receiver | Root::Class(_) | Root::Param(_)) =>
            {
                Some(self.path(frame, path))
            }
            _ => None,
        };
        let at = place(frame, read.store)?;
        let changed = self.events.iter().any(|ev| {
            matches!(&ev.event.kind, EventKind::Act(act)
                if place(ev.frame, act.store).as_ref() == Some(&at))
        });
        (!changed).then(|| hash(&[27, hash_of(&at), key]))
    }

    /// The number of a text in a field that is read again before anything here changes it: `self.path` is the
    /// same file when it is looked for and when it is removed, whatever is put there afterwards.
    fn kept_name(&self, uid: Uid, read: &Read) -> Option<u64> {
        let place = |uid: Uid, store| {
            let frame = self.frame_of(uid);
            let store = self.tree.function(self.frames[frame as usize].func).store(store);
            match &store.place {
                Place::Path(path) if store.kind == StoreKind::Cell => Some(self.path(frame, path)),
                _ => None,
            }
        };
        let at = place(uid, read.store)?;
        let changed = (0..uid).rev().find(|before| {
            matches!(&self.event(*before).kind, EventKind::Act(act)
                if place(*before, act.store).as_ref() == Some(&at))
        });
        // Before that it is what a helper finds that changes nothing, and looks at the same field.
        Some(changed.map_or(hash_of(&at), |before| hash(&[28, hash_of(&at), u64::from(before)])))
    }

    /// The numbers of what a helper asks of its parameter, where its caller gives one of several:
    /// `entry.Key()` is the same question to each.
    pub(crate) fn asked_of_ways(&self, frame: FrameId, value: ValueId) -> Vec<u64> {
        let activation = &self.frames[frame as usize];
        let function = self.tree.function(activation.func);
        let asked = match &function.value(value).kind {
            ValueKind::Result(event, _) => self.uid(frame, *event).map(|uid| &self.event(uid).kind),
            _ => None,
        };
        let Some(EventKind::Call(call)) = asked else { return Vec::new() };
        let given = match &call.receiver {
            Some(Path { root: Root::Param(n), steps })
                if steps.is_empty() && call.args.is_empty() =>
            {
                activation.args.get(usize::from(*n)).and_then(Option::as_ref)
            }
            _ => None,
        };
        let Some(Arg { frame: outer, value: Some(given), .. }) = given else { return Vec::new() };
        let outside = self.tree.function(self.frames[*outer as usize].func);
        let mut trail = Trail::from([*given], 12);
        let mut found = Vec::new();
        while let Some(way) = trail.step() {
            match &outside.value(way).kind {
                ValueKind::Phi(ways) => trail.follow(ways),
                _ => found.extend(self.value_path(*outer, way).map(|path| {
                    hash(&[4, hash_of(&call.name.as_str()), hash_of(&path), hash(&[])])
                })),
            }
        }
        found
    }

    pub(crate) fn argument(&self, frame: FrameId, n: u16) -> u64 {
        let activation = &self.frames[frame as usize];
        if activation.parent.is_none() {
            return hash(&[30, u64::from(n)]);
        }
        match activation.args.get(usize::from(n)).and_then(Option::as_ref) {
            Some(arg) => match (arg.value, &arg.path) {
                (Some(value), _) => self.canon(arg.frame, value),
                (None, Some(path)) => hash_of(path),
                (None, None) => hash(&[31, u64::from(frame), u64::from(n)]),
            },
            None => {
                let function = self.tree.function(activation.func);
                let default = function.params.get(usize::from(n)).and_then(|p| p.default.as_ref());
                default.map_or_else(|| hash(&[31, u64::from(frame), u64::from(n)]), literal_hash)
            }
        }
    }

    /// The canonical number of a text with holes.
    pub(crate) fn text_canon(&self, frame: FrameId, text: &Text) -> u64 {
        let parts: Vec<u64> = text
            .0
            .iter()
            .map(|piece| match piece {
                Piece::Fixed(name) => hash_of(&name.as_str()),
                Piece::Hole(value, _) => self.canon(frame, *value),
            })
            .collect();
        hash(&parts)
    }

    /// What a value is made from, through inlined calls and arguments.
    pub(crate) fn deps(&self, frame: FrameId, value: ValueId, key: Option<u64>) -> Rc<Deps> {
        if let Some(known) = self.made_from.borrow().get(&(frame, value, key)) {
            return Rc::clone(known);
        }
        let mut deps = Deps::default();
        self.collect(frame, value, key, &mut deps, DEPTH_MAX);
        deps.seen = FxHashSet::default();
        let deps = Rc::new(deps);
        self.made_from.borrow_mut().insert((frame, value, key), Rc::clone(&deps));
        deps
    }

    fn collect(&self, frame: FrameId, value: ValueId, key: Option<u64>, deps: &mut Deps, left: u8) {
        if left == 0 {
            deps.other = true;
            return;
        }
        if !deps.seen.insert((frame, value)) {
            return;
        }
        if key.is_some_and(|key| self.canon(frame, value) == key) {
            return;
        }
        let function = self.tree.function(self.frames[frame as usize].func);
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Param(n) => self.collect_param(frame, *n, key, deps, left),
            ValueKind::Load(path) if matches!(path.root, Root::Captured(_)) => {
                self.collect_captured(self.captured_from(frame, path), key, deps, left);
            }
            ValueKind::Result(event, inputs) => {
                self.collect_result((frame, *event), inputs, key, deps, left);
            }
            ValueKind::New(of, inputs) => {
                deps.fresh = true;
                for input in inputs {
                    self.collect(frame, *input, key, deps, left - 1);
                }
                let empty = inputs.is_empty() && matches!(of.as_str(), "dict" | "list" | "set");
                if empty || *of == "map" || self.is_named_map(frame, *of) {
                    for put in self.put_into_locals(frame) {
                        self.collect(frame, put, key, deps, left - 1);
                    }
                }
            }
            ValueKind::Receiver => {
                if let Some((frame, value)) = self.held_by(frame, &Root::Receiver) {
                    self.collect(frame, value, key, deps, left - 1);
                }
            }
            ValueKind::Unknown | ValueKind::Now | ValueKind::Caught(_) => deps.other = true,
            ValueKind::Load(path)
                if path.steps.is_empty() && matches!(path.root, Root::Local { .. }) =>
            {
                for (frame, value) in self.set_within(frame, path) {
                    self.collect(frame, value, key, deps, left - 1);
                }
            }
            ValueKind::Load(path) if !matches!(path.root, Root::Value(_)) => {
                let held = self.put_before(frame, path);
                if let Some((frame, value)) = held.or_else(|| self.held_by(frame, &path.root)) {
                    self.collect(frame, value, key, deps, left - 1);
                }
            }
            ValueKind::Op(amorsize_facts::event::Op::Call, inputs) => {
                deps.calls = true;
                deps.fresh |= inputs.first().is_some_and(|name| names_a_draw(function, *name));
                for input in inputs {
                    self.collect(frame, *input, key, deps, left - 1);
                }
            }
            _ => {
                for input in kind.inputs() {
                    self.collect(frame, input, key, deps, left - 1);
                }
            }
        }
    }

    /// Whether a type of the tree is a map by another name: `type Config map[string]string`.
    fn is_named_map(&self, frame: FrameId, of: Name) -> bool {
        let file = self.frames[frame as usize].func.file;
        let class = self.tree.class_named(file, of);
        let under = class.and_then(|class| self.tree.class(class).underlying.as_ref());
        under.is_some_and(|under| under.name == "map")
    }

    /// What a variable of a function around is made from.
    fn collect_captured(
        &self,
        captured: Option<Captured>,
        key: Option<u64>,
        deps: &mut Deps,
        left: u8,
    ) {
        match captured {
            Some(Captured::Value(outer, value)) => self.collect(outer, value, key, deps, left - 1),
            Some(Captured::Param(outer, n)) => self.collect_param(outer, n, key, deps, left),
            None => {}
        }
    }

    /// What a parameter is made from.
    fn collect_param(&self, frame: FrameId, n: u16, key: Option<u64>, deps: &mut Deps, left: u8) {
        let activation = &self.frames[frame as usize];
        match activation.args.get(usize::from(n)).and_then(Option::as_ref) {
            Some(Arg { frame, value: Some(value), .. }) if activation.parent.is_some() => {
                self.collect(*frame, *value, key, deps, left - 1);
            }
            _ if activation.parent.is_some() => {}
            _ => deps.params = true,
        }
    }

    /// What the result of an event is made from.
    fn collect_result(
        &self,
        (frame, event): (FrameId, EventId),
        inputs: &[ValueId],
        key: Option<u64>,
        deps: &mut Deps,
        left: u8,
    ) {
        let function = self.tree.function(self.frames[frame as usize].func);
        if let Some(callee) = self.callee(frame, event) {
            deps.asked.extend(self.uid(frame, event));
            let before = deps.events.len();
            for (value, at) in self.returned(callee, 0) {
                self.collect(at, value, key, deps, left - 1);
            }
            if deps.events.len() == before {
                // What it makes of its arguments may go through a buffer or an object.
                for input in inputs {
                    self.collect(frame, *input, key, deps, left - 1);
                }
            }
            return;
        }
        let uid = self.uid(frame, event);
        match uid.map(|uid| (uid, &self.event(uid).kind)) {
            Some((uid, EventKind::Call(call))) => {
                deps.calls = true;
                deps.asked.push(uid);
                let file = self.frames[frame as usize].func.file;
                deps.fresh |=
                    draws(call.name.as_str()) || self.tree.class_named(file, call.callee).is_some();
                for input in inputs.iter().chain(&call.receiver_value).chain(&call.args) {
                    self.collect(frame, *input, key, deps, left - 1);
                }
            }
            Some((uid, event)) => {
                deps.events.push(uid);
                // What a local container holds is what the container was made from.
                let local = event.target().is_some_and(|(store, _)| {
                    function.store(store).confined
                        || matches!(event, EventKind::Enumerate(_)) && self.is_in_hand(frame, store)
                });
                if local {
                    let put = event.target().map(|(store, _)| self.put_into(frame, store));
                    for input in inputs.iter().copied().chain(put.into_iter().flatten()) {
                        self.collect(frame, input, key, deps, left - 1);
                    }
                }
            }
            None => deps.other = true,
        }
    }

    /// What a frame puts into containers of its own.
    pub(crate) fn put_into_locals(&self, frame: FrameId) -> Vec<ValueId> {
        let function = self.tree.function(self.frames[frame as usize].func);
        let mut found = Vec::new();
        for ev in self.events.iter().filter(|ev| ev.frame == frame) {
            if let EventKind::Act(act) = &ev.event.kind
                && (function.store(act.store).confined || self.is_map_in_hand(frame, act.store))
                && matches!(act.kind, ActKind::Insert | ActKind::Append)
            {
                found.extend(act.value);
            }
        }
        found
    }

    /// What a frame of Python adds to one container.
    fn put_into(&self, frame: FrameId, store: StoreId) -> Vec<ValueId> {
        let func = self.frames[frame as usize].func;
        let python = self.tree.file(func).lang == Lang::Python;
        let acts = self.events.iter().filter(|ev| python && ev.frame == frame);
        acts.filter_map(|ev| match &ev.event.kind {
            EventKind::Act(act) if act.store == store => act.value.or(act.key.value),
            _ => None,
        })
        .collect()
    }

    /// Whether a store is a map in a variable of this very function: a copy, or what is put in force
    /// later.
    fn is_map_in_hand(&self, frame: FrameId, store: StoreId) -> bool {
        let func = self.frames[frame as usize].func;
        self.tree.file(func).lang == Lang::Go && self.is_in_hand(frame, store)
    }

    /// Whether a store is in a variable of this very function.
    fn is_in_hand(&self, frame: FrameId, store: StoreId) -> bool {
        let func = self.frames[frame as usize].func;
        matches!(&self.tree.function(func).store(store).place,
            Place::Path(Path { root: Root::Local { .. }, steps }) if steps.is_empty())
    }

    /// The value that a helper has as its receiver or parameter, as its caller has it.
    fn held_by(&self, frame: FrameId, root: &Root) -> Option<(FrameId, ValueId)> {
        let activation = &self.frames[frame as usize];
        let (caller, call) = activation.parent?;
        match root {
            Root::Receiver if activation.lexical.is_none() => match &self.event(call).kind {
                EventKind::Call(call) => Some((caller, call.receiver_value?)),
                _ => None,
            },
            Root::Param(n) => {
                let arg = activation.args.get(usize::from(*n))?.as_ref()?;
                Some((arg.frame, arg.value?))
            }
            _ => None,
        }
    }

    /// What closures of this flow put into a variable of the function around them.
    fn set_within(&self, frame: FrameId, path: &Path) -> Vec<(FrameId, ValueId)> {
        let path = self.path(frame, path);
        let acts = self.events.iter().filter_map(|ev| match &ev.event.kind {
            EventKind::Act(act) if self.frames[ev.frame as usize].lexical.is_some() => {
                let function = self.tree.function(self.frames[ev.frame as usize].func);
                match &function.store(act.store).place {
                    Place::Path(place @ Path { root: Root::Captured(_), steps })
                        if steps.is_empty() =>
                    {
                        (self.path(ev.frame, place) == path).then_some((ev.frame, act.value?))
                    }
                    _ => None,
                }
            }
            _ => None,
        });
        acts.collect()
    }

    /// The values a frame may return, and the frame they are values of.
    pub(crate) fn returned(&self, frame: FrameId, part: usize) -> Vec<(ValueId, FrameId)> {
        self.events
            .iter()
            .filter(|ev| ev.frame == frame)
            .filter_map(|ev| match &ev.event.kind {
                EventKind::Return(ret) => {
                    let function = self.tree.function(self.frames[frame as usize].func);
                    parts_of(function, ret).get(part).map(|value| (*value, frame))
                }
                // What a context manager hands to its `with`, a generator to whoever goes through it.
                EventKind::Assign(assign)
                    if assign.variable == "yield" || assign.variable == "yield each" =>
                {
                    Some((assign.value, frame))
                }
                _ => None,
            })
            .collect()
    }
}

/// What is returned, each part for itself: Python's are one tuple.
pub(crate) fn parts_of<'a>(function: &'a Function, ret: &'a Return) -> &'a [ValueId] {
    match ret.values.as_slice() {
        [one] => match &function.value(*one).kind {
            ValueKind::Tuple(parts) if !parts.is_empty() => parts,
            _ => &ret.values,
        },
        all => all,
    }
}

fn names_a_draw(function: &Function, name: ValueId) -> bool {
    matches!(&function.value(name).kind, ValueKind::Literal(Literal::Text(name))
        if draws(name.as_str()))
}

/// Whether a call makes a folder that nobody had before: `createTempDir`.
fn makes_its_own(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let made = ["create", "make", "mk", "new"].iter().any(|word| name.starts_with(word));
    made && (name.contains("temp") || name.contains("tmp")) && name.contains("dir")
}

/// Whether a call draws what nobody else draws: a token, a random number.
pub(crate) fn draws(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or_default();
    let drawing = [
        "token_hex",
        "token_bytes",
        "token_urlsafe",
        "urandom",
        "getrandbits",
        "randbytes",
        "randint",
        "newstring",
        "gensalt",
        "nonce",
    ];
    drawing.iter().any(|word| name.eq_ignore_ascii_case(word))
        || says_any(name, &["random", "uuid"])
}

use super::Arg;
