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

/** ARGV: now, end of the lease. Returns {parent, run, remaining, complete, fields of the run}, or an empty list. */
export const takeEnd = `${prelude}
local now, lease = ARGV[1], ARGV[2]
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'LIMIT', 0, 100)) do
  local pk = parentKey(id)
  local run = call('LINDEX', pk .. ':ends', 0)
  local f = call('HMGET', pk, 'total', 'acked', 'sealed')
  local remaining = f[1] and tonumber(f[1]) - tonumber(f[2]) - 1
  if not run or not f[1] or (remaining == 0 and f[3] ~= '1') then
    -- Nothing to tell, or held back: sealing or another child sets it due again.
    call('ZREM', P .. 'due', id)
  else
    call('ZADD', P .. 'due', lease, id)
    local complete = 0
    if remaining == 0 then complete = 1 end
    return {id, run, remaining, complete, call('HGETALL', runKey(run))}
  end
end
return {}
`;

/** ARGV: parent, run, key, now. Idempotent. */
export const acknowledge = `${prelude}
local id, run, key, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local pk = parentKey(id)
if call('LINDEX', pk .. ':ends', 0) ~= run then return 'gone' end
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

/** ARGV: parent, key. After a loss of data: a child whose end the owner has acknowledged before. */
export const restoreAcknowledged = `${prelude}
local pk = parentKey(ARGV[1])
if call('EXISTS', pk) == 1 and call('HSETNX', pk .. ':children', ARGV[2], 'a') == 1 then
  call('HINCRBY', pk, 'total', 1)
  call('HINCRBY', pk, 'acked', 1)
end
return 'ok'
`;
