//! Small stores with one mistake each, put under the workload that the real engines are put under.
//!
//! The mistakes are the ones real caches make. The checker must find every one; the same store without a mistake must
//! survive. This is what gives the silence about the real engines its meaning.

mod files;
mod hunt;
mod sqlite;
