-- An update that moves terms; `rewrite.lua` is the other.
-- KEYS: the record; the sets of the terms to post; of the terms to remove; of the places that it relies on. ARGV: expected
-- revision, revision, ttl, lifetime, id, how many terms to post, how many to remove, the terms gained, those dropped, payload,
-- and in a cluster, where the sets are not among the keys, that the terms are posted by another call.

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

local posts_apart = ARGV[11]
local held = revision_of(KEYS[1])
local besides = terms_besides(terms_of(KEYS[1]) or '', ARGV[8], ARGV[9])
local answer = answer_at_once(held, ARGV[1], ARGV[2])
-- What was written before its answer was lost is posted all the same.
if answer then return { answer, answer == UPDATED and besides or '' } end
if besides ~= '' and not posts_apart then return { BESIDES, besides } end
local first_removed = 2 + ARGV[6]
local first_place = first_removed + ARGV[7]
if not has_places(first_place, ARGV[5]) then return { NOT_ADMITTED, '' } end
answer = end_at_once()
if answer then return { answer, '' } end
for set = 2, first_removed - 1 do
  post(KEYS[set], ARGV[5], tonumber(ARGV[4]))
end
redis.call('SET', KEYS[1], ARGV[2] .. with_count(besides .. ARGV[8]) .. ARGV[10], 'PX', ARGV[3])
for set = first_removed, first_place - 1 do
  remove(KEYS[set], ARGV[5])
end
return { UPDATED, besides }
