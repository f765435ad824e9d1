//! Files of standards that tests compare with: brought by a package registry, never committed.

use anyhow::{Context as _, Result};

use crate::shell;

/// The package that carries the JSON schema of SARIF 2.1.0, and where in it.
const SARIF_PACKAGE: &str = "@microsoft/jest-sarif@1.0.0-beta.0";
const SARIF_FILE: &str = "package/lib/schemas/sarif-2.1.0-rtm.5.json";

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
