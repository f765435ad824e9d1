//! The text report, read as a person would.

use amorsize_report::{Format, Options, render};

use crate::sample;

fn text(columns: usize, color: bool, all: bool) -> String {
    let options = Options {
        sources: &sample::sources,
        columns: Some(columns),
        color,
        all,
        link: Some("https://example.org/{path}#L{line}"),
    };
    render(&sample::report(), Format::Text, &options)
}

#[track_caller]
fn has(text: &str, wanted: &str) {
    assert!(text.contains(wanted), "no {wanted:?} in\n{text}");
}

#[test]
fn a_person_sees_the_whole_story() {
    let text = text(100, false, false);
    has(&text, "error[CTA150]: two callers both win when the key is expired");
    has(&text, "--> webshop/cache/db.py:9:21");
    has(&text, "1. reads the row");
    has(&text, "2. overwrites it");
    has(&text, "A: add(k, 1)                                 │ B: add(k, 2)");
    has(&text, "! nothing asks whether the row is still");
    has(&text, "so: A and B are both told True; B's value is gone");
    has(&text, "missing  the condition `expires < now`");
    has(&text, "admitted  line 4: “Two writers may both get here; the last one wins.”");
    has(&text, "sibling  MemoryCache.add (webshop/cache/memory.py:20) does it right");
    has(
        &text,
        "+                    cursor.execute(\"UPDATE t SET value = %s WHERE cache_key = %s AND",
    );
    has(&text, "only if  somebody writes q.known outside of Pop");
    has(&text, "gap: webshop/cache/broken.py: partly parsed at line 12: unexpected indent");
    has(&text, "not complete: 2 files asked for and not, or not wholly, looked at");
    has(&text, "1 open, 1 conditional (1 error, 1 warning), 1 closed, 1 suppressed");
}

#[test]
fn what_is_closed_or_silenced_is_told_when_asked_for() {
    let hidden = text(100, false, false);
    assert!(!hidden.contains("a second insert of the same key is refused"));
    let all = text(100, false, true);
    has(&all, "note[CTA150]: a second insert of the same key is refused");
    has(&all, "because  closed by PRIMARY KEY (cache_key) (unique key, cluster scope)");
    has(&all, "because  suppressed at line 6: pure function of the key");
}

#[test]
fn colour_only_when_asked_and_only_colour() {
    assert!(!text(100, false, true).contains('\u{1b}'));
    let painted = text(100, true, true);
    assert!(painted.contains('\u{1b}'));
    let mut plain = String::new();
    let mut rest = painted.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    assert_eq!(plain, text(100, false, true));
}

#[test]
fn a_narrow_terminal_gets_narrow_columns() {
    let text = text(60, false, false);
    let prose = text.lines().filter(|line| line.contains('│') || line.contains("missing  "));
    for line in prose {
        assert!(amorsize_report::visible::width(line) <= 60, "{line}");
    }
}
