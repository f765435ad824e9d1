//! Renders the sample report of the tests in every format into a folder, to be looked at:
//! `cargo run -p amorsize-report --example sample -- FOLDER`.

#[path = "../tests/it/sample.rs"]
mod sample;

use std::path::PathBuf;

use amorsize_report::{Format, Options, render};

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    let options = Options {
        sources: &sample::sources,
        columns: Some(100),
        color: false,
        all: false,
        link: None,
    };
    for format in Format::ALL {
        let text = render(&sample::report(), *format, &options);
        std::fs::write(folder.join(format!("report.{format}")), text)?;
    }
    Ok(())
}
