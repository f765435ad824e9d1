//! Whatever stands in a finding, every format stays well-formed and obeys nothing of it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests, called from them alone")]

use amorsize_finding::{
    Acknowledgement, Actor, Edit, Finding, Fix, Gap, Guard, GuardGap, GuardKind, Masked, Report,
    Root, Scope, Severity, Sibling, SkipReason, Span, Step, Suppression, UnusedSuppression,
    Verdict, Witness,
};
use amorsize_report::{Format, Options, from_json, render};
use proptest::prelude::*;

use crate::formats::{sarif_validator, validate, validator, xml_tags};
use crate::sample;

/// Text that has broken reports before, among text nobody has thought of.
fn nasty() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "]]>",
        "</script><script>alert(1)</script>",
        "<!--",
        "-->",
        "&amp;<b>",
        "\u{1b}[2J\u{7}",
        "\u{202e}gnp.exe",
        "\u{2066}\u{2069}",
        "\r\n::error::x",
        "%0A::set-output",
        "``` \n# h",
        "`",
        "| a | b |\n|---|",
        "[x](javascript:alert(1))",
        "![i](http://x/y)",
        "http://example.com",
        "\0",
        "\u{fffe}\u{ffff}",
        "\u{feff}",
        "\t\tif x:",
        "漢字\u{200b}かな",
        "é\u{301}\u{301}",
        "👩‍👩‍👧",
        "$(rm -rf)",
        "\\",
        "'",
        "\"",
        "<svg onload=x>",
        "* a\n* b",
        "1. x\n\n    code",
        "---\n===",
        "{path}",
        "../../etc/passwd",
        "C:\\x",
        "a/b c%20#?.py",
        "…",
        "<x@y.z>",
        "&#x3c;script&#x3e;",
        "\u{2028}\u{2029}",
        "~~x~~",
        "$$x$$",
        "- [ ] x",
        "> q",
    ]);
    let any = prop::collection::vec(any::<char>(), 0..12).prop_map(|c| c.into_iter().collect());
    let pieces = prop_oneof![3 => known.prop_map(str::to_owned), 1 => any, 1 => "[ -~]{0,20}"];
    prop::collection::vec(pieces, 0..4).prop_map(|pieces| pieces.concat())
}

/// A supply of texts, used one after the other and then from the start.
struct Texts {
    texts: Vec<String>,
    at: usize,
}

impl Texts {
    fn next(&mut self) -> String {
        self.at += 1;
        self.texts[self.at % self.texts.len()].clone()
    }

    fn number(&mut self) -> u32 {
        let sum: u32 = self.next().bytes().map(u32::from).sum();
        [sum % 20, sum % 20, sum, u32::MAX][(sum % 4) as usize]
    }

    fn span(&mut self) -> Span {
        Span {
            line: self.number(),
            column: self.number(),
            end_line: self.number(),
            end_column: self.number(),
            text: self.next(),
            label: self.next(),
            path: self.maybe(),
        }
    }

    fn maybe(&mut self) -> Option<String> {
        let text = self.next();
        text.len().is_multiple_of(2).then_some(text)
    }

    fn guard(&mut self) -> Guard {
        Guard {
            kind: GuardKind::Lock,
            scope: Scope::Thread,
            name: self.next(),
            line: Some(self.number()),
            path: self.maybe(),
        }
    }

    fn witness(&mut self) -> Witness {
        let actors: Vec<Actor> = (0..self.number() % 4)
            .map(|_| Actor { name: self.next(), runs: self.next() })
            .collect();
        let steps = (0..self.number() % 70)
            .map(|_| Step {
                actor: actors.first().map_or_else(String::new, |actor| actor.name.clone()),
                line: Some(self.number()),
                path: self.maybe(),
                effect: self.next(),
                result: self.maybe(),
                note: self.maybe(),
            })
            .collect();
        let (initial, outcome, not_serial) = (self.next(), self.next(), self.next());
        Witness { initial, actors, steps, outcome, not_serial, eviction: self.maybe() }
    }

    fn finding(&mut self) -> Finding {
        let number = self.number();
        let path = self.next();
        let mut finding = sample::bare(150, &path, self.span());
        finding.verdict = Verdict::ALL[number as usize % 3];
        finding.severity = Severity::ALL[number as usize % 3];
        finding.title = self.next();
        finding.message = self.next();
        finding.root = number % 3;
        finding.function = self.next();
        finding.store = self.next();
        finding.key = self.next();
        finding.check = (!number.is_multiple_of(5)).then(|| self.span());
        finding.witness = (!number.is_multiple_of(4)).then(|| self.witness());
        finding.assumption = self.maybe();
        finding.guard = number.is_multiple_of(3).then(|| self.guard());
        finding.guard_gap = Some(GuardGap {
            wanted: self.next(),
            scope: Scope::Host,
            found: Some(self.guard()),
            why_not: self.maybe(),
        });
        let (line, text) = (self.number(), self.next());
        finding.acknowledged = vec![Acknowledgement { line, text, path: self.maybe() }];
        finding.documented = self.maybe();
        let (path, line, function) = (self.next(), self.number(), self.next());
        finding.sibling = Some(Sibling { path, line, function, how: self.next() });
        finding.masked = Some(Masked { line, text: self.next(), told: self.next() });
        finding.fix = Some(self.fix());
        finding.suppressed = number
            .is_multiple_of(7)
            .then(|| Suppression { reason: self.next(), line: self.number() });
        finding.baselined = number.is_multiple_of(11);
        finding
    }

    fn fix(&mut self) -> Fix {
        let edit = Edit {
            path: self.next(),
            line: self.number(),
            column: self.number(),
            end_line: self.number(),
            end_column: self.number(),
            replacement: self.next(),
        };
        Fix {
            summary: self.next(),
            patch: self.maybe(),
            edits: vec![edit],
            safe: false,
            verified: true,
        }
    }

    fn report(&mut self) -> Report {
        let roots = (0..2)
            .map(|_| Root { name: self.next(), path: self.next(), version: self.maybe() })
            .collect();
        let mut report = Report::new(self.next(), roots);
        report.findings = (0..3).map(|_| self.finding()).collect();
        report.coverage.gaps = vec![Gap {
            root: 0,
            path: self.next(),
            reason: SkipReason::NotUtf8,
            line: Some(self.number()),
            detail: self.next(),
        }];
        report.suppressions_unused = vec![UnusedSuppression {
            root: 1,
            path: self.next(),
            line: self.number(),
            rules: Vec::new(),
            reason: self.maybe(),
        }];
        report.sort();
        report
    }
}

fn hostile_report() -> impl Strategy<Value = (Report, String)> {
    prop::collection::vec(nasty(), 5..40).prop_map(|texts| {
        let source = texts.join("\n");
        (Texts { texts, at: 0 }.report(), source)
    })
}

const ELEMENTS: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "footer",
    "script",
    "h1",
    "h2",
    "h3",
    "p",
    "div",
    "b",
    "strong",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "code",
    "br",
    "section",
    "article",
    "ul",
    "li",
    "figure",
    "svg",
    "rect",
    "text",
    "line",
    "circle",
    "path",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "span",
    "pre",
    "mark",
    "input",
    "select",
    "option",
    "output",
];

/// Walks the page and wants every element known and closed where it was opened.
fn check_html(page: &str) {
    use quick_xml::events::Event;
    // What stands in a script is no markup; it is ours, and the last one.
    let (before, script) = page.rsplit_once("<script>").expect("a script");
    let (_, after) = script.split_once("</script>").expect("its end");
    let page = format!("{before}<script></script>{after}");
    let mut reader = quick_xml::Reader::from_str(&page);
    reader.config_mut().check_end_names = false;
    let mut open: Vec<String> = Vec::new();
    let mut scripts = 0;
    loop {
        match reader.read_event().expect("markup") {
            Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                assert!(ELEMENTS.contains(&name.as_str()), "<{name}>");
                scripts += usize::from(name == "script");
                if !["meta", "input", "br"].contains(&name.as_str()) {
                    open.push(name);
                }
            }
            Event::End(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                assert_eq!(open.pop(), Some(name));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::CData(_) | Event::PI(_) => panic!("not ours"),
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(scripts, 1);
    assert!(!page.contains("javascript:alert(1)\""));
}

/// Wants no markup but our own.
fn check_markdown(text: &str, report: &Report) {
    use pulldown_cmark::{Event, Options as Extensions, Parser, Tag};
    let (mut first, mut second) = (0, 0);
    let extensions = Extensions::ENABLE_TABLES | Extensions::ENABLE_STRIKETHROUGH;
    for event in Parser::new_ext(text, extensions) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("HTML {html:?} in\n{text}"),
            Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. } | Tag::Strikethrough)) => {
                panic!("foreign {tag:?} in\n{text}")
            }
            Event::Start(Tag::Heading { level, .. }) => match level as usize {
                1 => first += 1,
                2 => second += 1,
                _ => {}
            },
            _ => {}
        }
    }
    assert_eq!((first, second), (1, report.roots.len() + 1), "headings in\n{text}");
}

fn check_plain(text: &str) {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    assert!(
        !text.contains(hidden),
        "{:?}",
        text.chars().filter(|c| hidden(*c)).collect::<Vec<_>>()
    );
}

fn check(report: &Report, source: &str) {
    let sources = |_: u32, _: &str| Some(source.to_owned());
    let options =
        Options { sources: &sources, columns: Some(60), color: false, all: true, link: None };
    let of = |format| {
        let text = render(report, format, &options);
        assert_eq!(text, render(report, format, &options), "{format} is not byte-stable");
        assert!(text.ends_with('\n'));
        text
    };
    check_plain(&of(Format::Text));
    check_plain(&of(Format::Md));
    check_plain(&of(Format::Junit));
    assert_eq!(&from_json(&of(Format::Json)).unwrap(), report);
    for line in of(Format::Jsonl).lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    serde_json::from_str::<serde_json::Value>(&of(Format::Sarif)).unwrap();
    xml_tags(&of(Format::Junit));
    check_markdown(&of(Format::Md), report);
    let page = of(Format::Html);
    check_html(&page);
    check_plain(&page);
    let github = of(Format::Github);
    assert_eq!(github.lines().count(), report.findings.len() + 3);
    for line in github.lines() {
        assert!(
            ["::error ", "::warning ", "::notice "].iter().any(|start| line.starts_with(start))
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_format_stays_well_formed((report, source) in hostile_report()) {
        check(&report, &source);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sarif_and_json_stay_valid((report, source) in hostile_report()) {
        let sources = |_: u32, _: &str| Some(source.clone());
        let options =
            Options { sources: &sources, columns: None, color: true, all: false, link: None };
        validate(&validator("report.schema.json"), &render(&report, Format::Json, &options));
        if let Some(sarif) = sarif_validator() {
            validate(&sarif, &render(&report, Format::Sarif, &options));
        }
    }
}

#[test]
fn a_very_long_line_in_every_field_is_cut_or_carried_but_never_fatal() {
    let long = "x`<漢".repeat(8_000);
    let report = Texts { texts: vec![long.clone(), String::new()], at: 0 }.report();
    check(&report, &long);
}

#[test]
fn charts_stay_well_formed() {
    use amorsize_report::svg::{Bar, Bars, Event, HeatMap, Look, Party, Strip, Timeline};
    for text in ["</svg><script>", "\u{1b}\u{202e}&<>\"'", "x".repeat(5000).as_str()] {
        let text = text.to_owned();
        let bar = |value| Bar {
            label: text.clone(),
            value,
            interval: Some((f64::NEG_INFINITY, f64::NAN)),
            highlight: true,
            note: text.clone(),
        };
        let bars = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300].map(bar).to_vec();
        let bars = Bars { title: text.clone(), bars, ..Bars::default() };
        let heat = HeatMap {
            title: text.clone(),
            columns: vec![text.clone(); 30],
            rows: vec![text.clone(); 2],
            values: vec![vec![Some(f64::NAN), None, Some(0.0)], vec![]],
            chosen: Some((9, 9)),
            ..HeatMap::default()
        };
        let timeline = Timeline {
            title: text.clone(),
            parties: vec![Party { name: text.clone(), runs: text.clone() }],
            events: vec![Event {
                party: 7,
                effect: text.clone(),
                note: text.clone(),
                ..Event::default()
            }],
            window: Some((0, 99)),
            ..Timeline::default()
        };
        for look in [Look::Standalone, Look::Inline] {
            xml_tags(&bars.render(look));
            xml_tags(&heat.render(look));
            xml_tags(&timeline.render(look));
            xml_tags(&Strip { title: text.clone(), ..Strip::default() }.render(look));
            xml_tags(&Timeline::default().render(look));
        }
    }
}

proptest! {
    #[test]
    fn lines_of_any_numbers_draw(values in prop::collection::vec((any::<f64>(), any::<f64>()), 0..20)) {
        use amorsize_report::svg::{Axis, Group, Lines, Look, Point, Scaling, Series, Strip};
        for scaling in [Scaling::Linear, Scaling::Log2, Scaling::Log10] {
            let axis = Axis { scaling, ..Axis::default() };
            let points = values.iter().map(|(x, y)| Point { x: *x, y: *y }).collect();
            let series = vec![Series { points, ..Series::default() }];
            let chart = Lines { x: axis.clone(), y: axis.clone(), series, ..Lines::default() };
            let drawn = chart.render(Look::Standalone);
            xml_tags(&drawn);
            prop_assert!(!drawn.contains("NaN") && !drawn.contains("inf"));
            let values = values.iter().map(|(x, _)| *x).collect();
            let groups = vec![Group { label: "g".into(), values }];
            xml_tags(&Strip { axis, groups, ..Strip::default() }.render(Look::Inline));
        }
    }
}
