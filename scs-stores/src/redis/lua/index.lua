-- A term has one sorted set, so that a cluster moves all of it at once. It has every id twice: behind a `d` with the end of
-- its posting, in milliseconds, and behind an `a` with its place in the order in which the ids came, in microseconds. No time
-- in milliseconds reaches the first place. The set goes when the last posting has ended.
local FIRST_PLACE = 1e14

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

-- When the posting of an id ends; nothing if there is none.
local function deadline_of(set, id)
  local deadline = redis.call('ZSCORE', set, 'd' .. id)
  return deadline and tonumber(deadline)
end

local function is_posted(set, id, at)
  local deadline = deadline_of(set, id)
  return deadline and deadline > at
end

local function take_out(set, id)
  redis.call('ZREM', set, 'd' .. id, 'a' .. id)
end

local function trim(set, at)
  for _, ended in ipairs(redis.call('ZRANGEBYSCORE', set, '-inf', score(at), 'LIMIT', 0, TRIMMED)) do
    take_out(set, ended:sub(2))
  end
end

local function expire_with_the_last(set)
  local last = redis.call('ZREVRANGEBYSCORE', set, '(' .. score(FIRST_PLACE), '-inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  if last then redis.call('PEXPIREAT', set, string.format('%.0f', math.ceil(tonumber(last)))) end
end

local function remove(set, id)
  take_out(set, id)
  -- A set that became empty is gone, and where its slot is moving a script may not look at what is not there.
  pcall(expire_with_the_last, set)
end

-- The next place in the order: exact within a microsecond, and when the clock was set back.
local function next_place(set, at)
  local place = math.max(math.floor(at * 1000), FIRST_PLACE)
  local newest = redis.call('ZREVRANGEBYSCORE', set, '+inf', score(FIRST_PLACE), 'WITHSCORES', 'LIMIT', 0, 1)[2]
  if newest then place = math.max(place, tonumber(newest) + 1) end
  return place
end

-- Whether the id is posted under each of the terms whose sets begin at this key.
local function has_places(first, id)
  if first > #KEYS then return true end
  local at = now()
  for set = first, #KEYS do
    if not is_posted(KEYS[set], id, at) then return false end
  end
  return true
end

-- Adds an id, or keeps it for longer; its place in the order stays. Every posting ends at another moment than the one
-- before, so that a caller who saw the former can tell them apart.
local function post(set, id, lifetime)
  local at = now()
  trim(set, at)
  local deadline = at + lifetime
  if deadline_of(set, id) == deadline then deadline = deadline + 0.1 end
  redis.call('ZADD', set, score(deadline), 'd' .. id)
  redis.call('ZADD', set, 'NX', score(next_place(set, at)), 'a' .. id)
  expire_with_the_last(set)
end
