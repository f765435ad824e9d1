//! Carries work out.
