//! Twins in Go: functions whose names begin with `Bad` have an open finding, those that begin with
//! `Maybe` at least a conditional one, those that begin with `Good` no open one.

use std::path::Path;

use amorsize_finding::{Finding, Verdict};

use crate::rules::audit;

fn twins(source: &str) -> Vec<&str> {
    let names = source.lines().filter_map(|line| {
        let rest = line.strip_prefix("func ")?;
        let rest = match rest.strip_prefix('(') {
            Some(method) => method.split_once(") ")?.1,
            None => rest,
        };
        rest.split(['(', '[']).next()
    });
    names
        .filter(|name| ["Bad", "Maybe", "Good"].iter().any(|kind| name.starts_with(kind)))
        .collect()
}

fn wrong(name: &str, found: &[Finding]) -> bool {
    let here = |wanted: &[Verdict]| {
        found.iter().any(|finding| {
            let last = finding.function.rsplit('.').find(|part| !part.starts_with("func"));
            last == Some(name) && wanted.contains(&finding.verdict)
        })
    };
    match name {
        _ if name.starts_with("Bad") => !here(&[Verdict::Open]),
        _ if name.starts_with("Maybe") => !here(&[Verdict::Open, Verdict::Conditional]),
        _ => here(&[Verdict::Open]),
    }
}

#[test]
fn go_twins_are_told_apart() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go");
    let mut faults = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("twins")
        .map(|file| file.expect("a twin").path())
        .collect();
    files.sort();
    for file in files {
        let source = std::fs::read_to_string(&file).expect("read");
        let folder = tempfile::tempdir().expect("a private folder");
        std::fs::write(folder.path().join("sample.go"), &source).expect("written");
        let found = audit(folder.path());
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        for name in twins(&source).into_iter().filter(|name| wrong(name, &found)) {
            let told: Vec<String> = found
                .iter()
                .filter(|f| f.function.contains(name))
                .map(|f| {
                    format!(
                        "{} {} line {} {} {:?} {:?}",
                        f.verdict,
                        f.rule,
                        f.act.line,
                        f.title,
                        f.assumption,
                        f.witness.as_ref().map(|w| w
                            .actors
                            .iter()
                            .map(|a| a.runs.clone())
                            .collect::<Vec<_>>())
                    )
                })
                .collect();
            faults.push(format!("{stem}: {name} {told:?}"));
        }
    }
    assert!(faults.is_empty(), "{} wrong:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_package_at_the_root_of_a_module_is_known_by_its_name() {
    let folder = tempfile::tempdir().expect("a private folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    put(
        "seats.go",
        "package seats\n\nimport \"sync\"\n\ntype Row struct {\n\tmu sync.Mutex\n\ttaken map[string]string\n}\n\n\
         func (r *Row) Has(seat string) bool {\n\tr.mu.Lock()\n\tdefer r.mu.Unlock()\n\t_, ok := r.taken[seat]\n\treturn ok\n}\n\n\
         func (r *Row) Put(seat, who string) {\n\tr.mu.Lock()\n\tdefer r.mu.Unlock()\n\tr.taken[seat] = who\n}\n",
    );
    put(
        "names/names.go",
        "package names\n\ntype Row struct{}\n\nfunc (r *Row) Has(s string) bool { return false }\n\nfunc (r *Row) Put(s, t string) {}\n\n\
         func Of(s string) string { return s }\n",
    );
    put(
        "desk/desk.go",
        "package desk\n\nimport (\n\t\"example.com/seats/v2\"\n\t\"example.com/seats/v2/names\"\n)\n\n\
         type Desk struct{ row *seats.Row }\n\nfunc (d *Desk) Take(seat, who string) bool {\n\tif d.row.Has(seat) {\n\t\treturn false\n\t}\n\t\
         d.row.Put(seat, names.Of(who))\n\treturn true\n}\n",
    );
    let found = audit(folder.path());
    assert!(
        found.iter().any(|f| f.function == "Desk.Take" && f.verdict == Verdict::Open),
        "{:?}",
        found.iter().map(|f| (&f.function, f.verdict)).collect::<Vec<_>>()
    );
}

#[test]
fn what_a_closure_does_is_shown_where_it_stands() {
    let folder = tempfile::tempdir().expect("a private folder");
    let source = "package limits\n\nimport (\n\t\"net/http\"\n\t\"sync\"\n)\n\ntype Counts struct {\n\tmu sync.Mutex\n\tof map[string]int\n}\n\n\
         func (c *Counts) Get(k string) int {\n\tc.mu.Lock()\n\tdefer c.mu.Unlock()\n\treturn c.of[k]\n}\n\n\
         func (c *Counts) Up(k string) {\n\tc.mu.Lock()\n\tdefer c.mu.Unlock()\n\tc.of[k]++\n}\n\n\
         type Limiter struct {\n\tcounts *Counts\n\tmost int\n}\n\nfunc (l *Limiter) Guard(next http.Handler) http.Handler {\n\treturn http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {\n\
         \t\tif l.counts.Get(r.Host) >= l.most {\n\t\t\treturn\n\t\t}\n\t\tl.counts.Up(r.Host)\n\t\tnext.ServeHTTP(w, r)\n\t})\n}\n";
    std::fs::write(folder.path().join("limits.go"), source).expect("written");
    let found = audit(folder.path());
    let line_of =
        |text: &str| source.lines().zip(1..).find(|(line, _)| line.contains(text)).map(|(_, n)| n);
    let told = found.iter().find(|f| f.function == "Limiter.Guard").expect("a finding");
    assert_eq!(told.check.as_ref().map(|span| span.line), line_of("if l.counts.Get"));
    assert_eq!(Some(told.act.line), line_of("l.counts.Up(r.Host)"));
}
