//! The text of a Python harness. It is written to be read and edited: plain functions, each with a line that says what it
//! is for, and only those that this finding needs.

use super::django;
use super::values::Values;
use crate::harness::compose::{GAP, about};
use amorsize_finding::Finding;
use std::fmt::Write as _;

/// A folder both parties find, made anew by every setup.
const FOLDER: &str = "prove_state";

/// What a harness is put together from.
pub(super) struct Parts {
    pub(super) top: String,
    pub(super) module: String,
    /// What a framework wants to know first.
    pub(super) settings: Option<String>,
    /// Whether what is left stands in the tables of Django's database.
    pub(super) asks_django: bool,
    pub(super) make: String,
    pub(super) calls: [(&'static str, String); 2],
    /// What makes the tables.
    pub(super) tables: Option<String>,
    /// What puts the first entry there.
    pub(super) prepare: Option<String>,
    /// What the witness begins with, in words.
    pub(super) was: String,
    pub(super) probe: String,
    pub(super) is_alone: bool,
    pub(super) has_folder: bool,
}

/// The text of the harness.
pub(super) fn program(finding: &Finding, values: &Values<'_>, parts: &Parts) -> String {
    let mut text = about(finding, "#");
    text.push_str(
        "# Arguments are guessed from types, names and uses: change what does not fit.\n",
    );
    let source = format!("{}{}", values.source, values.around);
    imports(&mut text, (values, &source), parts);
    place(&mut text, parts);
    if !parts.is_alone {
        steady(&mut text, &source);
    }
    text.push_str(parts.settings.as_deref().unwrap_or_default());
    writeln!(text, "subject = importlib.import_module({:?})\n", parts.module).ok();
    if !values.gaps.is_empty() {
        writeln!(text, "# Fill in what is marked {GAP}; until then this file cannot be loaded.")
            .ok();
        for (name, what) in &values.gaps {
            writeln!(text, "{name} = {GAP}  # {what}").ok();
        }
        text.push('\n');
    }
    text.push_str(&helpers(values, parts));
    write!(
        text,
        "\ndef make():\n    \"\"\"What both work on.\"\"\"\n    return {}\n\n\n",
        parts.make
    )
    .ok();
    setup(&mut text, values, parts);
    for (name, call) in &parts.calls {
        write!(text, "{}def {name}(state):\n    return {call}\n\n\n", waits(call)).ok();
    }
    let what = crate::outcome::one_line(&finding.store, 80).replace(['"', '\\'], "'");
    write!(
        text,
        "{}def probe(state):\n    \"\"\"What is left in {what}.\"\"\"\n    return {}\n",
        waits(&parts.probe),
        parts.probe
    )
    .ok();
    if !parts.is_alone {
        text.push_str(MAIN);
    }
    text
}

/// What stands before a function whose body waits for something.
fn waits(body: &str) -> &'static str {
    if body.contains("await ") { "async " } else { "" }
}

fn is_expired(parts: &Parts) -> bool {
    parts.was.contains("expired")
}

fn imports(text: &mut String, (values, source): (&Values<'_>, &str), parts: &Parts) {
    let mut wanted = values.imports.clone();
    wanted.extend(["importlib", "os", "sys"]);
    if parts.has_folder {
        wanted.insert("shutil");
    }
    if parts.make.contains("computed") {
        wanted.insert("itertools");
    }
    if parts.make.contains("computed_later") {
        wanted.insert("asyncio");
    }
    if !parts.is_alone {
        wanted.extend(["asyncio", "inspect", "traceback"]);
    }
    if uses_everything(parts) && !values.uses_redis && !parts.asks_django {
        wanted.extend(["contextlib", "sqlite3"]);
    }
    if values.uses_redis {
        wanted.insert("redis");
    }
    if is_expired(parts) {
        wanted.extend(["contextlib", "datetime", "time"]);
    }
    if !parts.is_alone && stops_the_clock(source) {
        wanted.insert("time");
    }
    for name in steadied(source).filter(|_| !parts.is_alone) {
        wanted.insert(name);
    }
    let awaits = parts.calls.iter().any(|(_, call)| call.contains("later("));
    if awaits || parts.make.contains("later(") {
        wanted.insert("asyncio");
    }
    for name in wanted {
        writeln!(text, "import {name}").ok();
    }
}

fn uses_everything(parts: &Parts) -> bool {
    let all = parts.calls.iter().map(|(_, call)| call).chain([&parts.probe]);
    all.into_iter().any(|text| text.contains("everything()"))
}

/// Where it runs: paths that the program takes as they come lie in a folder of our own.
fn place(text: &mut String, parts: &Parts) {
    write!(
        text,
        "\nHERE = os.path.dirname(os.path.abspath(__file__))\nsys.path.insert(0, os.path.join(HERE, {:?}))\n",
        parts.top
    )
    .ok();
    if parts.has_folder {
        let first = if parts.is_alone {
            String::new()
        } else {
            "if sys.argv[1:] == [\"setup\"]:\n    ".to_owned()
        };
        write!(
            text,
            "FOLDER = os.path.join(HERE, {FOLDER:?})  # what is opened by a relative path lies here\n\
             {first}shutil.rmtree(FOLDER, ignore_errors=True)\n\
             os.makedirs(FOLDER, exist_ok=True)\nos.chdir(FOLDER)\n"
        )
        .ok();
    }
}

/// Modules whose answers differ from run to run, where the source uses them.
fn steadied(source: &str) -> impl Iterator<Item = &'static str> {
    ["random", "uuid"].into_iter().filter(|name| {
        let dotted = format!("{name}.");
        source.contains(&dotted) || source.contains("uuid4(")
    })
}

/// Whether points in time that are stored can be made the same in every run.
fn stops_the_clock(source: &str) -> bool {
    let imported = source.lines().any(|line| {
        let names = line.trim_start().strip_prefix("from time import ").unwrap_or_default();
        names.split(',').any(|name| name.trim() == "time")
    });
    imported || source.contains("time.time(")
}

fn steady(text: &mut String, source: &str) {
    let all: Vec<&str> = steadied(source).collect();
    let pid = source.contains("getpid(");
    let clock = stops_the_clock(source);
    if all.is_empty() && !pid && !clock {
        return;
    }
    text.push_str(
        "\n# What differs from run to run by itself would make every outcome look new.\n",
    );
    if !all.is_empty() {
        text.push_str("random.seed(sys.argv[-1])\n");
    }
    if all.contains(&"uuid") {
        text.push_str("uuid.uuid4 = lambda: uuid.UUID(int=random.getrandbits(128), version=4)\n");
    }
    if clock {
        // In steps, because who waits by the clock needs it to go on.
        text.push_str(
            "time.time = lambda now=time.monotonic, begun=time.monotonic(), today=time.time() // 86400 * 86400: (\n    \
             today + (now() - begun) // 5 * 5\n)\n",
        );
    }
    if pid {
        text.push_str("os.getpid = lambda: 1000 + sum(sys.argv[-1].encode())\n");
    }
}

fn helpers(values: &Values<'_>, parts: &Parts) -> String {
    let mut text = String::new();
    if parts.calls.iter().any(|(_, call)| call.contains("later(")) || parts.make.contains("later(")
    {
        text.push_str(LATER);
    }
    if parts.make.contains("computed") {
        text.push_str(COMPUTED);
        if parts.make.contains("computed_later") {
            text.push_str(COMPUTED_LATER);
        }
    }
    if parts.probe.starts_with("kept(") {
        text.push_str(KEPT);
    }
    if values.uses_redis {
        text.push_str(REDIS);
        let decodes = values.source.contains("decode_responses=True");
        let decodes = if decodes { ", decode_responses=True" } else { "" };
        text = text.replace(", DECODES", decodes);
    } else if uses_everything(parts) {
        let (files, everything, remove) = match parts.asks_django {
            true => ("", django::EVERYTHING, django::REMOVE),
            false => (FILES, EVERYTHING, REMOVE),
        };
        text.push_str(files);
        text.push_str(everything);
        if parts.calls.iter().any(|(_, call)| call.starts_with("remove_everything")) {
            text.push_str(remove);
        }
    }
    if is_expired(parts) {
        text.push_str(LONG_AGO);
        if !parts.has_folder {
            let files = LONG_AGO.rfind("        for folder").map(|at| &LONG_AGO[at..]);
            text = text.replace(files.unwrap_or_default(), "\n");
        }
    }
    text
}

fn setup(text: &mut String, values: &Values<'_>, parts: &Parts) {
    let begins = text.len();
    if values.uses_redis {
        text.push_str("    clear()\n");
    }
    text.push_str("    state = make()\n");
    if let Some(tables) = &parts.tables {
        writeln!(text, "    {tables}").ok();
    }
    if let Some(prepare) = &parts.prepare {
        let done = if is_expired(parts) { "with long_ago():\n        " } else { "" };
        let known = !parts.probe.starts_with("None");
        let there = match waits(&parts.probe) {
            "" => "probe(state)",
            _ => "await probe(state)",
        };
        if known && done.is_empty() {
            writeln!(text, "    if not {there}:\n        {prepare}").ok();
        } else {
            writeln!(text, "    {done}{prepare}").ok();
        }
        if known {
            writeln!(text, "    assert {there}, \"prepare it here: {}\"", parts.was).ok();
        }
    }
    text.push_str("    return state\n\n\n");
    let head = format!(
        "{}def setup():\n    \"\"\"Prepares the state both orders start from.\"\"\"\n",
        waits(&text[begins..])
    );
    text.insert_str(begins, &head);
}

const MAIN: &str = r#"

if __name__ == "__main__":
    operation = sys.argv[1]
    try:
        value = setup() if operation == "setup" else globals()[operation](make())
        if inspect.iscoroutine(value):
            value = asyncio.run(value)
    except Exception as error:
        traceback.print_exc()
        print("{}: {}".format(type(error).__name__, error))
        sys.exit(1)
    if operation != "setup":
        print(repr(value))
"#;

const LATER: &str = r#"
async def later(value):
    """What takes a while: other tasks go on meanwhile."""
    await asyncio.sleep(0)
    return value

"#;

const COMPUTED: &str = r#"
TURNS = itertools.count(1)


def computed(*_, **__):
    """What is wrapped: it says another thing each time, and by whom it was asked."""
    return "{} computed {}".format(sys.argv[-1] if sys.argv[1:2] in (["a"], ["b"]) else "somebody", next(TURNS))

"#;

const COMPUTED_LATER: &str = r#"
async def computed_later(*_, **__):
    """The same, while other tasks go on."""
    await asyncio.sleep(0)
    return computed()

"#;

const KEPT: &str = r#"
def kept(function, name):
    """A variable that lives on in a function."""
    names = function.__code__.co_freevars
    return function.__closure__[names.index(name)].cell_contents if name in names else None

"#;

const FILES: &str = r#"
def files():
    """Every file, and whether it is a database of SQLite."""
    for folder, _, names in os.walk(FOLDER):
        for path in (os.path.join(folder, name) for name in names):
            if not path.endswith(("-wal", "-shm", "-journal")):
                with open(path, "rb") as file:
                    yield path, file.read(15) == b"SQLite format 3"

"#;

const EVERYTHING: &str = r#"
def everything():
    """Each file by its content, each SQLite file by its rows."""
    found = {}
    for path, is_database in files():
        if not is_database:
            with open(path, "rb") as file:
                found[os.path.relpath(path, FOLDER)] = file.read(1 << 20).decode(errors="replace")
            continue
        with contextlib.closing(sqlite3.connect(path)) as database:
            rows = [row for row in database.iterdump() if row.startswith("INSERT")]
        if rows:
            found[os.path.basename(path)] = rows
    return dict(sorted(found.items()))

"#;

const REMOVE: &str = r#"
def remove_everything():
    """What another process may do at any time."""
    for path, is_database in files():
        if not is_database:
            os.remove(path)
            continue
        with contextlib.closing(sqlite3.connect(path)) as database:
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                database.execute('DELETE FROM "{}"'.format(table))
            database.commit()

"#;

const LONG_AGO: &str = r#"
@contextlib.contextmanager
def long_ago():
    """The subject's clock is set back, so that what is stored meanwhile has expired afterwards."""
    back = 10 * 365 * 86400
    changed = []

    def change(holder, name, value):
        changed.append((holder, name, getattr(holder, name)))
        setattr(holder, name, value)

    class Past(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime.fromtimestamp(real(), tz)

        @classmethod
        def utcnow(cls):
            return datetime.datetime.fromtimestamp(real(), datetime.timezone.utc).replace(tzinfo=None)

    clocks = {getattr(time, name): name for name in ("time", "monotonic", "time_ns", "monotonic_ns")}
    for clock, name in clocks.items():
        by = back * 10**9 if name.endswith("_ns") else back
        earlier = lambda clock=clock, by=by: clock() - by
        for holder in (time, subject):
            for attribute, value in list(vars(holder).items()):
                if value is clock:
                    change(holder, attribute, earlier)
    real, moment = time.time, datetime.datetime
    for attribute, value in list(vars(subject).items()):
        if value is moment:
            change(subject, attribute, Past)
        elif value is datetime:
            change(datetime, "datetime", Past)
    try:
        yield
    finally:
        for holder, name, value in reversed(changed):
            setattr(holder, name, value)
        for folder, _, names in os.walk(FOLDER):
            for name in names:
                os.utime(os.path.join(folder, name), (time.time() - back, time.time() - back))

"#;

const REDIS: &str = r#"
def connect():
    """The server; only keys that contain amorsize-prove are touched."""
    return redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"), DECODES)


def everything():
    """What stands at the keys of this harness."""
    server = connect()
    kinds = {"hash": "hgetall", "set": "smembers", "list": "lrange"}
    found = {}
    for key in sorted(server.scan_iter("*amorsize-prove*")):
        kind = server.type(key)
        kind = kind.decode() if isinstance(kind, bytes) else kind
        more = (0, -1) if kind == "list" else ()
        found[key] = getattr(server, kinds.get(kind, "get" if kind == "string" else "dump"))(key, *more)
    return found


def clear():
    server = connect()
    for key in server.scan_iter("*amorsize-prove*"):
        server.delete(key)

"#;
