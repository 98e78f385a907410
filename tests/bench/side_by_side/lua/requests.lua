-- Bodies for wrk. Arguments after `--`: KIND FILE SEED.
--   fixed     the file, every time
--   unique    the file with its mark replaced by something never sent before
--   shuffled  the file's lines as the members of one object, in a fresh order each time
-- done() prints one line of JSON that the harness reads.

local kind, file, seed
local prefix, suffix, lines
local counter = 0

local headers = "POST /v1/chat/completions HTTP/1.1\r\nHost: bench.local\r\nContent-Type: application/json\r\n"

local function message(body)
  return headers .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

local fixed_message

function init(arguments)
  kind, file, seed = arguments[1], arguments[2], tonumber(arguments[3])
  math.randomseed(seed)
  local handle = assert(io.open(file, "rb"))
  local text = handle:read("*a")
  handle:close()
  if kind == "fixed" then
    fixed_message = message(text)
  elseif kind == "unique" then
    local from, to = text:find("@UNIQUE%-%d+@")
    prefix, suffix = text:sub(1, from - 1), text:sub(to + 1)
    -- The length never changes, so the head is built once.
    prefix = headers .. "Content-Length: " .. #text .. "\r\n\r\n" .. prefix
  else
    lines = {}
    for line in text:gmatch("[^\n]+") do
      lines[#lines + 1] = line
    end
  end
end

function request()
  if kind == "fixed" then
    return fixed_message
  end
  if kind == "unique" then
    counter = counter + 1
    return prefix .. string.format("@UNIQUE-%04d%08d@", seed % 10000, counter) .. suffix
  end
  for i = #lines, 2, -1 do
    local j = math.random(i)
    lines[i], lines[j] = lines[j], lines[i]
  end
  return message("{" .. table.concat(lines, ", ") .. "}")
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "errors": %d, "p50_us": %d, "p99_us": %d}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
