//! A server never outlives the process that started it.

use std::io::BufRead as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};

use amorsize_testkit::servers::{Durability, Redis, or_skip};

const CHILD: &str = "AMORSIZE_TESTKIT_CHILD";

/// Not a test of its own: the process that the next test kills.
#[test]
fn helper_that_holds_a_server() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let server = Redis::start(Durability::None).expect("a server");
    println!("\nport {}", server.port());
    std::thread::park();
}

#[test]
fn a_server_dies_with_a_killed_owner() {
    if or_skip(Redis::start(Durability::None)).is_none() {
        return;
    }
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "servers::helper_that_holds_a_server", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let lines = std::io::BufReader::new(child.stdout.take().expect("piped")).lines();
    let port: u16 = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("port ").and_then(|port| port.parse().ok()))
        .expect("it says its port");
    child.kill().expect("SIGKILL");
    child.wait().expect("reaped");
    let gone = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        TcpStream::connect(("127.0.0.1", port)).is_err()
    });
    assert!(gone, "the server still listens after its owner was killed");
}
