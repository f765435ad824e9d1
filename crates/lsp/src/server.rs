//! The conversation: what the editor asks, and what the trees make of themselves meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use amorsize_audit::{Request as Look, Watch};
use crossbeam_channel::{Receiver, never, select, unbounded};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use crate::error::Error;
use crate::place::{Counting, path, uri};
use crate::tell::{Shown, shown};

/// Serves one editor until it says good-bye. The roots of the request are used where the editor names no folder.
///
/// # Errors
/// When the editor does not speak the protocol, or goes without a word.
pub fn serve(connection: &Connection, mut look: Look) -> Result<(), Error> {
    let (id, asked) = connection.initialize_start()?;
    let counting = counting(&asked);
    let folders = folders(&asked);
    if !folders.is_empty() {
        look.roots = folders;
    }
    for root in &mut look.roots {
        // URIs are absolute.
        *root = root.canonicalize().unwrap_or_else(|_| root.clone());
    }
    connection.initialize_finish(id, greeting(counting, &look.version))?;
    let mut server = Server {
        connection,
        look,
        counting,
        shown: BTreeMap::new(),
        edited: BTreeSet::new(),
        texts: BTreeMap::new(),
    };
    let changes = server.follow()?;
    server.audit()?;
    server.talk(changes)
}

/// What the server offers.
fn greeting(counting: Counting, version: &str) -> Value {
    let encoding = match counting {
        Counting::Utf16 => "utf-16",
        Counting::Characters => "utf-32",
    };
    json!({
        "capabilities": {
            "positionEncoding": encoding,
            // Whole texts: whether a patch still fits is all that is asked of them.
            "textDocumentSync": { "openClose": true, "change": 1, "save": { "includeText": false } },
            "codeActionProvider": { "codeActionKinds": ["quickfix"] },
        },
        "serverInfo": { "name": "amorsize", "version": version },
    })
}

fn counting(asked: &Value) -> Counting {
    let offered = asked.pointer("/capabilities/general/positionEncodings");
    let offered =
        offered.and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == "utf-32"));
    if offered { Counting::Characters } else { Counting::Utf16 }
}

/// The folders that the editor has open.
fn folders(asked: &Value) -> Vec<PathBuf> {
    let many = asked["workspaceFolders"].as_array().into_iter().flatten();
    let many: Vec<PathBuf> = many.filter_map(|folder| path(folder["uri"].as_str()?)).collect();
    if many.is_empty() {
        asked["rootUri"].as_str().and_then(path).into_iter().collect()
    } else {
        many
    }
}

struct Server<'c> {
    connection: &'c Connection,
    look: Look,
    counting: Counting,
    /// What was told of each file, by its URI.
    shown: BTreeMap<String, Vec<Shown>>,
    /// Files whose text in the editor is not the saved one.
    edited: BTreeSet<String>,
    /// The texts that were audited, of files with findings.
    texts: BTreeMap<String, String>,
}

/// Whether the conversation goes on.
enum Next {
    On,
    End,
}

impl Server<'_> {
    /// Follows the trees from a thread of its own, which ends with the process: nothing tells a watch to stop waiting.
    fn follow(&self) -> Result<Receiver<()>, Error> {
        let (tell, changes) = unbounded();
        let watch = match Watch::begin(&self.look) {
            Ok(watch) => watch,
            Err(error) => {
                // Without it, what is saved in the editor is still told.
                self.warn(&format!("only what is saved here is audited again: {error}"))?;
                return Ok(never());
            }
        };
        std::thread::spawn(move || {
            while let Ok(changed) = watch.next() {
                if changed.is_empty() || tell.send(()).is_err() {
                    return;
                }
            }
        });
        Ok(changes)
    }

    fn talk(&mut self, mut changes: Receiver<()>) -> Result<(), Error> {
        loop {
            select! {
                recv(self.connection.receiver) -> message => match message {
                    Ok(message) => if matches!(self.hear(message)?, Next::End) {
                        return Ok(());
                    },
                    Err(_) => return Err(Error::gone()),
                },
                recv(changes) -> change => match change {
                    Ok(()) => {
                        while changes.try_recv().is_ok() {}
                        self.audit()?;
                    }
                    // The trees are followed no more; the editor still is.
                    Err(_) => changes = never(),
                },
            }
        }
    }

    fn hear(&mut self, message: Message) -> Result<Next, Error> {
        match message {
            Message::Request(request) => {
                if self.connection.handle_shutdown(&request)? {
                    return Ok(Next::End);
                }
                let answer = self.answer(request);
                self.send(Message::Response(answer))?;
            }
            Message::Notification(notification) => self.note(&notification)?,
            Message::Response(_) => {}
        }
        Ok(Next::On)
    }

    fn answer(&self, request: Request) -> Response {
        if request.method == "textDocument/codeAction" {
            return self.actions(request.id, &request.params);
        }
        let message = format!("{} is not offered", request.method);
        Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message)
    }

    fn note(&mut self, notification: &Notification) -> Result<(), Error> {
        let Some(document) =
            notification.params.pointer("/textDocument/uri").and_then(Value::as_str)
        else {
            return Ok(());
        };
        match notification.method.as_str() {
            "textDocument/didOpen" => {
                let text = &notification.params["textDocument"]["text"];
                self.typed(document, text.as_str().unwrap_or_default());
            }
            "textDocument/didChange" => {
                let changes = notification.params["contentChanges"].as_array();
                let text = changes.and_then(|all| all.last()?["text"].as_str());
                self.typed(document, text.unwrap_or_default());
            }
            "textDocument/didSave" => {
                self.edited.remove(document);
                self.audit()?;
            }
            "textDocument/didClose" => {
                self.edited.remove(document);
            }
            _ => {}
        }
        Ok(())
    }

    fn typed(&mut self, document: &str, text: &str) {
        let saved = path(document).and_then(|path| std::fs::read_to_string(path).ok());
        if saved.as_deref() == Some(text) {
            self.edited.remove(document);
        } else {
            self.edited.insert(document.to_owned());
        }
    }

    /// Looks at everything and tells the editor of every file whose findings differ from what it was told.
    fn audit(&mut self) -> Result<(), Error> {
        let report = match amorsize_audit::run(&self.look) {
            Ok(report) => report,
            Err(error) => return self.warn(&format!("could not audit: {error}")),
        };
        let mut now: BTreeMap<String, Vec<Shown>> = BTreeMap::new();
        for shown in shown(&report) {
            now.entry(uri(&shown.file)).or_default().push(shown);
        }
        let before = std::mem::replace(&mut self.shown, now);
        let gone: Vec<&String> =
            before.keys().filter(|uri| !self.shown.contains_key(*uri)).collect();
        for uri in gone {
            self.publish(uri, &[])?;
            self.texts.remove(uri);
        }
        let mut told = Vec::new();
        for (uri, all) in &self.shown {
            let text = text_of(&all[0].file);
            let same = before.get(uri).is_some_and(|before| {
                before.iter().map(|one| &one.finding).eq(all.iter().map(|one| &one.finding))
            });
            if !same || self.texts.get(uri) != Some(&text) {
                let diagnostics: Vec<Value> =
                    all.iter().map(|one| one.diagnostic(&text, self.counting)).collect();
                self.publish(uri, &diagnostics)?;
            }
            told.push((uri.clone(), text));
        }
        self.texts.extend(told);
        Ok(())
    }

    fn publish(&self, uri: &str, diagnostics: &[Value]) -> Result<(), Error> {
        self.notify(
            "textDocument/publishDiagnostics",
            json!({ "uri": uri, "diagnostics": diagnostics }),
        )
    }

    /// The quick fixes of the lines that are asked for.
    fn actions(&self, id: RequestId, asked: &Value) -> Response {
        let Some(document) = asked.pointer("/textDocument/uri").and_then(Value::as_str) else {
            let message = "a code action needs a textDocument".to_owned();
            return Response::new_err(id, ErrorCode::InvalidParams as i32, message);
        };
        let line = |end: &str| asked["range"][end]["line"].as_u64().unwrap_or(0);
        let text = self.texts.get(document).filter(|_| !self.edited.contains(document));
        // A patch is made for the text that was audited, and for no other.
        let text = text.filter(|text| path(document).is_some_and(|path| text_of(&path) == **text));
        let actions: Vec<Value> = match (text, self.shown.get(document)) {
            (Some(text), Some(all)) => all
                .iter()
                .filter(|one| one.touches(line("start"), line("end")))
                .filter_map(|one| one.quick_fix(text, self.counting))
                .collect(),
            _ => Vec::new(),
        };
        Response::new_ok(id, actions)
    }

    fn warn(&self, message: &str) -> Result<(), Error> {
        const WARNING: u8 = 2;
        self.notify("window/showMessage", json!({ "type": WARNING, "message": message }))
    }

    fn notify(&self, method: &str, params: Value) -> Result<(), Error> {
        self.send(Message::Notification(Notification::new(method.to_owned(), params)))
    }

    fn send(&self, message: Message) -> Result<(), Error> {
        self.connection.sender.send(message).map_err(|_| Error::gone())
    }
}

/// The saved text of a file; nothing where it has gone.
fn text_of(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}
