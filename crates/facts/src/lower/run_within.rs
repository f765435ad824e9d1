//! Functions that are handed to a transaction, and what such a transaction hands them: `db.Update(func(tx
//! *bolt.Tx) error { … })`. What the function does with `tx` it does to the database.

use super::body::{Body, Val, shared};
use super::effect::Args;
use crate::event::{
    Call, EventKind, Isolation, Name, Node, Path, Piece, Span, Step, TxBegin, TxEnd, Uses, ValueId,
    ValueKind, With,
};
use crate::vocabulary::Row;

/// Letters of the name of a part.
const NAME_MAX: usize = 60;

impl Body<'_, '_, '_> {
    /// Runs a function, with the object that it works on.
    pub(super) fn run(&mut self, target: ValueId, on: Option<&Val>, span: Span) -> ValueId {
        let event = self.next_event();
        let result = self.result(event, Name::EMPTY, vec![target], span);
        let given = on.and_then(|val| val.path.clone()).filter(shared);
        let call = Call {
            name: Name::EMPTY,
            callee: match self.value(target) {
                ValueKind::Named(name) => *name,
                _ => Name::EMPTY,
            },
            receiver: None,
            receiver_value: Some(target),
            receiver_type: None,
            args: on.iter().map(|val| val.id).collect(),
            named: Vec::new(),
            paths: given.map(|path| (0, path)).into_iter().collect(),
            result,
            used: Uses::default(),
            awaited: false,
            deferred: false,
        };
        self.emit(event, span, EventKind::Call(Box::new(call)));
        result
    }

    /// Runs the function that is handed over between the beginning and the end of a transaction; gives what it
    /// returns.
    pub(super) fn run_in_transaction(
        &mut self,
        row: &Row,
        args: &Args,
        (isolation, on): (Isolation, Option<Path>),
        span: Span,
    ) -> Option<ValueId> {
        let target = args.get(row.value).map(|val| val.id);
        let begin = TxBegin { on: on.clone(), isolation };
        let enter = self.within(|it| {
            it.emit_new(span, EventKind::TxBegin(Box::new(begin)));
        });
        let mut told = None;
        let body = self.within(|it| {
            told = target.map(|target| it.run(target, args.receiver.as_ref(), span));
        });
        let exit = self.within(|it| {
            it.emit_new(span, EventKind::TxEnd(Box::new(TxEnd { on, commit: true })));
        });
        self.push(Node::With(Box::new(With { enter, body, exit, span })));
        told
    }

    /// `item.Value(func(value []byte) error { … })`: gives what the function returns.
    pub(super) fn run_on_receiver(&mut self, row: &Row, args: &Args, span: Span) -> Val {
        let target = args.get(row.value).map(|val| val.id);
        let told = target.map(|target| self.run(target, args.receiver.as_ref(), span));
        Val { id: told.unwrap_or_else(|| self.unknown(span)), ty: None, path: None }
    }

    /// `tx.Bucket([]byte("users"))`: a part of what the receiver holds, by its name.
    pub(super) fn part_by_name(&mut self, row: &Row, args: &Args, span: Span) -> Val {
        let ty = row.returns.map(|class| self.returned(class));
        let id = self.made_by_row(row, args, span).id;
        let named = args.get(row.key).and_then(|val| self.part_name(val));
        let path = args.receiver.as_ref().and_then(|val| val.path.clone()).filter(shared);
        let path = path.map(|mut path| {
            path.steps.push(named.map_or(Step::Getter(args.name), Step::Field));
            path
        });
        Val { id, ty, path }
    }

    /// What a part is called: the text of its name, or the variable that holds it.
    fn part_name(&self, of: &Val) -> Option<Name> {
        let text = self.key_text(of.id).and_then(|text| match text.0.as_slice() {
            [Piece::Fixed(name)] => Some(name.to_string()),
            _ => None,
        });
        let name =
            text.or_else(|| of.path.as_ref().filter(|path| shared(path)).map(Path::to_string));
        name.filter(|name| name.len() < NAME_MAX).map(|name| Name::new(&name))
    }
}
