//! The words of `amorsize cache`.

use std::path::PathBuf;
use std::time::Duration;

use crate::output::Format;
use crate::units;

/// Look into the cache, say why an entry missed, and keep the store in order
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store: sqlite:PATH, postgres://…, redis://… or memory:
    #[arg(long, global = true, value_name = "URL")]
    pub(super) store: Option<String>,

    /// How to write the answer
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,

    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// How a key is named.
#[derive(Debug, clap::Args)]
pub(super) struct KeyArgs {
    /// The key: its subject, the first digits of its id (as `list` shows them), or its whole name as JSON
    pub(super) key: String,

    /// The namespace of a key given by its subject
    #[arg(long, value_name = "NAME", default_value = "user")]
    pub(super) namespace: String,

    /// A further part of a key given by its subject, such as inputs=a.txt; may be repeated
    #[arg(long = "part", value_name = "NAME=VALUE")]
    pub(super) parts: Vec<String>,
}

/// What a reader accepts.
#[derive(Debug, Default, clap::Args)]
pub(super) struct WantArgs {
    /// Accept no older entry than this, whatever its writer allowed
    #[arg(long, value_name = "SPAN", value_parser = units::duration)]
    pub(super) max_age: Option<Duration>,

    /// The payload format that is understood
    #[arg(long = "payload-format", value_name = "N", default_value_t = 0)]
    pub(super) fmt: u32,
}

/// A value and how long it is kept.
#[derive(Debug, clap::Args)]
pub(super) struct ValueArgs {
    #[command(flatten)]
    pub(super) key: KeyArgs,

    /// The value; without one it is read from standard input
    pub(super) value: Option<String>,

    /// How long it stays valid; `never` for no end [default: cache.ttl]
    #[arg(long, value_name = "SPAN")]
    pub(super) ttl: Option<String>,

    /// The payload format it is stored in
    #[arg(long = "payload-format", value_name = "N", default_value_t = 0)]
    pub(super) fmt: u32,
}

/// What to do with the store.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Count entries, sizes and answers, and show the horizons
    Stats,
    /// List the entries
    List {
        /// Only this namespace
        #[arg(long, value_name = "NAME")]
        namespace: Option<String>,
        /// Only entries in this state: live, expired, pruned, evicted, deleted, corrupt
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 1000)]
        limit: usize,
    },
    /// Show one entry: its record and its value
    Show {
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Say why a look-up of this key hits or misses: its whole life and the decision
    Why {
        #[command(flatten)]
        key: KeyArgs,
        #[command(flatten)]
        want: WantArgs,
    },
    /// Print the value (exit 0), or say why there is none (exit 1)
    Get {
        #[command(flatten)]
        key: KeyArgs,
        #[command(flatten)]
        want: WantArgs,
    },
    /// Look up the subjects on standard input, one a line; prints one verdict a line (exit 1 when any missed)
    GetMany {
        /// The namespace of the keys
        #[arg(long, value_name = "NAME", default_value = "user")]
        namespace: String,
        #[command(flatten)]
        want: WantArgs,
    },
    /// Store a value, whatever is there
    Put {
        #[command(flatten)]
        value: ValueArgs,
    },
    /// Store a value only if nothing live is there: of many at once exactly one wins (others exit 1)
    Add {
        #[command(flatten)]
        value: ValueArgs,
    },
    /// Store a value only if something live is there
    Replace {
        #[command(flatten)]
        value: ValueArgs,
    },
    /// Let a live entry live longer
    Touch {
        #[command(flatten)]
        key: KeyArgs,
        /// From now on for this long; `never` for no end [default: cache.ttl]
        #[arg(long, value_name = "SPAN")]
        ttl: Option<String>,
    },
    /// Add to a whole number
    Incr {
        #[command(flatten)]
        key: KeyArgs,
        /// How much to add
        #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
        by: i64,
    },
    /// Remove an entry; look-ups will say that and when it was removed
    Remove {
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Drop the values of expired entries; changes no answer
    Prune {
        /// Only this namespace
        #[arg(long, value_name = "NAME")]
        namespace: Option<String>,
        /// Prune although the clock has jumped by more than a day
        #[arg(long)]
        force: bool,
    },
    /// Drop the least used values until the store is within a bound
    Evict {
        /// The bound [default: cache.max-size]
        #[arg(long, value_name = "SIZE", value_parser = units::bytes)]
        max_size: Option<u64>,
        /// At most so many entries
        #[arg(long, value_name = "N")]
        max_entries: Option<u64>,
    },
    /// Forget old tombstones; `absent` then states the horizon
    Forget {
        /// Tombstones older than this
        #[arg(long, value_name = "SPAN", value_parser = units::duration, default_value = "30d")]
        older_than: Duration,
    },
    /// Remove every entry of a namespace, or of all
    Clear {
        /// Only this namespace
        #[arg(long, value_name = "NAME")]
        namespace: Option<String>,
        /// Do not ask, even at a terminal
        #[arg(long, short)]
        yes: bool,
    },
    /// Write the entries to a file (or `-`) as lines of JSON
    Export {
        /// The file
        file: PathBuf,
        /// Only this namespace
        #[arg(long, value_name = "NAME")]
        namespace: Option<String>,
    },
    /// Take over the entries of an export: all of them, or none if anything is wrong with it
    Import {
        /// The file (or `-`)
        #[arg(required_unless_present = "from_python", conflicts_with = "from_python")]
        file: Option<PathBuf>,
        /// Take over the caches of the Python package of this name, as it kept them in JSON files (usually
        /// ~/.cache/amorsize); files that are no entries are named, and nothing in the folder is changed
        #[arg(long, value_name = "DIR")]
        from_python: Option<PathBuf>,
        /// What happens to entries that are there already
        #[arg(long, value_name = "HOW", default_value = "skip")]
        merge: MergeHow,
        /// Check the file and say what would happen
        #[arg(long)]
        dry_run: bool,
    },
    /// Bring entries into memory, and say which are missing and why
    Warm {
        /// Only this namespace
        #[arg(long, value_name = "NAME")]
        namespace: Option<String>,
    },
    /// Check the store and every entry (exit 1 when something is damaged)
    Verify,
    /// Set damaged entries aside; never touches a whole one
    Repair {
        /// Set right what a clock in the far future has done: bring the store back to this clock
        #[arg(long)]
        clock: bool,
        /// Build a damaged SQLite store anew from what can be read; the old file stays beside it
        #[arg(long, conflicts_with = "clock")]
        rebuild: bool,
    },
    /// Print where the store is
    Path,
}

impl Verb {
    /// What an entry names as what stored it, and a tombstone as what made it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Prune { .. } => "prune",
            Self::Evict { .. } => "evict",
            Self::Forget { .. } => "forget",
            Self::Clear { .. } => "clear",
            Self::Import { .. } => "import",
            Self::Repair { .. } => "repair",
            Self::Remove { .. } => "remove",
            Self::Put { .. } => "put",
            Self::Add { .. } => "add",
            Self::Replace { .. } => "replace",
            Self::Touch { .. } => "touch",
            Self::Incr { .. } => "incr",
            Self::Stats
            | Self::List { .. }
            | Self::Show { .. }
            | Self::Why { .. }
            | Self::Get { .. }
            | Self::GetMany { .. }
            | Self::Export { .. }
            | Self::Warm { .. }
            | Self::Verify
            | Self::Path => "look",
        }
    }
}

/// What an import does with entries that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum MergeHow {
    /// Keep what is there.
    Skip,
    /// Take the imported one.
    Overwrite,
    /// Take the one that was stored later.
    Newer,
}
