import { prelude } from './prelude.ts';

const batch = 500;

/**
 * ARGV: now, ended before, most ended, opened before. Ends what expired and forgets what is beyond the retention, a batch at a time.
 * Returns the expired runs with their kinds and the parents that were given up.
 */
export const sweep = `${prelude}
local now, endedBefore, most, openedBefore = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local function forgetRun(run)
  local rk = runKey(run)
  local f = call('HMGET', rk, 'key', 'kind', 'state', 'refs')
  if f[4] and tonumber(f[4]) > 0 then return end
  call('ZREM', P .. 'ended', run)
  if not f[1] then return end
  call('ZREM', stateKey(f[2], f[3]), run)
  if call('HGET', P .. 'keys', f[1]) == run then call('HDEL', P .. 'keys', f[1]) end
  for _, id in ipairs(call('SMEMBERS', rk .. ':ids')) do
    if call('HGET', P .. 'ids', id) == run then call('HDEL', P .. 'ids', id) end
  end
  call('DEL', rk, rk .. ':ids', rk .. ':waiters')
end

local function forgetParent(id)
  local pk = parentKey(id)
  for _, entry in ipairs(call('LRANGE', pk .. ':ends', 0, -1)) do
    local run = runOf(entry)
    if call('EXISTS', runKey(run)) == 1 then call('HINCRBY', runKey(run), 'refs', -1) end
  end
  call('DEL', pk, pk .. ':children', pk .. ':ends')
  call('ZREM', P .. 'parents', id)
  call('ZREM', P .. 'complete', id)
  call('ZREM', P .. 'due', id)
end

local function beyond(set, before)
  local excess = call('ZCARD', P .. set) - most
  if excess > 0 then return call('ZRANGE', P .. set, 0, math.min(excess, ${batch}) - 1) end
  return call('ZRANGEBYSCORE', P .. set, '-inf', '(' .. before, 'LIMIT', 0, ${batch})
end

local expired = {}
for _, run in ipairs(call('ZRANGEBYSCORE', P .. 'expiring', '-inf', now, 'LIMIT', 0, ${batch})) do
  local f = call('HMGET', runKey(run), 'kind', 'state')
  if f[2] == 'waiting' or f[2] == 'delayed' then
    endRun(now, run, 'expired', nil, EXPIRED)
    expired[#expired + 1] = run
    expired[#expired + 1] = f[1]
  else
    call('ZREM', P .. 'expiring', run)
  end
end
for _, run in ipairs(beyond('ended', endedBefore)) do forgetRun(run) end
for _, id in ipairs(beyond('complete', endedBefore)) do forgetParent(id) end
local abandoned = {}
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'parents', '-inf', '(' .. openedBefore, 'LIMIT', 0, ${batch})) do
  if not call('HGET', parentKey(id), 'completedAt') then abandoned[#abandoned + 1] = id end
  forgetParent(id)
end
return {expired, abandoned}
`;

/**
 * ARGV: kind, ticket prefix, first, count. Runs of the kind that are to be run and have no ticket: their process died between the two
 * steps of adding. Returns how many were looked at, then pairs of run and rank.
 */
export const ticketless = `${prelude}
local kind, tickets = ARGV[1], ARGV[2]
local answer = {0}
for _, state in ipairs({'waiting', 'delayed', 'active'}) do
  local runs = call('ZRANGE', stateKey(kind, state), ARGV[3], ARGV[3] + ARGV[4] - 1)
  if #runs > answer[1] then answer[1] = #runs end
  for _, run in ipairs(runs) do
    if call('EXISTS', tickets .. kind .. ':' .. run) == 0 then
      answer[#answer + 1] = run
      answer[#answer + 1] = call('HGET', runKey(run), 'rank')
    end
  end
end
return answer
`;
