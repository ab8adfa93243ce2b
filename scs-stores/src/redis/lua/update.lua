-- An update that moves terms; `rewrite.lua` is the other.
-- KEYS: the record; two sets for each term to post; two sets for each term to remove; two sets for each place that it relies
-- on; in a cluster the mark of this write. ARGV: expected revision, revision, ttl, lifetime, id, how many terms to post, how
-- many to remove, the terms gained, those dropped, payload.

-- What it had and what it gains, without what it drops: another version of the application may know terms that the writer
-- does not.
local function terms_after(former, gained, dropped)
  local terms, without = {}, set_of(dropped)
  each(former .. gained, function(term)
    if not without[term] then
      without[term] = true
      terms[#terms + 1] = term
    end
  end)
  return string.char(math.floor(#terms / 256), #terms % 256) .. table.concat(terms)
end

-- The driver of a cluster sends again what it has no answer to, also when others have written since.
local mark = #KEYS % 2 == 0 and table.remove(KEYS)

local answer = answer_at_once(revision_of(KEYS[1]), ARGV[1], ARGV[2], mark)
if answer then return answer end
local first_removed = 2 + 2 * ARGV[6]
local first_place = first_removed + 2 * ARGV[7]
if not has_places(first_place, ARGV[5]) then return NOT_ADMITTED end
answer = end_at_once()
if answer then return answer end
for set = 2, first_removed - 1, 2 do
  post(KEYS[set], KEYS[set + 1], ARGV[5], tonumber(ARGV[4]))
end
local terms = terms_after(terms_of(KEYS[1]), ARGV[8], ARGV[9])
redis.call('SET', KEYS[1], ARGV[2] .. terms .. ARGV[10], 'PX', ARGV[3])
if mark then redis.call('SET', mark, '', 'PX', MARKED) end
for set = first_removed, first_place - 1, 2 do
  remove(KEYS[set], KEYS[set + 1], ARGV[5])
end
return UPDATED
