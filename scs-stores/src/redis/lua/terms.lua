-- KEYS: the record. Answers its terms, or nothing if there is no record.
return terms_of(KEYS[1])
