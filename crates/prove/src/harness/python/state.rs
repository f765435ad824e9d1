//! The state of a harness for Python: the tables it needs, what is put there first, and what is left of it.

use super::compose::Writer;
use super::source::{Class, Function, function, functions, private};
use crate::harness::guess::{Usual, WRITE, usual};

impl Writer<'_> {
    /// What makes the tables, where the object does not do so itself.
    pub(super) fn tables(&mut self, owner: Option<&str>) -> Option<String> {
        let source = self.values.source;
        let makes = |one: &Function<'_>| one.body.to_ascii_uppercase().contains("CREATE TABLE");
        if let Some(owner) = owner {
            let class = Class::find(source, owner)?;
            let methods = class.methods();
            let made = methods.iter().find(|one| makes(one) && one.name != "__init__");
            if let Some(made) = made {
                let init = methods.iter().find(|one| one.name == "__init__");
                let calls = format!("self.{}(", made.name);
                if init.is_some_and(|init| init.body.contains(&calls)) {
                    return None;
                }
                let target = format!("{owner}.{}", made.name);
                return Some(self.call(Some(&target), Some(owner), "old"));
            }
        }
        let own = functions(source, false);
        let made = own.iter().find(|one| makes(one) && !self.finding.function.eq(one.name))?;
        let name = made.name.to_owned();
        Some(self.call(Some(&name), owner, "old"))
    }

    /// What puts the entry there that the witness begins with.
    pub(super) fn prepare(
        &mut self,
        owner: Option<&str>,
        own: &str,
        party: &'static str,
    ) -> String {
        let target = self.best(owner, WRITE).unwrap_or_else(|| own.to_owned());
        self.call(Some(&target), owner, party)
    }

    /// The function that most plainly does what the words say.
    pub(super) fn best(&self, owner: Option<&str>, words_wanted: &[&str]) -> Option<String> {
        let source = self.values.source;
        let class = owner.and_then(|owner| Class::find(source, owner));
        let all = match &class {
            Some(class) => class.methods(),
            None => functions(source, false),
        };
        let rank = |one: &&Function<'_>| {
            let words: Vec<&str> = one.name.split('_').filter(|word| !word.is_empty()).collect();
            let first = words_wanted.iter().position(|word| words.contains(word));
            let unknown =
                one.parameters.iter().filter(|one| usual(&one.name) == Usual::Unknown).count();
            first.map(|first| (one.name.starts_with('_'), words.len(), first, unknown))
        };
        let tables = |one: &Function<'_>| one.body.to_ascii_uppercase().contains("CREATE TABLE");
        let candidates = all.iter().filter(|one| rank(one).is_some() && !tables(one));
        candidates.min_by_key(rank).map(|one| match owner {
            Some(owner) => format!("{owner}.{}", one.name),
            None => one.name.to_owned(),
        })
    }

    /// What is left: the attribute that is the store, the files, or what `get` says.
    pub(super) fn probe(&self, owner: Option<&str>) -> String {
        let finding = self.finding;
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        };
        if finding.store == "files" || finding.store.starts_with("table ") {
            return "everything()".to_owned();
        }
        if self.values.uses_redis {
            return "everything()".to_owned();
        }
        if let Some(attribute) = finding.store.strip_prefix("self.").filter(|text| plain(text))
            && owner.is_some()
        {
            return format!("state.{}", private(owner, attribute));
        }
        let source = self.values.source;
        let getter = owner.and_then(|owner| function(source, Some(owner), "get"));
        if let Some(getter) = getter.filter(|getter| getter.parameters.len() == 1) {
            let wait = if getter.is_async { "await " } else { "" };
            return format!("{wait}state.get(\"k\")");
        }
        if plain(&finding.store) && !finding.store.starts_with("self") {
            return format!("subject.{}", finding.store);
        }
        match owner {
            Some(_) => "vars(state)".to_owned(),
            None => "None  # say what is left, or the answers alone are compared".to_owned(),
        }
    }
}
