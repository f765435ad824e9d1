//! What Django wants to know before any of its parts can be used: settings, tables.

use super::source::Class;
use std::path::Path;

/// Whether a file cannot be loaded or used without settings.
pub(super) fn is_used(source: &str) -> bool {
    source.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with("from django") || line.starts_with("import django")
    })
}

/// The lines that configure it: a database in the folder or a schema on a server, and the application the file belongs to.
pub(super) fn settings(path: &Path, module: &str, source: &str, is_alone: bool) -> String {
    let has_models = path.with_file_name("models.py");
    let is_app = std::fs::symlink_metadata(has_models).is_ok() || source.contains("models.Model");
    let package = module.rsplit_once('.').map(|(package, _)| package).filter(|_| is_app);
    let apps = package.map(|name| format!("{name:?}")).unwrap_or_default();
    let when = if is_alone { "" } else { " and sys.argv[1:] == [\"setup\"]" };
    SETTINGS.replace("APPS", &apps).replace("WHEN", when)
}

const SETTINGS: &str = r#"
import django
import django.conf
import django.core.management
import django.db

# Django's settings, where DJANGO_SETTINGS_MODULE names none: PostgreSQL where PGHOST is set, in a schema of its own, or SQLite.
OURS = not os.environ.get("DJANGO_SETTINGS_MODULE")
DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(FOLDER, "k.db"), "OPTIONS": {"timeout": 30}}
if os.environ.get("PGHOST"):
    DATABASE = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["PGHOST"],
        "PORT": os.environ.get("PGPORT", ""),
        "NAME": os.environ.get("PGDATABASE", "postgres"),
        "USER": os.environ.get("PGUSER", "postgres"),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
        "OPTIONS": {"options": "-c search_path=amorsize_prove"},
    }
if OURS:
    django.conf.settings.configure(
        DATABASES={"default": DATABASE}, INSTALLED_APPS=[APPS], SECRET_KEY="k", USE_TZ=True
    )
django.setup()
if OURS and os.environ.get("PGHOST")WHEN:
    with django.db.connection.cursor() as server:
        server.execute("DROP SCHEMA IF EXISTS amorsize_prove CASCADE")
        server.execute("CREATE SCHEMA amorsize_prove")
"#;

/// What is left in the tables, wherever the database lies.
pub(super) const EVERYTHING: &str = r#"
def everything():
    """Each table by its rows."""
    found = {}
    with django.db.connection.cursor() as server:
        for table in sorted(django.db.connection.introspection.table_names(server)):
            server.execute("SELECT * FROM {}".format(django.db.connection.ops.quote_name(table)))
            rows = sorted(", ".join(map(str, row)) for row in server.fetchmany(10000))
            if rows and table != "django_migrations":
                found[table] = rows
    return found

"#;

/// What another process may do to the tables.
pub(super) const REMOVE: &str = r#"
def remove_everything():
    """What another process may do at any time."""
    assert OURS, "these settings are your own: say here what the other process deletes"
    with django.db.connection.cursor() as server:
        for table in django.db.connection.introspection.table_names(server):
            server.execute("DELETE FROM {}".format(django.db.connection.ops.quote_name(table)))

"#;

/// What makes the tables an object of that class works on.
pub(super) fn tables(source: &str, owner: Option<&str>, module: &str) -> Option<String> {
    let is_cache = owner
        .and_then(|owner| Class::find(source, owner))
        .is_some_and(|class| class.bases.iter().any(|base| base.ends_with("DatabaseCache")));
    if is_cache {
        return Some(
            "django.core.management.call_command(\"createcachetable\", \"table\", verbosity=0)"
                .to_owned(),
        );
    }
    let has_tables = source.contains("models.Model")
        || source.contains("import models")
        || source.contains(".models import");
    (has_tables && !module.starts_with("django.")).then(|| {
        "django.core.management.call_command(\"migrate\", run_syncdb=True, verbosity=0)".to_owned()
    })
}
