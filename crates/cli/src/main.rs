//! The \`amorsize\` binary: it parses and prints, and decides nothing.

fn main() {}
