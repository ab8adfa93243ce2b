-- KEYS: two sets. ARGV: id, the deadline of the posting to remove. One that was posted since has another.
local deadline = redis.call('ZSCORE', KEYS[1], ARGV[1])
if deadline and tonumber(deadline) == tonumber(ARGV[2]) then remove(KEYS[1], KEYS[2], ARGV[1]) end
return 0
