//! The classes in the files beside the finding's: what stands for a base class that is only a frame, and what a parameter
//! is named after.

use super::source::Class;
use regex::Regex;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const SOURCE_BYTES_MAX: u64 = 4 << 20;
const FILES_MAX: usize = 200;

/// A class, the module it stands in, and that module's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Neighbour<'a> {
    pub(super) module: &'a str,
    pub(super) class: String,
    pub(super) source: &'a str,
}

/// The modules of one folder: their names and their texts.
#[derive(Debug, Default)]
pub(super) struct Package(pub(super) Vec<(String, String)>);

impl Package {
    /// Reads the modules beside a file that is the module `own`.
    pub(super) fn read(path: &Path, own: &str) -> Self {
        let entries = path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
        let mut files: Vec<PathBuf> =
            entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        files.sort();
        let package = own.rsplit_once('.').map(|(package, _)| format!("{package}."));
        let module = |file: &PathBuf| {
            let stem = file.file_name()?.to_str()?.strip_suffix(".py")?.to_owned();
            let foreign = ["prove_", "test_", "__", "conftest", "setup"];
            let wanted = !foreign.iter().any(|start| stem.starts_with(start));
            let bytes = wanted.then(|| amorsize_os::files::read_bounded(file, SOURCE_BYTES_MAX));
            let text = String::from_utf8_lossy(&bytes?.ok()?).into_owned();
            Some((format!("{}{stem}", package.as_deref().unwrap_or_default()), text))
        };
        Self(files.iter().filter_map(module).take(FILES_MAX).collect())
    }

    /// A class of that name.
    pub(super) fn named(&self, class: &str) -> Option<Neighbour<'_>> {
        let found = self.0.iter().find(|(_, source)| Class::find(source, class).is_some());
        found.map(|(module, source)| Neighbour { module, class: class.to_owned(), source })
    }

    /// A class that is made of `base` and needs no server: with files where processes are to meet in it.
    pub(super) fn concrete(&self, base: &str, in_files: bool) -> Option<Neighbour<'_>> {
        static SERVER: LazyLock<Regex> = LazyLock::new(|| {
            let names = "redis|valkey|memcache|pymemcache|pylibmc|aiomcache|boto3?|pymongo|motor|uwsgi|psycopg|sqlalchemy|google|azure|kazoo";
            pattern(&format!(r"(?m)^\s*(?:import|from) (?:{names})"))
        });
        static HEAD: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^class (\w+)\(([^)]*)\)"));
        let empty = ["Base", "Abstract", "Null", "Dummy", "No"];
        let mut found = vec![];
        for (module, source) in self.0.iter().filter(|(_, source)| !SERVER.is_match(source)) {
            for head in HEAD.captures_iter(source) {
                let mut bases = head[2].split(',').map(|one| one.rsplit('.').next().unwrap_or(one));
                let is_one = bases.any(|one| one.trim() == base);
                let is_frame = empty.iter().any(|start| head[1].starts_with(start));
                if is_one && !is_frame && Class::constructor(source, &head[1], 0).is_some() {
                    let class = head[1].to_owned();
                    found.push(Neighbour { module, class, source });
                }
            }
        }
        found.into_iter().min_by_key(|one| {
            let opens = ["open(", "mkstemp", "sqlite3."].iter().any(|w| one.source.contains(w));
            (opens != in_files, one.class.len())
        })
    }
}

/// Whether a class leaves the work to those made of it.
pub(super) fn is_frame(name: &str, class: &Class<'_>) -> bool {
    name.starts_with("Base")
        || name.starts_with("Abstract")
        || ["NotImplementedError", "abstractmethod"].iter().any(|word| class.body.contains(word))
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant that the tests compile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_frame_needs_no_server_and_fits_where_the_two_meet() {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let init = "    def __init__(self):\n        pass\n";
        let package = Package(vec![
            file("c.far", &format!("import redis\n\nclass RedisCache(BaseCache):\n{init}")),
            file("c.file", &format!("class FileCache(b.BaseCache):\n{init}        open('k')\n")),
            file(
                "c.simple",
                &format!(
                    "class NullCache(BaseCache):\n{init}\nclass SimpleCache(BaseCache):\n{init}"
                ),
            ),
        ]);
        let class = |in_files| package.concrete("BaseCache", in_files).unwrap().class;
        assert_eq!((class(true).as_str(), class(false).as_str()), ("FileCache", "SimpleCache"));
        assert_eq!(package.named("FileCache").unwrap().module, "c.file");
        assert_eq!(package.concrete("Other", true), None);
        let frame =
            "class BaseCache:\n    def get(self, key):\n        raise NotImplementedError\n";
        assert!(is_frame(
            "Store",
            &Class::find(&frame.replace("BaseCache", "Store"), "Store").unwrap()
        ));
    }
}
