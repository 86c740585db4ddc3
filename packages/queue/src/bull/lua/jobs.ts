import { prelude } from './prelude.ts';

/** Used by `add` and `addChild`. The caller gives the run that is made if a new one is needed. */
const addRun = `
local function answer(outcome, run, raised, tickets)
  local f = call('HMGET', runKey(run), 'kind', 'rank', 'state')
  local missing = 0
  if not hasEnded(f[3]) and call('EXISTS', tickets .. f[1] .. ':' .. run) == 0 then missing = 1 end
  return {outcome, run, f[1], f[2], missing, raised}
end

-- Who joins must not lose the run to the deadline of somebody who asked for it before.
local function postpone(run, expiresAt)
  local before = call('HGET', runKey(run), 'expiresAt')
  if not before then return end
  if expiresAt == '' then
    call('HDEL', runKey(run), 'expiresAt')
    call('ZREM', P .. 'expiring', run)
  elseif tonumber(expiresAt) > tonumber(before) then
    call('HSET', runKey(run), 'expiresAt', expiresAt)
    call('ZADD', P .. 'expiring', 'XX', expiresAt, run)
  end
end

local function addRun(now, candidate, job, tickets)
  local run = call('HGET', P .. 'keys', job.key)
  local outcome = 'added'
  local raised = 0
  if run and run ~= candidate then
    local f = call('HMGET', runKey(run), 'state', 'rank')
    if not f[1] then
      run = nil
    elseif not hasEnded(f[1]) then
      outcome = 'joined'
      if tonumber(job.rank) < tonumber(f[2]) then
        call('HSET', runKey(run), 'rank', job.rank)
        raised = 1
      end
      postpone(run, job.expiresAt)
    elseif f[1] == 'succeeded' and job.reuse == 'succeeded' then
      outcome = 'known'
    else
      run = nil
    end
  end
  if not run then
    run = candidate
    local rk = runKey(run)
    call('HSET', rk, 'key', job.key, 'kind', job.kind, 'spec', job.spec, 'rank', job.rank, 'addedAt', now,
      'attemptsMade', 0, 'stalls', 0, 'refs', 0)
    if job.expiresAt ~= '' then
      call('HSET', rk, 'expiresAt', job.expiresAt)
      call('ZADD', P .. 'expiring', job.expiresAt, run)
    end
    setState(run, 'waiting')
    call('HSET', P .. 'keys', job.key, run)
    call('SADD', P .. 'kinds', job.kind)
  end
  call('HSET', P .. 'ids', job.jobId, run)
  call('SADD', runKey(run) .. ':ids', job.jobId)
  return answer(outcome, run, raised, tickets)
end

local function jobFrom(first)
  return {key = ARGV[first], kind = ARGV[first + 1], rank = ARGV[first + 2], jobId = ARGV[first + 3],
    expiresAt = ARGV[first + 4], reuse = ARGV[first + 5], spec = ARGV[first + 6]}
end
`;

/** ARGV: now, candidate run, ticket prefix, then the job. Returns outcome, run, kind, rank, ticket missing, rank raised. */
export const add = `${prelude}${addRun}
local result = addRun(ARGV[1], ARGV[2], jobFrom(4), ARGV[3])
call('HSET', runKey(result[2]), 'own', 1)
return result
`;

/** ARGV: parent, now, candidate run, ticket prefix, then the job. Returns 'unknown', 'sealed', or as \`add\`. */
export const addChild = `${prelude}${addRun}
local id, now, candidate, tickets = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local job = jobFrom(5)
local pk = parentKey(id)
local sealed = call('HGET', pk, 'sealed')
if not sealed then return {'unknown'} end
local child = call('HGET', pk .. ':children', job.key)
if child then
  local outcome = 'known'
  if child:sub(1, 1) == 'o' then outcome = 'joined' end
  if child == 'o' .. candidate then outcome = 'added' end
  local run = child:sub(2)
  if call('EXISTS', runKey(run)) == 0 then return {outcome, run, job.kind, job.rank, 0, 0} end
  return answer(outcome, run, 0, tickets)
end
if sealed == '1' then return {'sealed'} end
local result = addRun(now, candidate, job, tickets)
local run = result[2]
call('HINCRBY', pk, 'total', 1)
if hasEnded(call('HGET', runKey(run), 'state')) then
  queueEnd(now, id, job.key, run)
else
  call('HSET', pk .. ':children', job.key, 'o' .. run)
  call('SADD', runKey(run) .. ':waiters', id)
end
-- One that was held back as the only outstanding child may be told now.
if call('LLEN', pk .. ':ends') > 0 then tell(now, id) end
return result
`;

/** ARGV: run, token, now, most stalls. Returns {'run', stalled, fields}, {'later', when} or {'drop', state it was ended with}. */
export const claim = `${prelude}
local run, token, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local rk = runKey(run)
local f = call('HMGET', rk, 'state', 'token', 'notBefore', 'expiresAt', 'cancelled', 'stalls')
local state = f[1]
local stalled = 0
if not state or hasEnded(state) then return {'drop', ''} end
if state == 'active' and f[2] ~= token then
  stalled = 1
  local stalls = call('HINCRBY', rk, 'stalls', 1)
  if f[5] then
    endRun(now, run, 'cancelled', nil, CANCELLED)
    return {'drop', 'cancelled'}
  end
  if stalls > tonumber(ARGV[4]) then
    call('HINCRBY', rk, 'attemptsMade', 1)
    endRun(now, run, 'failed', nil, {STALLED[1], (string.gsub(STALLED[2], '{stalls}', stalls))})
    return {'drop', 'failed'}
  end
elseif state ~= 'active' then
  if f[4] and tonumber(f[4]) <= now then
    endRun(now, run, 'expired', nil, EXPIRED)
    return {'drop', 'expired'}
  end
  if f[3] and tonumber(f[3]) > now then return {'later', f[3]} end
end
setState(run, 'active')
call('HSET', rk, 'token', token, 'startedAt', now)
call('HDEL', rk, 'notBefore')
call('ZREM', P .. 'expiring', run)
return {'run', stalled, call('HGETALL', rk)}
`;

/**
 * ARGV: run, token, now, state, result or '', failure code, failure message, key. Returns 'ok', 'lost' (another worker has it) or
 * 'missing' (Redis lost its data). After a loss the run may have been added anew under its key: one that nobody has begun is adopted.
 */
export const finish = `${prelude}
local run, token, now, state = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local f = call('HMGET', runKey(run), 'state', 'token')
if not f[1] then
  run = call('HGET', P .. 'keys', ARGV[8])
  if not run then return 'missing' end
  f = call('HMGET', runKey(run), 'state', 'token')
  if not f[1] then return 'missing' end
  if f[1] ~= 'waiting' or f[2] then return 'lost' end
  call('HSET', runKey(run), 'token', token)
elseif f[2] ~= token then
  return 'lost'
elseif f[1] ~= 'active' then
  return f[1] == state and 'ok' or 'lost'
end
if state == 'succeeded' or state == 'failed' then call('HINCRBY', runKey(run), 'attemptsMade', 1) end
local result = nil
local failure = nil
if state == 'succeeded' then result = ARGV[5] else failure = {ARGV[6], ARGV[7]} end
endRun(now, run, state, result, failure)
return 'ok'
`;

/** ARGV: run, token, not before, failure code, failure message. Returns 'ok' or 'lost'. */
export const retry = `${prelude}
local run, token = ARGV[1], ARGV[2]
local rk = runKey(run)
local f = call('HMGET', rk, 'state', 'token', 'expiresAt')
if f[2] ~= token then return 'lost' end
if f[1] == 'delayed' then return 'ok' end
if f[1] ~= 'active' then return 'lost' end
setState(run, 'delayed')
call('HINCRBY', rk, 'attemptsMade', 1)
call('HSET', rk, 'notBefore', ARGV[3], 'failureCode', ARGV[4], 'failureMessage', ARGV[5])
if f[3] then call('ZADD', P .. 'expiring', f[3], run) end
return 'ok'
`;

/** ARGV: run, token, now. Back to the queue as if it had not been taken. Returns 'ok' or 'lost'. */
export const release = `${prelude}
local run, token, now = ARGV[1], ARGV[2], ARGV[3]
local rk = runKey(run)
local f = call('HMGET', rk, 'state', 'token', 'expiresAt', 'cancelled')
if f[2] ~= token then return 'lost' end
if f[1] == 'waiting' then return 'ok' end
if f[1] ~= 'active' then return 'lost' end
if f[4] then
  endRun(now, run, 'cancelled', nil, CANCELLED)
  return 'ok'
end
setState(run, 'waiting')
if f[3] then call('ZADD', P .. 'expiring', f[3], run) end
return 'ok'
`;

/** ARGV: run, token, progress. Returns 'ok' or 'lost'. */
export const progress = `${prelude}
local rk = runKey(ARGV[1])
local f = call('HMGET', rk, 'state', 'token')
if f[1] ~= 'active' or f[2] ~= ARGV[2] then return 'lost' end
call('HSET', rk, 'progress', ARGV[3])
return 'ok'
`;

/** ARGV: key, now. Returns {'waiting', run, kind}, {'running', run, kind} or {'ended'}. */
export const cancel = `${prelude}
local run = call('HGET', P .. 'keys', ARGV[1])
if not run then return {'ended'} end
local f = call('HMGET', runKey(run), 'state', 'kind')
if not f[1] or hasEnded(f[1]) then return {'ended'} end
if f[1] == 'active' then
  call('HSET', runKey(run), 'cancelled', 1)
  call('PUBLISH', P .. 'news', 'cancel ' .. run)
  return {'running', run, f[2]}
end
endRun(ARGV[2], run, 'cancelled', nil, CANCELLED)
return {'waiting', run, f[2]}
`;

/** ARGV: pairs of run and token that a worker believes to have. Returns for each 'ok', 'cancelled' or 'lost'. */
export const inspect = `${prelude}
local answers = {}
for i = 1, #ARGV, 2 do
  local f = call('HMGET', runKey(ARGV[i]), 'state', 'token', 'cancelled')
  local answer = 'ok'
  -- Without a record Redis has lost its data: the work is still wanted.
  if f[1] and (f[1] ~= 'active' or f[2] ~= ARGV[i + 1]) then answer = 'lost' elseif f[3] then answer = 'cancelled' end
  answers[#answers + 1] = answer
end
return answers
`;
