//! The tables and the statements.
//!
//! There is no index by expiry: it would cost every write a page. Sweeps walk the table instead.
//!
//! The header of the file says whose it is and which layout it has; both are written before the file is switched to WAL,
//! so they always lie in the first 100 bytes of the file itself.

/// "AMSC", in the file's header.
pub(super) const APPLICATION_ID: i32 = 0x414d_5343;
/// The layout below, in the file's header. Not a small number: a flipped bit must not look like another layout.
pub(super) const LAYOUT: i32 = 0x0041_0001;
/// Layouts of this product have these bits.
pub(super) const LAYOUT_FAMILY: i32 = 0x0041_0000;

/// Expiry of an entry without one.
pub(super) const EXP_NEVER: i64 = i64::MAX;

/// Every opening parses this, so it says no more than it must: types and constraints would cost it a tenth. Keys, envelopes
/// and bodies are blobs; names, leases, side texts, words and explanations are texts; the rest are numbers.
pub(super) const CREATE: &str = "
CREATE TABLE m(id INTEGER PRIMARY KEY,v);
CREATE TABLE e(id INTEGER PRIMARY KEY,st,exp,ended,used,env,k,name,body);
CREATE UNIQUE INDEX ek ON e(k);
CREATE TABLE lease(k PRIMARY KEY,v) WITHOUT ROWID;
CREATE TABLE side(id PRIMARY KEY,v) WITHOUT ROWID;
CREATE TABLE answers(word PRIMARY KEY,n) WITHOUT ROWID;
CREATE TABLE aside(n INTEGER PRIMARY KEY,k,name,env,body,why);
";

/// One look-up: meta and entry in one snapshot; no row where there is no entry.
pub(super) const READ: &str =
    "SELECT (SELECT v FROM m WHERE id = 1), k, env, body FROM e WHERE id = ?1";

/// The same for a key without a row, in a snapshot of its own. The last column is asked only when there still is no row at
/// the number: it is the second witness, and must then be false.
pub(super) const READ_ABSENT: &str = "
SELECT m.v, e.k, e.env, e.body,
  CASE WHEN e.id IS NULL THEN EXISTS (SELECT 1 FROM e AS w INDEXED BY ek WHERE w.k = ?2) END
FROM m LEFT JOIN e ON e.id = ?1 WHERE m.id = 1";

/// The entry for a write, with the lease and the meta record: one statement is all that a write reads.
pub(super) const READ_TO_WRITE: &str = "
SELECT e.k, e.env, CASE WHEN ?3 THEN e.body END,
  CASE WHEN e.id IS NULL THEN EXISTS (SELECT 1 FROM e AS w INDEXED BY ek WHERE w.k = ?2) END,
  (SELECT v FROM lease WHERE k = ?2), m.v
FROM m LEFT JOIN e ON e.id = ?1 WHERE m.id = 1";

pub(super) const META: &str = "SELECT v FROM m WHERE id = 1";
pub(super) const SET_META: &str =
    "INSERT INTO m (id, v) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET v = excluded.v";

pub(super) const INSERT: &str = "
INSERT INTO e (id, st, exp, ended, used, env, k, name, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
pub(super) const UPDATE_WITH_BODY: &str = "
UPDATE e SET st = ?2, exp = ?3, ended = ?4, used = max(used, ?5), env = ?6, body = ?7 WHERE id = ?1";
pub(super) const UPDATE_ENVELOPE: &str = "
UPDATE e SET st = ?2, exp = ?3, ended = ?4, env = ?5 WHERE id = ?1";
pub(super) const FORGET: &str = "DELETE FROM e WHERE id = ?1";

pub(super) const GRANT: &str = "
INSERT INTO lease (k, v) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = excluded.v";
pub(super) const RELEASE: &str = "DELETE FROM lease WHERE k = ?1";

pub(super) const SIDE: &str = "SELECT v FROM side WHERE id = ?1";
pub(super) const ADD_SIDE: &str = "INSERT OR IGNORE INTO side (id, v) VALUES (?1, ?2)";

pub(super) const COUNTS: &str = "SELECT word, n FROM answers";
pub(super) const ADD_COUNT: &str = "
INSERT INTO answers (word, n) VALUES (?1, ?2) ON CONFLICT (word) DO UPDATE SET n = n + excluded.n";
pub(super) const USE: &str = "UPDATE e SET used = ?2 WHERE id = ?1 AND used < ?2";

pub(super) const ASIDE: &str = "SELECT k, name, why FROM aside ORDER BY n";
pub(super) const ADD_ASIDE: &str = "
INSERT INTO aside (k, name, env, body, why) SELECT k, name, env, body, ?2 FROM e
WHERE id = ?1 AND (SELECT count(*) FROM aside) < 1000";

/// The columns of a row; ?1 asks for bodies too.
const ROW: &str = "SELECT id, k, name, env, CASE WHEN ?1 THEN body END, length(body), used FROM e";
/// A row between two ids; ?3 is nothing when there is no upper end.
const BETWEEN: &str = "k >= ?2 AND (?3 IS NULL OR k < ?3)";

pub(super) fn scan_all() -> String {
    ROW.to_owned()
}

pub(super) fn scan_prefix() -> String {
    format!("{ROW} INDEXED BY ek WHERE k >= ?2 AND k < ?3 ORDER BY k")
}

pub(super) fn pick_expired() -> String {
    format!(
        "{ROW} WHERE st = 0 AND exp < {EXP_NEVER} AND exp < ?5 AND {BETWEEN} ORDER BY exp LIMIT ?4"
    )
}

pub(super) fn pick_ended() -> String {
    format!("{ROW} WHERE st <> 0 AND ended < ?5 AND {BETWEEN} ORDER BY ended LIMIT ?4")
}

pub(super) fn pick_least_used() -> String {
    format!("{ROW} WHERE st = 0 AND {BETWEEN} ORDER BY used LIMIT ?4")
}

pub(super) fn pick_after() -> String {
    format!("{ROW} WHERE id > ?5 AND {BETWEEN} ORDER BY id LIMIT ?4")
}
