-- What an update answers, as `Updated` is ordered.
local UPDATED, CONFLICT, GONE = 0, 1, 2

-- How long the mark of a write stays in a cluster, in milliseconds: longer than the driver goes on sending.
local MARKED = 10000

