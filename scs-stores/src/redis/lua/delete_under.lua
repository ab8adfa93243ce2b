-- KEYS: the record; on one server the set of the term. ARGV: id, the term. Answers the terms of the record, or nothing if
-- there was none that has the term.
local terms = terms_of(KEYS[1])
local has_it = terms and set_of(terms)[ARGV[2]]
if has_it then redis.call('DEL', KEYS[1]) end
if KEYS[2] then remove(KEYS[2], ARGV[1]) end
return has_it and terms
