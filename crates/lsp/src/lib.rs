//! The audit in an editor: findings as diagnostics, patches as quick fixes, over the language server protocol.
//!
//! What is saved is audited, whoever saved it: the trees are followed, and every change is answered with the diagnostics
//! of all files whose findings differ. A quick fix is a patch that was explored again; it is offered only while the editor
//! shows the text that was audited.
//!
//! Deliberately absent: rules, and any state that outlives the connection.

mod error;
mod place;
mod server;
mod tell;

pub use error::Error;
pub use lsp_server::Connection;
pub use server::serve;
