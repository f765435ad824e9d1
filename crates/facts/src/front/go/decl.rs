//! Files, declarations and types.

use std::borrow::Cow;

use super::super::steps::{Parsed, Steps as _, Stop};
use super::lex::{Tok, offset};
use super::parser::Parser;
use crate::syntax::{
    ExprId, ExprKind, FieldDef, FunctionDef, ImportDef, ParamDef, Stmt, StmtKind, TypeDef,
};

impl<'s> Parser<'s> {
    pub(super) fn file(&mut self) {
        self.next();
        if self.eat_key("package") {
            if let Tok::Ident(name) = self.tok {
                self.made.tree.package = name;
                self.next();
            }
        } else {
            self.made.tree.gaps.push((self.start, self.end, "the package clause is missing"));
        }
        loop {
            self.skip_semicolons();
            if self.tok == Tok::Eof {
                return;
            }
            let from = self.start;
            self.made.depth = 0;
            self.no_composite = false;
            let mut body = std::mem::take(&mut self.made.tree.body);
            let parsed = self.declaration(&mut body);
            self.made.tree.body = body;
            let ended = parsed.and_then(|()| {
                if self.is(";") || self.tok == Tok::Eof {
                    Ok(())
                } else {
                    Err(Stop("not understood here"))
                }
            });
            if let Err(Stop(why)) = ended {
                self.recover(from, why);
            }
        }
    }

    /// Goes on at the next line that begins with a declaration's keyword.
    fn recover(&mut self, from: u32, why: &'static str) {
        let text = self.lexer.source();
        let mut at = (self.start as usize).max(from as usize + 1).min(text.len());
        loop {
            let Some(line) = text.as_bytes()[at..].iter().position(|&b| b == b'\n') else {
                at = text.len();
                break;
            };
            at += line + 1;
            if ["func ", "type ", "var ", "const ", "import "]
                .iter()
                .any(|w| text[at..].starts_with(w))
            {
                break;
            }
        }
        self.made.tree.gaps.push((from, offset(at), why));
        self.lexer.jump(at);
        self.next();
    }

    fn declaration(&mut self, body: &mut Vec<Stmt<'s>>) -> Parsed<()> {
        match self.tok {
            Tok::Key("import") => self.imports(body),
            Tok::Key("func") => {
                let start = self.start;
                let def = self.function_declaration()?;
                let end = self.made.prev_end;
                body.push(Stmt { kind: StmtKind::Function(Box::new(def)), start, end });
                Ok(())
            }
            Tok::Key("var" | "const" | "type") => self.local_declaration(body),
            _ => Err(Stop("a declaration is expected")),
        }
    }

    fn imports(&mut self, body: &mut Vec<Stmt<'s>>) -> Parsed<()> {
        let start = self.start;
        self.next();
        let mut imports = Vec::new();
        if self.eat("(") {
            loop {
                self.skip_semicolons();
                if self.eat(")") {
                    break;
                }
                imports.push(self.import()?);
            }
        } else {
            imports.push(self.import()?);
        }
        body.push(Stmt { kind: StmtKind::Import(imports), start, end: self.made.prev_end });
        Ok(())
    }

    fn import(&mut self) -> Parsed<ImportDef<'s>> {
        let at = self.start;
        let mut alias = None;
        if let Tok::Ident(name) = self.tok {
            alias = Some(name);
            self.next();
        } else if self.eat(".") {
            alias = Some(".");
        }
        let Tok::Text(target, _) = self.tok else { return Err(Stop("an import path is expected")) };
        self.next();
        let alias = alias.unwrap_or_else(|| package_name(target));
        Ok(ImportDef {
            alias: Cow::Borrowed(alias),
            target: Cow::Borrowed(target),
            at,
            end: self.made.prev_end,
        })
    }

    fn function_declaration(&mut self) -> Parsed<FunctionDef<'s>> {
        let start = self.start;
        self.next();
        let mut receiver = None;
        if self.is("(") {
            receiver = self.params()?.into_iter().next();
        }
        let name_at = self.start;
        let name = self.ident()?;
        if self.is("[") {
            self.type_params()?;
        }
        self.function_rest(name, name_at, start, receiver)
    }

    /// From the parameter list on.
    pub(super) fn function_rest(
        &mut self,
        name: &'s str,
        name_at: u32,
        start: u32,
        receiver: Option<ParamDef<'s>>,
    ) -> Parsed<FunctionDef<'s>> {
        let params = self.params()?;
        let returns = self.results()?;
        let doc =
            if receiver.is_some() || !name.is_empty() { self.doc_before(start) } else { None };
        let body = if self.is("{") { Some(self.block()?) } else { None };
        Ok(FunctionDef {
            name,
            name_at,
            receiver,
            params,
            returns,
            decorators: Vec::new(),
            is_async: false,
            body,
            doc,
            start,
            end: self.made.prev_end,
        })
    }

    fn results(&mut self) -> Parsed<Vec<ParamDef<'s>>> {
        if self.is("(") {
            return self.params();
        }
        if self.is("{") || self.is(";") || self.is(",") || self.is(")") || self.is("}") {
            return Ok(Vec::new());
        }
        match self.try_type()? {
            Some(annotation) => Ok(vec![ParamDef {
                name: "",
                annotation: Some(annotation),
                default: None,
                variadic: false,
            }]),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn type_params(&mut self) -> Parsed<()> {
        let mut open = 0_u32;
        loop {
            if self.is("[") || self.is("(") || self.is("{") {
                open += 1;
            } else if self.is("]") || self.is(")") || self.is("}") {
                open -= 1;
            } else if self.tok == Tok::Eof {
                return Err(Stop("type parameters do not end"));
            }
            self.next();
            if open == 0 {
                return Ok(());
            }
        }
    }

    /// `(a, b int, c ...T)`, or types only.
    pub(super) fn params(&mut self) -> Parsed<Vec<ParamDef<'s>>> {
        self.expect("(")?;
        let mut entries: Vec<(Option<&'s str>, Option<ExprId>, bool)> = Vec::new();
        let mut named = false;
        while !self.is(")") {
            let first = if let Tok::Ident(name) = self.tok { Some(name) } else { None };
            let variadic = self.eat("...");
            let first_type = self.type_()?;
            if !variadic && first.is_some() && !self.is(",") && !self.is(")") {
                named = true;
                let variadic = self.eat("...");
                let annotation = self.type_()?;
                entries.push((first, Some(annotation), variadic));
            } else {
                entries.push((None, Some(first_type), variadic));
            }
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(self.name_params(entries, named))
    }

    fn name_params(
        &self,
        entries: Vec<(Option<&'s str>, Option<ExprId>, bool)>,
        named: bool,
    ) -> Vec<ParamDef<'s>> {
        let mut params: Vec<ParamDef<'s>> = Vec::with_capacity(entries.len());
        for (name, annotation, variadic) in entries {
            let plain = match annotation.map(|id| self.made.tree.kind(id)) {
                Some(ExprKind::Name(plain)) => *plain,
                _ => "",
            };
            params.push(match name {
                Some(name) => ParamDef { name, annotation, default: None, variadic },
                None if named => {
                    ParamDef { name: plain, annotation: None, default: None, variadic }
                }
                None => ParamDef { name: "", annotation, default: None, variadic },
            });
        }
        let mut last = None;
        for param in params.iter_mut().rev().filter(|_| named) {
            if param.annotation.is_some() {
                last = param.annotation;
            } else {
                param.annotation = last;
            }
        }
        params
    }

    pub(super) fn type_(&mut self) -> Parsed<ExprId> {
        self.try_type()?.ok_or(Stop("a type is expected"))
    }

    pub(super) fn try_type(&mut self) -> Parsed<Option<ExprId>> {
        self.deeper()?;
        let start = self.start;
        let found = match self.tok {
            Tok::Ident(_) => Some(self.type_name()?),
            Tok::Op("*") => {
                self.next();
                let inner = self.type_()?;
                Some(self.add(ExprKind::Deref(inner), start))
            }
            Tok::Op("(") => {
                self.next();
                let inner = self.type_()?;
                self.expect(")")?;
                Some(inner)
            }
            Tok::Op("[") => Some(self.array_type()?),
            Tok::Op("<-") => {
                self.next();
                Some(self.type_()?)
            }
            Tok::Op("~") => {
                self.next();
                Some(self.type_()?)
            }
            Tok::Key(word) => self.keyword_type(word)?,
            _ => None,
        };
        self.made.depth -= 1;
        Ok(found)
    }

    fn keyword_type(&mut self, word: &str) -> Parsed<Option<ExprId>> {
        let start = self.start;
        let kind = match word {
            "map" => {
                self.next();
                self.expect("[")?;
                let key = self.type_()?;
                self.expect("]")?;
                let value = self.type_()?;
                ExprKind::MapType(key, value)
            }
            "chan" => {
                self.next();
                self.eat("<-");
                let inner = self.type_()?;
                ExprKind::ChanType(inner)
            }
            "func" => {
                self.next();
                self.params()?;
                self.results()?;
                ExprKind::FuncType
            }
            "struct" => return self.struct_type().map(Some),
            "interface" => return self.interface_type().map(Some),
            _ => return Ok(None),
        };
        Ok(Some(self.add(kind, start)))
    }

    fn type_name(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let name = self.ident()?;
        let mut id = self.add(ExprKind::Name(name), start);
        if self.is(".") {
            self.next();
            let member = self.ident()?;
            id = self.add(ExprKind::Attr(id, member), start);
        }
        if self.is("[") && !self.lexer_next_is_close() {
            let saved = self.save();
            match self.type_args() {
                Ok(args) => id = self.add(ExprKind::Index(id, args), start),
                Err(_) => self.restore(&saved),
            }
        }
        Ok(id)
    }

    fn lexer_next_is_close(&self) -> bool {
        self.lexer.source()[self.end as usize..].trim_start_matches([' ', '\t']).starts_with(']')
    }

    fn type_args(&mut self) -> Parsed<Vec<ExprId>> {
        self.expect("[")?;
        let mut args = vec![self.type_()?];
        while self.eat(",") && !self.is("]") {
            args.push(self.type_()?);
        }
        self.expect("]")?;
        Ok(args)
    }

    fn array_type(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        self.expect("[")?;
        if !self.is("]") && !self.eat("...") {
            let header = std::mem::take(&mut self.no_composite);
            self.expr()?;
            self.no_composite = header;
        }
        self.expect("]")?;
        let inner = self.type_()?;
        Ok(self.add(ExprKind::SliceType(inner), start))
    }

    fn struct_type(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        self.next();
        self.expect("{")?;
        let mut fields = Vec::new();
        loop {
            self.skip_semicolons();
            if self.eat("}") {
                break;
            }
            self.field(&mut fields)?;
            if matches!(self.tok, Tok::Text(..)) {
                self.next();
            }
            if !self.is(";") && !self.is("}") {
                return Err(Stop("a field is not understood"));
            }
        }
        Ok(self.add(ExprKind::StructType(fields), start))
    }

    fn field(&mut self, fields: &mut Vec<FieldDef<'s>>) -> Parsed<()> {
        let at = self.start;
        if !matches!(self.tok, Tok::Ident(_)) {
            let annotation = self.type_()?;
            fields.push(FieldDef {
                name: self.last_word(annotation),
                annotation: Some(annotation),
                embedded: true,
                at,
            });
            return Ok(());
        }
        let saved = self.save();
        let mut names = vec![(self.ident()?, at)];
        if self.is(".")
            || self.is(";")
            || self.is("}")
            || matches!(self.tok, Tok::Text(..))
            || self.embeds_generic()
        {
            self.restore(&saved);
            let annotation = self.type_()?;
            fields.push(FieldDef {
                name: self.last_word(annotation),
                annotation: Some(annotation),
                embedded: true,
                at,
            });
            return Ok(());
        }
        while self.eat(",") {
            let at = self.start;
            names.push((self.ident()?, at));
        }
        let annotation = self.type_()?;
        for (name, at) in names {
            fields.push(FieldDef { name, annotation: Some(annotation), embedded: false, at });
        }
        Ok(())
    }

    /// `Base[T]` alone on a line, rather than `items [4]T`.
    fn embeds_generic(&mut self) -> bool {
        if !self.is("[") || self.lexer_next_is_close() {
            return false;
        }
        let saved = self.save();
        let embedded = self.type_args().is_ok() && (self.is(";") || self.is("}"));
        self.restore(&saved);
        embedded
    }

    pub(super) fn last_word(&self, id: ExprId) -> &'s str {
        match self.made.tree.kind(id) {
            ExprKind::Name(name) | ExprKind::Attr(_, name) => name,
            ExprKind::Deref(inner) | ExprKind::Index(inner, _) => self.last_word(*inner),
            _ => "",
        }
    }

    fn interface_type(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        self.next();
        self.expect("{")?;
        let (mut methods, mut embeds) = (Vec::new(), Vec::new());
        loop {
            self.skip_semicolons();
            if self.eat("}") {
                break;
            }
            let saved = self.save();
            if let Tok::Ident(name) = self.tok {
                self.next();
                if self.is("(") {
                    self.params()?;
                    self.results()?;
                    methods.push(name);
                    continue;
                }
                self.restore(&saved);
            }
            embeds.push(self.type_()?);
            while self.eat("|") {
                self.type_()?;
            }
        }
        Ok(self.add(ExprKind::InterfaceType { methods, embeds }, start))
    }

    /// `var`, `const` or `type`, at any level.
    pub(super) fn local_declaration(&mut self, body: &mut Vec<Stmt<'s>>) -> Parsed<()> {
        let Tok::Key(word) = self.tok else { return Err(Stop("a declaration is expected")) };
        let start = self.start;
        self.next();
        if !self.eat("(") {
            return self.spec(word, start, body);
        }
        loop {
            self.skip_semicolons();
            if self.eat(")") {
                return Ok(());
            }
            let start = self.start;
            self.spec(word, start, body)?;
            if !self.is(";") && !self.is(")") {
                return Err(Stop("a declaration is not understood"));
            }
        }
    }

    fn spec(&mut self, word: &str, start: u32, body: &mut Vec<Stmt<'s>>) -> Parsed<()> {
        if word == "type" {
            return self.type_spec(start, body);
        }
        let mut names = Vec::new();
        loop {
            let at = self.start;
            let name = self.ident()?;
            names.push(self.add(ExprKind::Name(name), at));
            if !self.eat(",") {
                break;
            }
        }
        let annotation =
            if self.is("=") || self.is(";") || self.is(")") { None } else { Some(self.type_()?) };
        let value = if self.eat("=") { Some(self.expr_list()?) } else { None };
        let constant = word == "const";
        let kind = StmtKind::Declare { names, annotation, value, constant };
        body.push(Stmt { kind, start, end: self.made.prev_end });
        Ok(())
    }

    fn type_spec(&mut self, start: u32, body: &mut Vec<Stmt<'s>>) -> Parsed<()> {
        let name = self.ident()?;
        if self.is("[") && self.begins_type_params() {
            self.type_params()?;
        }
        self.eat("=");
        let target = self.type_()?;
        let doc = self.doc_before(start);
        let def = TypeDef { name, target, doc, start, end: self.made.prev_end };
        body.push(Stmt { kind: StmtKind::Type(Box::new(def)), start, end: self.made.prev_end });
        Ok(())
    }

    /// `[K comparable, V any]` rather than `[4]int`, `[]int` or `[N]int`.
    fn begins_type_params(&mut self) -> bool {
        let saved = self.save();
        self.next();
        let mut found = false;
        if matches!(self.tok, Tok::Ident(_)) {
            self.next();
            found =
                !self.is("]") && !self.is(".") && !self.is("+") && !self.is("-") && !self.is("*");
            if self.is("*") {
                found = true;
            }
        }
        self.restore(&saved);
        found
    }

    /// The comment that ends on the line before.
    fn doc_before(&self, start: u32) -> Option<Cow<'s, str>> {
        let source = self.lexer.source();
        let mut lines: Vec<&'s str> = Vec::new();
        let mut at = start as usize;
        for (from, text) in self.lexer.comments.iter().rev() {
            let from = *from as usize;
            if from >= start as usize {
                continue;
            }
            let gap = source.get(from + text.len()..at).unwrap_or("\n\n");
            if gap.matches('\n').count() > 1 || gap.contains(';') || lines.len() > 400 {
                break;
            }
            let line_start = source[..from].rfind('\n').map_or(0, |n| n + 1);
            if !source[line_start..from].trim().is_empty() {
                break;
            }
            lines.push(text);
            at = from;
        }
        if lines.is_empty() {
            return None;
        }
        lines.reverse();
        Some(Cow::Owned(lines.join("\n")))
    }
}

/// The name by which `path` is known where it is imported without another: its last word, without a version
/// and without the name of the language.
fn package_name(path: &str) -> &str {
    let mut words = path.rsplit('/');
    let last = words.next().unwrap_or(path);
    let version = last
        .strip_prefix('v')
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let word = if version { words.next().unwrap_or(last) } else { last };
    let word = word.split_once(".v").map_or(word, |(name, _)| name);
    let word =
        ["golang-", "go-", "go."].iter().find_map(|of| word.strip_prefix(of)).unwrap_or(word);
    ["-golang", "-go", ".go"].iter().find_map(|of| word.strip_suffix(of)).unwrap_or(word)
}
