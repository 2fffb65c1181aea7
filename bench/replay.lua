-- Posts the bodies of a file, one a line, in turn. The file's first line is the path.
-- wrk -s replay.lua URL -- FILE
local requests, next_request = {}, 0

function init(args)
  local path
  for line in io.lines(args[1]) do
    if path == nil then
      path = line
    else
      requests[#requests + 1] = wrk.format("POST", path, { ["content-type"] = "application/json" }, line)
    end
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end
