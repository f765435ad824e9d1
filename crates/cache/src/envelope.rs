//! The fixed header of every entry, readable by every later version.
//!
//! An entry is an [`Envelope`] and a body. When the body goes (pruned, evicted, deleted) the envelope stays as a
//! tombstone, so that the next look-up can still say why. The layout below never changes; a later version may only
//! raise `env_version` and put something *after* these bytes, as version 2 did with `stored_by`.
//!
//! ```text
//!  0 env_version u16 |  2 kind u8 | 3 cause u8 | 4 fmt u32 | 8 generation u64 | 16 created u64 | 24 ttl u64
//! 32 cost u64 | 40 fingerprint u128 | 56 ended u64 | 64 ended_by u64 | 72 body_sum u64 | 80 body_len u32 | 84 sum u64
//! 92 stored_by u32
//! ```
//!
//! All numbers are little-endian; `sum` covers all the rest. Both checksums are bound to the key: bytes that were moved to another key do not
//! pass. [`Envelope::decode`] accepts any bytes and never panics.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::fingerprint::SideId;
use crate::key::KeyId;
use crate::time::{Time, span_ns};

/// The version of the layout above.
pub const ENV_VERSION: u16 = 2;
/// The length of an encoded envelope, and so the size of a tombstone without its name.
pub const ENVELOPE_BYTES: usize = 96;
/// The length in version 1, which did not say who stored the value.
const V1_BYTES: usize = 92;
const SUM_AT: usize = 84;

/// The version of an entry: grows with every change of its state, on every engine.
///
/// A generation is a hybrid clock: the largest of the time of the write, the entry's last generation + 1 and the
/// floor + 1. So it needs no counter, never repeats for a key, and reads as a time. Pruning does not change it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Gen(pub u64);

impl std::fmt::Display for Gen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What an entry is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum State {
    /// It has its body (which may have expired).
    Live = 0,
    /// It expired and its body was cleaned away. No look-up may answer differently because of that.
    Pruned = 1,
    /// Its body had to go for want of room.
    Evicted = 2,
    /// Somebody removed it.
    Deleted = 3,
}

/// Why an entry's body went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Cause {
    /// It did not go.
    None = 0,
    /// Its time to live had passed.
    Ttl = 1,
    /// The store was larger than its bound.
    SizeBound = 2,
    /// The server dropped the body by its own policy.
    Server = 3,
    /// It was removed by its key.
    Remove = 4,
    /// Its namespace or the whole store was cleared.
    Clear = 5,
    /// It was damaged; a repair set its bytes aside.
    Repair = 6,
    /// A prune by a clock that was wrong took its body before its time.
    Clock = 7,
}

impl State {
    const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::Live,
            1 => Self::Pruned,
            2 => Self::Evicted,
            3 => Self::Deleted,
            _ => return None,
        })
    }
}

impl Cause {
    const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::None,
            1 => Self::Ttl,
            2 => Self::SizeBound,
            3 => Self::Server,
            4 => Self::Remove,
            5 => Self::Clear,
            6 => Self::Repair,
            7 => Self::Clock,
            _ => return None,
        })
    }
}

/// The header of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Envelope {
    /// What the entry is now.
    pub state: State,
    /// Why its body went; [`Cause::None`] while it is live.
    pub cause: Cause,
    /// The payload format version of whoever wrote it.
    pub fmt: u32,
    /// Its version.
    pub generation: Gen,
    /// When the value was stored, by the clock that look-ups are judged by.
    pub created: Time,
    /// How long its writer lets it live, in nanoseconds; `u64::MAX` for ever.
    pub ttl_ns: u64,
    /// What it cost to compute, in nanoseconds; 0 when unknown.
    pub cost_ns: u64,
    /// The machine it was computed on ([`SideId::NONE`] for "any").
    pub fingerprint: SideId,
    /// When its body went; the epoch while it is live.
    pub ended: Time,
    /// Who made it go: a [`SideId::short`] whose side text names the process; 0 while it is live.
    pub ended_by: u64,
    /// Checksum of the body, bound to the key.
    pub body_sum: u64,
    /// Length of the body.
    pub body_len: u32,
    /// Who stored the value: a [`SideId::brief`] whose side text names the program; 0 when that is not known.
    pub stored_by: u32,
}

impl Envelope {
    /// An envelope of nothing, to fill in.
    pub const EMPTY: Self = Self {
        state: State::Live,
        cause: Cause::None,
        fmt: 0,
        generation: Gen(0),
        created: Time::EPOCH,
        ttl_ns: u64::MAX,
        cost_ns: 0,
        fingerprint: SideId::NONE,
        ended: Time::EPOCH,
        ended_by: 0,
        body_sum: 0,
        body_len: 0,
        stored_by: 0,
    };

    /// When its writer's time to live has passed; [`Time::NEVER`] without one. It is expired *after* this time.
    #[must_use]
    pub fn expires(&self) -> Time {
        if self.ttl_ns == u64::MAX {
            return Time::NEVER;
        }
        self.created.plus(Duration::from_nanos(self.ttl_ns))
    }

    /// Whether the writer's time to live has passed at `t`.
    #[must_use]
    pub fn is_expired(&self, t: Time) -> bool {
        self.ttl_ns != u64::MAX && span_ns(t.since(self.created)) > self.ttl_ns
    }

    /// The bytes, with the checksum bound to `key`.
    #[must_use]
    pub fn encode(&self, key: &KeyId) -> [u8; ENVELOPE_BYTES] {
        let mut out = [0; ENVELOPE_BYTES];
        out[0..2].copy_from_slice(&ENV_VERSION.to_le_bytes());
        out[2] = self.state as u8;
        out[3] = self.cause as u8;
        out[4..8].copy_from_slice(&self.fmt.to_le_bytes());
        out[8..16].copy_from_slice(&self.generation.0.to_le_bytes());
        out[16..24].copy_from_slice(&self.created.ns().to_le_bytes());
        out[24..32].copy_from_slice(&self.ttl_ns.to_le_bytes());
        out[32..40].copy_from_slice(&self.cost_ns.to_le_bytes());
        out[40..56].copy_from_slice(&self.fingerprint.0.to_le_bytes());
        out[56..64].copy_from_slice(&self.ended.ns().to_le_bytes());
        out[64..72].copy_from_slice(&self.ended_by.to_le_bytes());
        out[72..80].copy_from_slice(&self.body_sum.to_le_bytes());
        out[80..84].copy_from_slice(&self.body_len.to_le_bytes());
        out[V1_BYTES..].copy_from_slice(&self.stored_by.to_le_bytes());
        let sum = sum_of(&out, key);
        out[SUM_AT..V1_BYTES].copy_from_slice(&sum.to_le_bytes());
        out
    }

    /// The envelope of `key` in `bytes`.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn decode(bytes: &[u8], key: &KeyId) -> Result<Self, Corruption> {
        if bytes.len() < V1_BYTES {
            return Err(Corruption::EnvelopeLength { found: bytes.len() });
        }
        if number::<8>(bytes, SUM_AT) != sum_of(bytes, key) {
            return Err(Corruption::EnvelopeSum);
        }
        let is_long_enough = match u16::from_le_bytes([bytes[0], bytes[1]]) {
            0 => false,
            1 => bytes.len() == V1_BYTES,
            ENV_VERSION => bytes.len() == ENVELOPE_BYTES,
            _ => bytes.len() > ENVELOPE_BYTES,
        };
        if !is_long_enough {
            return Err(Corruption::EnvelopeLength { found: bytes.len() });
        }
        let state = State::from_byte(bytes[2]).ok_or(Corruption::EnvelopeField)?;
        let cause = Cause::from_byte(bytes[3]).ok_or(Corruption::EnvelopeField)?;
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&bytes[40..56]);
        let mut fmt = [0; 4];
        fmt.copy_from_slice(&bytes[4..8]);
        let mut body_len = [0; 4];
        body_len.copy_from_slice(&bytes[80..84]);
        Ok(Self {
            state,
            cause,
            fmt: u32::from_le_bytes(fmt),
            generation: Gen(number::<8>(bytes, 8)),
            created: Time::from_ns(number::<8>(bytes, 16)),
            ttl_ns: number::<8>(bytes, 24),
            cost_ns: number::<8>(bytes, 32),
            fingerprint: SideId(u128::from_le_bytes(fingerprint)),
            ended: Time::from_ns(number::<8>(bytes, 56)),
            ended_by: number::<8>(bytes, 64),
            body_sum: number::<8>(bytes, 72),
            body_len: u32::from_le_bytes(body_len),
            stored_by: bytes.get(V1_BYTES..ENVELOPE_BYTES).map_or(0, |own| {
                let mut four = [0; 4];
                four.copy_from_slice(own);
                u32::from_le_bytes(four)
            }),
        })
    }

    /// Checks a body against its length and checksum.
    ///
    /// # Errors
    /// What is wrong with the body.
    pub fn check_body(&self, body: &[u8], key: &KeyId) -> Result<(), Corruption> {
        if body.len() as u64 != u64::from(self.body_len) {
            return Err(Corruption::BodyLength { stored: self.body_len, found: body.len() });
        }
        if bound_sum(body, key) == self.body_sum { Ok(()) } else { Err(Corruption::BodySum) }
    }
}

/// The checksum over an envelope without the checksum itself.
fn sum_of(envelope: &[u8], key: &KeyId) -> u64 {
    let head = bound_sum(&envelope[..SUM_AT], key);
    match envelope.get(V1_BYTES..) {
        None | Some([]) => head,
        Some(tail) => xxh3_64_with_seed(tail, head),
    }
}

/// The checksum of `bytes`, bound to `key`.
#[must_use]
pub fn bound_sum(bytes: &[u8], key: &KeyId) -> u64 {
    xxh3_64_with_seed(bytes, xxh3_64(key.as_bytes()))
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let mut out = [0; 8];
    out[..N].copy_from_slice(&bytes[at..at + N]);
    u64::from_le_bytes(out)
}

/// What is wrong with the bytes of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Corruption {
    /// The envelope is too short or too long.
    #[error("the envelope has {found} bytes, not {ENVELOPE_BYTES}")]
    EnvelopeLength {
        /// The bytes that are there.
        found: usize,
    },
    /// The envelope does not match its checksum, or belongs to another key.
    #[error("the envelope does not match its checksum")]
    EnvelopeSum,
    /// A field of the envelope has a value that this layout does not know.
    #[error("the envelope has a field of an unknown value")]
    EnvelopeField,
    /// A live entry has no body.
    #[error("the body is missing")]
    BodyMissing,
    /// The body is shorter or longer than it was.
    #[error("the body has {found} bytes, not {stored}")]
    BodyLength {
        /// The length it was stored with.
        stored: u32,
        /// The bytes that are there.
        found: usize,
    },
    /// The body does not match its checksum.
    #[error("the body does not match its checksum")]
    BodySum,
    /// The store's own structure is damaged around this entry.
    #[error("{what}")]
    Structure {
        /// What the engine found.
        what: String,
    },
    /// The bytes are whole, but what they say cannot be (a typed space found a field out of its range).
    #[error("{what}")]
    Content {
        /// What cannot be.
        what: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{Key, Namespace};
    use proptest::prelude::*;

    fn sample() -> Envelope {
        Envelope {
            state: State::Pruned,
            cause: Cause::Ttl,
            fmt: 7,
            generation: Gen(11),
            created: Time::from_ns(13),
            ttl_ns: 17,
            cost_ns: 19,
            fingerprint: SideId(23),
            ended: Time::from_ns(29),
            ended_by: 31,
            body_sum: 37,
            body_len: 41,
            stored_by: 43,
        }
    }

    #[test]
    fn the_layout_never_changes() {
        let key = Key::new(&Namespace::PLAN, "layout");
        let bytes = sample().encode(key.id());
        let text = crate::key::hex(&bytes[..84]);
        assert_eq!(
            text,
            "0200010107000000\
             0b000000000000000d0000000000000011000000000000001300000000000000\
             17000000000000000000000000000000\
             1d000000000000001f0000000000000025000000000000002900000000000000"
                .get(..168)
                .unwrap()
        );
        assert_eq!(crate::key::hex(&bytes[92..]), "2b000000");
        assert_eq!(Envelope::decode(&bytes, key.id()).unwrap(), sample());
    }

    #[test]
    fn an_envelope_of_the_first_version_is_read_without_its_storer() {
        let key = Key::new(&Namespace::PLAN, "old");
        let mut bytes = sample().encode(key.id())[..92].to_vec();
        bytes[0] = 1;
        let sum = bound_sum(&bytes[..84], key.id());
        bytes[84..].copy_from_slice(&sum.to_le_bytes());
        let old = Envelope { stored_by: 0, ..sample() };
        assert_eq!(Envelope::decode(&bytes, key.id()).unwrap(), old);
    }

    #[test]
    fn more_bytes_of_a_later_version_are_no_damage_and_fewer_are() {
        let key = Key::new(&Namespace::PLAN, "new");
        let mut bytes = [sample().encode(key.id()).as_slice(), b"more"].concat();
        bytes[0] = 3;
        let resum = |bytes: &mut [u8]| {
            let sum = sum_of(bytes, key.id());
            bytes[84..92].copy_from_slice(&sum.to_le_bytes());
        };
        resum(&mut bytes);
        assert_eq!(Envelope::decode(&bytes, key.id()).unwrap(), sample());
        bytes.truncate(ENVELOPE_BYTES);
        resum(&mut bytes);
        assert!(Envelope::decode(&bytes, key.id()).is_err());
    }

    #[test]
    fn bytes_of_another_key_do_not_pass() {
        let bytes = sample().encode(Key::new(&Namespace::PLAN, "one").id());
        let other = Key::new(&Namespace::PLAN, "two");
        assert_eq!(Envelope::decode(&bytes, other.id()), Err(Corruption::EnvelopeSum));
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let key = Key::new(&Namespace::PLAN, "flip");
        let whole = sample().encode(key.id());
        for bit in 0..ENVELOPE_BYTES * 8 {
            let mut bytes = whole;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Envelope::decode(&bytes, key.id()).is_err(), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let key = Key::new(&Namespace::PLAN, "any");
            prop_assert!(Envelope::decode(&bytes, key.id()).is_err());
        }
    }
}
