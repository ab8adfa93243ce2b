-- KEYS: the set of the term. ARGV: id, max, lifetime. Answers nothing if the id was posted, else the ids that are there, the
-- oldest first, each with for how many milliseconds it has been.
local at = now()
trim(KEYS[1], at)
local others = {}
local places = redis.call('ZRANGEBYSCORE', KEYS[1], score(FIRST_PLACE), '+inf', 'WITHSCORES')
for place = 1, #places, 2 do
  local id, attached = places[place]:sub(2), places[place + 1] / 1000
  if id ~= ARGV[1] and is_posted(KEYS[1], id, at) then
    others[#others + 1] = { id, math.max(0, math.floor(at - attached)) }
  end
end
if #others >= tonumber(ARGV[2]) then return others end
-- A record that is there already is found for as long as it can live.
local promised = (deadline_of(KEYS[1], ARGV[1]) or 0) - at
post(KEYS[1], ARGV[1], math.max(promised, tonumber(ARGV[3])))
return false
