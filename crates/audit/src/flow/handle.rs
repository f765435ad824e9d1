//! Open files as values: which opening a handle stems from, and what is written through it,
//! however the handle travels: through helpers, `with`, arguments, `json.dump(data, file)`.

use amorsize_facts::event::{
    Act, ActKind, Await, EventKind, Op, Path, Root, Step, ValueId, ValueKind,
};

use super::{Flow, FrameId, Item, Question, Uid};

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
                match opened {
                    Some((before, earlier)) => self.content_of(before, earlier),
                    None => Vec::new(),
                }
            }
            _ => Vec::new(),
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
                if inputs.len() < 2
                    || !inputs.iter().any(|value| self.opened_by(frame, *value) == Some(open))
                {
                    continue;
                }
                let others = inputs.iter().filter(|value| {
                    self.opened_by(frame, **value) != Some(open)
                        && !matches!(function.value(**value).kind, ValueKind::Literal(_))
                });
                found.extend(others.map(|value| (frame, *value)));
            }
        }
        self.contents.borrow_mut().insert(open, found.clone());
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
