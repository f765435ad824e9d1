//! When to stop before the end: `never`, `soon,fail=1`, `now,fail=30%`, as GNU parallel writes it.

use std::str::FromStr;

/// A halting rule.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Halt {
    /// Run everything.
    #[default]
    Never,
    /// Stop when enough items have ended in a given way.
    When {
        /// Whether running items are killed, too.
        now: bool,
        /// What is counted.
        what: Counted,
        /// How many.
        limit: Limit,
    },
}

/// What a halting rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Failed items.
    Failed,
    /// Successful items.
    Succeeded,
    /// Both.
    Done,
}

/// When enough is enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A number of items.
    Items(u64),
    /// A share of the items that have ended, between 0 and 1, once three have.
    Share(f64),
}

/// What a halting rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Go on.
    Go,
    /// Start nothing more.
    Soon,
    /// Start nothing more and end what runs.
    Now,
}

impl Halt {
    /// What the rule says after so many items.
    #[must_use]
    pub fn judge(&self, succeeded: u64, failed: u64) -> Verdict {
        let Self::When { now, what, limit } = *self else { return Verdict::Go };
        let done = succeeded + failed;
        let counted = match what {
            Counted::Failed => failed,
            Counted::Succeeded => succeeded,
            Counted::Done => done,
        };
        let reached = match limit {
            Limit::Items(items) => counted >= items,
            Limit::Share(share) => done >= 3 && ratio(counted, done) >= share,
        };
        match (reached, now) {
            (false, _) => Verdict::Go,
            (true, false) => Verdict::Soon,
            (true, true) => Verdict::Now,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

impl FromStr for Halt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usage = || {
            format!(
                "{text:?} is not a halting rule; write never, soon,fail=1, now,fail=1 or soon,fail=30%"
            )
        };
        // The old numbers of GNU parallel.
        let text_or_number = match text {
            "never" | "0" => return Ok(Self::Never),
            "1" => "soon,fail=1",
            "2" => "now,fail=1",
            other => other,
        };
        let (when, rule) = text_or_number.split_once(',').ok_or_else(usage)?;
        let now = match when {
            "now" => true,
            "soon" => false,
            _ => return Err(usage()),
        };
        let (what, limit) = rule.split_once('=').ok_or_else(usage)?;
        let what = match what {
            "fail" => Counted::Failed,
            "success" => Counted::Succeeded,
            "done" => Counted::Done,
            _ => return Err(usage()),
        };
        let limit = match limit.strip_suffix('%') {
            Some(percent) => {
                let percent: f64 = percent.parse().map_err(|_| usage())?;
                if !(percent > 0.0 && percent <= 100.0) {
                    return Err(usage());
                }
                Limit::Share(percent / 100.0)
            }
            None => match limit.parse() {
                Ok(items) if items > 0 => Limit::Items(items),
                _ => return Err(usage()),
            },
        };
        Ok(Self::When { now, what, limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_judged() {
        let rule = |text: &str| text.parse::<Halt>();
        assert_eq!(rule("never"), Ok(Halt::Never));
        let soon = rule("soon,fail=2").unwrap();
        assert_eq!((soon.judge(9, 1), soon.judge(9, 2)), (Verdict::Go, Verdict::Soon));
        let now = rule("now,fail=30%").unwrap();
        assert_eq!(now.judge(0, 2), Verdict::Go, "three items must have ended");
        assert_eq!((now.judge(7, 2), now.judge(7, 3)), (Verdict::Go, Verdict::Now));
        assert_eq!(rule("now,success=1").unwrap().judge(1, 5), Verdict::Now);
        assert_eq!(rule("2"), rule("now,fail=1"));
        for bad in
            ["", "fail=1", "later,fail=1", "now,fail", "now,fail=0", "now,fail=200%", "now,x=1"]
        {
            assert!(rule(bad).is_err(), "{bad}");
        }
    }
}
