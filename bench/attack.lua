-- Sends one request, headers and body as they stand in a file, over and over.
-- wrk -s attack.lua URL -- FILE
local whole

function init(args)
  local file = assert(io.open(args[1], "rb"))
  whole = file:read("*a")
  file:close()
end

function request()
  return whole
end
