-- How long the mark of a write stays in a cluster, in milliseconds: longer than the driver goes on sending.
local MARKED = 10000

