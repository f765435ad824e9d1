//! A function that ends by calling itself with what it was given does what it does once more: that is a loop.

use super::body::Body;
use crate::event::{
    Block, Call, Event, EventKind, FunctionKind, Loop, LoopKind, Node, Return, Root, Span,
    ValueKind,
};

impl Body<'_, '_, '_> {
    /// The body as a loop, if one of its ways out is a call of itself.
    pub(super) fn once_more(&mut self, mut body: Block, params: usize, span: Span) -> Block {
        if matches!(self.kind, FunctionKind::Module) || !self.turn_back(&mut body, params) {
            return body;
        }
        let id = self.next_event();
        let end = EventKind::Return(Return { values: Vec::new(), constant: None });
        body.push(Node::Event(Event { id, span, kind: end }));
        vec![Node::Loop(Box::new(Loop {
            kind: LoopKind::Forever,
            head: Vec::new(),
            cond: None,
            body,
            otherwise: Vec::new(),
            span,
        }))]
    }

    /// Goes round where the function calls itself and answers what that answers. What stands in a loop goes round
    /// there, and is left as it is.
    fn turn_back(&self, block: &mut Block, params: usize) -> bool {
        let mut found = false;
        let mut at = 0;
        while at < block.len() {
            found |= match &mut block[at] {
                Node::Branch(branch) => {
                    let then = self.turn_back(&mut branch.then, params);
                    self.turn_back(&mut branch.other, params) || then
                }
                Node::Try(tried) => {
                    let mut any = self.turn_back(&mut tried.otherwise, params);
                    for handler in &mut tried.handlers {
                        any |= self.turn_back(&mut handler.body, params);
                    }
                    any
                }
                Node::With(with) => self.turn_back(&mut with.body, params),
                Node::Loop(_) | Node::Event(_) => false,
            };
            if self.is_again(block.get(at), block.get(at + 1), params)
                && let Some(Node::Event(event)) = block.get_mut(at + 1)
            {
                event.kind = EventKind::Continue;
                block.remove(at);
                found = true;
            }
            at += 1;
        }
        found
    }

    fn is_again(&self, called: Option<&Node>, answered: Option<&Node>, params: usize) -> bool {
        let Some(EventKind::Call(call)) = called.and_then(Node::event).map(|event| &event.kind)
        else {
            return false;
        };
        let Some(EventKind::Return(ret)) = answered.and_then(Node::event).map(|event| &event.kind)
        else {
            return false;
        };
        ret.values == [call.result] && self.calls_itself(call) && self.hands_on(call, params)
    }

    fn calls_itself(&self, call: &Call) -> bool {
        let own = self.name.as_str().rsplit('.').next().unwrap_or_default();
        let here = match &call.receiver {
            Some(path) => {
                self.class.is_some()
                    && path.root == Root::Receiver
                    && path.steps.is_empty()
                    && !call.callee.as_str().starts_with("super.")
            }
            None => self.class.is_none() && call.callee.as_str().strip_prefix('.') == Some(own),
        };
        here && call.name == own
    }

    fn hands_on(&self, call: &Call, params: usize) -> bool {
        let same = |(n, id): (usize, &crate::event::ValueId)| matches!(self.value(*id), ValueKind::Param(given) if usize::from(*given) == n);
        call.named.is_empty() && call.args.len() == params && call.args.iter().enumerate().all(same)
    }
}
