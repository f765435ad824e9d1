//! The table of all rules.

use std::borrow::Cow;

use amorsize_finding::{Family, RuleId};

use super::{
    cta101, cta102, cta103, cta104, cta105, cta106, cta107, cta108, cta109, cta110, cta111, cta120,
    cta131, cta140, cta142, cta143, cta144, cta150, cta151, cta152, cta160, cta161, cta162, cta163,
    cta170, cta201, cta202, cta203, cta301, cta302, cta303,
};

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
    cta111::RULE,
    cta120::RULE,
    cta131::RULE,
    cta140::RULE,
    cta142::RULE,
    cta143::RULE,
    cta144::RULE,
    cta150::RULE,
    cta151::RULE,
    cta152::RULE,
    cta160::RULE,
    cta161::RULE,
    cta162::RULE,
    cta163::RULE,
    cta170::RULE,
    cta201::RULE,
    cta202::RULE,
    cta203::RULE,
    cta301::RULE,
    cta302::RULE,
    cta303::RULE,
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
