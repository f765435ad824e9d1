//! The skeleton of a SQL statement. Not a parser: it finds the verb, the table, the columns and the conditions, and takes what
//! it does not know for a value.

use super::body::Body;
use crate::event::{Conflict, Name, Op, Piece, Predicate, SqlVerb, Statement, Text, ValueId};

#[derive(Clone, Debug, PartialEq)]
enum Tok {
    /// A word or quoted identifier, lower case.
    Word(String),
    Text,
    Number,
    Op(char),
    /// A placeholder, with its value where it is known.
    Place(Option<ValueId>),
    /// A value put into the text.
    Hole(ValueId, String),
}

impl Body<'_, '_, '_> {
    /// The statement that a value is the text of.
    pub(super) fn statement_of(&self, id: ValueId, params: &[ValueId]) -> Option<Statement> {
        let text = self.key_text(id)?;
        parse(text, params)
    }
}

/// Parses a text with holes.
fn parse(text: Text, params: &[ValueId]) -> Option<Statement> {
    let toks = tokens(&text, params);
    let verb = match toks.first()? {
        Tok::Word(word) => word.clone(),
        _ => return None,
    };
    let mut it = Reader { toks: &toks, at: 1 };
    let mut statement = Statement {
        verb: SqlVerb::Other,
        table: Name::EMPTY,
        columns: Vec::new(),
        filter: Vec::new(),
        conflict: None,
        conflict_filter: Vec::new(),
        locks_rows: false,
        returning: it.has("returning"),
        aggregate: false,
        limited: it.has("limit") || it.has("offset"),
        subselect: false,
        relative: false,
        text,
    };
    if let Some(word) = advisory(&toks) {
        statement.table = Name::new(word);
        return Some(statement);
    }
    match verb.as_str() {
        "select" | "with" => it.select(&mut statement),
        "insert" | "replace" => it.insert(&mut statement, &verb),
        "update" => it.update(&mut statement),
        "delete" => it.delete(&mut statement),
        "merge" => {
            it.skip_word("into");
            statement.verb = SqlVerb::Merge;
            statement.table = it.table()?;
        }
        "begin" | "start" | "commit" | "rollback" | "end" | "lock" | "savepoint" | "release" => {
            let words: Vec<&str> = toks
                .iter()
                .take(6)
                .filter_map(
                    |tok| if let Tok::Word(word) = tok { Some(word.as_str()) } else { None },
                )
                .collect();
            statement.table = Name::new(&words.join(" "));
            return Some(statement);
        }
        _ => return None,
    }
    (statement.verb != SqlVerb::Other).then_some(statement)
}

/// `SELECT pg_advisory_xact_lock(1)` takes a lock, or gives it back.
fn advisory(toks: &[Tok]) -> Option<&'static str> {
    let Some(Tok::Word(called)) = toks.get(1) else { return None };
    match called.as_str() {
        "pg_advisory_lock" | "pg_advisory_xact_lock" | "get_lock" => Some("lock"),
        "pg_advisory_unlock" | "release_lock" => Some("unlock"),
        _ => None,
    }
}

struct Reader<'t> {
    toks: &'t [Tok],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Tok> {
        self.toks.get(self.at)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Tok::Word(found)) if found == word)
    }

    fn is_op(&self, op: char) -> bool {
        self.peek() == Some(&Tok::Op(op))
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn skip_op(&mut self, op: char) -> bool {
        let found = self.is_op(op);
        self.at += usize::from(found);
        found
    }

    fn has(&self, word: &str) -> bool {
        self.toks.iter().any(|tok| matches!(tok, Tok::Word(found) if found == word))
    }

    /// Goes past the next `word` outside of brackets.
    fn seek(&mut self, word: &str) -> bool {
        let mut open = 0_i32;
        while let Some(tok) = self.peek() {
            match tok {
                Tok::Op('(') => open += 1,
                Tok::Op(')') => open -= 1,
                Tok::Word(found) if open <= 0 && found == word => {
                    self.at += 1;
                    return true;
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }

    /// `name`, `schema.name`, `{hole}`.
    fn table(&mut self) -> Option<Name> {
        let mut name = String::new();
        loop {
            match self.peek()? {
                Tok::Word(word) => name.push_str(word),
                Tok::Hole(_, text) => {
                    name.push('{');
                    name.push_str(text);
                    name.push('}');
                }
                _ => break,
            }
            self.at += 1;
            if !self.skip_op('.') {
                break;
            }
            name.push('.');
        }
        let last = name.rsplit('.').next().unwrap_or(&name);
        let plain = if name.contains('{') { name.as_str() } else { last };
        (!plain.is_empty()).then(|| Name::new(plain))
    }

    fn select(&mut self, statement: &mut Statement) {
        let from = self.at;
        if !self.seek("from") {
            return;
        }
        let listed = &self.toks[from..self.at];
        let counts = ["count", "max", "min", "sum", "exists"];
        statement.aggregate = listed
            .iter()
            .any(|tok| matches!(tok, Tok::Word(word) if counts.contains(&word.as_str())));
        let mut open = 0_i32;
        for tok in listed {
            match tok {
                Tok::Op('(') => open += 1,
                Tok::Op(')') => open -= 1,
                Tok::Word(word) if open == 0 && word != "from" && word != "distinct" => {
                    statement.columns.push((Name::new(word), None));
                }
                _ => {}
            }
        }
        let Some(table) = self.table() else { return };
        statement.verb = SqlVerb::Select;
        statement.table = table;
        if self.seek("where") {
            statement.filter = self.conjuncts();
        }
        let rest = &self.toks[self.at.min(self.toks.len())..];
        let whole = if rest.is_empty() { self.toks } else { rest };
        statement.locks_rows = whole.windows(2).any(|pair| {
            matches!(pair, [Tok::Word(a), Tok::Word(b)]
                if a == "for" && matches!(b.as_str(), "update" | "share" | "no"))
        });
    }

    fn insert(&mut self, statement: &mut Statement, verb: &str) {
        let mut conflict = if verb == "replace" { Some(Conflict::Update) } else { None };
        if self.skip_word("or") {
            conflict =
                Some(if self.is_word("replace") { Conflict::Update } else { Conflict::Ignore });
            self.at += 1;
        }
        if self.skip_word("ignore") {
            conflict = Some(Conflict::Ignore);
        }
        self.skip_word("into");
        let Some(table) = self.table() else { return };
        statement.verb = SqlVerb::Insert;
        statement.table = table;
        let mut names = Vec::new();
        if self.is_op('(') {
            names = self.names();
        }
        statement.subselect = self.has("select");
        let values = if self.seek_any(&["values"]) { self.values() } else { Vec::new() };
        statement.columns = names
            .into_iter()
            .enumerate()
            .map(|(n, name)| (name, values.get(n).copied().flatten()))
            .collect();
        if self.if_not_there() {
            conflict = Some(Conflict::Ignore);
        }
        if let Some(found) = self.on_conflict(statement) {
            conflict = Some(found);
        }
        statement.conflict = Some(conflict.unwrap_or(Conflict::Error));
    }

    fn seek_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            let at = self.at;
            let found = self.seek(word);
            if !found {
                self.at = at;
            }
            found
        })
    }

    /// `IF NOT EXISTS` after the values, as Cassandra has it.
    fn if_not_there(&self) -> bool {
        let words = ["if", "not", "exists"];
        let is = |tok: &Tok, word: &str| matches!(tok, Tok::Word(found) if found.as_str() == word);
        self.toks
            .windows(words.len())
            .any(|at| at.iter().zip(words).all(|(tok, word)| is(tok, word)))
    }

    fn on_conflict(&mut self, statement: &mut Statement) -> Option<Conflict> {
        if !self.seek_any(&["on"]) {
            return None;
        }
        if self.skip_word("duplicate") {
            return Some(Conflict::Update);
        }
        if !self.skip_word("conflict") || !self.seek_any(&["do"]) {
            return None;
        }
        if self.skip_word("nothing") {
            return Some(Conflict::Ignore);
        }
        if self.seek_any(&["where"]) {
            statement.conflict_filter = self.conjuncts();
            return Some(Conflict::UpdateIf);
        }
        Some(Conflict::Update)
    }

    /// `(a, b, c)`.
    fn names(&mut self) -> Vec<Name> {
        let mut names = Vec::new();
        self.at += 1;
        while let Some(tok) = self.peek() {
            match tok {
                Tok::Word(word) => names.push(Name::new(word)),
                Tok::Hole(_, text) => names.push(Name::new(&format!("{{{text}}}"))),
                Tok::Op(')') => {
                    self.at += 1;
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        names
    }

    /// `(?, ?, now())`: one value a column.
    fn values(&mut self) -> Vec<Option<ValueId>> {
        let mut values = Vec::new();
        if !self.skip_op('(') {
            return values;
        }
        let (mut open, mut current) = (0_i32, None);
        while let Some(tok) = self.peek() {
            match tok {
                Tok::Op('(') => open += 1,
                Tok::Op(')') if open == 0 => break,
                Tok::Op(')') => open -= 1,
                Tok::Op(',') if open == 0 => values.push(std::mem::take(&mut current)),
                Tok::Place(id) => current = *id,
                Tok::Hole(id, _) => current = Some(*id),
                _ => {}
            }
            self.at += 1;
        }
        values.push(current);
        values
    }

    fn update(&mut self, statement: &mut Statement) {
        if self.skip_word("or") {
            self.at += 1;
        }
        self.skip_word("only");
        let Some(table) = self.table() else { return };
        if !self.seek("set") {
            return;
        }
        statement.verb = SqlVerb::Update;
        statement.table = table;
        let mut column: Option<Name> = None;
        let (mut open, mut value) = (0_i32, None);
        while let Some(tok) = self.peek() {
            match tok {
                Tok::Word(word) if open == 0 && is_clause(word) => break,
                Tok::Op('(') => open += 1,
                Tok::Op(')') => open -= 1,
                Tok::Op(',') if open == 0 => {
                    statement.columns.extend(column.take().map(|name| (name, value)));
                    value = None;
                }
                Tok::Word(word) if column.is_none() => column = Some(Name::new(word)),
                Tok::Hole(_, text) if column.is_none() => {
                    column = Some(Name::new(&format!("{{{text}}}")));
                }
                Tok::Word(word) if column.is_some_and(|name| name == word.as_str()) => {
                    statement.relative = true;
                }
                Tok::Place(id) => value = *id,
                Tok::Hole(id, _) => value = Some(*id),
                _ => {}
            }
            self.at += 1;
        }
        statement.columns.extend(column.map(|name| (name, value)));
        if self.seek("where") {
            statement.filter = self.conjuncts();
        }
        statement.subselect = self.has("select");
    }

    fn delete(&mut self, statement: &mut Statement) {
        if !self.skip_word("from") {
            return;
        }
        let Some(table) = self.table() else { return };
        statement.verb = SqlVerb::Delete;
        statement.table = table;
        if self.seek("where") {
            statement.filter = self.conjuncts();
        }
        statement.subselect = self.has("select");
    }

    /// The conditions of a `WHERE`, and those of an `IF` after it, as Cassandra has them.
    fn conjuncts(&mut self) -> Vec<Predicate> {
        let mut found = self.conditions();
        if self.skip_word("if") && !self.is_word("exists") {
            found.extend(self.conditions());
        }
        found
    }

    /// Whether a condition of its own begins here, and not a function of that name.
    fn is_if(&self) -> bool {
        self.is_word("if") && !matches!(self.toks.get(self.at + 1), Some(Tok::Op('(')))
    }

    /// Conditions split at `AND`; one that holds an `OR` is a single one.
    fn conditions(&mut self) -> Vec<Predicate> {
        let from = self.at;
        let mut open = 0_i32;
        while let Some(tok) = self.peek() {
            match tok {
                Tok::Op('(') => open += 1,
                Tok::Op(')') if open == 0 => break,
                Tok::Op(')') => open -= 1,
                Tok::Op(';') => break,
                Tok::Word(word) if open == 0 && is_clause(word) => break,
                Tok::Word(_) if open == 0 && self.is_if() => break,
                _ => {}
            }
            self.at += 1;
        }
        split(&self.toks[from..self.at])
    }
}

fn split(toks: &[Tok]) -> Vec<Predicate> {
    let toks = unwrapped(toks);
    let mut open = 0_i32;
    let mut any = false;
    for tok in toks {
        match tok {
            Tok::Op('(') => open += 1,
            Tok::Op(')') => open -= 1,
            Tok::Word(word) if open == 0 && word == "or" => any = true,
            _ => {}
        }
    }
    if any {
        return vec![Predicate {
            column: Name::EMPTY,
            op: Op::Or,
            value: None,
            text: Name::new(&show(toks)),
        }];
    }
    let mut out = Vec::new();
    let (mut from, mut open, mut between) = (0, 0_i32, false);
    for (n, tok) in toks.iter().enumerate() {
        match tok {
            Tok::Op('(') => open += 1,
            Tok::Op(')') => open -= 1,
            Tok::Word(word) if word == "between" => between = true,
            Tok::Word(word) if open == 0 && word == "and" && !std::mem::take(&mut between) => {
                out.push(predicate(&toks[from..n]));
                from = n + 1;
            }
            _ => {}
        }
    }
    if from < toks.len() {
        out.push(predicate(&toks[from..]));
    }
    out
}

/// Without brackets around the whole.
fn unwrapped(toks: &[Tok]) -> &[Tok] {
    if toks.first() != Some(&Tok::Op('(')) || toks.last() != Some(&Tok::Op(')')) {
        return toks;
    }
    let mut open = 0_i32;
    for (n, tok) in toks.iter().enumerate() {
        match tok {
            Tok::Op('(') => open += 1,
            Tok::Op(')') => open -= 1,
            _ => {}
        }
        if open == 0 && n + 1 < toks.len() {
            return toks;
        }
    }
    &toks[1..toks.len() - 1]
}

fn predicate(toks: &[Tok]) -> Predicate {
    let text = Name::new(&show(toks));
    let mut column = String::new();
    let mut at = 0;
    while let Some(tok) = toks.get(at) {
        match tok {
            Tok::Word(word)
                if !matches!(word.as_str(), "is" | "in" | "like" | "not" | "between") =>
            {
                column = word.clone();
            }
            Tok::Hole(_, hole) if column.is_empty() => column = format!("{{{hole}}}"),
            Tok::Op('.') => {}
            _ => break,
        }
        at += 1;
    }
    let op = match (toks.get(at), toks.get(at + 1)) {
        (Some(Tok::Op('=')), _) => Op::Eq,
        (Some(Tok::Op('<')), Some(Tok::Op('>'))) | (Some(Tok::Op('!')), _) => Op::Ne,
        (Some(Tok::Op('<')), Some(Tok::Op('='))) => Op::Le,
        (Some(Tok::Op('>')), Some(Tok::Op('='))) => Op::Ge,
        (Some(Tok::Op('<')), _) => Op::Lt,
        (Some(Tok::Op('>')), _) => Op::Gt,
        (Some(Tok::Word(word)), Some(Tok::Word(next))) if word == "is" && next == "not" => {
            Op::IsNot
        }
        (Some(Tok::Word(word)), _) if word == "is" => Op::Is,
        (Some(Tok::Word(word)), _) if word == "in" => Op::In,
        (Some(Tok::Word(word)), Some(Tok::Word(next))) if word == "not" && next == "in" => {
            Op::NotIn
        }
        (Some(Tok::Word(_)), _) => Op::Other,
        _ => return Predicate { column: Name::EMPTY, op: Op::Other, value: None, text },
    };
    let value = toks[at..].iter().find_map(|tok| match tok {
        Tok::Place(id) => *id,
        Tok::Hole(id, _) => Some(*id),
        _ => None,
    });
    Predicate { column: Name::new(&column), op, value, text }
}

fn show(toks: &[Tok]) -> String {
    let words: Vec<String> = toks
        .iter()
        .map(|tok| match tok {
            Tok::Word(word) => word.clone(),
            Tok::Text => "'…'".to_owned(),
            Tok::Number => "n".to_owned(),
            Tok::Op(op) => op.to_string(),
            Tok::Place(_) => "?".to_owned(),
            Tok::Hole(_, text) => format!("{{{text}}}"),
        })
        .collect();
    words.join(" ")
}

fn is_clause(word: &str) -> bool {
    matches!(
        word,
        "where"
            | "order"
            | "group"
            | "limit"
            | "offset"
            | "returning"
            | "for"
            | "on"
            | "having"
            | "union"
            | "window"
    )
}

fn tokens(text: &Text, params: &[ValueId]) -> Vec<Tok> {
    let mut toks: Vec<Tok> = Vec::new();
    let mut places = params.iter();
    // The identifier quote that is open across pieces: `"{table}"`.
    let mut quote: Option<char> = None;
    for piece in &text.0 {
        match piece {
            Piece::Hole(id, source) => toks.push(Tok::Hole(*id, source.as_str().replace(' ', ""))),
            Piece::Fixed(fixed) => {
                let places = (params, &mut places);
                fixed_tokens(fixed.as_str(), &mut toks, places, &mut quote);
            }
        }
        if toks.len() > 2000 {
            break;
        }
    }
    toks
}

fn fixed_tokens<'p>(
    text: &str,
    toks: &mut Vec<Tok>,
    (params, places): (&[ValueId], &mut impl Iterator<Item = &'p ValueId>),
    quote: &mut Option<char>,
) {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = &text[at..];
        match c {
            _ if *quote == Some(c) => *quote = None,
            '"' | '`' => {
                let inner = &rest[1..];
                match inner.find(c) {
                    Some(end) => {
                        toks.push(Tok::Word(inner[..end].to_ascii_lowercase()));
                        skip(&mut chars, at + end + 2);
                    }
                    None if inner.is_empty() => *quote = Some(c),
                    None => {}
                }
            }
            '\'' => {
                let end = rest[1..].find('\'').map_or(rest.len(), |end| end + 2);
                toks.push(Tok::Text);
                skip(&mut chars, at + end);
            }
            '-' if rest.starts_with("--") => {
                let end = rest.find('\n').unwrap_or(rest.len());
                skip(&mut chars, at + end);
            }
            '?' => toks.push(Tok::Place(places.next().copied())),
            '%' if rest.starts_with("%s") || rest.starts_with("%d") => {
                toks.push(Tok::Place(places.next().copied()));
                skip(&mut chars, at + 2);
            }
            '%' if rest.starts_with("%(") => {
                let end = rest.find(')').map_or(rest.len(), |end| end + 2);
                toks.push(Tok::Place(places.next().copied()));
                skip(&mut chars, at + end.min(rest.len()));
            }
            '$' | ':' | '@' if rest[1..].starts_with(|c: char| c.is_alphanumeric() || c == '_') => {
                let end = word_end(&rest[1..]) + 1;
                // `$2` is the second one wherever it stands.
                let numbered = rest[1..end].parse::<usize>().ok().filter(|n| c != '@' && *n > 0);
                let next = places.next();
                let value = numbered.map_or(next, |n| params.get(n - 1));
                toks.push(Tok::Place(value.copied()));
                skip(&mut chars, at + end);
            }
            _ if c.is_ascii_digit() => {
                toks.push(Tok::Number);
                skip(&mut chars, at + word_end(rest));
            }
            _ if c.is_alphabetic() || c == '_' => {
                let end = word_end(rest);
                toks.push(Tok::Word(rest[..end].to_lowercase()));
                skip(&mut chars, at + end);
            }
            _ if c.is_whitespace() => {}
            _ => toks.push(Tok::Op(c)),
        }
    }
}

fn word_end(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())
}

fn skip(chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>, to: usize) {
    while chars.peek().is_some_and(|(at, _)| *at < to) {
        chars.next();
    }
}
