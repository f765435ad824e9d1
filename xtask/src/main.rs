//! The chores of the workspace: test, tidy, bench, corpus, dist.

fn main() {}
