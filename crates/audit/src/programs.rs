//! Which code of a tree its own programs run. All who call that can be seen; whoever imports a library
//! cannot.

use amorsize_facts::event::{FileFacts, FunctionKind, Lang, Name};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::held::is_test;
use crate::link::{Tree, folder};
use crate::shared::deals_with_threads;

/// Packages of a program that is large enough for its callers to say something. A small one may be there to
/// show what the others do.
const PACKAGES_MIN: usize = 6;

/// The packages of Go that programs of the tree run, by number, without those that programs begin with.
pub(crate) fn run_by_programs(tree: &Tree<'_>) -> FxHashSet<u32> {
    let mut found = FxHashSet::default();
    if is_library(tree) {
        return found;
    }
    let mut members: FxHashMap<u32, Vec<&FileFacts>> = FxHashMap::default();
    for (n, file) in (0_u32..).zip(tree.files).filter(|(_, file)| is_code(file)) {
        members.entry(tree.package(n)).or_default().push(file);
    }
    let folders: FxHashMap<&str, u32> =
        members.iter().map(|(package, files)| (folder(&files[0].path), *package)).collect();
    let begins = |files: &[&FileFacts]| {
        files.iter().all(|file| file.package == "main") && !is_aside(folder(&files[0].path))
    };
    let mains = members.iter().filter(|(_, files)| begins(files)).map(|(package, _)| *package);
    let mains: Vec<u32> = mains.collect();
    let mut todo = mains.clone();
    while let Some(package) = todo.pop() {
        if !found.insert(package) {
            continue;
        }
        let imports = members.get(&package).into_iter().flatten().flat_map(|file| &file.imports);
        todo.extend(imports.filter_map(|import| {
            let target = import.target.as_str();
            let mut ends = target.match_indices('/').map(|(at, _)| &target[at + 1..]);
            ends.find_map(|end| folders.get(end)).copied()
        }));
    }
    if found.len() < PACKAGES_MIN {
        return FxHashSet::default();
    }
    mains.iter().for_each(|main| _ = found.remove(main));
    found
}

/// Whether a tree of Go is first of all a program: it has commands.
pub(crate) fn is_a_program(tree: &Tree<'_>) -> bool {
    let main = Name::new("main");
    tree.all().any(|id| {
        let file = tree.file(id);
        tree.function(id).name == main
            && tree.function(id).kind == FunctionKind::Free
            && file.lang == Lang::Go
            && !is_test(&file.path)
            && !file
                .path
                .split('/')
                .any(|part| matches!(part, "tools" | "hack" | "examples" | "example" | "_examples"))
    })
}

/// Whether a module is of a package of Python that can be run, `python -m package`, and none of whose modules deals
/// with threads: a framework has a command, too.
pub(crate) fn runs_by_itself(tree: &Tree<'_>, file: u32) -> bool {
    let own = tree.files[file as usize].path.as_str();
    let with_threads = |folder: &str| {
        let mut files = (0_u32..).zip(tree.files);
        files.any(|(number, file)| lies_in(&file.path, folder) && deals_with_threads(tree, number))
    };
    let mut folders = tree.files.iter().filter_map(|file| file.path.strip_suffix("/__main__.py"));
    folders.any(|folder| lies_in(own, folder) && !with_threads(folder))
}

fn lies_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn is_code(file: &FileFacts) -> bool {
    file.lang == Lang::Go && !file.path.ends_with("_test.go")
}

/// Whether the package at the root is one that others import for what stands below it, whatever commands
/// come with it.
fn is_library(tree: &Tree<'_>) -> bool {
    let exports = |file: &FileFacts| {
        file.functions.iter().any(|function| {
            function.parent.is_none() && function.name.as_str().starts_with(char::is_uppercase)
        })
    };
    let builds_on = |file: &FileFacts| {
        file.imports
            .iter()
            .map(|import| import.target.as_str())
            .any(|target| target.contains('.') && !tree.module(target).is_empty())
    };
    tree.files.iter().any(|file| {
        is_code(file)
            && folder(&file.path).is_empty()
            && file.package != "main"
            && builds_on(file)
            && exports(file)
    })
}

/// Whether a program is an example, a test or a tool of the developers.
fn is_aside(folder: &str) -> bool {
    folder.split('/').any(|part| {
        matches!(
            part.trim_start_matches('_'),
            "examples"
                | "example"
                | "samples"
                | "sample"
                | "demos"
                | "demo"
                | "docs"
                | "test"
                | "tests"
                | "testing"
                | "testdata"
                | "e2e"
                | "loadtest"
                | "fuzz"
                | "bench"
                | "benchmark"
                | "benchmarks"
                | "hack"
                | "tools"
                | "scripts"
                | "script"
                | "build"
                | "ci"
                | "dev"
                | "gen"
                | "generate"
                | "contrib"
                | "internal"
        )
    })
}
