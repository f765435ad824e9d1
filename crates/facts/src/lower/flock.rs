//! Locks on open files: `fcntl.flock(f, …)`, `syscall.Flock(int(f.Fd()), …)`. Which lock it is says
//! the name of the file, not the variable that holds it: two functions that open the same name keep
//! each other out.

use super::body::Body;
use super::effect::Args;
use crate::event::{Key, LockMode, Name, Path, Piece, Root, ValueId, ValueKind};

/// Steps from a descriptor back to the file it is of.
const STEPS_MAX: usize = 4;

impl Body<'_, '_, '_> {
    /// The lock that stands for an open file, by the file's name; `None` where the name is not known.
    pub(super) fn file_lock(&self, handle: ValueId) -> Option<Path> {
        let text = self.key_of_handle(handle, STEPS_MAX)?.text?;
        let mut name = String::from(".");
        for piece in &text.0 {
            match piece {
                Piece::Fixed(fixed) => name.push_str(fixed.as_str()),
                Piece::Hole(_, code) if !code.as_str().is_empty() => {
                    name.push('{');
                    name.push_str(code.as_str());
                    name.push('}');
                }
                // `path + ".lock"`: what the path is called here.
                Piece::Hole(value, _) => match self.value(*value) {
                    ValueKind::Param(n) => {
                        let called = self.param_names.get(usize::from(*n))?;
                        name.extend(["{", called.as_str(), "}"]);
                    }
                    ValueKind::Load(path) => name.extend(["{", &path.to_string(), "}"]),
                    _ => return None,
                },
            }
        }
        (name.len() > 1).then(|| Path::root(Root::Global(Name::new(&name))))
    }

    /// The lock that an object stands for which was made for the name of a file: `flock.New(name)`.
    pub(super) fn lock_of_file(&self, object: ValueId) -> Option<Path> {
        let made = matches!(self.value(object), ValueKind::New(..)).then_some(object)?;
        let key = self.handles.get(&made)?;
        self.file_lock(made).or_else(|| Some(Path::root(Root::Value(key.value?))))
    }

    fn key_of_handle(&self, value: ValueId, left: usize) -> Option<Key> {
        if let Some(key) = self.handles.get(&value) {
            return Some(key.clone());
        }
        let mut inputs = self.value(value).inputs();
        inputs.find_map(|input| self.key_of_handle(input, left.checked_sub(1)?))
    }

    /// What the flags of a call ask for: `None` gives the lock back.
    pub(super) fn lock_mode(&self, args: &Args, mode: LockMode) -> Option<LockMode> {
        let mut mode = Some(mode);
        for given in &args.given {
            let name = match self.value(given.val.id) {
                ValueKind::Named(name) | ValueKind::Load(Path { root: Root::Global(name), .. }) => {
                    *name
                }
                _ => continue,
            };
            match name.as_str().rsplit('.').next() {
                Some("LOCK_UN") => mode = None,
                Some("LOCK_SH") => mode = mode.map(|_| LockMode::Shared),
                _ => {}
            }
        }
        mode
    }
}
