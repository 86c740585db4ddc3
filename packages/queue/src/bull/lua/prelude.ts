import { errors } from '../../errors.ts';

/*
 * Keys, all below one prefix (which has a hash tag, so a cluster keeps them together):
 *   keys                    hash: idempotency key → newest run
 *   ids                     hash: job id → newest run
 *   run:<run>               hash: one run of a key; `token` is the lock token of the worker that has it, `own`: an `add` waits for it
 *   run:<run>:ids           set: job ids that mean this run
 *   run:<run>:waiters       set: parents that wait for its end
 *   state:<kind>:<state>    sorted set: runs by time of adding
 *   kinds                   set
 *   expiring, ended         sorted sets: runs by the time they expire, by the time they ended
 *   parent:<id>             hash: data, note, sealed, total, acked, openedAt, completedAt, cancelledAt, ended:<state> (how many children)
 *   parent:<id>:children    hash: key → o|e|a and the run (open, ended, acknowledged)
 *   parent:<id>:ends        list: runs whose end is to be told, in order; those that go on for others have a `!` behind
 *   parents, complete       sorted sets: parents by time of opening, by time of completion
 *   due                     sorted set: parents with something to tell, by the time from which it may be told (a lease is in the future)
 * The ticket of a run is the BullMQ job whose id is the run; it carries nothing but the order to look here.
 * A resent command (the connection broke before its answer) must not count twice: runs and tokens come from the caller.
 */
export const prelude = `
local P = KEYS[1]
local call = redis.call

local CANCELLED = {'JOB_CANCELLED', '${errors.JOB_CANCELLED.message}'}
local EXPIRED = {'JOB_EXPIRED', '${errors.JOB_EXPIRED.message}'}
local STALLED = {'JOB_STALLED', '${errors.JOB_STALLED.message}'}

local function runKey(run) return P .. 'run:' .. run end
local function parentKey(id) return P .. 'parent:' .. id end
local function stateKey(kind, state) return P .. 'state:' .. kind .. ':' .. state end

local function hasEnded(state)
  return state == 'succeeded' or state == 'failed' or state == 'cancelled' or state == 'expired'
end

local function setState(run, to)
  local key = runKey(run)
  local f = call('HMGET', key, 'kind', 'state', 'addedAt')
  if f[2] ~= to then
    if f[2] then call('ZREM', stateKey(f[1], f[2]), run) end
    call('ZADD', stateKey(f[1], to), f[3], run)
    call('HSET', key, 'state', to)
  end
end

local function tell(now, parent)
  -- NX: a lease or a postponement stays.
  call('ZADD', P .. 'due', 'NX', now, parent)
  call('PUBLISH', P .. 'news', 'end')
end

local function queueEnd(now, parent, key, run)
  local pk = parentKey(parent)
  call('HSET', pk .. ':children', key, 'e' .. run)
  call('RPUSH', pk .. ':ends', run)
  call('HINCRBY', runKey(run), 'refs', 1)
  call('HINCRBY', pk, 'ended:' .. call('HGET', runKey(run), 'state'), 1)
  tell(now, parent)
end

-- The run of an entry of the list of ends.
local function runOf(entry) return (string.gsub(entry, '!$', '')) end

local function endRun(now, run, state, result, failure)
  local rk = runKey(run)
  setState(run, state)
  call('HSET', rk, 'finishedAt', now)
  if result then call('HSET', rk, 'result', result) end
  if failure then
    call('HSET', rk, 'failureCode', failure[1], 'failureMessage', failure[2])
  else
    call('HDEL', rk, 'failureCode', 'failureMessage')
  end
  call('HDEL', rk, 'notBefore')
  call('ZREM', P .. 'expiring', run)
  call('ZADD', P .. 'ended', now, run)
  local key = call('HGET', rk, 'key')
  for _, parent in ipairs(call('SMEMBERS', rk .. ':waiters')) do
    if call('HGET', parentKey(parent) .. ':children', key) == 'o' .. run then queueEnd(now, parent, key, run) end
  end
  call('DEL', rk .. ':waiters')
  call('PUBLISH', P .. 'news', 'done ' .. run)
end

local function completeParent(now, id)
  local pk = parentKey(id)
  local f = call('HMGET', pk, 'sealed', 'total', 'acked')
  if f[1] == '1' and f[2] == f[3] then
    call('HSETNX', pk, 'completedAt', now)
    call('ZADD', P .. 'complete', 'NX', now, id)
  end
end
`;
