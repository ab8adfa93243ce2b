-- KEYS: the record; the sets of its terms; the sets of the places that it relies on. ARGV: revision, ttl, lifetime, id, how
-- many terms, record. Answers whether the record is the given one, or 2 if a place is gone.
local held = revision_of(KEYS[1])
if held ~= '' then return held == ARGV[1] and 1 or 0 end
local first_place = 2 + ARGV[5]
if not has_places(first_place, ARGV[4]) then return 2 end
if tonumber(ARGV[2]) <= 0 then return 1 end
for set = 2, first_place - 1 do
  post(KEYS[set], ARGV[4], tonumber(ARGV[3]))
end
redis.call('SET', KEYS[1], ARGV[6], 'PX', ARGV[2])
return 1
