//! Fields of what a helper is handed: the key under which `put(entry)` stores is what its caller
//! gave the entry, or the key under which the caller found it.

use amorsize_facts::event::{
    EventKind, FunctionKind, Lang, Name, Op, Path, Place, Root, Step, StoreKind, ValueId, ValueKind,
};

use super::{AbsRoot, Flow, FrameId, Trail};

/// Steps from an entry to the look that gave it.
const STEPS_MAX: u8 = 16;

/// A variable of a function around another one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Captured {
    /// A local one, as it was when the inner function was written down.
    Value(FrameId, ValueId),
    /// A parameter.
    Param(FrameId, u16),
}

impl Flow<'_, '_> {
    /// The number of what the caller of a helper gave the field of an object that it made and
    /// hands over.
    pub(crate) fn argument_given(&self, frame: FrameId, path: &Path) -> Option<u64> {
        let (Root::Param(n), [Step::Field(field)]) = (&path.root, path.steps.as_slice()) else {
            return None;
        };
        let (mut frame, mut n) = (frame, *n);
        for _ in 0..STEPS_MAX {
            let activation = &self.frames[frame as usize];
            activation.parent?;
            let arg = activation.args.get(usize::from(n))?.as_ref()?;
            let object = arg.value?;
            let function = self.tree.function(self.frames[arg.frame as usize].func);
            if let ValueKind::Param(outer) = &function.value(object).kind {
                (frame, n) = (arg.frame, *outer);
                continue;
            }
            let known = function.given.iter().find(|(of, name, _)| *of == object && name == field);
            return known.map(|(.., value)| self.canon(arg.frame, *value));
        }
        None
    }

    /// The number of what a constructor put into a field before it called this helper of its own.
    pub(crate) fn built_with(&self, frame: FrameId, path: &Path) -> Option<u64> {
        let constructor = self.tree.function(self.entry);
        let one = path.root == Root::Receiver && path.steps.len() == 1;
        if frame == 0 || !one || constructor.kind != FunctionKind::Constructor {
            return None;
        }
        if self.path(frame, path).root != AbsRoot::Receiver {
            return None;
        }
        let own = |of: ValueId| constructor.value(of).kind == ValueKind::Receiver;
        let mut put = constructor
            .given
            .iter()
            .filter(|(of, name, _)| own(*of) && path.steps == [Step::Field(*name)]);
        let (.., value) = put.next()?;
        put.next().is_none().then(|| self.canon(0, *value))
    }

    /// What a caller put into a field of the object before it called the helper that uses it:
    /// `self.key = key`, and the helper stores under `self.key`.
    pub(crate) fn put_before(&self, frame: FrameId, path: &Path) -> Option<(FrameId, ValueId)> {
        let (parent, call) = self.frames[frame as usize].parent?;
        let one = path.root == Root::Receiver && path.steps.len() == 1;
        if !one || self.tree.file(self.entry).lang != Lang::Python {
            return None;
        }
        let field = self.path(frame, path);
        let mut put = (0_u32..).zip(&self.events).filter_map(|(uid, ev)| {
            let EventKind::Act(act) = &ev.event.kind else { return None };
            let function = self.tree.function(self.frames[ev.frame as usize].func);
            let store = function.store(act.store);
            let Place::Path(place) = &store.place else { return None };
            let set = store.kind == StoreKind::Cell && place.steps == path.steps;
            (set && self.path(ev.frame, place) == field).then_some((uid, ev.frame, act.value))
        });
        let (uid, at, value) = put.next()?;
        let before = uid < call && (at == parent || self.chain(call).contains(&at));
        (before && put.next().is_none()).then_some((at, value?))
    }

    /// The number of a variable of a function around this one, as it was when this one was written down.
    pub(crate) fn captured_number(&self, frame: FrameId, path: &Path) -> Option<u64> {
        self.captured_from(frame, path).map(|captured| match captured {
            Captured::Value(outer, value) => self.canon(outer, value),
            Captured::Param(outer, n) => self.argument(outer, n),
        })
    }

    /// What a function within another one takes from around it.
    pub(crate) fn captured_from(&self, frame: FrameId, path: &Path) -> Option<Captured> {
        let (Root::Captured(name), []) = (&path.root, path.steps.as_slice()) else { return None };
        let mut inner = frame;
        while let Some(outer) = self.frames[inner as usize].lexical {
            let function = self.tree.function(self.frames[outer as usize].func);
            let closure = self.frames[inner as usize].func.func;
            let mut captured = function.captured.iter();
            if let Some((.., value)) =
                captured.find(|(within, known, _)| within.0 == closure && known == name)
            {
                return Some(Captured::Value(outer, *value));
            }
            if let Some((n, _)) = (0_u16..).zip(&function.params).find(|(_, p)| p.name == *name) {
                return Some(Captured::Param(outer, n));
            }
            inner = outer;
        }
        None
    }

    /// The numbers of the keys under which an entry was found whose own id is the key: `put(copy)`
    /// stores under `copy.ID` what was found under `id`.
    pub(crate) fn keys_found_under(&self, frame: FrameId, key: ValueId) -> Vec<u64> {
        let Some(entry) = self.entry_named_by(frame, key) else { return Vec::new() };
        let mut trail = Trail::from([entry], STEPS_MAX);
        let mut found = Vec::new();
        while let Some((frame, value)) = trail.step() {
            let function = self.tree.function(self.frames[frame as usize].func);
            match &function.value(value).kind {
                ValueKind::Part(of, 0) => trail.follow([(frame, *of)]),
                // A copy of one thing: `next := *found`.
                ValueKind::New(_, inputs) if inputs.len() == 1 => {
                    trail.follow([(frame, inputs[0])]);
                }
                ValueKind::Op(Op::Convert, inputs) | ValueKind::Phi(inputs) => {
                    trail.follow(inputs.iter().map(|input| (frame, *input)));
                }
                ValueKind::Result(event, _) => match self.callee(frame, *event) {
                    Some(callee) => {
                        let values = self.returned(callee, 0).into_iter();
                        trail.follow(values.map(|(value, at)| (at, value)));
                    }
                    None => {
                        let Some(uid) = self.uid(frame, *event) else { continue };
                        if let EventKind::Read(read) = &self.event(uid).kind {
                            found.extend(read.key.value.map(|value| self.canon(frame, value)));
                        }
                    }
                },
                _ => {}
            }
        }
        found
    }

    /// The entry of which a key is the field that names it.
    fn entry_named_by(&self, frame: FrameId, key: ValueId) -> Option<(FrameId, ValueId)> {
        let activation = &self.frames[frame as usize];
        match &self.tree.function(activation.func).value(key).kind {
            ValueKind::Field(of, name) => names_entry(*name).then_some((frame, *of)),
            ValueKind::Load(Path { root: Root::Param(n), steps }) => match steps.as_slice() {
                [Step::Field(name)] if names_entry(*name) => {
                    let arg = activation.args.get(usize::from(*n))?.as_ref()?;
                    Some((arg.frame, arg.value?))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether a field holds the name by which its entry goes.
fn names_entry(field: Name) -> bool {
    let field = field.as_str();
    matches!(field, "ID" | "Id" | "id" | "Key" | "key" | "Name" | "name" | "UID" | "UUID")
}
