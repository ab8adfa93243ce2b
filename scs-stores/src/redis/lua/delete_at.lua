-- KEYS: the record; in a cluster the mark of this call. ARGV: expected revision. Answers as `Deleted` is ordered, and the
-- terms of the record if it was deleted.
local DELETED, CONFLICT, GONE = 0, 1, 2

local held, mark = revision_of(KEYS[1]), KEYS[2]
if held == '' then
  -- The driver of a cluster sends again what it has no answer to.
  local terms = mark and redis.call('GET', mark)
  if terms then return { DELETED, terms } end
  return { GONE, '' }
end
if held ~= ARGV[1] then return { CONFLICT, '' } end
local terms = terms_of(KEYS[1])
redis.call('DEL', KEYS[1])
if mark then redis.call('SET', mark, terms, 'PX', MARKED) end
return { DELETED, terms }
