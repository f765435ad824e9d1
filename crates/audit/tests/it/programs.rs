//! What is a race in a package that others import need not be one in a program, which keeps its files for itself.

use amorsize_finding::Verdict;

use crate::rules::audit;

const META: &str = r#"package meta

import "os"

type Block struct{ folder string }

func (b *Block) WriteMeta(data []byte) error {
	path := b.folder + "/meta.json"
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func saveCache(path string, data []byte) error { return put(path, data) }

func put(path string, data []byte) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
"#;

/// The functions of the package with an open finding.
fn open(main: Option<&str>) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a private folder");
    std::fs::write(folder.path().join("go.mod"), "module example.com/m\n").expect("written");
    std::fs::create_dir_all(folder.path().join("meta")).expect("made");
    std::fs::write(folder.path().join("meta/meta.go"), META).expect("written");
    if let Some(at) = main {
        std::fs::create_dir_all(folder.path().join(at)).expect("made");
        let source = "package main\n\nfunc main() {}\n";
        std::fs::write(folder.path().join(at).join("main.go"), source).expect("written");
    }
    let found = audit(folder.path());
    let open = found.into_iter().filter(|finding| finding.verdict == Verdict::Open);
    let mut names: Vec<String> = open.map(|finding| finding.function).collect();
    names.sort();
    names
}

#[test]
fn one_temporary_name_is_a_race_in_a_package_and_in_a_program_where_others_meet() {
    assert_eq!(open(None), ["Block.WriteMeta", "put"]);
    assert_eq!(open(Some("examples/hello")), ["Block.WriteMeta", "put"]);
    assert_eq!(open(Some("cmd/server")), ["put"]);
}
