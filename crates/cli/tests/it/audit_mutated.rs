//! The whole auditor on sources that no one wrote: cut, spliced, doubled, nested, with bytes that do
//! not belong there. It never fails in a way of its own, and says of every file what became of it.

use std::fmt::Write as _;
use std::path::Path;

use crate::program::{Home, Ran};

/// Trees; each holds one mutation of every seed.
const ROUNDS: u64 = 2;

/// Numbers that look random and are the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }
}

/// Real sources to begin with, with the language's ending.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../audit/tests");
    let mut seeds = Vec::new();
    for folder in ["go", "field/py", "field/go/a"] {
        let mut paths: Vec<_> =
            std::fs::read_dir(tests.join(folder)).unwrap().flatten().map(|e| e.path()).collect();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.is_file()) {
            let ending = path.extension().unwrap().to_string_lossy().into_owned();
            seeds.push((ending, std::fs::read(path).unwrap()));
        }
    }
    seeds
}

fn mutated(numbers: &mut Numbers, text: &[u8], other: &[u8]) -> Vec<u8> {
    let cut = |numbers: &mut Numbers, text: &[u8]| numbers.below(text.len());
    let mut out = text.to_vec();
    match numbers.below(10) {
        0 => out.truncate(cut(numbers, text)),
        1 => {
            let (from, to) = (cut(numbers, text), cut(numbers, other));
            out.truncate(from);
            out.extend_from_slice(&other[to..]);
        }
        2 => {
            for _ in 0..20 {
                let at = cut(numbers, &out);
                out[at] = b"\0\xff\x80(){}[]:\"'`\\\r\n\t#%;"[numbers.below(20)];
            }
        }
        3 => {
            let at = cut(numbers, text);
            let deep = ["(", "[", "{", "if x {", "lambda: "][numbers.below(5)].repeat(2_000);
            out.splice(at..at, deep.bytes());
        }
        4 => out = String::from_utf8_lossy(text).replace('\n', "\r\n").into_bytes(),
        5 => out = String::from_utf8_lossy(text).replace('\n', " ").into_bytes(),
        6 => {
            let (from, to) = (cut(numbers, text), cut(numbers, text));
            out.drain(from.min(to)..from.max(to));
        }
        7 => {
            let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
            for _ in 0..lines.len() / 4 {
                let (a, b) = (numbers.below(lines.len()), numbers.below(lines.len()));
                lines.swap(a, b);
            }
            out = lines.join(&b'\n');
        }
        8 => {
            let (from, to) = (cut(numbers, text), cut(numbers, text));
            let piece = text[from.min(to)..from.max(to)].to_vec();
            let at = cut(numbers, text);
            out.splice(at..at, piece.into_iter().cycle().take(20_000));
        }
        _ => out.splice(0..0, "\u{feff}é\u{2028}".bytes()).for_each(drop),
    }
    out
}

fn sound(ran: &Ran, what: &str) {
    assert!(matches!(ran.code, 0 | 1 | 3), "{what}: {}\n{}\n{}", ran.code, ran.out, ran.err);
    assert!(!ran.err.contains("panicked"), "{what}: {}", ran.err);
}

#[test]
fn mutated_sources_are_told_of_and_never_break_it() {
    let seeds = seeds();
    for round in 1..=ROUNDS {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ round);
        let home = Home::new();
        std::fs::create_dir(home.path().join("src")).unwrap();
        for (number, (ending, text)) in seeds.iter().enumerate() {
            let other = &seeds[numbers.below(seeds.len())].1;
            let name = format!("src/m{number}.{ending}");
            std::fs::write(home.path().join(name), mutated(&mut numbers, text, other)).unwrap();
        }
        let ran = home.run(&["audit", "src", "--no-cache", "--format", "json"]);
        sound(&ran, &format!("round {round}"));
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let coverage = &report["coverage"];
        let count = |name: &str| coverage[name].as_u64().unwrap();
        let (seen, skipped) = (count("files_seen"), count("files_skipped"));
        let (parsed, partly) = (count("files_parsed"), count("files_partly_parsed"));
        assert_eq!(seen, seeds.len() as u64, "round {round}: {coverage}");
        assert_eq!(parsed + partly + skipped, seen, "round {round}: {coverage}");
        let gaps = coverage["gaps"].as_array().unwrap();
        // A file that was not wholly read is named once, on one line of its own.
        let mut named: Vec<&str> = gaps.iter().map(|gap| gap["path"].as_str().unwrap()).collect();
        named.dedup();
        assert_eq!(named.len(), gaps.len(), "round {round}: {gaps:?}");
        assert!(named.len() as u64 >= partly, "round {round}: {gaps:?}");
        if !gaps.is_empty() && ran.code != 1 {
            assert_eq!(ran.code, 3, "round {round}: incomplete, and it says so");
        }
    }
}

#[test]
fn odd_trees_end_with_one_clear_line() {
    let home = Home::new();
    for folder in ["empty", "odd"] {
        std::fs::create_dir(home.path().join(folder)).unwrap();
    }
    let ran = home.run(&["audit", "empty"]);
    sound(&ran, "an empty folder");
    assert!(ran.out.contains("nothing was looked at"), "{}", ran.out);
    let odd = home.path().join("odd");
    let mut long = String::from("x = [");
    for number in 0..100_000 {
        write!(long, "{number}, ").unwrap();
    }
    std::fs::write(odd.join("line.py"), long + "]\n").unwrap();
    std::fs::write(odd.join("nothing.py"), "").unwrap();
    std::fs::write(odd.join("nothing.go"), "").unwrap();
    std::fs::write(odd.join("nul.go"), "package a\0\n").unwrap();
    std::fs::write(odd.join("blind.py"), "x = 1\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        symlink(".", odd.join("round")).unwrap();
        symlink("b.py", odd.join("a.py")).unwrap();
        symlink("a.py", odd.join("b.py")).unwrap();
        let mode = std::fs::Permissions::from_mode(0o000);
        std::fs::set_permissions(odd.join("blind.py"), mode).unwrap();
    }
    for format in ["text", "json", "jsonl", "sarif", "github", "junit", "md", "html"] {
        sound(&home.run(&["audit", "odd", "--format", format]), format);
    }
    home.run(&["audit", "nowhere"]).fails(2, &["nowhere"]);
}
