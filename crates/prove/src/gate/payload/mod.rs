//! Words for what goes over a wire: which statement or command it is, and what the server said.

mod postgres;
mod redis;
mod words;

pub(crate) use words::{Kind, Reply, Request, reply, request};
