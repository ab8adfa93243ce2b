-- KEYS: two sets. ARGV: id, max, lifetime. Answers nothing if the id was posted, else the ids that are there, the oldest
-- first.
local at = now()
trim(KEYS[1], KEYS[2], at)
local others = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  local deadline = redis.call('ZSCORE', KEYS[1], id)
  if id ~= ARGV[1] and deadline and tonumber(deadline) > at then others[#others + 1] = id end
end
if #others >= tonumber(ARGV[2]) then return others end
post(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[3]))
return false
