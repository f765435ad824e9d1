//! The text of a Go harness: only the helpers and imports that this finding needs, since Go takes no others.

use super::values::Values;
use crate::harness::compose::{GAP, about, stem};
use amorsize_finding::Finding;
use std::fmt::Write as _;

/// What a harness is put together from.
pub(super) struct Parts {
    /// How the object is made, and its type.
    pub(super) made: Option<(String, String)>,
    /// Whether each party has an object of its own.
    pub(super) two: bool,
    /// The bodies of both operations.
    pub(super) calls: [String; 2],
    pub(super) prepare: Option<String>,
    /// What the witness begins with, in words.
    pub(super) was: String,
    pub(super) probe: String,
    pub(super) has_folder: bool,
}

/// The text of the harness.
pub(super) fn program(
    finding: &Finding,
    package: &str,
    values: &Values<'_>,
    parts: &Parts,
) -> String {
    let body = body(values, parts);
    let helpers = helpers(&body);
    let whole = format!("{body}{helpers}");
    let mut text = format!("//go:build {}\n\n{}", stem(finding), about(finding, "//"));
    write!(
        text,
        "// Arguments are guessed from types and names: change what does not fit. What is marked {GAP} has to be filled in;\n\
         // until then it does not compile. The build tag keeps it out of every other build.\n\npackage {package}\n\nimport (\n"
    )
    .ok();
    for import in [
        "context",
        "errors",
        "fmt",
        "io/fs",
        "os",
        "path/filepath",
        "reflect",
        "sort",
        "strconv",
        "strings",
        "sync",
        "time",
        "unsafe",
    ] {
        let name = import.rsplit('/').next().unwrap_or(import);
        if uses(&whole, name) {
            writeln!(text, "\t{import:?}").ok();
        }
    }
    text.push_str(")\n\n");
    text.push_str(&whole);
    text
}

fn uses(text: &str, name: &str) -> bool {
    let dotted = format!("{name}.");
    text.match_indices(&dotted).any(|(at, _)| {
        let before = text[..at].chars().next_back().unwrap_or(' ');
        let names = text[at + dotted.len()..].starts_with(|c: char| c.is_uppercase());
        names && !(before.is_alphanumeric() || "_.\"".contains(before))
    })
}

fn body(values: &Values<'_>, parts: &Parts) -> String {
    let mut text = String::new();
    for (name, value) in &values.shared {
        writeln!(text, "var {name} = {value}\n").ok();
    }
    setup(&mut text, parts);
    let takes = match &parts.made {
        Some((_, kind)) if parts.two => format!("state, other {kind}"),
        Some((_, kind)) => format!("state {kind}"),
        None => String::new(),
    };
    for (name, call) in ["ProveA", "ProveB"].iter().zip(&parts.calls) {
        write!(text, "func {name}({takes}) any {{\n\t{call}\n}}\n\n").ok();
    }
    write!(
        text,
        "// ProveProbe says what is left.\nfunc ProveProbe({takes}) string {{\n\treturn {}\n}}\n",
        parts.probe
    )
    .ok();
    text
}

fn setup(text: &mut String, parts: &Parts) {
    text.push_str("// ProveSetup prepares the state both orders start from.\n");
    let kinds = match &parts.made {
        Some((_, kind)) if parts.two => format!("({kind}, {kind}, error)"),
        Some((_, kind)) => format!("({kind}, error)"),
        None => "error".to_owned(),
    };
    let results = |error: &str| match &parts.made {
        Some(_) if parts.two => format!("nil, nil, {error}"),
        Some(_) => format!("nil, {error}"),
        None => error.to_owned(),
    };
    writeln!(text, "func ProveSetup() {kinds} {{").ok();
    if parts.has_folder {
        let failed = results("err");
        writeln!(
            text,
            "\tif err := proveFolder(\"prove_state\"); err != nil {{\n\t\treturn {failed}\n\t}}"
        )
        .ok();
    }
    if let Some((made, _)) = &parts.made {
        writeln!(text, "\tstate := {made}").ok();
        if parts.two {
            writeln!(text, "\tother := {made}").ok();
        }
    }
    if let Some(prepare) = &parts.prepare {
        writeln!(text, "\t{prepare} // {}", parts.was).ok();
        if parts.was.contains("expired") {
            match &parts.made {
                Some(_) if parts.two => {
                    text.push_str("\tproveExpire(state)\n\tproveExpire(other)\n");
                }
                Some(_) => text.push_str("\tproveExpire(state)\n"),
                None => text.push_str("\tproveExpire(nil)\n"),
            }
        }
        if parts.has_folder && !parts.was.contains("expired") {
            let failed = results("errors.New(\"prepare it here\")");
            writeln!(text, "\tif proveFiles() == \"\" {{\n\t\treturn {failed}\n\t}}").ok();
        }
    }
    let done = match &parts.made {
        Some(_) if parts.two => "state, other, nil",
        Some(_) => "state, nil",
        None => "nil",
    };
    write!(text, "\treturn {done}\n}}\n\n").ok();
}

fn helpers(body: &str) -> String {
    let mut text = String::new();
    let mut wanted = |name: &str, helper: &str, also: bool| {
        if also || body.contains(&format!("{name}(")) {
            text.push_str(helper);
        }
    };
    let says = body.contains("proveSay(");
    wanted("proveMust", MUST, false);
    wanted("proveFolder", FOLDER, false);
    wanted("proveFiles", FILES, false);
    wanted("proveRemove", REMOVE, false);
    wanted("proveExpire", EXPIRE, false);
    wanted("proveSay", SAY, false);
    wanted("proveShow", SHOW, says);
    text
}

const MUST: &str = r#"
func proveMust[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
"#;

const FOLDER: &str = r#"
// proveFolder makes a folder anew and works in it: what is opened by a relative path lies there.
func proveFolder(name string) error {
	if err := os.RemoveAll(name); err != nil {
		return err
	}
	if err := os.MkdirAll(name, 0o755); err != nil {
		return err
	}
	return os.Chdir(name)
}
"#;

const FILES: &str = r#"
// proveFiles tells every file with its content.
func proveFiles() string {
	found := ""
	filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return nil
		}
		data, _ := os.ReadFile(path)
		found += fmt.Sprintf("%s: %s\n", path, data)
		return nil
	})
	return found
}
"#;

const REMOVE: &str = r#"
// proveRemove is what another process may do at any time.
func proveRemove() error {
	names, err := filepath.Glob("*")
	for _, name := range names {
		if err = os.RemoveAll(name); err != nil {
			return err
		}
	}
	return err
}
"#;

const EXPIRE: &str = r#"
// proveExpire sets every point in time in it to long ago, in files as well.
func proveExpire(value any) {
	past := time.Now().Add(-10 * 365 * 24 * time.Hour)
	filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(proveHere(), "prove_state") {
			os.Chtimes(path, past, past)
		}
		return nil
	})
	var walk func(v reflect.Value, depth int)
	walk = func(v reflect.Value, depth int) {
		if !v.IsValid() || depth > 8 {
			return
		}
		if v.CanAddr() {
			v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
		}
		if when, ok := proveInterface(v).(time.Time); ok {
			if v.CanSet() && !when.IsZero() {
				v.Set(reflect.ValueOf(past))
			}
			return
		}
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			walk(v.Elem(), depth+1)
		case reflect.Struct:
			for i := 0; i < v.NumField(); i++ {
				name := strings.ToLower(v.Type().Field(i).Name)
				field := v.Field(i)
				if field.Kind() == reflect.Int64 && field.Int() != 0 && field.CanAddr() &&
					(strings.Contains(name, "expir") || strings.Contains(name, "deadline")) {
					reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().SetInt(1)
					continue
				}
				walk(field, depth+1)
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				one := reflect.New(v.Type().Elem()).Elem()
				one.Set(v.MapIndex(key))
				walk(one, depth+1)
				v.SetMapIndex(key, one)
			}
		case reflect.Slice, reflect.Array:
			for i := 0; i < v.Len(); i++ {
				walk(v.Index(i), depth+1)
			}
		}
	}
	walk(reflect.ValueOf(value), 0)
}

func proveInterface(v reflect.Value) any {
	if v.CanInterface() {
		return v.Interface()
	}
	return nil
}

func proveHere() string {
	here, _ := os.Getwd()
	return here
}
"#;

const SAY: &str = r#"
func proveSay(values ...any) string {
	words := []string{}
	for _, value := range values {
		if err, ok := value.(error); ok {
			words = append(words, err.Error())
			continue
		}
		words = append(words, proveShow(value))
	}
	return strings.Join(words, " ")
}
"#;

const SHOW: &str = r#"
// proveShow writes a value with what its pointers point to, and without locks and points in time.
func proveShow(value any) string {
	var show func(v reflect.Value, depth int) string
	show = func(v reflect.Value, depth int) string {
		if !v.IsValid() {
			return "nil"
		}
		kind := v.Type().String()
		if kind == "sync.Map" && v.CanAddr() {
			words := []string{}
			(*sync.Map)(unsafe.Pointer(v.UnsafeAddr())).Range(func(key, value any) bool {
				words = append(words, show(reflect.ValueOf(key), depth+1)+":"+show(reflect.ValueOf(value), depth+1))
				return true
			})
			sort.Strings(words)
			return "map[" + strings.Join(words, " ") + "]"
		}
		if depth > 8 || strings.HasPrefix(kind, "sync.") {
			return ""
		}
		if kind == "time.Time" {
			return "a time"
		}
		words := []string{}
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			return show(v.Elem(), depth+1)
		case reflect.Struct:
			for i := 0; i < v.NumField(); i++ {
				if text := show(v.Field(i), depth+1); text != "" {
					words = append(words, v.Type().Field(i).Name+":"+text)
				}
			}
			return "{" + strings.Join(words, " ") + "}"
		case reflect.Map:
			for _, key := range v.MapKeys() {
				words = append(words, show(key, depth+1)+":"+show(v.MapIndex(key), depth+1))
			}
			sort.Strings(words)
			return "map[" + strings.Join(words, " ") + "]"
		case reflect.Slice, reflect.Array:
			if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
				return strconv.Quote(string(v.Bytes()))
			}
			for i := 0; i < v.Len(); i++ {
				words = append(words, show(v.Index(i), depth+1))
			}
			return "[" + strings.Join(words, " ") + "]"
		case reflect.Func, reflect.UnsafePointer:
			return ""
		case reflect.Chan:
			return fmt.Sprintf("%d waiting", v.Len())
		case reflect.String:
			return strconv.Quote(v.String())
		}
		return fmt.Sprint(v)
	}
	return show(reflect.ValueOf(value), 0)
}
"#;
