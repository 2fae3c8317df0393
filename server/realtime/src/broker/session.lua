-- Everything that a node does to a session's log, in one step. All keys hold one session's hash tag
-- and so lie in one slot of a cluster.
--
-- KEYS  life: epoch, top, version of the seats · log: stream of events · last: newest event per kind
--       ids: offset of each message id · seats: devices per node · contents: hash of the content behind each id
-- ARGV  what to do, the node's position (epoch, offset), a new epoch in case it needs one, how long to keep
local life, log, last, ids, seats, contents = unpack(KEYS)
local op, seen_epoch, seen_offset = ARGV[1], ARGV[2], tonumber(ARGV[3])

local epoch = redis.call('HGET', life, 'epoch')
local top = tonumber(redis.call('HGET', life, 'top') or 0)
-- A log that is gone, or went back behind what a node has seen, begins a new epoch: its offsets
-- would otherwise name other events than before.
if not epoch or (epoch == seen_epoch and top < seen_offset) then
  epoch, top = ARGV[4], 0
  redis.call('DEL', log, last, ids, contents)
  redis.call('HSET', life, 'epoch', epoch, 'top', 0)
end

local function keep()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[5]) end
end

if op == 'append' then
  -- ARGV  message id · kind of last value · event · length of the log · channel · seats' version
  --       hash of the message's content
  local id, kind, event, version, content = ARGV[6], ARGV[7], ARGV[8], ARGV[11], ARGV[12]
  -- A lost log's versions are counted from the start again.
  local outdated = epoch ~= seen_epoch or redis.call('HGET', life, 'seats') ~= version
  if version ~= '' and outdated then
    return {epoch, top, 'outdated'}
  end
  local first = id ~= '' and redis.call('ZSCORE', ids, id)
  if first then
    local before = redis.call('HGET', contents, id)
    local same = not before or before == content
    return {epoch, tonumber(first), same and 'repeated' or 'conflict'}
  end
  -- The event gets its number.
  top = redis.call('HINCRBY', life, 'top', 1)
  redis.call('XADD', log, 'MAXLEN', ARGV[9], top .. '-0', 'fact', event)
  if kind ~= '' then redis.call('HSET', last, kind, top .. ' ' .. event) end
  if id ~= '' then
    redis.call('ZADD', ids, top, id)
    redis.call('HSET', contents, id, content)
    for _, old in ipairs(redis.call('ZRANGE', ids, 0, -1025)) do
      redis.call('ZREM', ids, old)
      redis.call('HDEL', contents, old)
    end
  end
  keep()
  redis.call('PUBLISH', ARGV[10], epoch .. ' ' .. top .. ' ' .. event)
  return {epoch, top, 'new'}
end

if op == 'read' then
  -- ARGV  most events
  local from = epoch == seen_epoch and seen_offset or 0
  local events = redis.call('XRANGE', log, (from + 1) .. '-0', '+', 'COUNT', ARGV[6])
  return {epoch, top, events, redis.call('HGETALL', last)}
end

if op == 'seats' then
  -- ARGV  node · its devices · length of its lease
  local node, mine = ARGV[6], ARGV[7]
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local before = redis.call('HGET', seats, node)
  redis.call('HSET', seats, node, string.format('%d', now + ARGV[8]) .. ' ' .. mine)
  -- Devices whose lease was over are there again.
  local lease = before and tonumber(string.match(before, '^%d+')) or 0
  if lease < now or string.sub(before, string.find(before, ' ') + 1) ~= mine then
    redis.call('HINCRBY', life, 'seats', 1)
  end
  -- What a node left that died minutes ago: its devices have come back elsewhere, or are gone.
  local everybody = redis.call('HGETALL', seats)
  for i = 1, #everybody, 2 do
    local until_ = tonumber(string.match(everybody[i + 1], '^%d+')) or 0
    if until_ + 180000 < now then
      redis.call('HDEL', seats, everybody[i])
      redis.call('HINCRBY', life, 'seats', 1)
    end
  end
  keep()
  return {epoch, top, redis.call('HGET', life, 'seats') or '', now, redis.call('HGETALL', seats)}
end

return redis.error_reply('unknown step ' .. op)
