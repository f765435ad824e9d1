//! Programs that do it another way: in a child, in a thread, past the system calls, behind encryption. Each gets the right
//! answer, or the report names what it could not see.

use crate::support::{Case, has, python, shell, text};
use amorsize_finding::{ProofVerdict, Shown};
use amorsize_prove::Proof;

/// Adds one to the counter in the file `n`, by a Python program that is held at it.
fn counter(body: &str, on: &str) -> Case {
    let mut case = Case::new("", "", on).setup("echo 0 > n").probe("cat n");
    let script = format!(
        "import os, sys, threading\n\ndef add():\n    with open('n') as f:\n        n = int(f.read())\n    \
         with open('n', 'w') as f:\n        f.write(str(n + 1))\n\n{body}"
    );
    std::fs::write(case.experiment.directory.join("victim.py"), script).unwrap();
    let run = format!("{} -S victim.py", python());
    case.experiment.a.clone_from(&run);
    case.experiment.b = run;
    case
}

fn assert_lost(proof: &Proof) {
    assert_eq!(
        (proof.verdict, proof.shown),
        (ProofVerdict::Proved, Some(Shown::Lost)),
        "{}",
        text(proof)
    );
}

fn blind(proof: &Proof, word: &str) -> bool {
    proof.coverage.blind_spots.iter().any(|spot| spot.contains(word))
}

#[test]
fn a_child_that_was_forked_is_held_as_its_parent_would_be() {
    let body =
        "child = os.fork()\nif child == 0:\n    add()\n    os._exit(0)\nos.waitpid(child, 0)\n";
    assert_lost(&counter(body, "n").run());
}

#[test]
fn a_thread_is_held_as_the_first_one_would_be() {
    let body = "t = threading.Thread(target=add)\nt.start()\nt.join()\n";
    assert_lost(&counter(body, "n").run());
}

#[test]
fn a_program_that_asks_for_io_uring_falls_back_and_the_report_says_so() {
    let body = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n\
                assert libc.syscall(425, 8, ctypes.create_string_buffer(256)) == -1\n\
                assert ctypes.get_errno() == 38, ctypes.get_errno()\nadd()\n";
    let proof = counter(body, "n").run();
    assert_lost(&proof);
    assert!(blind(&proof, "io_uring"), "{}", text(&proof));
}

#[test]
fn what_is_written_through_a_mapping_is_named_as_unseen() {
    let body = "import mmap\nwith open('n', 'r+b') as f:\n    with mmap.mmap(f.fileno(), 0) as m:\n        \
                m[0:1] = bytes([m[0] + 1])\n";
    let proof = counter(body, "n").run();
    assert_ne!(proof.verdict, ProofVerdict::Proved, "{}", text(&proof));
    assert!(blind(&proof, "mapped shared"), "{}", text(&proof));
}

const TLS_SERVER: &str = "\
import socket, ssl, sys, threading
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('cert.pem', 'key.pem')
listener = socket.create_server(('127.0.0.1', 0))
with open('port.part', 'w') as f:
    f.write(str(listener.getsockname()[1]))
import os
os.rename('port.part', 'port')
value = [0]

def serve(plain):
    with context.wrap_socket(plain, server_side=True) as stream:
        for line in stream.makefile('r'):
            words = line.split()
            if words[0] == 'set':
                value[0] = int(words[1])
            stream.sendall(('%d\\n' % value[0]).encode())

while True:
    plain, _ = listener.accept()
    threading.Thread(target=serve, args=(plain,), daemon=True).start()
";

const TLS_CLIENT: &str = "\
import socket, ssl, sys
context = ssl.create_default_context(cafile='cert.pem')
context.check_hostname = False
with socket.create_connection(('127.0.0.1', int(open('port').read()))) as plain:
    with context.wrap_socket(plain) as stream:
        answers = stream.makefile('r')
        def ask(words):
            stream.sendall((words + '\\n').encode())
            return int(answers.readline())
        if sys.argv[1] == 'set':
            ask('set 0')
        n = ask('get')
        if sys.argv[1] == 'add':
            ask('set %d' % (n + 1))
        else:
            print(n)
";

/// A process that ends with the test.
struct Server(std::process::Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn requests_inside_tls_are_held_and_their_text_is_named_as_unseen() {
    if !has("openssl", &["version"]) {
        return;
    }
    let mut case = Case::new("", "", "tcp:1");
    let folder = case.experiment.directory.clone();
    std::fs::write(folder.join("server.py"), TLS_SERVER).unwrap();
    std::fs::write(folder.join("client.py"), TLS_CLIENT).unwrap();
    let make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
                -subj /CN=localhost 2>/dev/null";
    shell(&folder, make);
    let started =
        std::process::Command::new(python()).arg("server.py").current_dir(&folder).spawn();
    let mut server = Server(started.unwrap());
    let port = loop {
        if let Ok(port) = std::fs::read_to_string(folder.join("port")) {
            break port;
        }
        assert!(server.0.try_wait().unwrap().is_none(), "the server has ended");
        std::thread::yield_now();
    };
    let run = |word: &str| format!("{} -S client.py {word}", python());
    case.experiment.on = vec![format!("tcp:{port}").parse().unwrap()];
    case.experiment.setup = Some(run("set"));
    case.experiment.a = run("add");
    case.experiment.b = run("add");
    case.experiment.probe = Some(run("get"));
    let proof = case.run();
    assert_lost(&proof);
    assert!(blind(&proof, "TLS"), "{}", text(&proof));
}
