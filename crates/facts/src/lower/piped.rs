//! What a pipeline of Redis answers: one list with what each command that was put into it would have answered, in
//! the order in which they were put there.
//!
//! Only where all of them, and the call that sends them, stand in one block: of commands that a loop or a branch puts
//! in nobody knows how many there are.

use super::body::{Body, Val};
use super::effect::Args;
use crate::event::{Path, Span, ValueId, ValueKind};
use crate::vocabulary::{Does, Row, Tx};

/// What was put into a pipeline so far.
#[derive(Default)]
pub(super) struct Piped {
    answers: Vec<ValueId>,
    /// How deep within the function's blocks the first of them stands.
    depth: usize,
    /// Another stands elsewhere.
    scattered: bool,
}

impl Body<'_, '_, '_> {
    /// Notes what a row does to a pipeline of Python, and gives what is to be taken for its answer.
    pub(super) fn piped(&mut self, row: &Row, args: &Args, val: Val, span: Span) -> Val {
        let Some(path) = self.pipeline(args) else { return val };
        let depth = self.stack.len();
        match &row.does {
            Does::Tx(Tx::Commit, _) => {
                let put = self.piped.remove(&path).unwrap_or_default();
                let known = !put.answers.is_empty() && !put.scattered && put.depth == depth;
                if !known {
                    return val;
                }
                Val { id: self.pure(ValueKind::Tuple(put.answers), span), ty: None, path: None }
            }
            // What is watched is asked for at once; from here on commands wait to be sent.
            Does::Nothing => {
                self.piped.remove(&path);
                val
            }
            Does::Check(..) | Does::Read | Does::Act(_) | Does::Enumerate => {
                let put = self.piped.entry(path).or_default();
                if put.answers.is_empty() {
                    put.depth = depth;
                }
                put.scattered |= put.depth != depth;
                put.answers.push(val.id);
                val
            }
            _ => val,
        }
    }

    /// The pipeline that a method is called on.
    fn pipeline(&self, args: &Args) -> Option<Path> {
        let receiver = args.receiver.as_ref().filter(|_| !self.cx.is_go())?;
        let class = self.cx.class_of(receiver.ty.as_ref()?)?;
        let path = receiver.path.clone()?;
        (self.cx.words.class(class).name == "pipeline").then_some(path)
    }
}
