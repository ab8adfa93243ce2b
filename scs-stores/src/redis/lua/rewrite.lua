-- An update under the terms that the record has. A writer that knows all of them has the new record ready.
-- KEYS: the record. ARGV: how the expected record begins, the new record, ttl.
local expected, record = ARGV[1], ARGV[2]

if redis.call('GETRANGE', KEYS[1], 0, #expected - 1) ~= expected or tonumber(ARGV[3]) <= 0 then
  local revision, head = record:sub(1, 8), redis.call('GETRANGE', KEYS[1], 0, 9)
  local answer = answer_at_once(head:sub(1, 8), expected:sub(1, 8), revision) or end_at_once()
  if answer then return answer end
  local terms = 16 * (256 * head:byte(9) + head:byte(10))
  record = revision .. redis.call('GETRANGE', KEYS[1], 8, 9 + terms) .. record:sub(#expected + 1)
end
redis.call('SET', KEYS[1], record, 'PX', ARGV[3])
return UPDATED
