-- A term has two sorted sets of the same ids: `deadlines`, by the end of the posting in milliseconds, and `attached`, by
-- the order in which the ids came. Both go when the last deadline has passed.

-- How many ended postings one write takes out, so that no script takes long.
local TRIMMED = 1000

-- The server's clock in milliseconds, with microseconds as its fraction.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + time[2] / 1000
end

-- A score with all its digits.
local function score(number)
  return string.format('%.17g', number)
end

local function remove(deadlines, attached, id)
  redis.call('ZREM', deadlines, id)
  redis.call('ZREM', attached, id)
end

local function trim(deadlines, attached, at)
  local ended = redis.call('ZRANGEBYSCORE', deadlines, '-inf', score(at), 'LIMIT', 0, TRIMMED)
  if #ended > 0 then
    redis.call('ZREM', deadlines, unpack(ended))
    redis.call('ZREM', attached, unpack(ended))
  end
end

local function expire_with_the_last(deadlines, attached)
  local last = redis.call('ZRANGE', deadlines, -1, -1, 'WITHSCORES')[2]
  if last then
    local at = string.format('%.0f', math.ceil(tonumber(last)))
    redis.call('PEXPIREAT', deadlines, at)
    redis.call('PEXPIREAT', attached, at)
  end
end

-- The next place in the order: exact within a microsecond, and when the clock was set back.
local function next_place(attached, at)
  local place = math.floor(at * 1000)
  local newest = redis.call('ZRANGE', attached, -1, -1, 'WITHSCORES')[2]
  if newest then place = math.max(place, tonumber(newest) + 1) end
  return place
end

-- Whether the id is under each of the terms whose sets begin at this key.
local function has_places(first, id)
  if first > #KEYS then return true end
  local at = now()
  for set = first, #KEYS, 2 do
    local deadline = redis.call('ZSCORE', KEYS[set], id)
    if not deadline or tonumber(deadline) <= at then return false end
  end
  return true
end

-- Adds an id, or keeps it for longer; its place in the order stays. Every posting has a deadline that its former one had
-- not, so that whoever saw the former can tell them apart.
local function post(deadlines, attached, id, lifetime)
  local at = now()
  trim(deadlines, attached, at)
  local deadline = at + lifetime
  if tonumber(redis.call('ZSCORE', deadlines, id) or 0) == deadline then deadline = deadline + 0.1 end
  redis.call('ZADD', deadlines, score(deadline), id)
  redis.call('ZADD', attached, 'NX', score(next_place(attached, at)), id)
  expire_with_the_last(deadlines, attached)
end
