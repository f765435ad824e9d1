//! The flow as a structure: frames, events, and the items they stand in.

use amorsize_facts::event::{
    Event, EventId, EventKind, LoopKind, Name, Op, Root, ValueId, ValueKind,
};
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::build::Touching;
use super::path::AbsPath;
use super::value::Deps;
use crate::link::{ClassId, FnId, Tree};
use crate::slice::AbsPlace;

/// Frames within each other that there is room for at first.
const CHAIN_USUAL: usize = 4;

/// Number of an event in a flow.
pub(crate) type Uid = u32;
/// Number of a frame in a flow.
pub(crate) type FrameId = u32;

/// One activation of a function.
#[derive(Debug)]
pub(crate) struct Frame {
    pub func: FnId,
    pub class: Option<ClassId>,
    /// The calling frame and the call's event.
    pub parent: Option<(FrameId, Uid)>,
    /// The frame of the enclosing function, for a closure that runs in place.
    pub lexical: Option<FrameId>,
    /// The receiver; `None` in the entry, whose receiver is nobody else's name.
    pub receiver: Option<AbsPath>,
    pub args: Vec<Option<Arg>>,
    pub depth: u8,
}

/// An argument, as the calling frame has it.
#[derive(Clone, Debug)]
pub(crate) struct Arg {
    pub frame: FrameId,
    pub value: Option<ValueId>,
    pub path: Option<AbsPath>,
}

/// An event and the frame it runs in.
#[derive(Debug)]
pub(crate) struct Ev<'f> {
    pub frame: FrameId,
    pub event: &'f Event,
}

/// A node of a flow.
#[derive(Debug)]
pub(crate) enum Item<'f> {
    Event(Uid),
    Branch(Box<Fork<'f>>),
    Loop(Box<Round<'f>>),
    Try(Box<Attempt<'f>>),
    With(Box<Region<'f>>),
    Call(Box<Inlined<'f>>),
    /// The body of a `with` whose context manager is a generator of the tree: it runs where that yields.
    Within(Vec<Self>),
    /// A lock given back by calling the function that a helper returned.
    Unlock(Uid, AbsPath),
}

#[derive(Debug)]
pub(crate) struct Fork<'f> {
    pub cond: Question<'f>,
    pub then: Vec<Item<'f>>,
    pub other: Vec<Item<'f>>,
}

/// A condition with what is evaluated on the way.
#[derive(Debug)]
pub(crate) enum Question<'f> {
    Unknown,
    Value(FrameId, ValueId),
    Not(Box<Self>),
    All(Vec<(Vec<Item<'f>>, Self)>),
    Any(Vec<(Vec<Item<'f>>, Self)>),
}

#[derive(Debug)]
pub(crate) struct Round<'f> {
    pub kind: LoopKind,
    pub head: Vec<Item<'f>>,
    pub cond: Option<Question<'f>>,
    pub body: Vec<Item<'f>>,
    pub otherwise: Vec<Item<'f>>,
}

#[derive(Debug)]
pub(crate) struct Attempt<'f> {
    pub body: Vec<Item<'f>>,
    pub handlers: Vec<Catch<'f>>,
    pub otherwise: Vec<Item<'f>>,
    pub finally: Vec<Item<'f>>,
}

#[derive(Debug)]
pub(crate) struct Catch<'f> {
    pub types: &'f [Name],
    pub body: Vec<Item<'f>>,
}

#[derive(Debug)]
pub(crate) struct Region<'f> {
    pub enter: Vec<Item<'f>>,
    pub body: Vec<Item<'f>>,
    pub exit: Vec<Item<'f>>,
}

#[derive(Debug)]
pub(crate) struct Inlined<'f> {
    pub call: Uid,
    pub frame: FrameId,
    pub body: Vec<Item<'f>>,
}

/// What values are made from, by value and the key that counts for nothing.
pub(super) type MadeFrom = FxHashMap<(FrameId, ValueId, Option<u64>), Rc<Deps>>;

/// The whole flow of an entry.
pub(crate) struct Flow<'t, 'f> {
    pub tree: &'t Tree<'f>,
    pub touching: &'t Touching,
    pub entry: FnId,
    pub class: Option<ClassId>,
    pub frames: Vec<Frame>,
    pub events: Vec<Ev<'f>>,
    pub items: Vec<Item<'f>>,
    /// Whether a bound cut something off.
    pub truncated: bool,
    pub(super) calls: FxHashMap<(FrameId, EventId), FrameId>,
    /// The numbers of the events of each frame, by their own; `Uid::MAX` where the flow does not have one.
    pub(super) index: Vec<Vec<Uid>>,
    /// What explorations of this flow may still cost.
    pub(crate) purse: crate::explore::Purse,
    /// Where the store of each event stands, and what of it the event is about, computed once.
    pub(crate) places: Vec<OnceCell<Option<AbsPlace>>>,
    pub(crate) seats: Vec<OnceCell<Box<crate::slice::Seat>>>,
    pub(super) canon: RefCell<FxHashMap<(FrameId, ValueId), u64>>,
    /// What values are made from, computed once.
    pub(super) made_from: RefCell<MadeFrom>,
    /// The acts that store each value, found once.
    pub(super) stored: OnceCell<FxHashMap<(FrameId, ValueId), Uid>>,
    /// Whether an event loop runs it, found once.
    pub(crate) on_a_loop: OnceCell<bool>,
    /// The values of variables and of parts of what was seen, found once.
    pub(super) carriers: OnceCell<Vec<(FrameId, ValueId)>>,
    /// What is written through the handle of each opening, computed once.
    pub(super) contents: RefCell<FxHashMap<Uid, Vec<(FrameId, ValueId)>>>,
}

impl<'f> Flow<'_, 'f> {
    /// All events, by their numbers.
    pub(crate) fn uids(&self) -> std::ops::Range<Uid> {
        0..Uid::try_from(self.events.len()).unwrap_or(0)
    }

    /// The event.
    pub(crate) fn event(&self, uid: Uid) -> &'f Event {
        self.events[uid as usize].event
    }

    /// The frame an event runs in.
    pub(crate) fn frame_of(&self, uid: Uid) -> FrameId {
        self.events[uid as usize].frame
    }

    /// The blocks of an item in which the function goes on by itself: both sides of a branch, what is
    /// tried, the body of a region, and what a context manager runs; not what other calls do.
    pub(crate) fn own_blocks<'i>(&self, item: &'i Item<'f>) -> Vec<&'i [Item<'f>]> {
        match item {
            Item::Branch(fork) => vec![&fork.then, &fork.other],
            Item::Try(attempt) => vec![&attempt.body],
            Item::With(region) => vec![&region.body],
            Item::Loop(round) => vec![&round.body],
            Item::Within(items) => vec![items],
            Item::Call(inlined) if self.is_manager(inlined.frame) => vec![&inlined.body],
            Item::Call(_) | Item::Event(_) | Item::Unlock(..) => Vec::new(),
        }
    }

    /// All values of all frames.
    pub(crate) fn values(&self) -> impl Iterator<Item = (FrameId, ValueId, &'f ValueKind)> + '_ {
        (0..).zip(&self.frames).flat_map(|(frame, activation)| {
            let values = &self.tree.function(activation.func).values;
            (0..).zip(values).map(move |(n, value)| (frame, ValueId(n), &value.kind))
        })
    }

    /// Those that may carry what was seen from one place to another: variables where ways meet, variables of the
    /// functions around, parts of answers, and what answers are compared with.
    pub(crate) fn carriers(&self) -> impl Iterator<Item = (FrameId, ValueId, &'f ValueKind)> + '_ {
        let carries = |kind: &ValueKind| match kind {
            ValueKind::Phi(_) | ValueKind::Field(..) | ValueKind::Item(..) => true,
            ValueKind::Op(op, _) => matches!(op, Op::Eq | Op::Ne | Op::Is | Op::IsNot),
            ValueKind::Load(path) => {
                matches!(path.root, Root::Local { .. }) && path.steps.is_empty()
            }
            _ => false,
        };
        let find = || {
            let found = self.values().filter(|(_, _, kind)| carries(kind));
            found.map(|(frame, value, _)| (frame, value)).collect()
        };
        self.carriers.get_or_init(find).iter().map(|(frame, value)| {
            let function = self.tree.function(self.frames[*frame as usize].func);
            (*frame, *value, &function.value(*value).kind)
        })
    }

    /// The first act of a frame that stores a value.
    pub(crate) fn stored_by(&self, frame: FrameId, value: ValueId) -> Option<Uid> {
        let stored = self.stored.get_or_init(|| {
            let mut stored = FxHashMap::default();
            for (uid, ev) in (0..).zip(&self.events) {
                if let EventKind::Act(act) = &ev.event.kind
                    && let Some(value) = act.value
                {
                    stored.entry((ev.frame, value)).or_insert(uid);
                }
            }
            stored
        });
        stored.get(&(frame, value)).copied()
    }

    /// The number of an event of a frame.
    pub(crate) fn uid(&self, frame: FrameId, event: EventId) -> Option<Uid> {
        let uid = *self.index.get(frame as usize)?.get(event.0 as usize)?;
        (uid != Uid::MAX).then_some(uid)
    }

    /// What the caller gave for a parameter of a frame.
    pub(crate) fn handed_in(&self, frame: FrameId, n: u16) -> Option<(FrameId, ValueId)> {
        let arg = self.frames[frame as usize].args.get(usize::from(n))?.as_ref()?;
        Some((arg.frame, arg.value?))
    }

    /// The frame in which an inlined call runs.
    pub(crate) fn callee(&self, frame: FrameId, call: EventId) -> Option<FrameId> {
        self.calls.get(&(frame, call)).copied()
    }

    /// The chain of frames from the entry to the event's own.
    pub(crate) fn chain(&self, uid: Uid) -> Vec<FrameId> {
        self.chain_of(self.frame_of(uid))
    }

    /// The frames from the outermost to one.
    pub(crate) fn chain_of(&self, frame: FrameId) -> Vec<FrameId> {
        let mut chain = Vec::with_capacity(CHAIN_USUAL);
        chain.push(frame);
        while let Some((parent, _)) = self.frames[*chain.last().unwrap_or(&0) as usize].parent {
            chain.push(parent);
        }
        chain.reverse();
        chain
    }

    /// Where the event shows in the frame `at`: its own place, or that of the call towards it.
    pub(crate) fn place(&self, uid: Uid, at: FrameId) -> Option<Uid> {
        let mut uid = uid;
        loop {
            let frame = self.frame_of(uid);
            if frame == at {
                return Some(uid);
            }
            let (_, call) = self.frames[frame as usize].parent?;
            uid = call;
        }
    }

    /// Where the event shows in the code of the entry: its own place, or that of the call towards it, in the innermost
    /// closure that stands there.
    pub(crate) fn place_in_entry(&self, uid: Uid) -> Option<Uid> {
        let mut at = 0;
        for frame in self.chain(uid) {
            if self.frames[frame as usize].lexical == Some(at) {
                at = frame;
            }
        }
        self.place(uid, at)
    }

    /// The innermost frame that contains both events.
    pub(crate) fn common(&self, a: Uid, b: Uid) -> FrameId {
        let (a, b) = (self.chain(a), self.chain(b));
        a.iter().zip(&b).take_while(|(a, b)| a == b).last().map_or(0, |(frame, _)| *frame)
    }
}
