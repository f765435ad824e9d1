//! Open files as values: which opening a handle stems from, and what is written through it,
//! however the handle travels: through helpers, `with`, arguments, `json.dump(data, file)`.

use amorsize_facts::event::{
    Act, ActKind, Await, EventKind, Literal, Op, Path, Place, Root, Step, StoreKind, ValueId,
    ValueKind,
};

use super::{Flow, FrameId, Item, Question, Trail, Uid};

/// Steps from a value to the opening it stems from.
const STEPS_MAX: u8 = 10;

impl Flow<'_, '_> {
    /// The opening whose handle a value is.
    pub(crate) fn opened_by(&self, frame: FrameId, value: ValueId) -> Option<Uid> {
        self.opened_within(frame, value, STEPS_MAX)
    }

    fn opened_within(&self, frame: FrameId, value: ValueId, left: u8) -> Option<Uid> {
        if left == 0 {
            return None;
        }
        let function = self.tree.function(self.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::Result(event, _) => {
                if let Some(callee) = self.callee(frame, *event) {
                    return self
                        .returned(callee, 0)
                        .into_iter()
                        .find_map(|(value, at)| self.opened_within(at, value, left - 1));
                }
                let uid = self.uid(frame, *event)?;
                match &self.event(uid).kind {
                    EventKind::Act(act) => {
                        matches!(act.kind, ActKind::OpenRead | ActKind::OpenWrite | ActKind::Append)
                            .then_some(uid)
                    }
                    // `bufio.NewWriter(file)`, `json.NewEncoder(w)`: what wraps a handle is one.
                    EventKind::Call(call) => call
                        .args
                        .iter()
                        .find_map(|value| self.opened_within(frame, *value, left - 1)),
                    _ => None,
                }
            }
            ValueKind::Param(n) => {
                let activation = &self.frames[frame as usize];
                activation.parent?;
                let arg = activation.args.get(usize::from(*n))?.as_ref()?;
                self.opened_within(arg.frame, arg.value?, left - 1)
            }
            // `csv.writer(file)`, `gzip.GzipFile(fileobj=file)`: what wraps a handle is one.
            ValueKind::Op(Op::Call, inputs) | ValueKind::New(_, inputs) => {
                inputs.iter().find_map(|value| self.opened_within(frame, *value, left - 1))
            }
            ValueKind::Phi(inputs) => {
                inputs.iter().find_map(|value| self.opened_within(frame, *value, left - 1))
            }
            ValueKind::Part(of, 0) => self.opened_within(frame, *of, left - 1),
            _ => None,
        }
    }

    /// The number of the path under which a handle was opened: what `handle.name` is.
    pub(crate) fn path_opened(&self, frame: FrameId, handle: ValueId) -> Option<u64> {
        let open = self.opened_by(frame, handle)?;
        let EventKind::Act(act) = &self.event(open).kind else { return None };
        Some(self.canon(self.frame_of(open), act.key.value?))
    }

    /// The same for `file.name` of an argument.
    pub(crate) fn argument_opened(&self, frame: FrameId, path: &Path) -> Option<u64> {
        let (Root::Param(n), [Step::Field(field)]) = (&path.root, path.steps.as_slice()) else {
            return None;
        };
        if *field != "name" {
            return None;
        }
        let arg = self.frames[frame as usize].args.get(usize::from(*n))?.as_ref()?;
        self.path_opened(arg.frame, arg.value?)
    }

    /// Whether an event stands on a way that a mode given by the caller rules out, or may.
    pub(crate) fn is_doubtful(&self, uid: Uid) -> bool {
        self.doubt(&self.items, uid).unwrap_or(false)
    }

    /// `None` if the event is not among the items.
    fn doubt(&self, items: &[Item<'_>], uid: Uid) -> Option<bool> {
        let all = |blocks: &[&Vec<Item<'_>>]| {
            blocks.iter().find_map(|block| self.doubt(block.as_slice(), uid))
        };
        items.iter().find_map(|item| match item {
            Item::Event(own) | Item::Unlock(own, _) => (*own == uid).then_some(false),
            Item::Branch(fork) => match self.settled(&fork.cond) {
                None => all(&[&fork.then, &fork.other]),
                Some(answer) => all(&[&fork.then])
                    .map(|doubt| doubt || answer != Some(true))
                    .or_else(|| all(&[&fork.other]).map(|doubt| doubt || answer == Some(true))),
            },
            Item::Loop(round) => all(&[&round.head, &round.body, &round.otherwise]),
            Item::Try(attempt) => all(&[&attempt.body, &attempt.otherwise, &attempt.finally])
                .or_else(|| attempt.handlers.iter().find_map(|h| self.doubt(&h.body, uid))),
            Item::With(region) => all(&[&region.enter, &region.body, &region.exit]),
            Item::Call(inlined) => self.doubt(&inlined.body, uid),
            Item::Within(items) => self.doubt(items, uid),
        })
    }

    /// For a question whether an argument is one of some words: the answer, if the caller says it.
    fn settled(&self, question: &Question<'_>) -> Option<Option<bool>> {
        let Question::Value(frame, value) = question else { return None };
        let function = self.tree.function(self.frames[*frame as usize].func);
        let ValueKind::Op(Op::In, inputs) = &function.value(*value).kind else { return None };
        let [mode, modes] = inputs.as_slice() else { return None };
        let (ValueKind::Param(_), ValueKind::Tuple(modes)) =
            (&function.value(*mode).kind, &function.value(*modes).kind)
        else {
            return None;
        };
        let given = self.canon(*frame, *mode);
        let known = self.is_constant(*frame, *mode);
        Some(known.then(|| modes.iter().any(|mode| self.canon(*frame, *mode) == given)))
    }

    fn is_constant(&self, frame: FrameId, value: ValueId) -> bool {
        let activation = &self.frames[frame as usize];
        let function = self.tree.function(activation.func);
        match &function.value(value).kind {
            ValueKind::Literal(_) => true,
            ValueKind::Param(n) if activation.parent.is_some() => {
                match activation.args.get(usize::from(*n)).and_then(Option::as_ref) {
                    Some(arg) => arg.value.is_some_and(|value| self.is_constant(arg.frame, value)),
                    None => function
                        .params
                        .get(usize::from(*n))
                        .is_some_and(|param| param.default.is_some()),
                }
            }
            _ => false,
        }
    }

    /// The values that go into the entry an act writes: its own argument, what is written through
    /// the handle it opens, and for a rename what was written under the old name.
    pub(crate) fn content_of(&self, uid: Uid, act: &Act) -> Vec<(FrameId, ValueId)> {
        let frame = self.frame_of(uid);
        match (act.value, act.kind) {
            (Some(value), _) => vec![(frame, value)],
            (None, ActKind::OpenWrite) => self.written_through(uid),
            (None, ActKind::Rename) => {
                let keys = self.keys_of(frame, &act.key);
                let opened = (0..uid).rev().find_map(|before| {
                    let EventKind::Act(earlier) = &self.event(before).kind else { return None };
                    let same = earlier.kind == ActKind::OpenWrite
                        && self
                            .keys_of(self.frame_of(before), &earlier.key)
                            .iter()
                            .any(|key| keys.contains(key));
                    same.then_some((before, earlier))
                });
                match (opened, act.key.value.and_then(|key| self.made_apart(frame, key))) {
                    (Some((before, earlier)), _) => self.content_of(before, earlier),
                    (None, Some(made)) => self.with_fields(uid, self.written_to(made)),
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    /// The temporary file under a name of its own that a value stems from: its handle, or its name.
    fn made_apart(&self, frame: FrameId, value: ValueId) -> Option<(FrameId, ValueId)> {
        let mut trail = Trail::from([(frame, value)], 12);
        while let Some((frame, value)) = trail.step() {
            let activation = &self.frames[frame as usize];
            match &self.tree.function(activation.func).value(value).kind {
                ValueKind::New(name, _)
                    if name.as_str().ends_with("tempfile.Unique") || *name == "#file" =>
                {
                    return Some((frame, value));
                }
                // `tmp.Name()`
                ValueKind::Op(Op::Call, inputs) if self.is_word(frame, inputs, "Name") => {
                    trail.follow(inputs.iter().skip(1).map(|of| (frame, *of)));
                }
                ValueKind::Part(of, _) | ValueKind::Field(of, _) => trail.follow([(frame, *of)]),
                ValueKind::Op(Op::Convert, of) => trail.follow(of.first().map(|of| (frame, *of))),
                ValueKind::Param(n) if activation.parent.is_some() => {
                    trail.follow(self.handed_in(frame, *n));
                }
                ValueKind::Result(event, _) => {
                    let made = self.callee(frame, *event).map(|callee| self.returned(callee, 0));
                    trail.follow(made.into_iter().flatten().map(|(value, at)| (at, value)));
                }
                _ => {}
            }
        }
        None
    }

    /// Whether a call that nobody knows is of that name.
    fn is_word(&self, frame: FrameId, inputs: &[ValueId], word: &str) -> bool {
        let function = self.tree.function(self.frames[frame as usize].func);
        inputs.first().is_some_and(|name| {
            matches!(&function.value(*name).kind, ValueKind::Literal(Literal::Text(name)) if *name == word)
        })
    }

    /// What is written into a temporary file before it is moved.
    fn written_to(&self, made: (FrameId, ValueId)) -> Vec<(FrameId, ValueId)> {
        self.given_with(&|frame, value| self.made_apart(frame, value) == Some(made))
    }

    /// With what the flow has put before into the fields of the object that are written.
    fn with_fields(&self, before: Uid, values: Vec<(FrameId, ValueId)>) -> Vec<(FrameId, ValueId)> {
        let mut all = values.clone();
        for (frame, value) in values {
            let function = self.tree.function(self.frames[frame as usize].func);
            let ValueKind::Load(path) = &function.value(value).kind else { continue };
            if path.root != Root::Receiver {
                continue;
            }
            let field = self.path(frame, path);
            for uid in (0..before).rev() {
                let EventKind::Act(act) = &self.event(uid).kind else { continue };
                let at = self.frame_of(uid);
                let store = self.tree.function(self.frames[at as usize].func).store(act.store);
                let Place::Path(place) = &store.place else { continue };
                if self.path(at, place) != field {
                    continue;
                }
                all.extend(act.value.map(|value| (at, value)));
                // What the field held before it was set is not written any more, unless it begins empty on one way
                // and is read on the other.
                let empty = act.value.is_some_and(|value| self.is_empty(at, value));
                if store.kind == StoreKind::Cell && !empty {
                    break;
                }
            }
        }
        all
    }

    /// Whether a value is nothing, or a container with nothing in it.
    fn is_empty(&self, frame: FrameId, value: ValueId) -> bool {
        let function = self.tree.function(self.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::New(_, inputs) => inputs.is_empty(),
            ValueKind::Literal(literal) => *literal == Literal::Nil,
            _ => false,
        }
    }

    /// What a call is given, and what it is called on: `json.NewEncoder(file).Encode(data)`.
    fn called_with(&self, frame: FrameId, kind: &ValueKind, inputs: &[ValueId]) -> Vec<ValueId> {
        let mut all = inputs.to_vec();
        if let ValueKind::Result(event, _) = kind
            && let Some(uid) = self.uid(frame, *event)
            && let EventKind::Call(call) = &self.event(uid).kind
        {
            let on = call.receiver_value.filter(|on| !all.contains(on));
            all.extend(on);
        }
        all
    }

    fn written_through(&self, open: Uid) -> Vec<(FrameId, ValueId)> {
        if let Some(known) = self.contents.borrow().get(&open) {
            return known.clone();
        }
        let found = self.given_with(&|frame, value| self.opened_by(frame, value) == Some(open));
        self.contents.borrow_mut().insert(open, found.clone());
        found
    }

    /// What calls are given beside a handle: `file.write(text)`, `json.dump(data, file)`.
    fn given_with(&self, is_handle: &dyn Fn(FrameId, ValueId) -> bool) -> Vec<(FrameId, ValueId)> {
        let mut found = Vec::new();
        let frames = 0..FrameId::try_from(self.frames.len()).unwrap_or(0);
        for frame in frames {
            let function = self.tree.function(self.frames[frame as usize].func);
            for value in &function.values {
                let (ValueKind::Op(Op::Call, inputs) | ValueKind::Result(_, inputs)) = &value.kind
                else {
                    continue;
                };
                let inputs = self.called_with(frame, &value.kind, inputs);
                if inputs.len() < 2 || !inputs.iter().any(|value| is_handle(frame, *value)) {
                    continue;
                }
                let others = inputs.iter().filter(|value| {
                    !is_handle(frame, **value)
                        && !matches!(function.value(**value).kind, ValueKind::Literal(_))
                });
                found.extend(others.map(|value| (frame, *value)));
            }
        }
        found
    }

    /// Whether a frame is a context manager written as a generator.
    pub(crate) fn is_manager(&self, frame: FrameId) -> bool {
        crate::link::is_manager(self.tree.function(self.frames[frame as usize].func))
    }

    /// Whether an event hands a value out of a generator.
    pub(crate) fn yields(&self, uid: Uid) -> bool {
        matches!(self.event(uid).kind, EventKind::Await(Await::Yield))
    }
}
