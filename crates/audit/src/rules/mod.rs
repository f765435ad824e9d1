//! The rules: one `.rs` and one `.md` each. The Markdown is the explain text, the page and the
//! test cases: blocks marked `bad` must be found on the marked line, blocks marked `good` must not
//! be found at all.

mod cta101;
mod cta102;
mod cta103;
mod cta104;
mod cta105;
mod cta106;
mod cta107;
mod cta108;
mod cta109;
mod cta110;
mod cta120;
mod cta131;
mod cta140;
mod cta143;
mod cta144;
mod cta150;
mod cta151;
mod cta152;
mod cta160;
mod cta161;
mod cta170;
mod cta201;
mod cta202;
mod cta203;
mod cta301;
mod cta302;

use std::borrow::Cow;

use amorsize_finding::{Family, RuleId};

/// A rule and what it says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its number.
    pub id: u16,
    /// Its short name.
    pub name: &'static str,
    /// One line without a full stop.
    pub title: &'static str,
    /// What to do about it, in one sentence.
    pub advice: &'static str,
    /// The page: what it means, what is found, what is not.
    pub page: &'static str,
}

/// All rules, by number.
pub const RULES: &[Rule] = &[
    cta101::RULE,
    cta102::RULE,
    cta103::RULE,
    cta104::RULE,
    cta105::RULE,
    cta106::RULE,
    cta107::RULE,
    cta108::RULE,
    cta109::RULE,
    cta110::RULE,
    cta120::RULE,
    cta131::RULE,
    cta140::RULE,
    cta143::RULE,
    cta144::RULE,
    cta150::RULE,
    cta151::RULE,
    cta152::RULE,
    cta160::RULE,
    cta161::RULE,
    cta170::RULE,
    cta201::RULE,
    cta202::RULE,
    cta203::RULE,
    cta301::RULE,
    cta302::RULE,
];

impl Rule {
    /// The rule as reports show it.
    #[must_use]
    pub fn described(&self) -> amorsize_finding::Rule {
        let id = RuleId::new(self.id);
        amorsize_finding::Rule {
            id,
            name: Cow::Borrowed(self.name),
            family: id.family().unwrap_or(Family::Schedule),
            title: Cow::Borrowed(self.title),
            help: Cow::Borrowed(self.page),
        }
    }
}

/// The rule of that number.
#[must_use]
pub fn rule(id: u16) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// What to do about a finding of a rule, in one imperative sentence.
pub(crate) fn advice(id: u16) -> &'static str {
    rule(id).map_or("Make the decision and the act one step.", |rule| rule.advice)
}
