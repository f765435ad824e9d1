//! A small report with one finding of each kind, and the sources it speaks of.

use amorsize_finding::{
    Acknowledgement, Actor, BoundHit, Confidence, Consequence, Coverage, Family, Finding, Fix, Gap,
    Guard, GuardGap, GuardKind, LanguageCoverage, Masked, Report, Root, Rule, RuleId, Scope,
    Severity, Sibling, SkipReason, Span, Step, Suppression, UnusedSuppression, Verdict, Witness,
};

pub(crate) const DB: &str = "\
class TableCache:
    def _write(self, mode, key, value):
        with self.connection.cursor() as cursor:
            # Two writers may both get here; the last one wins.
            cursor.execute(\"SELECT expires FROM t WHERE cache_key = %s\", [key])
            row = cursor.fetchone()
            try:
                if row and mode == \"add\" and row[0] < now():
                    cursor.execute(\"UPDATE t SET value = %s WHERE cache_key = %s\", [value, key])
                else:
                    cursor.execute(\"INSERT INTO t VALUES (%s, %s)\", [key, value])
            except DatabaseError:
                return False
            return True
";

/// The sources of the sample.
pub(crate) fn sources(_: u32, path: &str) -> Option<String> {
    (path == "cache/db.py").then(|| DB.to_owned())
}

pub(crate) fn report() -> Report {
    let mut report = Report::new(
        "0.1.0",
        vec![
            Root { name: "webshop".into(), path: "webshop".into(), version: Some("2.1".into()) },
            Root { name: "client".into(), path: "../client".into(), version: None },
        ],
    );
    report.rules = vec![
        rule(150, "select-write", "SELECT decides a write of the same row"),
        rule(101, "check-set", "a look-up decides an insert"),
        rule(108, "cross-store", "a decision on one store uses data of another"),
    ];
    report.findings = vec![conditional(), open(), closed(), suppressed()];
    report.coverage = coverage();
    report.suppressions_unused = vec![UnusedSuppression {
        root: 0,
        path: "cache/old.py".into(),
        line: 4,
        rules: vec![RuleId::new(101)],
        reason: Some("single writer".into()),
    }];
    report.stats.candidates = 41;
    report.stats.schedules = 1280;
    report.sort();
    report
}

fn rule(number: u16, name: &'static str, title: &'static str) -> Rule {
    Rule {
        id: RuleId::new(number),
        name: name.into(),
        family: Family::Schedule,
        title: title.into(),
        help: "Say the condition in the statement that acts.".into(),
    }
}

fn coverage() -> Coverage {
    Coverage {
        files_seen: 14,
        files_parsed: 11,
        files_partly_parsed: 1,
        files_skipped: 2,
        lines: 4321,
        languages: [
            ("python".to_owned(), LanguageCoverage { files: 9, lines: 4000 }),
            ("go".to_owned(), LanguageCoverage { files: 3, lines: 321 }),
        ]
        .into(),
        skipped: [(SkipReason::OtherLanguage, 1), (SkipReason::TooLarge, 1)].into(),
        gaps: vec![
            Gap {
                root: 0,
                path: "cache/broken.py".into(),
                reason: SkipReason::PartlyParsed,
                line: Some(12),
                detail: "unexpected indent".into(),
            },
            Gap {
                root: 0,
                path: "data/big.py".into(),
                reason: SkipReason::TooLarge,
                line: None,
                detail: "52 MB".into(),
            },
        ],
        bounds: vec![BoundHit {
            bound: "schedules per slice".into(),
            limit: 20_000,
            hits: 1,
            first: "client/queue.go:90".into(),
        }],
        ..Coverage::default()
    }
}

pub(crate) fn bare(number: u16, path: &str, act: Span) -> Finding {
    let rule = RuleId::new(number);
    Finding {
        rule,
        verdict: Verdict::Open,
        severity: Severity::Error,
        consequence: Consequence::DoubleWin,
        title: String::new(),
        message: String::new(),
        confidence: Confidence::High,
        root: 0,
        path: path.to_owned(),
        function: String::new(),
        store: String::new(),
        key: String::new(),
        check: None,
        fingerprint: Finding::identity(rule, [path, "", "", &act.text], act.line),
        act,
        witness: None,
        assumption: None,
        guard: None,
        guard_gap: None,
        acknowledged: Vec::new(),
        documented: None,
        sibling: None,
        masked: None,
        fix: None,
        proof: None,
        suppressed: None,
        baselined: false,
    }
}

fn open() -> Finding {
    let select = "cursor.execute(\"SELECT expires FROM t WHERE cache_key = %s\", [key])";
    let update = "cursor.execute(\"UPDATE t SET value = %s WHERE cache_key = %s\", [value, key])";
    Finding {
        title: "two callers both win when the key is expired".into(),
        message: "`add` looks for an expired row and then overwrites it; between the two another caller \
                  can do the same. Both are told `True`."
            .into(),
        function: "TableCache._write".into(),
        store: "table t".into(),
        key: "cache_key = key".into(),
        check: Some(Span::on_line(5, 13, select).labelled("reads the row")),
        witness: Some(witness()),
        guard_gap: Some(GuardGap {
            wanted: "the condition `expires < now` in the WHERE of the UPDATE, or a row lock from line 5 to line 9"
                .into(),
            scope: Scope::Cluster,
            found: None,
            why_not: Some("READ COMMITTED lets both SELECTs see the expired row".into()),
        }),
        acknowledged: vec![Acknowledgement {
            line: 4,
            text: "Two writers may both get here; the last one wins.".into(),
            path: None,
        }],
        sibling: Some(Sibling {
            path: "cache/memory.py".into(),
            line: 20,
            function: "MemoryCache.add".into(),
            how: "holds self._lock from check to act".into(),
        }),
        masked: Some(Masked {
            line: 12,
            text: "except DatabaseError: return False".into(),
            told: "False, as if the key were there".into(),
        }),
        fix: Some(Fix {
            summary: "say the condition in the statement and read its row count".into(),
            patch: Some(
                "--- a/cache/db.py\n+++ b/cache/db.py\n@@ -9 +9 @@\n-                    cursor.execute(\"UPDATE t SET value = %s WHERE cache_key = %s\", [value, key])\n+                    cursor.execute(\"UPDATE t SET value = %s WHERE cache_key = %s AND expires < %s\", [value, key, now()])\n"
                    .into(),
            ),
            edits: Vec::new(),
            safe: false,
            verified: true,
        }),
        ..bare(150, "cache/db.py", Span::on_line(9, 21, update).labelled("overwrites it"))
    }
}

fn witness() -> Witness {
    let step = |actor: &str, line, effect: &str, result: &str| Step {
        actor: actor.into(),
        line: Some(line),
        effect: effect.into(),
        result: Some(result.into()),
        ..Step::default()
    };
    let mut last =
        step("A", 9, "UPDATE t SET value = 1 WHERE cache_key = k", "1 row; returns True");
    last.note = Some("nothing asks whether the row is still expired".into());
    Witness {
        initial: "the row of k is there and expired".into(),
        actors: vec![
            Actor { name: "A".into(), runs: "add(k, 1)".into() },
            Actor { name: "B".into(), runs: "add(k, 2)".into() },
        ],
        steps: vec![
            step("A", 5, "SELECT expires … WHERE cache_key = k", "1 row, expired"),
            step("B", 5, "SELECT expires … WHERE cache_key = k", "1 row, expired"),
            step("B", 9, "UPDATE t SET value = 2 WHERE cache_key = k", "1 row; returns True"),
            last,
        ],
        outcome: "A and B are both told True; B's value is gone".into(),
        not_serial: "one after the other, the second finds a live row and is told False".into(),
        eviction: None,
    }
}

fn conditional() -> Finding {
    Finding {
        verdict: Verdict::Conditional,
        severity: Severity::Warning,
        consequence: Consequence::StaleAnswer,
        confidence: Confidence::Medium,
        title: "an old object is queued after a newer one was stored".into(),
        message: "The object is read from a store of another party.".into(),
        root: 1,
        function: "Queue.resync".into(),
        store: "q.items".into(),
        key: "key".into(),
        check: Some(Span::on_line(88, 2, "obj := q.known.Get(key)")),
        assumption: Some("somebody writes q.known outside of Pop".into()),
        ..bare(108, "queue.go", Span::on_line(97, 2, "q.push(key, obj)"))
    }
}

fn closed() -> Finding {
    Finding {
        verdict: Verdict::Closed,
        severity: Severity::Note,
        title: "a second insert of the same key is refused".into(),
        message: "The loser is told False, which is true.".into(),
        function: "TableCache._write".into(),
        check: Some(Span::on_line(
            5,
            13,
            "cursor.execute(\"SELECT expires FROM t WHERE cache_key = %s\", [key])",
        )),
        guard: Some(Guard {
            kind: GuardKind::UniqueKey,
            scope: Scope::Cluster,
            name: "PRIMARY KEY (cache_key)".into(),
            line: None,
            path: None,
        }),
        ..bare(
            150,
            "cache/db.py",
            Span::on_line(
                11,
                21,
                "cursor.execute(\"INSERT INTO t VALUES (%s, %s)\", [key, value])",
            ),
        )
    }
}

fn suppressed() -> Finding {
    Finding {
        title: "the work is done twice".into(),
        message: "Two first callers both build the table.".into(),
        consequence: Consequence::DuplicateWork,
        severity: Severity::Note,
        function: "table".into(),
        suppressed: Some(Suppression { reason: "pure function of the key".into(), line: 6 }),
        ..bare(101, "cache/tables.py", Span::on_line(7, 5, "TABLES[key] = build(key)"))
    }
}
