-- KEYS: the record; two sets for each of its terms. ARGV: revision, ttl, lifetime, id, record. Answers whether the record is
-- the given one.
local held = revision_of(KEYS[1])
if held ~= '' then return held == ARGV[1] and 1 or 0 end
if tonumber(ARGV[2]) <= 0 then return 1 end
for set = 2, #KEYS, 2 do
  post(KEYS[set], KEYS[set + 1], ARGV[4], tonumber(ARGV[3]))
end
redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[2])
return 1
