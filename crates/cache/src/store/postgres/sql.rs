//! The statements. The schema is found by the search path, so every statement is a constant and prepared once a session.
//!
//! Numbers are nanoseconds since the epoch in `int8`, which lasts until 2262; larger ones ("never") are cut to its
//! maximum. Texts are `bytea`, so that no encoding of the database can refuse or change them.

/// The clock in microseconds, read while the statement runs.
macro_rules! clock {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000000)::int8"
    };
}

pub(super) const VERSION: i32 = 1;

/// `$1` id, `$2` whether to fetch the body.
pub(super) const READ: &str = concat!(
    "SELECT m.hwm, m.floor, m.sighted, ",
    clock!(),
    ", e.env, CASE WHEN $2 THEN e.body END, e.lease FROM meta m LEFT JOIN e ON e.id = $1"
);

pub(super) const META: &str =
    concat!("SELECT m.hwm, m.floor, m.sighted, ", clock!(), " FROM meta m");

/// A row appears. `$1` id, `$2` name, `$3` env, `$4` body, `$5` state, `$6` exp, `$7` ended, `$8` used, `$9` lease,
/// `$10` the floor the decision was shown. The key-share lock keeps the floor from rising until this is committed.
pub(super) const INSERT: &str = "WITH m AS MATERIALIZED (SELECT 1 FROM meta WHERE floor = $10 FOR KEY SHARE) \
    INSERT INTO e(id, name, env, body, state, exp, ended, used, lease) \
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM m ON CONFLICT (id) DO NOTHING";

/// A row changes if it is what the decision was shown. `$1` id, `$2` old env, `$3` old lease, `$4` env, `$5` what to do
/// with the body (0 keep, 1 set, 2 drop), `$6` body, `$7` state, `$8` exp, `$9` ended, `$10` used, `$11` lease.
pub(super) const UPDATE: &str = "UPDATE e SET env = $4, \
    body = CASE $5::int2 WHEN 0 THEN body WHEN 1 THEN $6::bytea END, \
    state = $7, exp = $8, ended = $9, used = greatest(used, $10), lease = $11 \
    WHERE id = $1 AND env IS NOT DISTINCT FROM $2 AND lease IS NOT DISTINCT FROM $3";

/// Only the lease changes. `$1` id, `$2` old env, `$3` old lease, `$4` lease.
pub(super) const LEASE: &str = "UPDATE e SET lease = $4 \
    WHERE id = $1 AND env IS NOT DISTINCT FROM $2 AND lease IS NOT DISTINCT FROM $3";

/// A row goes. `$1` id, `$2` old env, `$3` old lease.
pub(super) const DELETE: &str = "DELETE FROM e \
    WHERE id = $1 AND env IS NOT DISTINCT FROM $2 AND lease IS NOT DISTINCT FROM $3";

/// `$1` hwm, `$2` floor, `$3` sighted (null: stays).
pub(super) const RAISE: &str = "UPDATE meta SET hwm = greatest(hwm, $1), floor = greatest(floor, $2), \
    sighted = coalesce($3, sighted)";

/// `$1` hwm, `$2` floor, `$3` sighted, as they are.
pub(super) const SETTLE: &str = "UPDATE meta SET hwm = $1, floor = $2, sighted = $3";

/// `$1` ids, `$2` texts.
pub(super) const SIDES: &str = "INSERT INTO side(id, body) SELECT * FROM unnest($1::bytea[], $2::bytea[]) \
    ON CONFLICT (id) DO NOTHING";

pub(super) const SIDE: &str = "SELECT body FROM side WHERE id = $1";

/// `$1` id, `$2` why.
pub(super) const SET_ASIDE: &str = concat!(
    "INSERT INTO aside(id, name, env, body, why, at) SELECT id, name, env, body, $2, ",
    clock!(),
    " FROM e WHERE id = $1"
);

pub(super) const ASIDE: &str = "SELECT id, name, why FROM aside ORDER BY n";

pub(super) const COUNTS: &str = "SELECT word, n FROM counts";

pub(super) const WEIGHT: &str =
    "SELECT pg_total_relation_size('e') + pg_total_relation_size('side')";

/// `$1` ids, `$2` times, `$3` words, `$4` counts.
pub(super) const USE: &str = "WITH u AS (UPDATE e SET used = greatest(e.used, c.used) \
    FROM unnest($1::bytea[], $2::int8[]) AS c(id, used) WHERE e.id = c.id) \
    INSERT INTO counts(word, n) SELECT * FROM unnest($3::text[], $4::int8[]) \
    ON CONFLICT (word) DO UPDATE SET n = counts.n + excluded.n";

/// The columns of a row: `$1` and `$2` bound the ids, `$3` says how many, `$4` whether to fetch bodies, `$5` is the pick's own.
macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, env, CASE WHEN $4 THEN body END, coalesce(octet_length(body), 0)::int8, used FROM e \
             WHERE id >= $1 AND ($2::bytea IS NULL OR id < $2) AND ",
            $rest
        )
    };
}

pub(super) const SCAN: &str =
    rows!("env IS NOT NULL AND ($5::bytea IS NULL OR id > $5) ORDER BY id LIMIT $3");
pub(super) const EXPIRED: &str =
    rows!("state = 0 AND exp < $5 ORDER BY exp, id LIMIT $3 FOR UPDATE");
pub(super) const LEAST_USED: &str =
    rows!("state = 0 AND $5::int8 IS NOT NULL ORDER BY used, id LIMIT $3 FOR UPDATE");
pub(super) const ENDED: &str =
    rows!("state > 0 AND ended < $5 ORDER BY ended, id LIMIT $3 FOR UPDATE");
pub(super) const AFTER: &str =
    rows!("env IS NOT NULL AND ($5::bytea IS NULL OR id > $5) ORDER BY id LIMIT $3 FOR UPDATE");

/// Rows of a sweep, which holds their locks. `$1` ids, `$2` envs, `$3` whether the body goes, `$4` states, `$5` exps,
/// `$6` endeds.
pub(super) const SWEEP_WRITE: &str = "UPDATE e SET env = c.env, state = c.state, exp = c.exp, ended = c.ended, \
    body = CASE WHEN c.gone THEN NULL ELSE e.body END \
    FROM unnest($1::bytea[], $2::bytea[], $3::bool[], $4::int2[], $5::int8[], $6::int8[]) \
    AS c(id, env, gone, state, exp, ended) WHERE e.id = c.id";

pub(super) const SWEEP_FORGET: &str = "DELETE FROM e WHERE id = ANY($1::bytea[])";

/// The tables. A unique index on `floor` makes raising it wait for inserts that were decided under the lower one.
pub(super) const CREATE: &str = "
    CREATE TABLE meta(one bool PRIMARY KEY DEFAULT true CHECK (one), version int4 NOT NULL,
        hwm int8 NOT NULL, floor int8 NOT NULL, sighted int8 NOT NULL);
    CREATE UNIQUE INDEX meta_floor ON meta(floor);
    CREATE TABLE e(id bytea PRIMARY KEY, name bytea NOT NULL, env bytea, body bytea, state int2, exp int8,
        ended int8, used int8, lease bytea);
    ALTER TABLE e ALTER COLUMN body SET STORAGE EXTERNAL;
    CREATE INDEX e_exp ON e(exp) WHERE state = 0;
    CREATE INDEX e_used ON e(used) WHERE state = 0;
    CREATE INDEX e_ended ON e(ended) WHERE state > 0;
    CREATE TABLE side(id bytea PRIMARY KEY, body bytea NOT NULL);
    CREATE TABLE counts(word text PRIMARY KEY, n int8 NOT NULL);
    CREATE TABLE aside(n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id bytea, name bytea, env bytea, body bytea,
        why bytea NOT NULL, at int8 NOT NULL);
    INSERT INTO meta(version, hwm, floor, sighted) VALUES (1, 0, 0, 0);";
