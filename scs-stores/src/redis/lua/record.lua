-- A record is one string: its revision (8 bytes), how many terms it has (2 bytes), the terms (16 bytes each), the payload.

local function revision_of(record)
  return redis.call('GETRANGE', record, 0, 7)
end

-- The record's terms, one after the other; nothing if there is no record.
local function terms_of(record)
  local count = redis.call('GETRANGE', record, 8, 9)
  if count == '' then return false end
  local bytes = 16 * (256 * count:byte(1) + count:byte(2))
  return bytes == 0 and '' or redis.call('GETRANGE', record, 10, 9 + bytes)
end

-- Calls `visit` with each of the terms in a string.
local function each(terms, visit)
  for first = 1, #terms, 16 do
    visit(terms:sub(first, first + 15))
  end
end

local function set_of(terms)
  local set = {}
  each(terms, function(term) set[term] = true end)
  return set
end
