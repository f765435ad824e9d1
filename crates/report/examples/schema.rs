//! Writes the published JSON schemas into a folder: `cargo run -p amorsize-report --example schema -- docs/schema`.

#[path = "../tests/it/schemas.rs"]
mod schemas;

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "docs/schema".to_owned()));
    std::fs::create_dir_all(&folder)?;
    for (name, text) in schemas::all() {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
