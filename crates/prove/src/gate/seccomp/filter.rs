//! The classic BPF program that decides in the kernel which calls come to us.
//!
//! It compares the call's number with the table and lets everything else through untouched; programs of another
//! architecture (32-bit) are let through too.

use super::calls::{self, Shape};

const LOAD_WORD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;
const ALLOW: u32 = 0x7fff_0000;
const NOTIFY: u32 = 0x7fc0_0000;

/// Builds the program: without files only what can concern sockets, without sockets only what can concern files.
pub(super) fn program(no_files: bool, sockets: bool) -> Vec<libc::sock_filter> {
    let wanted: Vec<u32> = calls::all()
        .filter(|call| match call.shape {
            Shape::Refused => true,
            Shape::Descriptor { .. } if no_files => matches!(call.name, "read" | "write"),
            Shape::Path { .. } | Shape::Paths { .. } | Shape::Target { .. } => !no_files,
            _ => sockets || !call.socket_only(),
        })
        .filter_map(|call| u32::try_from(call.number()).ok())
        .collect();
    let mut program = vec![
        step(LOAD_WORD, 0, 0, 4),
        step(JUMP_EQUAL, 1, 0, calls::ARCHITECTURE),
        step(RETURN, 0, 0, ALLOW),
        step(LOAD_WORD, 0, 0, 0),
    ];
    let count = wanted.len();
    for (index, number) in wanted.into_iter().enumerate() {
        // Behind the comparisons stand first "allow", then "notify".
        let to_notify = u8::try_from(count - index).expect("the table is shorter than a jump");
        program.push(step(JUMP_EQUAL, to_notify, 0, number));
    }
    program.push(step(RETURN, 0, 0, ALLOW));
    program.push(step(RETURN, 0, 0, NOTIFY));
    program
}

const fn step(code: u16, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt, jf, k }
}
