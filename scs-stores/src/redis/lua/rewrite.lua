-- An update under the terms that the record has.
-- KEYS: the record; in a cluster the mark of this write. ARGV: expected revision, revision, ttl, payload.
local mark = KEYS[2]

local head = redis.call('GETRANGE', KEYS[1], 0, 9)
local answer = answer_at_once(head:sub(1, 8), mark)
if answer then return answer end
local count, terms = head:sub(9), ''
if count ~= '\0\0' then terms = redis.call('GETRANGE', KEYS[1], 10, 9 + 16 * (256 * count:byte(1) + count:byte(2))) end
redis.call('SET', KEYS[1], ARGV[2] .. count .. terms .. ARGV[4], 'PX', ARGV[3])
if mark then redis.call('SET', mark, '', 'PX', MARKED) end
return UPDATED
