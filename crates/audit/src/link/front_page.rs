//! Functions that a package of Python hands out on its front page and has from another of its modules:
//! `from .files import folder` in `__init__.py`. Who imports them from the package calls those.

use amorsize_facts::event::{Lang, Name};

use super::tree::{FnId, Tree, folder};

/// Front pages that hand on what another front page hands out.
const PAGES_MAX: u8 = 3;

impl Tree<'_> {
    /// The function that a file knows by a name which it imports from a package: `from . import folder`.
    pub(super) fn handed_out(&self, from: u32, module: &str, name: Name) -> Option<FnId> {
        let file = &self.files[from as usize];
        if file.lang != Lang::Python {
            return None;
        }
        if !module.is_empty() {
            return self.on_front_page(from, module, name, PAGES_MAX);
        }
        let import = file.imports.iter().find(|import| import.alias == name)?;
        let (module, name) = within(import.target.as_str())?;
        self.on_front_page(from, module, name, PAGES_MAX)
    }

    fn on_front_page(&self, from: u32, module: &str, name: Name, left: u8) -> Option<FnId> {
        let pages = self.meant(from, module).into_iter().filter(|file| {
            self.files[*file as usize].path.ends_with("__init__.py") && *file != from
        });
        let mut given = pages.flat_map(|page| {
            let imports = self.files[page as usize].imports.iter();
            imports.filter(|import| import.alias == name).map(move |import| (page, import.target))
        });
        given.find_map(|(page, target)| {
            let (module, name) = within(target.as_str())?;
            let own = self.meant(page, module);
            let found = own.into_iter().find_map(|file| self.free_in(file, name));
            found.or_else(|| {
                left.checked_sub(1).and_then(|left| self.on_front_page(page, module, name, left))
            })
        })
    }

    /// The files that a module's name means where it is imported: dots lead up from the folder of who does.
    fn meant(&self, from: u32, module: &str) -> Vec<u32> {
        let plain = module.trim_start_matches('.');
        let up = module.len() - plain.len();
        if up == 0 {
            return self.module(module).to_vec();
        }
        let mut base = folder(&self.files[from as usize].path);
        for _ in 1..up {
            base = folder(base);
        }
        let below = plain.replace('.', "/");
        let stem = match (base, below.as_str()) {
            ("", below) => below.to_owned(),
            (base, "") => base.to_owned(),
            (base, below) => format!("{base}/{below}"),
        };
        let dotted = stem.replace('/', ".");
        let stands_there = |file: &&u32| {
            let path = &self.files[**file as usize].path;
            let own = path.strip_suffix(".py").unwrap_or(path);
            own.strip_suffix("/__init__").unwrap_or(own) == stem
        };
        self.module(&dotted).iter().filter(stands_there).copied().collect()
    }
}

/// What is imported, and from where: `.files.folder` is `folder` of `.files`, `..folder` is that of `..`.
fn within(target: &str) -> Option<(&str, Name)> {
    let at = target.rfind('.')?;
    let (module, last) = target.split_at(at + 1);
    let dots = module.bytes().all(|byte| byte == b'.');
    let module = if dots { module } else { module.strip_suffix('.')? };
    (!last.is_empty()).then(|| (module, Name::new(last)))
}
