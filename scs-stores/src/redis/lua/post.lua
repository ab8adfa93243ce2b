-- KEYS: the set of the term. ARGV: id, lifetime.
post(KEYS[1], ARGV[1], tonumber(ARGV[2]))
return 0
