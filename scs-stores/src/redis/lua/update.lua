-- An update that moves terms; `rewrite.lua` is the other.
-- KEYS: the record; two sets for each term to post; two sets for each term to remove; two sets for each place that it relies
-- on; in a cluster the mark of this write. ARGV: expected revision, revision, ttl, lifetime, id, how many terms to post, how
-- many to remove, the terms gained, those dropped, payload.

-- Answers as `Updated` is ordered, with the terms that the record had besides and keeps; in place of a write `BESIDES`, with
-- these, where their sets are not among the keys: they are posted for as long as the others.
local BESIDES = 4

-- What it had besides what it gains and what it drops: another version of the application may know terms that the writer
-- does not.
local function terms_besides(former, gained, dropped)
  local terms, others = {}, set_of(gained .. dropped)
  each(former, function(term)
    if not others[term] then terms[#terms + 1] = term end
  end)
  return table.concat(terms)
end

local function with_count(terms)
  local count = #terms / 16
  return string.char(math.floor(count / 256), count % 256) .. terms
end

-- The driver of a cluster sends again what it has no answer to, also when others have written since.
local mark = #KEYS % 2 == 0 and table.remove(KEYS)

local answer = answer_at_once(revision_of(KEYS[1]), ARGV[1], ARGV[2], mark)
if answer then return { answer, mark and redis.call('GET', mark) or '' } end
local besides = terms_besides(terms_of(KEYS[1]), ARGV[8], ARGV[9])
if besides ~= '' and not mark then return { BESIDES, besides } end
local first_removed = 2 + 2 * ARGV[6]
local first_place = first_removed + 2 * ARGV[7]
if not has_places(first_place, ARGV[5]) then return { NOT_ADMITTED, '' } end
answer = end_at_once()
if answer then return { answer, '' } end
for set = 2, first_removed - 1, 2 do
  post(KEYS[set], KEYS[set + 1], ARGV[5], tonumber(ARGV[4]))
end
redis.call('SET', KEYS[1], ARGV[2] .. with_count(besides .. ARGV[8]) .. ARGV[10], 'PX', ARGV[3])
if mark then redis.call('SET', mark, besides, 'PX', MARKED) end
for set = first_removed, first_place - 1, 2 do
  remove(KEYS[set], KEYS[set + 1], ARGV[5])
end
return { UPDATED, besides }
