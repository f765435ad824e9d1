//! Findings in what a decorator returns: it is made by wrapping something that computes, and called like what it wraps.
//!
//! What is wrapped says another thing each time, so that work done twice is seen in the answers.

use super::compose::Writer;
use super::source::{Function, function, inner};
use crate::harness::guess::{Usual, usual};

/// The outer function, and those in it down to the one that is called.
pub(super) struct Wrapper<'a> {
    outer: Function<'a>,
    between: Option<Function<'a>>,
    called: Function<'a>,
}

impl<'a> Wrapper<'a> {
    /// What the qualified name of a function says, where each function in it returns the next.
    pub(super) fn find(source: &'a str, name: &str) -> Option<Self> {
        let names: Vec<&str> = name.split('.').collect();
        let outer = function(source, None, names.first()?)?;
        let step = |of: &Function<'a>, name: &str| {
            let found = inner(of.body).into_iter().find(|one| one.name == name)?;
            let returns = of.body.lines().any(|line| {
                let rest = line.trim().strip_prefix("return ").unwrap_or_default();
                rest == name || rest.contains(&format!("({name})"))
            });
            returns.then_some(found)
        };
        match names.as_slice() {
            [_, last] => {
                let called = step(&outer, last)?;
                Some(Self { outer, between: None, called })
            }
            [_, middle, last] => {
                let between = step(&outer, middle)?;
                let called = step(&between, last)?;
                Some(Self { outer, between: Some(between), called })
            }
            _ => None,
        }
    }

    /// The parameter that is wrapped.
    fn wrapped(&self) -> Option<&str> {
        let of = self.between.as_ref().unwrap_or(&self.outer);
        let called = |name: &str| self.called.body.contains(&format!("{name}("));
        let makes = of.parameters.iter().find(|one| called(&one.name));
        let makes =
            makes.or_else(|| of.parameters.iter().find(|one| usual(&one.name) == Usual::Maker));
        makes.map(|one| one.name.as_str())
    }

    /// Whether what is wrapped is waited for.
    pub(super) fn awaits(&self) -> bool {
        self.wrapped().is_some_and(|name| self.called.body.contains(&format!("await {name}(")))
    }
}

impl Writer<'_> {
    /// How what the decorator returns is made.
    pub(super) fn wrapping(&mut self, wrapper: &Wrapper<'_>) -> Option<String> {
        let wrapped = wrapper.wrapped()?.to_owned();
        let computed = if wrapper.awaits() { "computed_later" } else { "computed" };
        let (name, of) = (wrapper.outer.name, (wrapper.outer.name, wrapper.outer.body));
        let who = self.who("old");
        let mut own = wrapper.outer.parameters.clone();
        let is_plain = wrapper.between.is_none();
        if is_plain {
            own.retain(|one| one.name != wrapped);
        }
        let mut arguments = self.values.arguments(&own, of, who, 0);
        if !is_plain {
            return Some(format!("subject.{name}({arguments})({computed})"));
        }
        if !arguments.is_empty() {
            arguments.insert_str(0, ", ");
        }
        Some(format!("subject.{name}({wrapped}={computed}{arguments})"))
    }

    /// The call of what the decorator returned.
    pub(super) fn call_wrapped(&mut self, wrapper: &Wrapper<'_>, party: &'static str) -> String {
        let Wrapper { called, .. } = wrapper;
        let who = self.who(party);
        let of = (called.name, called.body);
        let arguments = match called.parameters.as_slice() {
            [] if called.takes_more => format!("{:?}", self.values.key(who)),
            parameters => self.values.arguments(parameters, of, who, 0),
        };
        let wait = if called.is_async { "await " } else { "" };
        format!("{wait}state({arguments})")
    }

    /// What the second party does: the same, or what the decorator hung on it.
    pub(super) fn other_wrapped(&mut self, wrapper: &Wrapper<'_>, other: Option<&str>) -> String {
        let name = other.and_then(|other| other.rsplit('.').next()).unwrap_or_default();
        if name == wrapper.called.name {
            return self.call_wrapped(wrapper, "b");
        }
        let of = wrapper.between.as_ref().unwrap_or(&wrapper.outer);
        let hung = of.body.lines().find_map(|line| {
            let (left, right) = line.trim().split_once(" = ")?;
            let attribute = left.strip_prefix(wrapper.called.name)?.strip_prefix('.')?;
            (right == name && !name.is_empty()).then(|| attribute.to_owned())
        });
        match hung {
            Some(attribute) => format!("state.{attribute}()"),
            None => self.outside(None),
        }
    }

    /// What it keeps: a variable of the module, or one that lives on in the function.
    pub(super) fn probe_wrapped(&self, wrapper: &Wrapper<'_>) -> String {
        let store = self.finding.store.as_str();
        if let Some(attribute) = store.strip_prefix(&format!("{}.", wrapper.called.name)) {
            return format!("state.{attribute}");
        }
        let assigned = |line: &str| {
            line.starts_with(store) && line[store.len()..].trim_start().starts_with([':', '='])
        };
        if self.own && self.values.source.lines().any(assigned) {
            return format!("subject.{store}");
        }
        match self.own && store.chars().all(|c| c.is_alphanumeric() || c == '_') {
            true => format!("kept(state, {store:?})"),
            false => self.probe(None),
        }
    }
}
