//! What a case is run on: an engine of its own, whose time can pass and whose bytes can be damaged.

use std::sync::Arc;
use std::time::Duration;

use crate::key::KeyId;
use crate::store::Store;

/// Time to live that the cases use; one [`Subject::pass`] of [`PAST`] is beyond it.
pub const TTL: Duration = Duration::from_millis(200);
/// A span longer than [`TTL`].
pub const PAST: Duration = Duration::from_millis(250);
/// A time to live that no case outlives.
pub const LONG: Duration = Duration::from_hours(1);

/// An engine under test, with data of its own that nobody else touches.
pub trait Subject: Sync {
    /// Another handle on the same data (its own connections, where there are any).
    fn open(&self) -> Arc<dyn Store>;

    /// Lets time pass, for every handle.
    fn pass(&self, span: Duration);

    /// Whether a fresh store can prove that a key was never stored. A server that may have lost everything without a
    /// trace cannot: there "absent" always says since when.
    fn proves_never(&self) -> bool {
        true
    }

    /// Damages the bytes of an entry behind the engine's back; `false` when this engine cannot do this kind.
    fn damage(&self, id: &KeyId, damage: Damage) -> bool;
}

/// A way to damage an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// One bit of the envelope is flipped.
    EnvelopeBit(usize),
    /// The envelope loses its last byte.
    EnvelopeCut,
    /// One bit of the body is flipped.
    BodyBit(usize),
    /// The body loses its last byte.
    BodyCut,
    /// The body is gone.
    BodyLost,
}

impl Damage {
    /// The damaged form of an envelope and a body.
    #[must_use]
    pub fn apply(self, mut envelope: Vec<u8>, body: Option<Vec<u8>>) -> (Vec<u8>, Option<Vec<u8>>) {
        let flip = |bytes: &mut Vec<u8>, bit: usize| {
            let at = bit / 8 % bytes.len().max(1);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (bit % 8);
            }
        };
        let mut body = body;
        match (self, body.as_mut()) {
            (Self::EnvelopeBit(bit), _) => flip(&mut envelope, bit),
            (Self::EnvelopeCut, _) => drop(envelope.pop()),
            (Self::BodyBit(bit), Some(body)) => flip(body, bit),
            (Self::BodyCut, Some(body)) => drop(body.pop()),
            (Self::BodyLost, _) => body = None,
            (Self::BodyBit(_) | Self::BodyCut, None) => {}
        }
        (envelope, body)
    }
}
