//! What can go wrong.

/// Why the server ended early.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("the editor does not speak the protocol: {0}")]
    Protocol(#[from] lsp_server::ProtocolError),
    #[error("the editor has gone")]
    Gone,
}

impl From<lsp_server::ProtocolError> for Error {
    fn from(error: lsp_server::ProtocolError) -> Self {
        Self(Kind::Protocol(error))
    }
}

impl Error {
    pub(crate) fn gone() -> Self {
        Self(Kind::Gone)
    }
}
