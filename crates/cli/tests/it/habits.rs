//! The habits of the command line: exit codes, hints, colour, settings, closed pipes.

use std::io::Read as _;
use std::process::Stdio;

use crate::program::Home;

#[test]
fn no_words_welcome_and_wrong_words_are_usage_errors_with_a_suggestion() {
    let home = Home::new();
    assert!(home.good(&[]).contains("amorsize tour"));
    assert!(home.good(&["--version"]).starts_with("amorsize "));
    let ran = home.run(&["doctr"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("doctor"), "{}", ran.err);
    home.run(&["explain", "expird"]).fails(2, &["expird", "did you mean expired?"]);
    assert!(home.good(&["explain", "EXPIRED"]).contains("TTL"));
}

#[test]
fn settings_come_from_the_nearest_file_and_then_from_the_environment() {
    let home = Home::new();
    std::fs::write(home.path().join("amorsize.toml"), "[cache]\nttl = \"2h\"\n").unwrap();
    let shown = home.good(&["config", "--origin"]);
    assert!(shown.contains("cache.ttl = 2h  # ") && shown.contains("amorsize.toml:2"), "{shown}");
    let mut command = home.command(&["config", "--origin"]);
    let output = command.env("AMORSIZE_CACHE_TTL", "3h").output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("cache.ttl = 3h  # $AMORSIZE_CACHE_TTL"), "{shown}");
    std::fs::write(home.path().join("amorsize.toml"), "[cahce]\nttl = \"2h\"\n").unwrap();
    home.run(&["config"]).fails(2, &["amorsize.toml:1", "cahce"]);
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let home = Home::new();
    let mut child =
        home.command(&["man"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn colour_only_where_it_is_asked_for() {
    let home = Home::new();
    assert!(!home.good(&[]).contains('\x1b'));
    assert!(home.good(&["--color", "always"]).contains('\x1b'));
}

#[test]
fn man_pages_and_completions_know_every_command() {
    let home = Home::new();
    home.good(&["man", "--out", "pages"]);
    let page = std::fs::read_to_string(home.path().join("pages/amorsize-cache.1")).unwrap();
    assert!(page.contains("prune"), "{page}");
    for shell in ["bash", "zsh", "fish"] {
        let completions = home.good(&["completions", shell]);
        assert!(completions.contains("doctor") && completions.contains("CTA150"), "{shell}");
    }
}

#[test]
fn the_tour_shows_the_true_reason_after_the_clean_up() {
    let home = Home::new();
    let shown = home.good(&["tour"]);
    assert!(shown.contains("(cached)"), "{shown}");
    assert!(shown.contains("pruned 1 expired value,"), "{shown}");
    assert!(shown.contains("miss: expired"), "{shown}");
    assert!(shown.contains("absent: never stored"), "{shown}");
    assert!(shown.contains("PROVED"), "{shown}");
}
