use amorsize_report::{Format, Options, render};

use crate::sample;

fn options() -> Options<'static> {
    Options { sources: &sample::sources, columns: Some(100), color: false, all: false, link: None }
}

#[test]
fn a_person_sees_the_whole_story() {
    let text = render(&sample::report(), Format::Text, &options());
    println!("{text}");
}

#[test]
fn md() {
    println!("{}", render(&sample::report(), Format::Md, &options()));
}
