-- KEYS: two sets. ARGV: the place to begin before, how many. Answers the place to go on before, empty at the end, and the
-- ids, the newest first.
local found = redis.call('ZREVRANGEBYSCORE', KEYS[2], ARGV[1], '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local at, ids = now(), {}
for position = 1, #found, 2 do
  local deadline = redis.call('ZSCORE', KEYS[1], found[position])
  if deadline and tonumber(deadline) > at then ids[#ids + 1] = found[position] end
end
local more = #found / 2 >= tonumber(ARGV[2])
return { more and found[#found] or '', ids }
