//! The scripts. Each is one atomic step of the server.
//!
//! Times of the meta record are nanoseconds in twenty digits, which compare as texts; the numbers of a script have 53
//! bits only, so scripts do no arithmetic on nanoseconds but one: the server's own clock, put together digit by digit.
//! The indexes count microseconds.

use redis::Script;

/// `P` is the prefix; `now` is the clock in nanoseconds in twenty digits. `lost` tells whether records may have vanished
/// that nobody removed: no meta record, another run of the server, or evictions that do not spare what has no expiry.
const COMMON: &str = r"
local P = '{' .. ARGV[1] .. '}'
local M = P .. 'm'
local function now()
  local t = redis.call('TIME')
  return string.format('0%010d%06d000', tonumber(t[1]), tonumber(t[2]))
end
local function server()
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  local evicted = string.match(redis.call('INFO', 'stats'), 'evicted_keys:(%d+)')
  return run .. ':' .. evicted
end
local function lost(seen)
  if not seen then return true end
  local is = server()
  if is == seen then return false end
  if string.match(is, '^%w+') ~= string.match(seen, '^%w+') then return true end
  local policy = string.match(redis.call('INFO', 'memory'), 'maxmemory_policy:([%w-]+)')
  return string.match(policy, '^allkeys') ~= nil
end
local function begin(floor)
  redis.call('HSET', M, 'version', '1', 'seen', server(), 'floor', floor)
  redis.call('HSETNX', M, 'hwm', string.rep('0', 20))
  redis.call('HSETNX', M, 'sighted', string.rep('0', 20))
end
";

/// Makes the meta record when there is none; answers the version.
const OPEN: &str = r"
if redis.call('EXISTS', M) == 0 then begin(now()) end
return redis.call('HGET', M, 'version')
";

/// One key: ARGV 2 id, 3 whether to fetch the body. Answers hwm, floor, sighted, the floor in force, clock, envelope, lease,
/// whether a body is there, body.
const READ: &str = r"
local m = redis.call('HMGET', M, 'hwm', 'floor', 'sighted', 'seen')
local e = redis.call('HMGET', P .. 'e:' .. ARGV[2], 'v', 'l')
local b = false
local has = 0
if e[1] then
  if ARGV[3] == '1' then
    b = redis.call('GET', P .. 'b:' .. ARGV[2])
    has = b and 1 or 0
  else
    has = redis.call('EXISTS', P .. 'b:' .. ARGV[2])
  end
end
local t = now()
local floor = m[2]
if not e[1] and lost(m[4]) then floor = t end
return {m[1], m[2], m[3], floor, t, e[1], e[2], has, b}
";

/// The meta record and the clock, as in `READ`.
const META: &str = r"
local m = redis.call('HMGET', M, 'hwm', 'floor', 'sighted', 'seen')
local t = now()
local floor = m[2]
if lost(m[4]) then floor = t end
return {m[1], m[2], m[3], floor, t}
";

/// Rows: ARGV 2 index, 3 lowest, 4 highest, 5 how many, 6 whether to fetch bodies, 7 prefix of the ids. Answers
/// meta and clock as `META`, then rows of id, name, envelope, length of the body,
/// last use, body, lease, whether a body is there.
const ROWS: &str = r"
local ids
if ARGV[2] == 'ids' then
  ids = redis.call('ZRANGEBYLEX', P .. 'ids', ARGV[3], ARGV[4], 'LIMIT', 0, ARGV[5])
else
  local from, step = 0, tonumber(ARGV[5])
  ids = {}
  repeat
    local some = redis.call('ZRANGEBYSCORE', P .. ARGV[2], ARGV[3], ARGV[4], 'LIMIT', from, step)
    for _, id in ipairs(some) do
      if #ids < step and string.sub(id, 1, #ARGV[7]) == ARGV[7] then ids[#ids + 1] = id end
    end
    from = from + step
  until #some < step or #ids == step
end
local rows = {}
for _, id in ipairs(ids) do
  local e = redis.call('HMGET', P .. 'e:' .. id, 'n', 'v', 'l')
  local b = P .. 'b:' .. id
  rows[#rows + 1] = {id, e[1], e[2], redis.call('STRLEN', b), redis.call('ZSCORE', P .. 'use', id),
    ARGV[6] == '1' and redis.call('GET', b), e[3], redis.call('EXISTS', b)}
end
local m = redis.call('HMGET', M, 'hwm', 'floor', 'sighted', 'seen')
local t = now()
return {m[1], m[2], m[3], m[2], t, rows}
";

/// Writes. ARGV 2 `all` or `each`, 3 floor as it was shown, 4 hwm, 5 floor, 6 sighted (empty: stays), 7 how many, then for
/// each the fields of `write::FIELDS`, then id and text of side texts (they never change, so they may be there without what
/// refers to them). `all`: everything or, when one record is not as it was shown, nothing. `each`: every
/// record that is. Answers the places of those that were not.
const WRITE: &str = r"
local F, n = 15, tonumber(ARGV[7])
local function field(i, f) return ARGV[7 + (i - 1) * F + f] end
local is_new = not redis.call('HGET', M, 'hwm')
local m = redis.call('HMGET', M, 'floor', 'seen')
local function is_as_shown(i)
  local id = field(i, 1)
  local e = redis.call('HMGET', P .. 'e:' .. id, 'v', 'l')
  if (e[1] or '') ~= field(i, 2) or (e[2] or '') ~= field(i, 3) then return false end
  if not e[1] then is_new = true end
  if e[1] and tostring(redis.call('EXISTS', P .. 'b:' .. id)) ~= field(i, 4) then return false end
  return e[1] or (m[1] or '') == ARGV[3]
end
for i = 8 + F * n, #ARGV, 2 do redis.call('HSETNX', P .. 's', ARGV[i], ARGV[i + 1]) end
local odd = {}
local is_odd = {}
for i = 1, n do
  if not is_as_shown(i) then odd[#odd + 1] = i - 1; is_odd[i] = true end
end
if ARGV[2] == 'all' and #odd > 0 then return odd end
-- What is there proves that it was not lost; only where nothing is must the horizon be right.
if is_new and lost(m[2]) then begin(now()) end
for i = 1, n do
  if not is_odd[i] then
    local id, edit = field(i, 1), field(i, 5)
    local e, b = P .. 'e:' .. id, P .. 'b:' .. id
    if field(i, 15) ~= '' then
      redis.call('RPUSH', P .. 'a', id, redis.call('HGET', e, 'n') or '', field(i, 15),
        redis.call('HGET', e, 'v') or '', redis.call('GET', b) or '')
    end
    if edit == 'w' then
      redis.call('HSET', e, 'v', field(i, 6))
      if field(i, 14) ~= '' then redis.call('HSETNX', e, 'n', field(i, 14)) end
      redis.call('ZADD', P .. 'ids', 0, id)
      if field(i, 7) == 's' then
        if field(i, 9) == '' then redis.call('SET', b, field(i, 8))
        else redis.call('SET', b, field(i, 8), 'PXAT', field(i, 9)) end
      elseif field(i, 7) == 'd' then redis.call('DEL', b)
      elseif field(i, 9) == '' then redis.call('PERSIST', b)
      else redis.call('PEXPIREAT', b, field(i, 9)) end
      if field(i, 10) == '' then redis.call('ZREM', P .. 'exp', id); redis.call('ZREM', P .. 'use', id)
      else
        redis.call('ZADD', P .. 'exp', field(i, 10), id)
        redis.call('ZADD', P .. 'use', 'GT', field(i, 11), id)
      end
      if field(i, 12) == '' then redis.call('ZREM', P .. 'end', id)
      else redis.call('ZADD', P .. 'end', field(i, 12), id) end
    elseif edit == 'f' then
      redis.call('DEL', e, b)
      for _, index in ipairs({'ids', 'exp', 'use', 'end'}) do redis.call('ZREM', P .. index, id) end
    end
    local lease = field(i, 13)
    if lease == '' then redis.call('HDEL', e, 'l')
    elseif lease ~= '=' then redis.call('HSET', e, 'l', lease) end
  end
end
for _, at in ipairs({{'hwm', 4}, {'floor', 5}}) do
  local is = redis.call('HGET', M, at[1])
  if ARGV[at[2]] > is then redis.call('HSET', M, at[1], ARGV[at[2]]) end
end
if ARGV[6] ~= '' then redis.call('HSET', M, 'sighted', ARGV[6]) end
return odd
";

/// Uses and counts: ARGV 2 how many uses, then id and time of each, then word and count of each answer.
const USE: &str = r"
local n = tonumber(ARGV[2])
for i = 1, n do redis.call('ZADD', P .. 'use', 'XX', 'GT', ARGV[2 * i + 2], ARGV[2 * i + 1]) end
for i = 2 * n + 3, #ARGV, 2 do redis.call('HINCRBY', P .. 'c', ARGV[i], ARGV[i + 1]) end
return 1
";

/// The scripts, with their hashes.
pub(super) struct Scripts {
    pub(super) open: Script,
    pub(super) read: Script,
    pub(super) meta: Script,
    pub(super) rows: Script,
    pub(super) write: Script,
    pub(super) record_use: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        let script = |body: &str| Script::new(&format!("{COMMON}{body}"));
        Self {
            open: script(OPEN),
            read: script(READ),
            meta: script(META),
            rows: script(ROWS),
            write: script(WRITE),
            record_use: script(USE),
        }
    }
}
