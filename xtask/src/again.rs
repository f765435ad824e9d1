//! Tests that failed are run once more by themselves. What then passes is flaky: it is named at the end, never silent.
//!
//! Several hundred tests of servers, kills and schedules share a machine with whatever else runs there; one that fails once in
//! a thousand runs must be seen and mended, but says nothing about the change that is being tested.

use anyhow::Result;

/// More failures than this are no accident.
const AGAIN_MOST: usize = 3;

/// What was counted in the output of test runners.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    /// Tests that failed, by name.
    pub(crate) failures: Vec<String>,
    /// Tests that failed and then passed by themselves.
    pub(crate) flaky: Vec<String>,
    /// Groups of tests that began and that told their result: one that died in between tells none.
    pub(crate) begun: usize,
    pub(crate) told: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.flaky.extend(other.flaky);
    }

    pub(crate) fn print(&self) {
        for name in &self.flaky {
            println!("FLAKY {name}: failed, and passed when run again by itself");
        }
        println!(
            "\n{} passed ({} at the second try), {} failed, {} skipped",
            self.passed,
            self.flaky.len(),
            self.failed,
            self.skipped
        );
    }
}

/// Runs tests, and those that failed once more; `run` is given the names to run, none for all.
pub(crate) fn twice(run: impl Fn(&[String], &mut Counts) -> Result<()>) -> (Counts, Result<()>) {
    let mut counts = Counts::default();
    let outcome = run(&[], &mut counts);
    let names = std::mem::take(&mut counts.failures);
    let few = (1..=AGAIN_MOST).contains(&names.len()) && names.len() == counts.failed;
    if outcome.is_ok() || !few || counts.begun != counts.told {
        return (counts, outcome);
    }
    println!("\nOnce more, by themselves: {}", names.join(", "));
    let mut again = Counts::default();
    if run(&names, &mut again).is_err() || again.passed < names.len() {
        return (counts, outcome);
    }
    counts.failed = 0;
    counts.passed += names.len();
    counts.flaky = names;
    (counts, Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn failing(names: &[&str]) -> impl Fn(&[String], &mut Counts) -> Result<()> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        move |only, counts| {
            if !only.is_empty() {
                counts.passed += only.len();
                return Ok(());
            }
            counts.passed += 10;
            counts.failed += names.len();
            counts.failures.clone_from(&names);
            bail!("failed")
        }
    }

    #[test]
    fn one_that_passes_by_itself_is_flaky_and_named() {
        let (counts, outcome) = twice(failing(&["one"]));
        assert!(outcome.is_ok());
        assert_eq!((counts.passed, counts.failed, counts.flaky), (11, 0, vec!["one".to_owned()]));
    }

    #[test]
    fn many_failures_and_those_that_fail_again_stay_failures() {
        let (counts, outcome) = twice(failing(&["one", "two", "three", "four"]));
        assert!(outcome.is_err() && counts.failed == 4);
        let (counts, outcome) = twice(|_, counts| {
            counts.failed += 1;
            counts.failures.push("one".to_owned());
            bail!("failed")
        });
        assert!(outcome.is_err() && counts.failed == 1 && counts.flaky.is_empty());
    }

    #[test]
    fn a_group_that_died_is_no_flaky_test() {
        let (_, outcome) = twice(|only, counts| {
            counts.begun += 2;
            counts.told += 1;
            failing(&["one"])(only, counts)
        });
        assert!(outcome.is_err());
    }
}
