-- What an update answers, as `Updated` is ordered.
local UPDATED, CONFLICT, GONE = 0, 1, 2

-- How long the mark of a write stays in a cluster, in milliseconds: longer than the driver goes on sending.
local MARKED = 10000

-- What an update answers without writing; nothing if it is to write. `held`: the revision that is there; `revision`: the new one.
local function answer_at_once(held, expected, revision, mark)
  if held == '' then return GONE end
  if held == revision or (mark and redis.call('EXISTS', mark) == 1) then return UPDATED end
  if held ~= expected then return CONFLICT end
  if tonumber(ARGV[3]) > 0 then return nil end
  redis.call('DEL', KEYS[1])
  return UPDATED
end
