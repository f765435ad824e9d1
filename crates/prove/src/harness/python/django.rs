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

/// The lines that configure it: a database in the folder, and the application the file belongs to.
pub(super) fn settings(path: &Path, module: &str, source: &str) -> String {
    let has_models = path.with_file_name("models.py");
    let is_app = std::fs::symlink_metadata(has_models).is_ok() || source.contains("models.Model");
    let package = module.rsplit_once('.').map(|(package, _)| package).filter(|_| is_app);
    let apps = package.map(|name| format!("{name:?}")).unwrap_or_default();
    format!(
        "
import django
import django.conf
import django.core.management

# Django's settings, where DJANGO_SETTINGS_MODULE names none; for a server change DATABASES.
if not os.environ.get(\"DJANGO_SETTINGS_MODULE\"):
    django.conf.settings.configure(
        DATABASES={{\"default\": {{
            \"ENGINE\": \"django.db.backends.sqlite3\",
            \"NAME\": os.path.join(FOLDER, \"k.db\"),
            \"OPTIONS\": {{\"timeout\": 30}},
        }}}},
        INSTALLED_APPS=[{apps}],
        SECRET_KEY=\"k\",
        USE_TZ=True,
    )
django.setup()
"
    )
}

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
