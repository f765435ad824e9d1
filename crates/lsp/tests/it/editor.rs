//! A small editor: opens a folder, asks, and waits for what it is told.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use amorsize_audit::Request as Look;
use amorsize_lsp::{Connection, Error, serve};
use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};

/// Nothing here takes so long; a failure is a failure and not a hang.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Editor {
    pub(crate) folder: tempfile::TempDir,
    connection: Connection,
    server: Option<JoinHandle<Result<(), Error>>>,
    next: i32,
    /// What the server says it can.
    pub(crate) greeting: Value,
}

impl Editor {
    /// Opens a folder with these files.
    pub(crate) fn open(files: &[(&str, &str)], encodings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let (ours, theirs) = Connection::memory();
        let look = Look { version: "0".to_owned(), ..Look::default() };
        let server = std::thread::spawn(move || serve(&theirs, look));
        let mut editor =
            Self { folder, connection: ours, server: Some(server), next: 0, greeting: Value::Null };
        let root = format!("file://{}", editor.root().display());
        let asked = json!({
            "capabilities": { "general": { "positionEncodings": encodings } },
            "workspaceFolders": [{ "uri": root, "name": "tree" }],
        });
        editor.greeting = editor.ask("initialize", asked).unwrap();
        editor.say("initialized", json!({}));
        editor
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}", self.root().join(name).display())
    }

    pub(crate) fn save(&self, name: &str, text: &str) {
        std::fs::write(Path::new(self.folder.path()).join(name), text).unwrap();
    }

    pub(crate) fn say(&self, method: &str, params: Value) {
        let said = Notification::new(method.to_owned(), params);
        self.connection.sender.send(Message::Notification(said)).unwrap();
    }

    /// Asks and waits for the answer; an error is its message.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.next += 1;
        let id = RequestId::from(self.next);
        let asked = Request::new(id.clone(), method.to_owned(), params);
        self.connection.sender.send(Message::Request(asked)).unwrap();
        loop {
            if let Message::Response(answer) = self.hear()
                && answer.id == id
            {
                return answer.response_result.map_err(|error| error.message);
            }
        }
    }

    /// Waits until a file is told to have so many findings; returns them.
    pub(crate) fn until(&self, name: &str, findings: usize) -> Vec<Value> {
        loop {
            let Message::Notification(said) = self.hear() else { continue };
            let of_it = said.params["uri"] == self.uri(name);
            if said.method == "textDocument/publishDiagnostics" && of_it {
                let all = said.params["diagnostics"].as_array().unwrap().clone();
                if all.len() == findings {
                    return all;
                }
            }
        }
    }

    fn hear(&self) -> Message {
        self.connection.receiver.recv_timeout(PATIENCE).expect("the server says nothing")
    }

    /// Says good-bye and waits for the server's end.
    pub(crate) fn close(mut self) {
        self.ask("shutdown", Value::Null).unwrap();
        self.say("exit", Value::Null);
        self.server.take().unwrap().join().unwrap().unwrap();
    }
}
