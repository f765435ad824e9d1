//! What an editor is told, and when.

use serde_json::{Value, json};

use crate::editor::Editor;

const RACY: &str =
    "import os\n\ndef forget(path):\n    if os.path.exists(path):\n        os.remove(path)\n";
const MENDED: &str = "import os\n\ndef forget(path):\n    try:\n        os.remove(path)\n    except FileNotFoundError:\n        pass\n";

fn actions(editor: &mut Editor, name: &str, line: u32) -> Vec<Value> {
    let place = json!({ "line": line, "character": 0 });
    let asked = json!({
        "textDocument": { "uri": editor.uri(name) },
        "range": { "start": place, "end": place },
        "context": { "diagnostics": [] },
    });
    let answer = editor.ask("textDocument/codeAction", asked).unwrap();
    answer.as_array().unwrap().clone()
}

/// Applies the edits of an action to a text, last first, as editors do.
fn applied(text: &str, action: &Value, uri: &str) -> String {
    let offset = |place: &Value| {
        let line = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
        let column = usize::try_from(place["character"].as_u64().unwrap()).unwrap();
        text.split_inclusive('\n').take(line).map(str::len).sum::<usize>() + column
    };
    let edits = action["edit"]["changes"][uri].as_array().unwrap();
    let mut places: Vec<_> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().unwrap())
        })
        .collect();
    places.sort_unstable();
    let mut text = text.to_owned();
    for (from, to, new) in places.into_iter().rev() {
        text.replace_range(from..to, new);
    }
    text
}

#[test]
fn a_finding_is_told_with_its_schedule_and_mended_by_its_quick_fix() {
    let mut editor = Editor::open(&[("kept.py", RACY)], &["utf-16"]);
    assert_eq!(editor.greeting["capabilities"]["positionEncoding"], "utf-16");
    let told = editor.until("kept.py", 1);
    assert_eq!(told[0]["code"], "CTA140");
    assert_eq!(told[0]["range"]["start"], json!({ "line": 4, "character": 8 }));
    let schedule = told[0]["relatedInformation"].as_array().unwrap();
    assert!(schedule.len() > 2, "{schedule:#?}");
    assert_eq!(schedule[0]["location"]["range"]["start"]["line"], 3);

    assert!(actions(&mut editor, "kept.py", 0).is_empty(), "nothing is found in the first line");
    let fixes = actions(&mut editor, "kept.py", 4);
    assert_eq!(fixes.len(), 1, "{fixes:#?}");
    let mended = applied(RACY, &fixes[0], &editor.uri("kept.py"));
    assert_ne!(mended, RACY);
    editor.save("kept.py", &mended);
    editor.until("kept.py", 0);
    editor.close();
}

#[test]
fn a_patch_is_not_offered_for_a_text_that_was_not_audited() {
    let mut editor = Editor::open(&[("kept.py", RACY)], &[]);
    editor.until("kept.py", 1);
    let document = json!({ "uri": editor.uri("kept.py"), "text": RACY });
    editor.say("textDocument/didOpen", json!({ "textDocument": document }));
    assert_eq!(actions(&mut editor, "kept.py", 4).len(), 1);
    let typed = json!({
        "textDocument": { "uri": editor.uri("kept.py"), "version": 2 },
        "contentChanges": [{ "text": format!("# more\n{RACY}") }],
    });
    editor.say("textDocument/didChange", typed);
    assert_eq!(actions(&mut editor, "kept.py", 5), Vec::<Value>::new());
    let typed = json!({
        "textDocument": { "uri": editor.uri("kept.py"), "version": 3 },
        "contentChanges": [{ "text": RACY }],
    });
    editor.say("textDocument/didChange", typed);
    assert_eq!(actions(&mut editor, "kept.py", 4).len(), 1, "taken back: it fits again");
    editor.close();
}

#[test]
fn what_others_write_is_told_and_what_goes_is_taken_back() {
    let editor = Editor::open(&[("kept.py", MENDED)], &["utf-32", "utf-16"]);
    assert_eq!(editor.greeting["capabilities"]["positionEncoding"], "utf-32");
    editor.save("other.py", RACY);
    editor.until("other.py", 1);
    editor.save("kept.py", RACY);
    editor.until("kept.py", 1);
    std::fs::remove_file(editor.root().join("other.py")).unwrap();
    editor.until("other.py", 0);
    editor.close();
}

#[test]
fn what_is_not_offered_is_an_error_and_ends_nothing() {
    let mut editor = Editor::open(&[("kept.py", RACY)], &[]);
    let refused = editor.ask("textDocument/hover", json!({})).unwrap_err();
    assert!(refused.contains("textDocument/hover"), "{refused}");
    let refused = editor.ask("textDocument/codeAction", json!({ "range": 1 })).unwrap_err();
    assert!(refused.contains("textDocument"), "{refused}");
    editor.say("textDocument/didChange", json!({ "textDocument": { "uri": "untitled:1" } }));
    editor.say("$/unknown", json!([1]));
    assert!(actions(&mut editor, "none.py", 0).is_empty());
    editor.close();
}
