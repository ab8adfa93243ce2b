-- KEYS: the record. ARGV: expected revision. Answers as `Deleted` is ordered, and the terms of the record if it was deleted.
local DELETED, CONFLICT, GONE = 0, 1, 2

local held = revision_of(KEYS[1])
if held == '' then return { GONE, '' } end
if held ~= ARGV[1] then return { CONFLICT, '' } end
local terms = terms_of(KEYS[1])
redis.call('DEL', KEYS[1])
return { DELETED, terms }
