-- KEYS: the record. ARGV: expected revision, ttl.
if revision_of(KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
