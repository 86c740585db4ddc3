import { prelude } from './prelude.ts';

/** ARGV: id, data, now. */
export const openParent = `${prelude}
local pk = parentKey(ARGV[1])
if call('EXISTS', pk) == 0 then
  call('HSET', pk, 'data', ARGV[2], 'sealed', 0, 'total', 0, 'acked', 0, 'openedAt', ARGV[3])
  call('ZADD', P .. 'parents', ARGV[3], ARGV[1])
end
return 'ok'
`;

/** ARGV: id, note or '', now. Returns 'ok' or 'unknown'. */
export const sealParent = `${prelude}
local id, now = ARGV[1], ARGV[3]
local pk = parentKey(id)
local sealed = call('HGET', pk, 'sealed')
if not sealed then return 'unknown' end
if sealed == '1' then return 'ok' end
call('HSET', pk, 'sealed', 1)
if ARGV[2] ~= '' then call('HSET', pk, 'note', ARGV[2]) end
completeParent(now, id)
if call('LLEN', pk .. ':ends') > 0 then tell(now, id) end
return 'ok'
`;

/**
 * ARGV: id, now. Returns {'unknown'}, {'complete'} or {'cancelled', kinds of the runs that waited and are cancelled now}. Running ones
 * end when their workers have been told.
 */
export const cancelParent = `${prelude}
local id, now = ARGV[1], ARGV[2]
local pk = parentKey(id)
local f = call('HMGET', pk, 'sealed', 'completedAt')
if not f[1] then return {'unknown'} end
if f[2] then return {'complete'} end
call('HSET', pk, 'sealed', 1)
call('HSETNX', pk, 'cancelledAt', now)
local answer = {'cancelled'}
local children = call('HGETALL', pk .. ':children')
for i = 1, #children, 2 do
  local key, child = children[i], children[i + 1]
  local run = child:sub(2)
  local rk = runKey(run)
  if child:sub(1, 1) == 'o' then
    local r = call('HMGET', rk, 'state', 'kind', 'own')
    if r[3] or call('SCARD', rk .. ':waiters') > 1 then
      call('SREM', rk .. ':waiters', id)
      call('HSET', pk .. ':children', key, 'e' .. run)
      call('RPUSH', pk .. ':ends', run .. '!')
      call('HINCRBY', rk, 'refs', 1)
      call('HINCRBY', pk, 'ended:cancelled', 1)
      tell(now, id)
    elseif r[1] == 'active' then
      call('HSET', rk, 'cancelled', 1)
      call('PUBLISH', P .. 'news', 'cancel ' .. run)
    elseif r[1] then
      endRun(now, run, 'cancelled', nil, CANCELLED)
      answer[#answer + 1] = r[2]
    end
  end
end
completeParent(now, id)
if call('LLEN', pk .. ':ends') > 0 then tell(now, id) end
return answer
`;

/**
 * ARGV: now, lease in ms, id of this request. Returns {parent, entry, remaining, complete, data of the parent, fields of the run, 1 if
 * that goes on without this parent}, or an empty list.
 * The same request gets the same answer: the connection may break before the first one arrives.
 */
export const takeEnd = `${prelude}
local now, lease, request = tonumber(ARGV[1]), tonumber(ARGV[2]), P .. 'taken:' .. ARGV[3]

local function take(id)
  local pk = parentKey(id)
  local entry = call('LINDEX', pk .. ':ends', 0)
  local f = call('HMGET', pk, 'total', 'acked', 'sealed', 'data')
  if not entry or not f[1] then return nil end
  local remaining = f[1] - f[2] - 1
  local run = runOf(entry)
  local left = 0
  if run ~= entry then left = 1 end
  if remaining > 0 then return {id, entry, remaining, 0, f[4], call('HGETALL', runKey(run)), left} end
  if f[3] == '1' then return {id, entry, 0, 1, f[4], call('HGETALL', runKey(run)), left} end
  return nil
end

local before = call('GET', request)
if before then return take(before) or {} end
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'LIMIT', 0, 100)) do
  local taken = take(id)
  if taken then
    call('ZADD', P .. 'due', now + lease, id)
    call('SET', request, id, 'PX', lease)
    return taken
  end
  -- Nothing to tell, or held back: sealing or another child sets it due again.
  call('ZREM', P .. 'due', id)
end
return {}
`;

/** ARGV: parent, entry, key, now. Idempotent. */
export const acknowledge = `${prelude}
local id, entry, key, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local pk = parentKey(id)
local run = runOf(entry)
if call('LINDEX', pk .. ':ends', 0) ~= entry then return 'gone' end
call('LPOP', pk .. ':ends')
call('HSET', pk .. ':children', key, 'a' .. run)
call('HINCRBY', pk, 'acked', 1)
if call('EXISTS', runKey(run)) == 1 then call('HINCRBY', runKey(run), 'refs', -1) end
call('ZREM', P .. 'due', id)
if call('LLEN', pk .. ':ends') > 0 then tell(now, id) end
completeParent(now, id)
return 'ok'
`;

/** ARGV: parent, when. Lengthens a lease or sets the time of the next try. */
export const dueAt = `${prelude}
return call('ZADD', P .. 'due', 'XX', ARGV[2], ARGV[1])
`;

/** ARGV: parent, key, state. After a loss of data: a child whose end the owner has acknowledged before. */
export const restoreAcknowledged = `${prelude}
local pk = parentKey(ARGV[1])
if call('EXISTS', pk) == 1 and call('HSETNX', pk .. ':children', ARGV[2], 'a') == 1 then
  call('HINCRBY', pk, 'total', 1)
  call('HINCRBY', pk, 'acked', 1)
  call('HINCRBY', pk, 'ended:' .. ARGV[3], 1)
end
return 'ok'
`;
