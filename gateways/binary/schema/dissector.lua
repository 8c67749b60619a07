-- TradeEngine's messages in Wireshark and tshark. Made by python -m gateways.binary.schema from the schemas: don't edit.
--
--   tshark -X lua_script:tradeengine.lua …                         the venue's usual ports, 9900 and 9901
--   tshark … -d tcp.port==5000,tradeengine_soup                    another one
--   tshark … -d udp.port==5001,moldudp64 -d moldudp64.payload,tradeengine
--
-- Filters are named for fields: tradeengine.message == "Executed" && tradeengine.Side == "Buy".
-- A decimal's value is its exact text (tradeengine.Price == "230.5"); to compare, take tradeengine.Price.mantissa, the
-- integer. Wireshark's own SoupBinTCP (-d tcp.port==5000,soupbintcp) shows the messages too; it loses its place where
-- the segment of a Login Accepted ends within another packet.

local schemas = {}
-- @schemas@

local HEADER_SIZE, GROUP_SIZE, NS_PER_S = 8, 4, 1000000000

local proto = Proto("tradeengine", "TradeEngine")
local head = {
    message = ProtoField.string("tradeengine.message", "Message"),
    block_length = ProtoField.uint16("tradeengine.blockLength", "blockLength"),
    template_id = ProtoField.uint16("tradeengine.templateId", "templateId"),
    schema_id = ProtoField.uint16("tradeengine.schemaId", "schemaId"),
    version = ProtoField.uint16("tradeengine.version", "version"),
    entries = ProtoField.uint16("tradeengine.numInGroup", "numInGroup"),
    later = ProtoField.bytes("tradeengine.later", "Fields of a later version"),
}
local experts = {
    truncated = ProtoExpert.new("tradeengine.truncated", "The message ends before its fields do",
        expert.group.MALFORMED, expert.severity.ERROR),
    unknown = ProtoExpert.new("tradeengine.unknown", "No message of the schema",
        expert.group.UNDECODED, expert.severity.WARN),
    behind = ProtoExpert.new("tradeengine.behind", "Bytes behind the message",
        expert.group.PROTOCOL, expert.severity.WARN),
}

-- One filter per field name: what it stands for is the same in every message.
local registered, values, mantissas = {}, {}, {}

local function register(name, kind)
    if values[name] then return end
    local filter = "tradeengine." .. name
    if kind.show == "time" then
        values[name] = ProtoField.absolute_time(filter, name, base.UTC)
    elseif kind.show == "bytes" then
        values[name] = ProtoField.bytes(filter, name)
    elseif kind.show == "number" then
        values[name] = (kind.signed and ProtoField.int64 or ProtoField.uint64)(filter, name)
    else
        values[name] = ProtoField.string(filter, name)
    end
    table.insert(registered, values[name])
    if kind.show == "decimal" and kind.size == 8 then
        mantissas[name] = (kind.signed and ProtoField.int64 or ProtoField.uint64)(filter .. ".mantissa", name .. " mantissa")
        table.insert(registered, mantissas[name])
    end
end

for _, field in pairs(head) do table.insert(registered, field) end
for _, schema in pairs(schemas) do
    for _, message in pairs(schema.messages) do
        for _, field in ipairs(message.fields) do register(field[1], field[2]) end
        for _, group in ipairs(message.groups) do
            for _, field in ipairs(group.fields) do register(field[1], field[2]) end
        end
    end
end
proto.fields = registered
proto.experts = { experts.truncated, experts.unknown, experts.behind }

-- A little-endian integer of any size as decimal digits: seven of them at a time, as Lua's numbers are doubles.
local function digits(range, signed)
    local bytes, size = {}, range:len()
    for at = 1, size do bytes[at] = range(at - 1, 1):uint() end
    local negative = signed and bytes[size] >= 128
    if negative then
        local carry = 1
        for at = 1, size do
            local sum = 255 - bytes[at] + carry
            bytes[at], carry = sum % 256, math.floor(sum / 256)
        end
    end
    local text, zero = "", false
    while not zero do
        local rest = 0
        zero = true
        for at = size, 1, -1 do
            local value = rest * 256 + bytes[at]
            bytes[at], rest = math.floor(value / 10000000), value % 10000000
            if bytes[at] ~= 0 then zero = false end
        end
        text = string.format("%07d", rest) .. text
    end
    text = text:gsub("^0+(%d)", "%1")
    return negative and "-" .. text or text
end

local function decimal(text, places)
    local sign, number = text:match("^(-?)(%d+)$")
    number = string.rep("0", places + 1 - #number) .. number
    local fraction = number:sub(-places):gsub("0+$", "")
    return sign .. number:sub(1, -places - 1) .. (fraction ~= "" and "." .. fraction or "")
end

local show = {}

function show.number(tree, name, range)
    tree:add_le(values[name], range)
end

function show.decimal(tree, name, range, kind, number)
    local item = tree:add(values[name], range, decimal(number, kind.places))
    if mantissas[name] then item:add_le(mantissas[name], range):set_hidden() end
end

function show.time(tree, name, range, _, number)
    if number == "0" then
        tree:add(range, name .. ": none")
        return
    end
    local ns = range:le_uint64()
    tree:add(values[name], range, NSTime((ns / NS_PER_S):tonumber(), (ns % NS_PER_S):tonumber()))
end

function show.enum(tree, name, range, kind, number)
    local code = kind.char and string.char(range:uint()) or number
    tree:add(values[name], range, kind.values[number] or code):append_text(" (" .. code .. ")")
end

function show.bits(tree, name, range, kind, number)
    local names = {}
    for _, bit in ipairs(kind.bits) do
        if math.floor(range:le_uint() / bit[1]) % 2 == 1 then table.insert(names, bit[2]) end
    end
    tree:add(values[name], range, table.concat(names, ", ")):append_text(" (" .. number .. ")")
end

function show.text(tree, name, range)
    tree:add(values[name], range, (range:string():gsub("%z.*$", "")))
end

function show.bytes(tree, name, range)
    tree:add(values[name], range)
end

function show.parts(tree, name, range, kind)
    local told, at = {}, 0
    for _, size in ipairs(kind.parts) do
        table.insert(told, digits(range(at, size), false))
        at = at + size
    end
    tree:add(values[name], range, table.concat(told, "-"))
end

local WITHOUT_NUMBER = { text = true, bytes = true, parts = true }

-- The fields of a block or of a group's entry, as far as its version has them. False if it ends within one, or before
-- those that it has had from the first.
local function block(tree, range, fields, version)
    local at, first = 0, fields[1] and fields[1][3]
    for _, field in ipairs(fields) do
        local name, kind, since = field[1], field[2], field[3]
        if since > version or (since > first and at == range:len()) then break end
        if at + kind.size > range:len() then return false end
        local part = range(at, kind.size)
        local number = not WITHOUT_NUMBER[kind.show] and digits(part, kind.signed) or nil
        if kind.null and number == kind.null then
            tree:add(part, name .. ": none")
        else
            show[kind.show](tree, name, part, kind, number)
        end
        at = at + kind.size
    end
    if at < range:len() then tree:add(head.later, range(at)) end
    return true
end

-- A repeating group; where the next one begins, nil if it is cut off.
local function group(tree, buffer, at, known, version)
    if at + GROUP_SIZE > buffer:len() then return nil end
    local size, count = buffer(at, 2):le_uint(), buffer(at + 2, 2):le_uint()
    local finish = at + GROUP_SIZE + size * count
    if finish > buffer:len() then return nil end
    local branch = tree:add(buffer(at, finish - at), known.name .. ": " .. count)
    branch:add_le(head.block_length, buffer(at, 2))
    branch:add_le(head.entries, buffer(at + 2, 2))
    for nth = 1, count do
        local range = buffer(at + GROUP_SIZE + (nth - 1) * size, size)
        if not block(branch:add(range, known.name .. " " .. nth), range, known.fields, version) then return nil end
    end
    return finish
end

local function message(tree, buffer, known)
    local size, version = buffer(0, 2):le_uint(), buffer(6, 2):le_uint()
    if HEADER_SIZE + size > buffer:len() then return nil end
    local range = size > 0 and buffer(HEADER_SIZE, size)
    if range and not block(tree, range, known.fields, version) then return nil end
    if not range and #known.fields > 0 then return nil end
    local at = HEADER_SIZE + size
    for _, each in ipairs(known.groups) do
        if each.since > version then break end
        at = group(tree, buffer, at, each, version)
        if not at then return nil end
    end
    return at
end

-- A message, and one that it carries behind it (DropCopy) under its tree. False: it is of another schema.
local function dissect(buffer, pinfo, root)
    local schema = buffer:len() >= HEADER_SIZE and schemas[buffer(4, 2):le_uint()]
    if not schema then return false end
    local known = schema.messages[buffer(2, 2):le_uint()]
    local name = known and known.name or "template " .. buffer(2, 2):le_uint()
    local tree = root:add(proto, buffer(), "TradeEngine " .. schema.name:gsub("^TradeEngine ", "") .. ": " .. name)
    tree:add(head.message, buffer(2, 2), name)
    tree:add_le(head.block_length, buffer(0, 2))
    tree:add_le(head.template_id, buffer(2, 2))
    tree:add_le(head.schema_id, buffer(4, 2))
    tree:add_le(head.version, buffer(6, 2))
    pinfo.cols.info:append(name .. " ")
    pinfo.cols.info:fence()
    if not known then
        tree:add_proto_expert_info(experts.unknown)
        return true
    end
    local finish = message(tree, buffer, known)
    if not finish then
        tree:add_proto_expert_info(experts.truncated)
    elseif finish < buffer:len() and not dissect(buffer(finish):tvb(), pinfo, tree) then
        tree:add_proto_expert_info(experts.behind)
    end
    return true
end

function proto.dissector(buffer, pinfo, root)
    if not dissect(buffer, pinfo, root) then return 0 end
    pinfo.cols.protocol = "TradeEngine"
    return buffer:len()
end

proto:register_heuristic("soupbintcp", function(buffer, pinfo, root)
    pinfo.cols.info:append(" ")
    return proto.dissector(buffer, pinfo, root) > 0
end)
DissectorTable.get("moldudp64.payload"):add_for_decode_as(proto)

-- ---- SoupBinTCP 3.00 ----

local PACKET_HEADER_SIZE = 3
local PACKETS = {
    ["+"] = "Debug", A = "Login Accepted", J = "Login Rejected", S = "Sequenced Data", U = "Unsequenced Data",
    H = "Server Heartbeat", Z = "End of Session", L = "Login Request", R = "Client Heartbeat", O = "Logout Request",
}

local soup = Proto("tradeengine_soup", "SoupBinTCP of TradeEngine")
local envelope = {
    length = ProtoField.uint16("tradeengine_soup.length", "Length"),
    type = ProtoField.string("tradeengine_soup.type", "Type"),
    username = ProtoField.string("tradeengine_soup.username", "User name"),
    session = ProtoField.string("tradeengine_soup.session", "Session"),
    sequence = ProtoField.uint64("tradeengine_soup.sequence", "Sequence number"),
    text = ProtoField.string("tradeengine_soup.text", "Text"),
}
soup.fields = envelope
soup.prefs.ports = Pref.range("TCP ports", "9900-9901", "Order entry and market data", 65535)

-- The next Sequenced Data packet's number, per direction; and what each packet's was, for when it is shown again.
local following, numbers = {}, {}

function soup.init()
    following, numbers = {}, {}
end

local function direction(pinfo)
    return tostring(pinfo.src) .. ":" .. pinfo.src_port .. ">" .. tostring(pinfo.dst) .. ":" .. pinfo.dst_port
end

local function text_of(range)
    return (range:string():gsub("^ +", ""):gsub(" +$", ""))
end

local function sequence(tree, range)
    local number = text_of(range)
    tree:add(envelope.sequence, range, UInt64(tonumber(number) or 0))
    return tonumber(number)
end

-- Packets that carry no message.
local content = {
    A = function(tree, range, pinfo)
        if range:len() < 30 then return end
        tree:add(envelope.session, range(0, 10), text_of(range(0, 10)))
        local number = sequence(tree, range(10, 20))
        if not pinfo.visited then following[direction(pinfo)] = number end
    end,
    J = function(tree, range)
        tree:add(envelope.text, range, range:string() == "A" and "not authorised" or "session not available")
    end,
    L = function(tree, range)
        if range:len() < 46 then return end
        tree:add(envelope.username, range(0, 6), text_of(range(0, 6)))
        tree:add(envelope.session, range(16, 10), text_of(range(16, 10)))
        sequence(tree, range(26, 20))
    end,
    ["+"] = function(tree, range)
        tree:add(envelope.text, range)
    end,
}

local function numbered(pinfo, place)
    local key = pinfo.number .. "/" .. place
    local way = direction(pinfo)
    if not pinfo.visited and following[way] then
        numbers[key] = following[way]
        following[way] = following[way] + 1
    end
    return numbers[key]
end

local function packet(buffer, pinfo, root)
    local kind = string.char(buffer(2, 1):uint())
    local name = PACKETS[kind] or "packet of type " .. buffer(2, 1):uint()
    local tree = root:add(soup, buffer(), "SoupBinTCP, " .. name)
    tree:add(envelope.length, buffer(0, 2))
    tree:add(envelope.type, buffer(2, 1), name):append_text(" (" .. kind .. ")")
    if kind == "S" then
        local number = numbered(pinfo, buffer:offset())
        if number then
            tree:append_text(", number " .. number)
            tree:add(envelope.sequence, buffer(0, 2), UInt64(number)):set_generated()
        end
    end
    local payload = buffer:len() > PACKET_HEADER_SIZE and buffer(PACKET_HEADER_SIZE) or nil
    if payload and (kind == "S" or kind == "U") then
        if proto.dissector(payload:tvb(), pinfo, root) > 0 then return buffer:len() end
    elseif payload and content[kind] then
        content[kind](tree, payload, pinfo)
    end
    pinfo.cols.info:append(name .. " ")
    pinfo.cols.info:fence()
    return buffer:len()
end

function soup.dissector(buffer, pinfo, root)
    pinfo.cols.protocol = "SoupBinTCP"
    pinfo.cols.info:clear()
    dissect_tcp_pdus(buffer, root, PACKET_HEADER_SIZE, function(tvb, _, offset)
        return 2 + math.max(1, tvb(offset, 2):uint())
    end, packet)
    return buffer:len()
end

local listening
local function listen()
    local table = DissectorTable.get("tcp.port")
    if listening then table:remove(listening, soup) end
    listening = soup.prefs.ports
    if listening ~= "" then table:add(listening, soup) end
end
soup.prefs_changed = listen
listen()
