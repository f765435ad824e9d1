//! The wire gate: a proxy of our own before a server, for systems without the system-call gate and for clients that
//! cannot be traced.
//!
//! Each party gets a port of its own, so that whose request it is needs no guessing. Requests are taken apart at their
//! protocol's boundaries, so that pipelined ones are held one by one; answers are passed on as they come. TLS is
//! declined in the server's name, since nothing can be read inside it.

use super::framing::{Framing, Unit};
use crate::error::{Error, Result};
use crate::experiment::{Protocol, Watch};
use crate::gate::payload;
use crate::history::{Boundary, Tap};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

const CHUNK: usize = 64 << 10;
/// A request longer than this is passed on in pieces, without being held in between.
const REQUEST_BYTES_MAX: usize = 64 << 20;

/// A server to stand before.
#[derive(Debug, Clone)]
pub(crate) struct WireGate {
    protocol: Protocol,
    upstream: String,
}

impl WireGate {
    pub(crate) fn of(on: &[Watch]) -> Option<Self> {
        on.iter().find_map(|watch| match watch {
            Watch::Wire { protocol, upstream } => {
                Some(Self { protocol: *protocol, upstream: upstream.clone() })
            }
            _ => None,
        })
    }

    /// The server's own port, for commands that are not held.
    pub(crate) fn server_port(&self) -> &str {
        self.upstream.rsplit(':').next().unwrap_or_default()
    }

    /// Opens a port for one party.
    pub(crate) fn open(&self, tap: &Arc<Tap>) -> Result<u16> {
        let failed = |error| Error::io("could not open the wire gate", error);
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let (gate, tap) = (self.clone(), Arc::downgrade(tap));
        spawn(move || gate.accept(&listener, &tap))?;
        Ok(port)
    }

    /// Tells a command where the server is to be found.
    pub(crate) fn point(&self, command: &mut Command, port: &str) {
        command.env("AMORSIZE_PORT", port);
        if self.protocol == Protocol::Postgres {
            command.env("PGHOST", "127.0.0.1").env("PGPORT", port);
        }
    }

    fn accept(&self, listener: &TcpListener, tap: &Weak<Tap>) {
        const LOOK_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
        while tap.strong_count() > 0 {
            let mut fds = [PollFd::new(listener, PollFlags::IN)];
            if !matches!(poll(&mut fds, Some(&LOOK_EVERY)), Ok(1..)) {
                continue;
            }
            let (Ok((client, _)), Some(tap)) = (listener.accept(), tap.upgrade()) else { return };
            let gate = self.clone();
            spawn(move || gate.serve(client, &tap)).ok();
        }
    }

    fn serve(&self, client: TcpStream, tap: &Arc<Tap>) {
        let label = format!("connect {}", self.upstream);
        tap.pass(Boundary { label, handshake: true });
        let Ok(server) = TcpStream::connect(&self.upstream) else {
            tap.recorder().blind_spot(format!("nobody answers at {}", self.upstream));
            return;
        };
        client.set_nodelay(true).ok();
        server.set_nodelay(true).ok();
        let last: Last = Arc::default();
        if let (Ok(from), Ok(to)) = (server.try_clone(), client.try_clone()) {
            let (tap, last) = (Arc::clone(tap), Arc::clone(&last));
            spawn(move || answers(from, to, &tap, &last)).ok();
        }
        self.requests(client, server, tap, &last);
    }

    fn requests(&self, mut client: TcpStream, mut server: TcpStream, tap: &Tap, last: &Last) {
        let mut framing = Framing::new(self.protocol);
        let mut waiting: Vec<u8> = vec![];
        let mut chunk = vec![0; CHUNK];
        while let Ok(count @ 1..) = client.read(&mut chunk) {
            waiting.extend_from_slice(&chunk[..count]);
            loop {
                let unit = framing.next(&waiting);
                let length = match unit {
                    Unit::More if waiting.len() < REQUEST_BYTES_MAX => break,
                    Unit::More => waiting.len(),
                    Unit::Declined(length) => {
                        waiting.drain(..length);
                        if client.write_all(b"N").is_err() {
                            return;
                        }
                        continue;
                    }
                    Unit::Whole(length) => length,
                };
                let request: Vec<u8> = waiting.drain(..length).collect();
                if request.is_empty() {
                    break;
                }
                pass(&request, tap, last);
                if server.write_all(&request).is_err() {
                    return;
                }
            }
        }
        server.shutdown(Shutdown::Write).ok();
    }
}

type Last = Arc<Mutex<Option<(usize, payload::Request)>>>;

fn pass(bytes: &[u8], tap: &Tap, last: &Last) {
    let request = payload::request(bytes);
    let step = tap.pass(Boundary { label: request.label.clone(), handshake: request.handshake });
    tap.asked(&request.label);
    *last.lock().unwrap_or_else(PoisonError::into_inner) = Some((step, request));
}

fn answers(mut server: TcpStream, mut client: TcpStream, tap: &Tap, last: &Last) {
    let mut chunk = vec![0; CHUNK];
    while let Ok(count @ 1..) = server.read(&mut chunk) {
        tap.answered();
        let asked = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((step, request)) = asked
            && let Some(reply) = payload::reply(&chunk[..count], &request)
        {
            tap.note(step, &reply.text, reply.failed);
        }
        if client.write_all(&chunk[..count]).is_err() {
            return;
        }
    }
    client.shutdown(Shutdown::Write).ok();
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<()> {
    std::thread::Builder::new()
        .name("prove-wire".to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|error| Error::io("could not start a thread", error))
}
