//! `amorsize audit --watch`: what changes in the sources is told as it happens.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::program::Home;

const RACY: &str =
    "import os\n\ndef forget(path):\n    if os.path.exists(path):\n        os.remove(path)\n";
const MENDED: &str = "import os\n\ndef forget(path):\n    try:\n        os.remove(path)\n    except FileNotFoundError:\n        pass\n";
/// Nothing here takes so long; a failure is a failure and not a hang.
const PATIENCE: Duration = Duration::from_secs(120);

/// A watching program, ended with the test.
struct Watching(Child, Receiver<String>);

impl Watching {
    fn begin(home: &Home, words: &[&str]) -> Self {
        let mut command = home.command(&["audit", "--watch"]);
        let mut child =
            command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (said, lines) = channel();
        let follow = |stream: Box<dyn Read + Send>| {
            let said = said.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let Ok(()) = said.send(line) else { return };
                }
            });
        };
        follow(Box::new(child.stdout.take().unwrap()));
        follow(Box::new(child.stderr.take().unwrap()));
        Self(child, lines)
    }

    /// Waits for a line that holds all of the words; returns what came before, and it.
    fn until(&self, words: &[&str]) -> String {
        let mut all = String::new();
        loop {
            let line = self.1.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no line with {words:?} after:\n{all}"));
            all += &line;
            all.push('\n');
            if words.iter().all(|word| line.contains(word)) {
                return all;
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

#[test]
fn a_new_finding_is_told_when_its_file_is_saved_and_gone_when_it_is_mended() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("src")).unwrap();
    std::fs::write(home.path().join("src/kept.py"), MENDED).unwrap();
    let watching = Watching::begin(&home, &["src", "-o", "json=report.json"]);
    watching.until(&["watching"]);
    std::fs::write(home.path().join("src/kept.py"), RACY).unwrap();
    watching.until(&["src/kept.py changed"]);
    watching.until(&["+ new", "CTA140", "kept.py:5"]);
    watching.until(&["1 new"]);
    // A folder that was not there before is followed, too.
    std::fs::create_dir_all(home.path().join("src/deep/down")).unwrap();
    std::fs::write(home.path().join("src/deep/down/more.py"), RACY).unwrap();
    watching.until(&["+ new", "CTA140", "deep/down/more.py:5"]);
    // As editors save: another file, and a rename.
    std::fs::write(home.path().join("src/kept.py.new"), MENDED).unwrap();
    std::fs::rename(home.path().join("src/kept.py.new"), home.path().join("src/kept.py")).unwrap();
    watching.until(&["- gone", "CTA140", "kept.py:5"]);
    std::fs::remove_dir_all(home.path().join("src/deep")).unwrap();
    watching.until(&["- gone", "CTA140", "deep/down/more.py:5"]);
    std::fs::write(home.path().join("src/kept.py"), "def nothing():\n    pass\n").unwrap();
    watching.until(&["nothing new, nothing gone"]);
    let report = std::fs::read_to_string(home.path().join("report.json")).unwrap();
    assert!(!report.contains("CTA140"), "{report}");
}

#[test]
fn one_file_is_watched_by_its_name_and_a_root_that_goes_ends_it() {
    let home = Home::new();
    std::fs::write(home.path().join("one.py"), RACY).unwrap();
    let mut watching = Watching::begin(&home, &["one.py"]);
    watching.until(&["watching"]);
    std::fs::write(home.path().join("other.py"), RACY).unwrap();
    std::fs::write(home.path().join("one.py"), MENDED).unwrap();
    let said = watching.until(&["- gone", "CTA140", "one.py:5"]);
    assert!(!said.contains("other.py"), "{said}");
    std::fs::remove_file(home.path().join("one.py")).unwrap();
    watching.until(&["there is no one.py"]);
    assert_eq!(watching.0.wait().unwrap().code(), Some(2));
}

#[test]
fn what_cannot_be_followed_is_refused_at_once() {
    let home = Home::new();
    home.run(&["audit", "--watch", "--format", "sarif", "."])
        .fails(2, &["--watch writes text", "-o"]);
    home.run(&["audit", "--watch", "nowhere"]).fails(2, &["nowhere"]);
    home.run(&["audit", "--watch", "--fix", "."]).fails(2, &["--fix"]);
}
