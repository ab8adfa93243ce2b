-- KEYS: the record; the sets of the terms. ARGV: id, the terms. A record that has a term keeps its posting.
local has, set = set_of(terms_of(KEYS[1]) or ''), 2
each(ARGV[2], function(term)
  if not has[term] then remove(KEYS[set], ARGV[1]) end
  set = set + 1
end)
return 0
