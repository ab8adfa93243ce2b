-- KEYS: the set of the term. ARGV: id, lifetime. Posts an id that has a place, and answers whether it has.
if not has_places(1, ARGV[1]) then return 0 end
post(KEYS[1], ARGV[1], tonumber(ARGV[2]))
return 1
