-- KEYS: the record. Answers its terms, or nothing if there was no record.
local terms = terms_of(KEYS[1])
if terms then redis.call('DEL', KEYS[1]) end
return terms
