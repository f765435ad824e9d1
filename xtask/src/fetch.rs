//! What tests compare with and look at: files of standards, and the sources of systems where the truth
//! is known. Brought by the package registries, kept in an ignored folder, never committed.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::{corpus, shell};

/// The package that carries the JSON schema of SARIF 2.1.0, and where in it.
const SARIF_PACKAGE: &str = "@microsoft/jest-sarif@1.0.0-beta.0";
const SARIF_FILE: &str = "package/lib/schemas/sarif-2.1.0-rtm.5.json";

/// How a package is brought.
type Fetch = fn(&str, &str, &Path) -> Result<()>;

/// The systems the auditor's verdicts are compared on, by the folder that the tests look into.
const AUDITED: &[(&str, Fetch, &str, &str)] = &[
    ("django-5.2", corpus::fetch_pypi, "Django", "5.2"),
    ("client-go-0.30.0", corpus::fetch_go, "k8s.io/client-go", "v0.30.0"),
    ("client-go-0.37.2", corpus::fetch_go, "k8s.io/client-go", "v0.37.2"),
];

/// Brings the SARIF schema to `target/fetched`, unless it is there.
pub(crate) fn sarif_schema() -> Result<()> {
    let folder = shell::root().join("target/fetched");
    let schema = folder.join("sarif-2.1.0.json");
    if std::fs::metadata(&schema).is_ok_and(|of| of.len() > 0) {
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    let pack = ["pack", SARIF_PACKAGE, "--silent", "--pack-destination", "target/fetched"];
    let name = shell::read(shell::command("npm", &pack))?;
    let archive = format!("target/fetched/{}", name.trim());
    let text = shell::read(shell::command("tar", &["-xzOf", &archive, SARIF_FILE]))?;
    std::fs::write(&schema, text).context("could not write the SARIF schema")
}

/// Brings Django and client-go to `target/fetched`, unless they are there; a folder is there whole or
/// not at all.
pub(crate) fn audited() -> Result<()> {
    let folder = shell::root().join("target/fetched");
    for (name, fetch, package, version) in AUDITED {
        let there = folder.join(name);
        if there.is_dir() {
            continue;
        }
        let part = folder.join(format!("{name}.part"));
        drop(std::fs::remove_dir_all(&part));
        std::fs::create_dir_all(&part)?;
        fetch(package, version, &part).with_context(|| format!("{package} {version}"))?;
        std::fs::rename(&part, &there)?;
    }
    Ok(())
}
