//! The wire gate: a proxy of our own before a server, for systems without the system-call gate and for clients that

mod framing;
mod proxy;

pub(crate) use proxy::WireGate;
