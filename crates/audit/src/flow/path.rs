//! Absolute access paths: the same place has the same path in every frame of a flow.

use amorsize_facts::event::{EventId, Lang, Name, Path, Root, Step, ValueId, ValueKind};

use super::{Flow, FrameId};
use crate::link::FnId;

/// Where an absolute path begins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AbsRoot {
    /// The entry's receiver.
    Receiver,
    /// A class itself.
    Class(Name),
    /// A variable of a module or package of the tree.
    Global(u32, Name),
    /// A name from outside the tree.
    External(Name),
    /// A parameter of the entry.
    Param(u16),
    /// A local of a frame.
    Local(FrameId, Name),
    /// A variable of a function around the entry.
    Captured(Option<FnId>, Name),
    /// What some expression stands for.
    Value(u64, Origin),
}

/// Where a value comes from; two equal values are one wherever they come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub frame: FrameId,
    pub value: ValueId,
    /// What it is called there; empty if nothing.
    pub name: Name,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origin {}

impl std::hash::Hash for Origin {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// An absolute access path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AbsPath {
    pub root: AbsRoot,
    pub steps: Vec<Step>,
}

impl AbsPath {
    fn of(root: AbsRoot) -> Self {
        Self { root, steps: Vec::new() }
    }

    /// Whether it is the lock that `whole` embeds, whose methods are those of `whole`, too.
    pub(crate) fn embedded_in(&self, whole: &Self) -> bool {
        self.root == whole.root
            && matches!(self.steps.split_last(), Some((Step::Field(name), rest))
                if rest == whole.steps.as_slice() && matches!(name.as_str(), "Mutex" | "RWMutex"))
    }

    fn extend(mut self, steps: &[Step]) -> Self {
        self.steps.extend_from_slice(steps);
        self
    }

    /// The path as the entry's reader would write it.
    pub(crate) fn text(&self) -> String {
        let mut text = match &self.root {
            AbsRoot::Receiver => "self".to_owned(),
            AbsRoot::Class(name) | AbsRoot::Global(_, name) | AbsRoot::External(name) => {
                name.as_str().trim_start_matches('.').to_owned()
            }
            AbsRoot::Local(_, name) | AbsRoot::Captured(_, name) => name.as_str().to_owned(),
            AbsRoot::Param(n) => format!("argument {}", n + 1),
            AbsRoot::Value(_, origin) if origin.name.is_empty() => "…".to_owned(),
            AbsRoot::Value(_, origin) => origin.name.as_str().to_owned(),
        };
        for step in &self.steps {
            match step {
                Step::Field(name) => {
                    text.push('.');
                    text.push_str(name.as_str());
                }
                Step::Item => text.push_str("[…]"),
                Step::Getter(name) => {
                    text.push('.');
                    text.push_str(name.as_str());
                    text.push_str("()");
                }
            }
        }
        text
    }
}

impl Flow<'_, '_> {
    /// Makes a path of a frame absolute.
    pub(crate) fn path(&self, frame: FrameId, path: &Path) -> AbsPath {
        self.root(frame, &path.root).extend(&path.steps)
    }

    /// The receiver of a frame.
    pub(crate) fn receiver(&self, frame: FrameId) -> AbsPath {
        let frame = &self.frames[frame as usize];
        frame.receiver.clone().unwrap_or_else(|| AbsPath::of(AbsRoot::Receiver))
    }

    fn root(&self, frame: FrameId, root: &Root) -> AbsPath {
        match root {
            Root::Receiver => self.receiver(frame),
            Root::Class(name) => AbsPath::of(AbsRoot::Class(*name)),
            Root::Param(n) => self.param(frame, *n),
            Root::Global(name) => AbsPath::of(self.global(frame, *name)),
            Root::Captured(name) => self.captured(frame, *name),
            Root::Local { name, .. } => self.local(frame, *name),
            Root::Value(value) => self.of_value(frame, *value, Name::EMPTY),
        }
    }

    /// A local variable, by what it was given if that is another's.
    fn local(&self, frame: FrameId, name: Name) -> AbsPath {
        let function = self.tree.function(self.frames[frame as usize].func);
        match function.origins.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => self.of_value(frame, *value, name),
            None => AbsPath::of(AbsRoot::Local(frame, name)),
        }
    }

    fn of_value(&self, frame: FrameId, value: ValueId, name: Name) -> AbsPath {
        self.value_path(frame, value).unwrap_or_else(|| {
            let origin = Origin { frame, value, name };
            AbsPath::of(AbsRoot::Value(self.canon(frame, value), origin))
        })
    }

    /// The path a value stands for, if it is one.
    pub(crate) fn value_path(&self, frame: FrameId, value: ValueId) -> Option<AbsPath> {
        let function = self.tree.function(self.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::Receiver => Some(self.receiver(frame)),
            ValueKind::Param(n) => Some(self.param(frame, *n)),
            ValueKind::Load(path) if !matches!(path.root, Root::Value(_)) => {
                Some(self.path(frame, path))
            }
            ValueKind::Result(event, _) => self.handed_out(frame, *event),
            _ => None,
        }
    }

    /// The field that a helper of Go always hands out: `m.entries()`, which makes the map at its first use.
    fn handed_out(&self, frame: FrameId, event: EventId) -> Option<AbsPath> {
        let callee = self.callee(frame, event)?;
        let func = self.frames[callee as usize].func;
        if self.tree.file(func).lang != Lang::Go || self.tree.function(func).returns.len() != 1 {
            return None;
        }
        let mut given = self.returned(callee, 0).into_iter();
        let (value, at) = given.next()?;
        let ValueKind::Load(path) = &self.tree.function(func).value(value).kind else {
            return None;
        };
        let field = matches!(
            (&path.root, path.steps.as_slice()),
            (Root::Receiver, [.., Step::Field(_)]) | (Root::Global(_), _)
        ) && path.steps.iter().all(|step| matches!(step, Step::Field(_)));
        let path = field.then(|| self.path(at, path))?;
        given.all(|(value, at)| self.value_path(at, value).as_ref() == Some(&path)).then_some(path)
    }

    fn param(&self, frame: FrameId, n: u16) -> AbsPath {
        let activation = &self.frames[frame as usize];
        if activation.parent.is_none() {
            return AbsPath::of(AbsRoot::Param(n));
        }
        match activation.args.get(usize::from(n)) {
            Some(Some(arg)) => {
                if let Some(path) = &arg.path {
                    return path.clone();
                }
                match arg.value {
                    Some(value) => self.of_value(arg.frame, value, Name::EMPTY),
                    None => AbsPath::of(AbsRoot::Local(frame, Name::EMPTY)),
                }
            }
            _ => AbsPath::of(AbsRoot::Local(frame, Name::EMPTY)),
        }
    }

    fn global(&self, frame: FrameId, name: Name) -> AbsRoot {
        global(self.tree, self.frames[frame as usize].func.file, name)
    }

    fn captured(&self, frame: FrameId, name: Name) -> AbsPath {
        let activation = &self.frames[frame as usize];
        if let Some(lexical) = activation.lexical {
            return self.named_in(lexical, name);
        }
        // The entry itself is a closure: look at the functions around it.
        let mut around = self.tree.parent(activation.func);
        while let Some(outer) = around {
            let function = self.tree.function(outer);
            if function.receiver.as_ref().is_some_and(|receiver| receiver.name == name) {
                return AbsPath::of(AbsRoot::Receiver);
            }
            around = self.tree.parent(outer);
        }
        AbsPath::of(AbsRoot::Captured(self.tree.parent(activation.func), name))
    }

    /// A name as the frame of an enclosing function has it.
    fn named_in(&self, frame: FrameId, name: Name) -> AbsPath {
        let activation = &self.frames[frame as usize];
        let function = self.tree.function(activation.func);
        if function.receiver.as_ref().is_some_and(|receiver| receiver.name == name) {
            return self.receiver(frame);
        }
        if let Some((n, _)) = (0_u16..).zip(&function.params).find(|(_, p)| p.name == name) {
            return self.param(frame, n);
        }
        match activation.lexical {
            Some(lexical) if !function.origins.iter().any(|(known, _)| *known == name) => {
                self.named_in(lexical, name)
            }
            _ => self.local(frame, name),
        }
    }
}

/// The variable that a file calls `name`.
pub(crate) fn global(tree: &crate::link::Tree<'_>, file: u32, name: Name) -> AbsRoot {
    let text = name.as_str();
    if text.starts_with('.') && !text.starts_with("..") {
        return AbsRoot::Global(tree.package(file), name);
    }
    if let Some((module, last)) = text.rsplit_once('.')
        && let Some(file) = tree.module(module).first()
    {
        return AbsRoot::Global(tree.package(*file), Name::new(&format!(".{last}")));
    }
    AbsRoot::External(name)
}
