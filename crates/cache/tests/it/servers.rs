//! PostgreSQL and Redis pass every case of the suite, and say the truth when the server goes away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use amorsize_cache::conformance::{self, Damage, Subject};
use amorsize_cache::ops::write::Put;
use amorsize_cache::store::Actor;
use amorsize_cache::store::postgres::Postgres;
use amorsize_cache::store::redis::Redis;
use amorsize_cache::{Key, KeyId, Kind, Lookup, Namespace, Reason, Store, Want};
use amorsize_testkit::servers;
use amorsize_testkit::servers::{Durability, or_skip};

const WAIT: Duration = Duration::from_secs(1);

/// A name that no other case has.
fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("case_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn postgres(url: &str) -> Arc<dyn Store> {
    Arc::new(Postgres::open(url, Actor::named("test"), WAIT).unwrap())
}

fn redis(url: &str) -> Arc<dyn Store> {
    Arc::new(Redis::open(url, Actor::named("test"), WAIT).unwrap())
}

struct InPostgres {
    url: String,
    schema: String,
}

impl Subject for InPostgres {
    fn open(&self) -> Arc<dyn Store> {
        postgres(&format!("{}?schema={}", self.url, self.schema))
    }

    fn pass(&self, span: Duration) {
        std::thread::sleep(span);
    }

    fn damage(&self, id: &KeyId, damage: Damage) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&self.url, tokio_postgres::NoTls).await.unwrap();
            drop(tokio::spawn(connection));
            let (schema, key) = (&self.schema, id.as_bytes().as_slice());
            let sql = format!("SELECT env, body FROM {schema}.e WHERE id = $1");
            let row = client.query_one(&sql, &[&key]).await.unwrap();
            let (envelope, body) = damage.apply(row.get(0), row.get(1));
            let sql = format!("UPDATE {schema}.e SET env = $2, body = $3 WHERE id = $1");
            client.execute(&sql, &[&key, &envelope, &body]).await.unwrap() == 1
        })
    }
}

struct InRedis {
    url: String,
    prefix: String,
}

impl Subject for InRedis {
    fn open(&self) -> Arc<dyn Store> {
        redis(&format!("{}?prefix={}", self.url, self.prefix))
    }

    fn pass(&self, span: Duration) {
        std::thread::sleep(span);
    }

    fn proves_never(&self) -> bool {
        false
    }

    fn damage(&self, id: &KeyId, damage: Damage) -> bool {
        if damage == Damage::BodyLost {
            // What the server drops by itself is evicted, not damaged.
            return false;
        }
        let mut connection =
            ::redis::Client::open(self.url.as_str()).unwrap().get_connection().unwrap();
        let name =
            |kind: &str| [format!("{{{}}}{kind}:", self.prefix).as_bytes(), id.as_bytes()].concat();
        let envelope: Vec<u8> =
            ::redis::cmd("HGET").arg(name("e")).arg("v").query(&mut connection).unwrap();
        let body: Option<Vec<u8>> =
            ::redis::cmd("GET").arg(name("b")).query(&mut connection).unwrap();
        let (envelope, body) = damage.apply(envelope, body);
        let set = ::redis::cmd("HSET").arg(name("e")).arg("v").arg(envelope).exec(&mut connection);
        set.unwrap();
        if let Some(body) = body {
            let set =
                ::redis::cmd("SET").arg(name("b")).arg(body).arg("KEEPTTL").exec(&mut connection);
            set.unwrap();
        }
        true
    }
}

#[test]
fn postgres_passes_the_suite() {
    let Some(server) = or_skip(servers::Postgres::shared()) else { return };
    let url = server.fresh_database().unwrap();
    conformance::run_all(&|| Box::new(InPostgres { url: url.clone(), schema: fresh_name() }));
}

#[test]
fn redis_passes_the_suite() {
    let Some(server) = or_skip(servers::Redis::shared()) else { return };
    conformance::run_all(&|| Box::new(InRedis { url: server.url(), prefix: fresh_name() }));
}

fn key(name: &str) -> Key {
    Key::new(&Namespace::new("test").unwrap(), name)
}

fn primary(lookup: Lookup) -> Reason {
    lookup.miss().expect("a miss").reasons.primary().clone()
}

#[test]
fn a_postgres_that_goes_away_is_unavailable_and_comes_back() {
    let Some(mut server) = or_skip(servers::Postgres::start()) else { return };
    let store = postgres(&server.url("postgres"));
    let (here, how) = (key("here"), Put::default());
    assert!(store.put(&here, b"1", &how).unwrap().stored().is_some());
    server.kill();
    let Reason::Unavailable { what } = primary(store.get(&here, &Want::fmt(0))) else {
        panic!("an unreachable store knows nothing about its entries");
    };
    assert!(what.contains("the server cannot be reached"), "{what}");
    assert_eq!(store.put(&here, b"2", &how).unwrap_err().kind(), Kind::Connection);
    server.restart().unwrap();
    let hit = store.get(&here, &Want::fmt(0)).hit().expect("it was kept");
    assert_eq!(&hit.value[..], b"1");
    assert!(store.put(&here, b"3", &how).unwrap().stored().is_some());
}

#[test]
fn a_redis_that_goes_away_is_unavailable_and_comes_back() {
    let Some(mut server) = or_skip(servers::Redis::start(Durability::AppendOnly)) else { return };
    let store = redis(&server.url());
    let (here, how) = (key("here"), Put::default());
    assert!(store.put(&here, b"1", &how).unwrap().stored().is_some());
    server.kill();
    let Reason::Unavailable { what } = primary(store.get(&here, &Want::fmt(0))) else {
        panic!("an unreachable store knows nothing about its entries");
    };
    assert!(what.contains("the server cannot be reached"), "{what}");
    assert_eq!(store.put(&here, b"2", &how).unwrap_err().kind(), Kind::Connection);
    server.restart().unwrap();
    let hit = store.get(&here, &Want::fmt(0)).hit().expect("it was kept");
    assert_eq!(&hit.value[..], b"1");
}

#[test]
fn a_redis_that_forgot_everything_never_says_never() {
    let Some(mut server) = or_skip(servers::Redis::start(Durability::None)) else { return };
    let store = redis(&server.url());
    let stored = store.put(&key("here"), b"1", &Put::default()).unwrap().stored().unwrap();
    server.kill();
    server.restart().unwrap();
    for name in ["here", "elsewhere"] {
        let Reason::Absent { since, .. } = primary(store.get(&key(name), &Want::fmt(0))) else {
            panic!("nothing is there");
        };
        assert!(since > stored.t, "what was stored before may have been lost");
    }
    // Writing begins the horizon for good.
    assert!(store.put(&key("again"), b"1", &Put::default()).unwrap().stored().is_some());
    let since = || match primary(store.get(&key("here"), &Want::fmt(0))) {
        Reason::Absent { since, .. } => since,
        other => panic!("nothing is there: {other}"),
    };
    let horizon = since();
    assert!(horizon > stored.t, "what was stored before may have been lost");
    assert_eq!(since(), horizon, "it does not move on by itself");
}

#[test]
fn a_body_that_redis_evicts_is_evicted_by_the_server() {
    let options = ["--maxmemory", "6mb", "--maxmemory-policy", "volatile-lru"];
    let started = servers::Redis::start_with(Durability::None, &options);
    let Some(server) = or_skip(started) else { return };
    let store = redis(&server.url());
    let how = Put { ttl: Some(Duration::from_hours(1)), ..Put::default() };
    let keys: Vec<Key> = (0..64).map(|n| key(&format!("large {n}"))).collect();
    for key in &keys {
        assert!(store.put(key, &[7; 200_000], &how).unwrap().stored().is_some());
    }
    // Which ones go is the server's to choose: it samples, so the oldest may be spared.
    let mut evicted = Vec::new();
    for key in &keys {
        match store.get(key, &Want::fmt(0)) {
            Lookup::Hit(hit) => assert_eq!(hit.value.len(), 200_000),
            Lookup::Miss(miss) => {
                let Reason::Evicted(ended) = miss.reasons.primary() else {
                    panic!("{}", miss.reasons);
                };
                assert_eq!(ended.cause, amorsize_cache::Cause::Server);
                evicted.push(key);
            }
        }
    }
    let gone = evicted.first().expect("64 values of 200 kB do not fit in 6 MB");
    assert!(store.add(gone, b"1", &how).unwrap().stored().is_some(), "room for a new value");
}

#[test]
fn an_expired_body_that_redis_drops_changes_no_reason() {
    let Some(server) = or_skip(servers::Redis::shared()) else { return };
    let prefix = fresh_name();
    let store = redis(&format!("{}?prefix={prefix}", server.url()));
    let (ttl, here) = (Duration::from_millis(20), key("here"));
    let stored = store.put(&here, b"1", &Put::ttl(ttl)).unwrap().stored().unwrap();
    std::thread::sleep(Duration::from_millis(30));
    let mut connection = ::redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    let body = [format!("{{{prefix}}}b:").as_bytes(), here.id().as_bytes()].concat();
    let left_ms: i64 = ::redis::cmd("PTTL").arg(&body).query(&mut connection).unwrap();
    assert!(left_ms > 0, "the server will drop it by itself, after a time for stale answers");
    for is_there in [true, false] {
        let miss = store.get(&here, &Want::fmt(0)).miss().unwrap();
        let Reason::Expired { age, .. } = miss.reasons.primary() else {
            panic!("{}", miss.reasons)
        };
        assert_eq!(*age, miss.t.since(stored.created));
        assert_eq!((miss.reasons.all().len(), miss.stale.is_some()), (1, is_there));
        ::redis::cmd("DEL").arg(&body).exec(&mut connection).unwrap();
    }
}

#[test]
fn a_frozen_redis_is_unavailable_after_the_deadline() {
    let Some(server) = or_skip(servers::Redis::start(Durability::None)) else { return };
    let store = Redis::open(&server.url(), Actor::named("test"), Duration::from_millis(1)).unwrap();
    server.freeze();
    let reason = primary(amorsize_cache::Reader::get(&store, &key("here"), &Want::fmt(0)));
    server.thaw();
    let Reason::Unavailable { what } = reason else { panic!("{reason}") };
    assert!(what.contains("did not answer within"), "{what}");
}

#[test]
fn a_wrong_password_or_a_foreign_table_is_said_plainly() {
    let Some(server) = or_skip(servers::Postgres::shared()) else { return };
    let url = server.fresh_database().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        drop(tokio::spawn(connection));
        let sql = "CREATE SCHEMA foreign_one; CREATE TABLE foreign_one.meta(a int);
            CREATE SCHEMA newer; CREATE TABLE newer.meta(version int4); INSERT INTO newer.meta VALUES (99)";
        client.batch_execute(sql).await.unwrap();
    });
    let open = |url: &str| Postgres::open(url, Actor::named("test"), WAIT).unwrap_err();
    assert_eq!(open(&format!("{url}?schema=foreign_one")).kind(), Kind::Foreign);
    let newer = open(&format!("{url}?schema=newer"));
    assert_eq!(newer.kind(), Kind::Newer);
    assert!(newer.to_string().contains("version 99"), "{newer}");
    let missing = open(&url.replace("/t", "/no_such_"));
    assert_eq!(missing.kind(), Kind::Place, "{missing}");
}

#[test]
fn a_store_is_created_once_by_many_openers() {
    let Some(server) = or_skip(servers::Postgres::shared()) else { return };
    let url = format!("{}?schema=together", server.fresh_database().unwrap());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| postgres(&url).put(&key("here"), b"1", &Put::default()).unwrap());
        }
    });
    assert!(postgres(&url).get(&key("here"), &Want::fmt(0)).hit().is_some());
}

#[test]
fn keys_that_redis_evicts_whole_are_never_said_to_be_never_stored() {
    let Some(server) = or_skip(servers::Redis::start(Durability::None)) else { return };
    let store = redis(&server.url());
    let want = Want { skip_nearest: true, ..Want::default() };
    let names: Vec<String> = (0..400).map(|at| format!("k{at}")).collect();
    for name in &names {
        let stored = store.put(&key(name), &[7; 3_000], &Put::default()).unwrap();
        assert!(stored.stored().is_some());
    }
    // From now on the server takes any key it likes, meta record and indexes included.
    let mut connection = ::redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    let mut set = |name: &str, value: &str| {
        let mut call = ::redis::cmd("CONFIG");
        call.arg("SET").arg(name).arg(value).query::<()>(&mut connection).unwrap();
    };
    set("maxmemory-policy", "allkeys-random");
    set("maxmemory", "1500000");
    for at in 0..400 {
        drop(store.put(&key(&format!("more {at}")), &[8; 3_000], &Put::default()));
    }
    let mut gone = 0;
    for name in &names {
        match store.get(&key(name), &want) {
            Lookup::Hit(hit) => assert_eq!(*hit.value, [7; 3_000]),
            Lookup::Miss(miss) => {
                let text = miss.reasons.to_string();
                let is_true = text.starts_with("evicted") || text.contains("forgotten or lost");
                assert!(is_true, "{name}: {text}");
                gone += 1;
            }
        }
    }
    assert!(gone > 0, "the server was made to evict");
}

#[test]
fn a_postgres_that_dies_in_the_middle_of_puts_loses_none_that_it_acknowledged() {
    let Some(mut server) = or_skip(servers::Postgres::start()) else { return };
    let url = server.fresh_database().unwrap();
    let store = postgres(&url);
    let put = |number: u32| store.put(&key("k"), &number.to_le_bytes(), &Put::default());
    assert!(put(0).unwrap().stored().is_some());
    for round in 0..3_u32 {
        let acknowledged = AtomicU32::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 1.. {
                    match put(round * 100_000 + number) {
                        Ok(_) => acknowledged.store(number, Ordering::SeqCst),
                        Err(error) => {
                            assert_eq!(error.kind(), Kind::Connection, "{error}");
                            break;
                        }
                    }
                }
            });
            while acknowledged.load(Ordering::SeqCst) < 50 {
                std::thread::yield_now();
            }
            server.kill();
        });
        server.restart().unwrap();
        let hit = store.get(&key("k"), &Want::default()).hit().expect("it was stored");
        let found = u32::from_le_bytes((*hit.value).try_into().unwrap()) - round * 100_000;
        let acknowledged = acknowledged.load(Ordering::SeqCst);
        // The one that nobody knows about may be there or not.
        assert!((acknowledged..=acknowledged + 1).contains(&found), "{found}, {acknowledged}");
    }
}
