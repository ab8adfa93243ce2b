-- KEYS: the set of the term. ARGV: id, the deadline of the posting to remove. One that was posted since has another.
if deadline_of(KEYS[1], ARGV[1]) == tonumber(ARGV[2]) then remove(KEYS[1], ARGV[1]) end
return 0
