//! The queue against a plain model of what was said and what was told, through the public face only.

mod follow;
mod threads;
