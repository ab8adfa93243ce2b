-- KEYS: the set of the term. ARGV: the place to begin before, how many. Answers the place to go on before, empty at the end,
-- and the ids, the newest first.
local found = redis.call('ZREVRANGEBYSCORE', KEYS[1], ARGV[1], score(FIRST_PLACE), 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local at, ids = now(), {}
for position = 1, #found, 2 do
  local id = found[position]:sub(2)
  if is_posted(KEYS[1], id, at) then ids[#ids + 1] = id end
end
local more = #found / 2 >= tonumber(ARGV[2])
return { more and found[#found] or '', ids }
