-- KEYS: two sets. ARGV: id, lifetime.
post(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]))
return 0
