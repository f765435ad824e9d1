//! Findings and figures made readable.
