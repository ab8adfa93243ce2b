-- What an update answers, as `Updated` is ordered.
local UPDATED, CONFLICT, GONE, NOT_ADMITTED = 0, 1, 2, 3

-- What an update answers without writing; nothing if it is to write. `held`: the revision that is there; `revision`: the new
-- one, which is there if the answer to this very write was lost.
local function answer_at_once(held, expected, revision)
  if held == '' then return GONE end
  if held == revision then return UPDATED end
  if held ~= expected then return CONFLICT end
  return nil
end

-- What an update answers that leaves a record no time to live; nothing if it does.
local function end_at_once()
  if tonumber(ARGV[3]) > 0 then return nil end
  redis.call('DEL', KEYS[1])
  return UPDATED
end
