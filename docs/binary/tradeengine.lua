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
do
    local t = {}
    t.AccountId = { show = "number", size = 4 }
    t.Activation = { show = "enum", size = 1, values = { ["1"] = "Trigger", ["2"] = "Entry" } }
    t.Amount = { show = "decimal", size = 16, signed = true, places = 8 }
    t.Asset = { show = "text", size = 16 }
    t.Boolean = { show = "enum", size = 1, char = true, values = { ["78"] = "No", ["89"] = "Yes" } }
    t.CancelOnDisconnect = { show = "enum", size = 1, values = { ["1"] = "Off", ["2"] = "Disconnect", ["3"] = "Logout" }, null = "0" }
    t.CancelReason = { show = "enum", size = 1, values = { ["0"] = "Requested", ["1"] = "MassCancel", ["2"] = "ImmediateRemainder", ["3"] = "FillOrKill", ["4"] = "Operator", ["5"] = "AccountBlocked", ["6"] = "EndOfDay", ["7"] = "ReducedToFilled", ["8"] = "GoodTillDate", ["9"] = "AuctionOver", ["10"] = "PostOnly", ["11"] = "SelfTrade", ["12"] = "PriceBand", ["13"] = "List", ["14"] = "NoLiquidity", ["15"] = "Delisted", ["16"] = "MinimumQuantity", ["17"] = "ConnectionLost" } }
    t.ClOrdId = { show = "number", size = 8 }
    t.Contingency = { show = "enum", size = 1, values = { ["1"] = "OneCancelsOther", ["2"] = "OneTriggersOther", ["100"] = "Bracket" }, null = "0" }
    t.Count16 = { show = "number", size = 2 }
    t.Count32 = { show = "number", size = 4 }
    t.CxlRejReason = { show = "enum", size = 2, values = { ["0"] = "TooLateToCancel", ["1"] = "UnknownOrder", ["2"] = "BrokerOption", ["6"] = "DuplicateClOrdId", ["99"] = "Other" } }
    t.CxlRejResponseTo = { show = "enum", size = 1, char = true, values = { ["49"] = "OrderCancelRequest", ["50"] = "OrderCancelReplaceRequest" } }
    t.ExecId = { show = "parts", size = 12, parts = { 8, 4 } }
    t.ExecInst = { show = "bits", size = 1, values = { ["1"] = "Hidden", ["2"] = "AllOrNone", ["4"] = "ReduceOnly" }, bits = { { 1, "Hidden" }, { 2, "AllOrNone" }, { 4, "ReduceOnly" } } }
    t.Firm = { show = "text", size = 16 }
    t.Identifier = { show = "text", size = 64 }
    t.KeyId = { show = "text", size = 32 }
    t.LastLiquidityInd = { show = "enum", size = 1, char = true, values = { ["49"] = "AddedLiquidity", ["50"] = "RemovedLiquidity", ["52"] = "Auction" } }
    t.ListId = { show = "number", size = 8 }
    t.MDEntryType = { show = "enum", size = 1, char = true, values = { ["48"] = "Bid", ["49"] = "Offer" } }
    t.MassCancelRejectReason = { show = "enum", size = 2, values = { ["0"] = "MassCancelNotSupported", ["1"] = "UnknownSecurity", ["99"] = "Other" } }
    t.MassCancelResponse = { show = "enum", size = 1, char = true, values = { ["48"] = "Rejected", ["49"] = "CanceledForSecurity", ["55"] = "CanceledAll" } }
    t.MassCancelScope = { show = "enum", size = 1, values = { ["0"] = "Account", ["1"] = "Session" } }
    t.MessageRejectReason = { show = "enum", size = 2, values = { ["1"] = "Truncated", ["2"] = "UnknownSchema", ["3"] = "UnknownTemplate", ["4"] = "BlockTooShort", ["5"] = "InvalidClOrdId", ["6"] = "UnknownSecurity", ["7"] = "UnknownAccount", ["8"] = "InvalidValue", ["9"] = "NotAuthorized", ["10"] = "RateExceeded", ["11"] = "NotAuthenticated", ["12"] = "AuthenticationFailed", ["13"] = "ConfigurationRefused", ["14"] = "SessionNotAvailable" } }
    t.Millis = { show = "number", size = 4 }
    t.Nonce = { show = "text", size = 44 }
    t.OptionalMillis = { show = "number", size = 4, null = "4294967295" }
    t.OptionalPx = { show = "decimal", size = 8, signed = true, places = 8, null = "-9223372036854775808" }
    t.OptionalQty = { show = "decimal", size = 8, places = 8, null = "18446744073709551615" }
    t.OptionalTime = { show = "time", size = 8, null = "18446744073709551615" }
    t.OrdRejReason = { show = "enum", size = 2, values = { ["0"] = "BrokerOption", ["1"] = "UnknownSymbol", ["2"] = "ExchangeClosed", ["3"] = "OrderExceedsLimit", ["5"] = "UnknownOrder", ["6"] = "DuplicateOrder", ["11"] = "UnsupportedOrderCharacteristic", ["13"] = "IncorrectQuantity", ["15"] = "UnknownAccount", ["99"] = "Other" } }
    t.OrdStatus = { show = "enum", size = 1, char = true, values = { ["48"] = "New", ["49"] = "PartiallyFilled", ["50"] = "Filled", ["52"] = "Canceled", ["56"] = "Rejected", ["67"] = "Expired" } }
    t.OrdType = { show = "enum", size = 1, char = true, values = { ["49"] = "Market", ["50"] = "Limit", ["75"] = "MarketToLimit", ["80"] = "Pegged" }, null = "0" }
    t.OrderId = { show = "number", size = 8 }
    t.PegKind = { show = "enum", size = 1, values = { ["2"] = "Midpoint", ["4"] = "Market", ["5"] = "Primary" }, null = "0" }
    t.PostOnly = { show = "enum", size = 1, values = { ["0"] = "No", ["1"] = "Reject", ["2"] = "Reprice" } }
    t.Protocol = { show = "text", size = 8 }
    t.Px = { show = "decimal", size = 8, signed = true, places = 8 }
    t.Qty = { show = "decimal", size = 8, places = 8 }
    t.Rate = { show = "decimal", size = 8, signed = true, places = 8 }
    t.RejectReason = { show = "enum", size = 2, values = { ["99"] = "Other", ["101"] = "DuplicateClOrdId", ["102"] = "UnknownOrder", ["103"] = "NoOrderNamed", ["104"] = "OrderNotInBook", ["105"] = "OrderEnded", ["106"] = "UnknownSecurity", ["107"] = "UnknownAccount", ["108"] = "AccountMissing", ["201"] = "FieldMissing", ["202"] = "ValueNotSupported", ["203"] = "FieldWithoutMeaning", ["301"] = "QuantityNotPositive", ["302"] = "QuantityNotInLots", ["303"] = "QuantityOutOfRange", ["304"] = "PriceNotPositive", ["305"] = "PriceNotInTicks", ["306"] = "NotionalTooSmall", ["307"] = "QuantityOrPriceNotPositive", ["401"] = "AccountBlocked", ["402"] = "AccountOrdersExceeded", ["403"] = "AccountQuantityExceeded", ["404"] = "AccountNotionalExceeded", ["405"] = "InsufficientBalance", ["406"] = "NothingToReduce", ["407"] = "AccountSuspended", ["501"] = "Halted", ["502"] = "Maintenance", ["503"] = "Delisted", ["504"] = "Closed", ["505"] = "PostClose", ["506"] = "NoReferencePrice", ["507"] = "NoPriceToTrail", ["508"] = "OutsidePriceLimits", ["509"] = "BeyondCollar", ["510"] = "BookFull", ["511"] = "PostOnlyWouldTake", ["601"] = "NeedsPriceToRest", ["602"] = "DisplayQuantity", ["603"] = "MinimumsExclude", ["604"] = "MinimumQuantity", ["605"] = "Peg", ["606"] = "MarketToLimitRests", ["607"] = "TriggerForAuction", ["608"] = "TriggerPrice", ["609"] = "ExpiryMissing", ["610"] = "AuctionOnly", ["611"] = "ReduceOnlyBuy", ["612"] = "WrongPhase", ["613"] = "AlreadyExpired", ["701"] = "ListSize", ["702"] = "ListTimeInForce", ["703"] = "OtherLegRefused", ["801"] = "SideChanged", ["802"] = "ListOrderReplaced", ["803"] = "MarketToLimitCollecting", ["804"] = "NoStopPrice", ["805"] = "NoPeg", ["901"] = "SystemError", ["902"] = "BookFailed" } }
    t.RequestId = { show = "number", size = 8 }
    t.RestateReason = { show = "enum", size = 1, values = { ["1"] = "SelfTrade", ["2"] = "MarketToLimit", ["3"] = "EntryCut", ["4"] = "TradeBusted", ["5"] = "TradeCorrected" } }
    t.Rights = { show = "bits", size = 1, values = { ["1"] = "Trade", ["2"] = "MarketData", ["4"] = "DropCopy" }, bits = { { 1, "Trade" }, { 2, "MarketData" }, { 4, "DropCopy" } } }
    t.SecurityId = { show = "number", size = 4 }
    t.SecurityTradingStatus = { show = "enum", size = 1, values = { ["1"] = "Active", ["2"] = "Halted", ["3"] = "Maintenance", ["4"] = "Delisted" } }
    t.SelfTrade = { show = "enum", size = 1, values = { ["0"] = "None", ["1"] = "CancelNewest", ["2"] = "CancelOldest", ["3"] = "CancelBoth", ["100"] = "Decrement" } }
    t.SelfTradeId = { show = "number", size = 8 }
    t.SelfTradeScope = { show = "enum", size = 1, values = { ["0"] = "Account", ["1"] = "Firm" } }
    t.Sequence = { show = "number", size = 8 }
    t.Side = { show = "enum", size = 1, char = true, values = { ["49"] = "Buy", ["50"] = "Sell" }, null = "0" }
    t.Signature = { show = "text", size = 88 }
    t.SignatureAlgorithm = { show = "enum", size = 1, values = { ["1"] = "Ed25519", ["2"] = "HmacSha256" } }
    t.Symbol = { show = "text", size = 32 }
    t.Text = { show = "text", size = 64 }
    t.TimeInForce = { show = "enum", size = 1, char = true, values = { ["48"] = "Day", ["49"] = "GoodTillCancel", ["50"] = "AtTheOpening", ["51"] = "ImmediateOrCancel", ["52"] = "FillOrKill", ["54"] = "GoodTillDate", ["55"] = "AtTheClose", ["66"] = "GoodForAuction" }, null = "0" }
    t.TradingPhase = { show = "enum", size = 1, values = { ["1"] = "Closed", ["2"] = "PreOpen", ["3"] = "OpeningAuction", ["4"] = "Continuous", ["5"] = "IntradayAuction", ["6"] = "ClosingAuction", ["7"] = "PostClose", ["8"] = "VolatilityPause", ["9"] = "ReopeningAuction" } }
    t.TriggerKind = { show = "enum", size = 1, values = { ["1"] = "Stop", ["2"] = "Touched", ["3"] = "Trailing" }, null = "0" }
    t.TriggerSource = { show = "enum", size = 1, values = { ["1"] = "BestOffer", ["2"] = "LastTrade", ["3"] = "BestBid", ["100"] = "Reference" }, null = "0" }
    t.UTCTimestampNanos = { show = "time", size = 8 }
    t.Wait = { show = "enum", size = 1, values = { ["0"] = "Nothing", ["1"] = "Turn", ["2"] = "Trigger", ["3"] = "Entry", ["4"] = "Auction", ["5"] = "Touch" } }
    schemas[9900] = { name = "TradeEngine order entry", version = 3, messages = {
        [1] = { name = "NewOrder", fields = {
            { "ClOrdID", t.ClOrdId, 1 },
            { "Price", t.Px, 1 },
            { "OrderQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "OrdType", t.OrdType, 1 },
            { "TimeInForce", t.TimeInForce, 1 },
        }, groups = {
        } },
        [2] = { name = "ReplaceOrder", fields = {
            { "ClOrdID", t.ClOrdId, 1 },
            { "OrigClOrdID", t.ClOrdId, 1 },
            { "OrderID", t.OrderId, 1 },
            { "Price", t.Px, 1 },
            { "OrderQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "StopPx", t.OptionalPx, 2 },
            { "PegOffset", t.OptionalPx, 2 },
            { "DisplayQty", t.OptionalQty, 2 },
            { "MinQty", t.OptionalQty, 2 },
            { "ExpireTime", t.OptionalTime, 2 },
        }, groups = {
        } },
        [3] = { name = "CancelOrder", fields = {
            { "ClOrdID", t.ClOrdId, 1 },
            { "OrigClOrdID", t.ClOrdId, 1 },
            { "OrderID", t.OrderId, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
        }, groups = {
        } },
        [4] = { name = "MassCancel", fields = {
            { "ClOrdID", t.ClOrdId, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "MassCancelScope", t.MassCancelScope, 3 },
        }, groups = {
        } },
        [5] = { name = "NewSpecialOrder", fields = {
            { "ClOrdID", t.ClOrdId, 2 },
            { "Price", t.Px, 2 },
            { "OrderQty", t.Qty, 2 },
            { "SecurityID", t.SecurityId, 2 },
            { "Account", t.AccountId, 2 },
            { "Side", t.Side, 2 },
            { "OrdType", t.OrdType, 2 },
            { "TimeInForce", t.TimeInForce, 2 },
            { "StopPx", t.Px, 2 },
            { "TrailAmount", t.Px, 2 },
            { "TrailRate", t.Rate, 2 },
            { "PegOffset", t.Px, 2 },
            { "DisplayQty", t.Qty, 2 },
            { "DisplayRange", t.Qty, 2 },
            { "MinQty", t.Qty, 2 },
            { "ExpireTime", t.UTCTimestampNanos, 2 },
            { "TriggerKind", t.TriggerKind, 2 },
            { "TriggerPriceType", t.TriggerSource, 2 },
            { "PegPriceType", t.PegKind, 2 },
            { "PostOnly", t.PostOnly, 2 },
            { "ExecInst", t.ExecInst, 2 },
            { "SelfTrade", t.SelfTrade, 2 },
            { "SelfTradeScope", t.SelfTradeScope, 2 },
            { "OnDisconnect", t.CancelOnDisconnect, 3 },
            { "SelfTradeID", t.SelfTradeId, 3 },
        }, groups = {
        } },
        [6] = { name = "NewList", fields = {
            { "ListID", t.ListId, 2 },
            { "SecurityID", t.SecurityId, 2 },
            { "Account", t.AccountId, 2 },
            { "ContingencyType", t.Contingency, 2 },
        }, groups = {
            { name = "Legs", since = 2, fields = {
                { "ClOrdID", t.ClOrdId, 2 },
                { "Price", t.Px, 2 },
                { "OrderQty", t.Qty, 2 },
                { "Side", t.Side, 2 },
                { "OrdType", t.OrdType, 2 },
                { "TimeInForce", t.TimeInForce, 2 },
                { "StopPx", t.Px, 2 },
                { "TrailAmount", t.Px, 2 },
                { "TrailRate", t.Rate, 2 },
                { "PegOffset", t.Px, 2 },
                { "DisplayQty", t.Qty, 2 },
                { "DisplayRange", t.Qty, 2 },
                { "MinQty", t.Qty, 2 },
                { "ExpireTime", t.UTCTimestampNanos, 2 },
                { "TriggerKind", t.TriggerKind, 2 },
                { "TriggerPriceType", t.TriggerSource, 2 },
                { "PegPriceType", t.PegKind, 2 },
                { "PostOnly", t.PostOnly, 2 },
                { "ExecInst", t.ExecInst, 2 },
                { "SelfTrade", t.SelfTrade, 2 },
                { "SelfTradeScope", t.SelfTradeScope, 2 },
                { "OnDisconnect", t.CancelOnDisconnect, 3 },
                { "SelfTradeID", t.SelfTradeId, 3 },
            } },
        } },
        [7] = { name = "SessionConfiguration", fields = {
            { "ConfigurationReqID", t.RequestId, 3 },
            { "CancelOnDisconnect", t.CancelOnDisconnect, 3 },
            { "CancelWindow", t.OptionalMillis, 3 },
            { "SelfTrade", t.SelfTrade, 3 },
            { "SelfTradeScope", t.SelfTradeScope, 3 },
            { "SelfTradeID", t.SelfTradeId, 3 },
        }, groups = {
        } },
        [8] = { name = "Authenticate", fields = {
            { "KeyID", t.KeyId, 3 },
            { "SignatureAlgorithm", t.SignatureAlgorithm, 3 },
            { "Signature", t.Signature, 3 },
        }, groups = {
        } },
        [11] = { name = "OrderStatusRequest", fields = {
            { "OrdStatusReqID", t.RequestId, 1 },
            { "ClOrdID", t.ClOrdId, 1 },
            { "OrderID", t.OrderId, 1 },
        }, groups = {
        } },
        [12] = { name = "OpenOrdersRequest", fields = {
            { "MassStatusReqID", t.RequestId, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
        }, groups = {
        } },
        [13] = { name = "BookRequest", fields = {
            { "MDReqID", t.RequestId, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "MarketDepth", t.Count16, 1 },
        }, groups = {
        } },
        [14] = { name = "InstrumentListRequest", fields = {
            { "SecurityReqID", t.RequestId, 1 },
        }, groups = {
        } },
        [101] = { name = "Accepted", fields = {
            { "ExecID", t.ExecId, 1 },
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "ClOrdID", t.ClOrdId, 1 },
            { "OrderID", t.OrderId, 1 },
            { "Price", t.Px, 1 },
            { "OrderQty", t.Qty, 1 },
            { "LeavesQty", t.Qty, 1 },
            { "CumQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "OrdType", t.OrdType, 1 },
            { "TimeInForce", t.TimeInForce, 1 },
            { "OrdStatus", t.OrdStatus, 1 },
            { "StopPx", t.Px, 2 },
            { "TrailAmount", t.Px, 2 },
            { "TrailRate", t.Rate, 2 },
            { "PegOffset", t.Px, 2 },
            { "DisplayQty", t.Qty, 2 },
            { "DisplayRange", t.Qty, 2 },
            { "MinQty", t.Qty, 2 },
            { "ExpireTime", t.UTCTimestampNanos, 2 },
            { "TriggerKind", t.TriggerKind, 2 },
            { "TriggerPriceType", t.TriggerSource, 2 },
            { "PegPriceType", t.PegKind, 2 },
            { "PostOnly", t.PostOnly, 2 },
            { "ExecInst", t.ExecInst, 2 },
            { "SelfTrade", t.SelfTrade, 2 },
            { "SelfTradeScope", t.SelfTradeScope, 2 },
            { "WorkingPx", t.Px, 2 },
            { "ShownQty", t.Qty, 2 },
            { "ListID", t.ListId, 2 },
            { "ContingencyType", t.Contingency, 2 },
            { "Wait", t.Wait, 2 },
            { "OnDisconnect", t.CancelOnDisconnect, 3 },
            { "SelfTradeID", t.SelfTradeId, 3 },
        }, groups = {
        } },
        [102] = { name = "Rejected", fields = {
            { "ExecID", t.ExecId, 1 },
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "ClOrdID", t.ClOrdId, 1 },
            { "Price", t.Px, 1 },
            { "OrderQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "OrdType", t.OrdType, 1 },
            { "TimeInForce", t.TimeInForce, 1 },
            { "OrdRejReason", t.OrdRejReason, 1 },
            { "Text", t.Text, 1 },
            { "RejectReason", t.RejectReason, 3 },
        }, groups = {
        } },
        [103] = { name = "Replaced", fields = {
            { "ExecID", t.ExecId, 1 },
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "ClOrdID", t.ClOrdId, 1 },
            { "OrigClOrdID", t.ClOrdId, 1 },
            { "OrderID", t.OrderId, 1 },
            { "Price", t.Px, 1 },
            { "OrderQty", t.Qty, 1 },
            { "LeavesQty", t.Qty, 1 },
            { "CumQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "OrdType", t.OrdType, 1 },
            { "TimeInForce", t.TimeInForce, 1 },
            { "OrdStatus", t.OrdStatus, 1 },
            { "KeptPriority", t.Boolean, 1 },
            { "StopPx", t.Px, 2 },
            { "TrailAmount", t.Px, 2 },
            { "TrailRate", t.Rate, 2 },
            { "PegOffset", t.Px, 2 },
            { "DisplayQty", t.Qty, 2 },
            { "DisplayRange", t.Qty, 2 },
            { "MinQty", t.Qty, 2 },
            { "ExpireTime", t.UTCTimestampNanos, 2 },
            { "TriggerKind", t.TriggerKind, 2 },
            { "TriggerPriceType", t.TriggerSource, 2 },
            { "PegPriceType", t.PegKind, 2 },
            { "PostOnly", t.PostOnly, 2 },
            { "ExecInst", t.ExecInst, 2 },
            { "SelfTrade", t.SelfTrade, 2 },
            { "SelfTradeScope", t.SelfTradeScope, 2 },
            { "WorkingPx", t.Px, 2 },
            { "ShownQty", t.Qty, 2 },
            { "ListID", t.ListId, 2 },
            { "ContingencyType", t.Contingency, 2 },
            { "Wait", t.Wait, 2 },
            { "OnDisconnect", t.CancelOnDisconnect, 3 },
            { "SelfTradeID", t.SelfTradeId, 3 },
        }, groups = {
        } },
        [104] = { name = "Canceled", fields = {
            { "ExecID", t.ExecId, 1 },
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "ClOrdID", t.ClOrdId, 1 },
            { "OrigClOrdID", t.ClOrdId, 1 },
            { "OrderID", t.OrderId, 1 },
            { "CumQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "CancelReason", t.CancelReason, 1 },
        }, groups = {
        } },
        [105] = { name = "Expired", fields = {
            { "ExecID", t.ExecId, 1 },
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "ClOrdID", t.ClOrdId, 1 },
            { "OrderID", t.OrderId, 1 },
            { "CumQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "CancelReason", t.CancelReason, 1 },
        }, groups = {
        } },
        [106] = { name = "Executed", fields = {
            { "ExecID", t.ExecId, 1 },
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "ClOrdID", t.ClOrdId, 1 },
            { "OrderID", t.OrderId, 1 },
            { "TradeID", t.Sequence, 1 },
            { "LastPx", t.Px, 1 },
            { "LastQty", t.Qty, 1 },
            { "LeavesQty", t.Qty, 1 },
            { "CumQty", t.Qty, 1 },
            { "MiscFeeAmt", t.Amount, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "OrdStatus", t.OrdStatus, 1 },
            { "LastLiquidityInd", t.LastLiquidityInd, 1 },
        }, groups = {
        } },
        [107] = { name = "CancelRejected", fields = {
            { "ExecID", t.ExecId, 1 },
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "ClOrdID", t.ClOrdId, 1 },
            { "OrigClOrdID", t.ClOrdId, 1 },
            { "OrderID", t.OrderId, 1 },
            { "Account", t.AccountId, 1 },
            { "OrdStatus", t.OrdStatus, 1 },
            { "CxlRejResponseTo", t.CxlRejResponseTo, 1 },
            { "CxlRejReason", t.CxlRejReason, 1 },
            { "Text", t.Text, 1 },
            { "RejectReason", t.RejectReason, 3 },
        }, groups = {
        } },
        [108] = { name = "MassCancelReport", fields = {
            { "ExecID", t.ExecId, 1 },
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "ClOrdID", t.ClOrdId, 1 },
            { "TotalAffectedOrders", t.Count32, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "MassCancelResponse", t.MassCancelResponse, 1 },
            { "MassCancelRejectReason", t.MassCancelRejectReason, 1 },
            { "Text", t.Text, 1 },
            { "RejectReason", t.RejectReason, 3 },
        }, groups = {
        } },
        [109] = { name = "Triggered", fields = {
            { "ExecID", t.ExecId, 2 },
            { "TransactTime", t.UTCTimestampNanos, 2 },
            { "ClOrdID", t.ClOrdId, 2 },
            { "OrderID", t.OrderId, 2 },
            { "Price", t.Px, 2 },
            { "OrderQty", t.Qty, 2 },
            { "LeavesQty", t.Qty, 2 },
            { "CumQty", t.Qty, 2 },
            { "SecurityID", t.SecurityId, 2 },
            { "Account", t.AccountId, 2 },
            { "Side", t.Side, 2 },
            { "OrdType", t.OrdType, 2 },
            { "TimeInForce", t.TimeInForce, 2 },
            { "OrdStatus", t.OrdStatus, 2 },
            { "StopPx", t.Px, 2 },
            { "TrailAmount", t.Px, 2 },
            { "TrailRate", t.Rate, 2 },
            { "PegOffset", t.Px, 2 },
            { "DisplayQty", t.Qty, 2 },
            { "DisplayRange", t.Qty, 2 },
            { "MinQty", t.Qty, 2 },
            { "ExpireTime", t.UTCTimestampNanos, 2 },
            { "TriggerKind", t.TriggerKind, 2 },
            { "TriggerPriceType", t.TriggerSource, 2 },
            { "PegPriceType", t.PegKind, 2 },
            { "PostOnly", t.PostOnly, 2 },
            { "ExecInst", t.ExecInst, 2 },
            { "SelfTrade", t.SelfTrade, 2 },
            { "SelfTradeScope", t.SelfTradeScope, 2 },
            { "WorkingPx", t.Px, 2 },
            { "ShownQty", t.Qty, 2 },
            { "ListID", t.ListId, 2 },
            { "ContingencyType", t.Contingency, 2 },
            { "Wait", t.Wait, 2 },
            { "Activation", t.Activation, 2 },
            { "OnDisconnect", t.CancelOnDisconnect, 3 },
            { "SelfTradeID", t.SelfTradeId, 3 },
        }, groups = {
        } },
        [110] = { name = "Restated", fields = {
            { "ExecID", t.ExecId, 2 },
            { "TransactTime", t.UTCTimestampNanos, 2 },
            { "ClOrdID", t.ClOrdId, 2 },
            { "OrderID", t.OrderId, 2 },
            { "Price", t.Px, 2 },
            { "OrderQty", t.Qty, 2 },
            { "LeavesQty", t.Qty, 2 },
            { "CumQty", t.Qty, 2 },
            { "SecurityID", t.SecurityId, 2 },
            { "Account", t.AccountId, 2 },
            { "Side", t.Side, 2 },
            { "OrdType", t.OrdType, 2 },
            { "TimeInForce", t.TimeInForce, 2 },
            { "OrdStatus", t.OrdStatus, 2 },
            { "StopPx", t.Px, 2 },
            { "TrailAmount", t.Px, 2 },
            { "TrailRate", t.Rate, 2 },
            { "PegOffset", t.Px, 2 },
            { "DisplayQty", t.Qty, 2 },
            { "DisplayRange", t.Qty, 2 },
            { "MinQty", t.Qty, 2 },
            { "ExpireTime", t.UTCTimestampNanos, 2 },
            { "TriggerKind", t.TriggerKind, 2 },
            { "TriggerPriceType", t.TriggerSource, 2 },
            { "PegPriceType", t.PegKind, 2 },
            { "PostOnly", t.PostOnly, 2 },
            { "ExecInst", t.ExecInst, 2 },
            { "SelfTrade", t.SelfTrade, 2 },
            { "SelfTradeScope", t.SelfTradeScope, 2 },
            { "WorkingPx", t.Px, 2 },
            { "ShownQty", t.Qty, 2 },
            { "ListID", t.ListId, 2 },
            { "ContingencyType", t.Contingency, 2 },
            { "Wait", t.Wait, 2 },
            { "RestateReason", t.RestateReason, 2 },
            { "OnDisconnect", t.CancelOnDisconnect, 3 },
            { "SelfTradeID", t.SelfTradeId, 3 },
        }, groups = {
        } },
        [111] = { name = "TradeBusted", fields = {
            { "ExecID", t.ExecId, 2 },
            { "TransactTime", t.UTCTimestampNanos, 2 },
            { "ClOrdID", t.ClOrdId, 2 },
            { "OrderID", t.OrderId, 2 },
            { "TradeID", t.Sequence, 2 },
            { "LastPx", t.Px, 2 },
            { "LastQty", t.Qty, 2 },
            { "LeavesQty", t.Qty, 2 },
            { "CumQty", t.Qty, 2 },
            { "MiscFeeAmt", t.Amount, 2 },
            { "SecurityID", t.SecurityId, 2 },
            { "Account", t.AccountId, 2 },
            { "Side", t.Side, 2 },
            { "OrdStatus", t.OrdStatus, 2 },
            { "Text", t.Text, 2 },
        }, groups = {
        } },
        [112] = { name = "TradeCorrected", fields = {
            { "ExecID", t.ExecId, 2 },
            { "TransactTime", t.UTCTimestampNanos, 2 },
            { "ClOrdID", t.ClOrdId, 2 },
            { "OrderID", t.OrderId, 2 },
            { "TradeID", t.Sequence, 2 },
            { "LastPx", t.Px, 2 },
            { "LastQty", t.Qty, 2 },
            { "LeavesQty", t.Qty, 2 },
            { "CumQty", t.Qty, 2 },
            { "MiscFeeAmt", t.Amount, 2 },
            { "OldLastPx", t.Px, 2 },
            { "OldLastQty", t.Qty, 2 },
            { "OldMiscFeeAmt", t.Amount, 2 },
            { "SecurityID", t.SecurityId, 2 },
            { "Account", t.AccountId, 2 },
            { "Side", t.Side, 2 },
            { "OrdStatus", t.OrdStatus, 2 },
            { "Text", t.Text, 2 },
        }, groups = {
        } },
        [113] = { name = "DropCopy", fields = {
            { "SourceMsgSeqNum", t.Sequence, 3 },
            { "SourceSessionID", t.Count32, 3 },
            { "ReportLength", t.Count16, 3 },
            { "SourceProtocol", t.Protocol, 3 },
            { "ExecutingFirm", t.Firm, 3 },
            { "OnBehalfOfCompID", t.Identifier, 3 },
            { "CopiedClOrdID", t.Identifier, 3 },
            { "CopiedOrigClOrdID", t.Identifier, 3 },
        }, groups = {
        } },
        [151] = { name = "OrderStatus", fields = {
            { "OrdStatusReqID", t.RequestId, 1 },
            { "ClOrdID", t.ClOrdId, 1 },
            { "OrderID", t.OrderId, 1 },
            { "Price", t.Px, 1 },
            { "AvgPx", t.Px, 1 },
            { "OrderQty", t.Qty, 1 },
            { "LeavesQty", t.Qty, 1 },
            { "CumQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Account", t.AccountId, 1 },
            { "Side", t.Side, 1 },
            { "OrdType", t.OrdType, 1 },
            { "TimeInForce", t.TimeInForce, 1 },
            { "OrdStatus", t.OrdStatus, 1 },
            { "OrdRejReason", t.OrdRejReason, 1 },
            { "StopPx", t.Px, 2 },
            { "TrailAmount", t.Px, 2 },
            { "TrailRate", t.Rate, 2 },
            { "PegOffset", t.Px, 2 },
            { "DisplayQty", t.Qty, 2 },
            { "DisplayRange", t.Qty, 2 },
            { "MinQty", t.Qty, 2 },
            { "ExpireTime", t.UTCTimestampNanos, 2 },
            { "TriggerKind", t.TriggerKind, 2 },
            { "TriggerPriceType", t.TriggerSource, 2 },
            { "PegPriceType", t.PegKind, 2 },
            { "PostOnly", t.PostOnly, 2 },
            { "ExecInst", t.ExecInst, 2 },
            { "SelfTrade", t.SelfTrade, 2 },
            { "SelfTradeScope", t.SelfTradeScope, 2 },
            { "WorkingPx", t.Px, 2 },
            { "ShownQty", t.Qty, 2 },
            { "ListID", t.ListId, 2 },
            { "ContingencyType", t.Contingency, 2 },
            { "Wait", t.Wait, 2 },
            { "OnDisconnect", t.CancelOnDisconnect, 3 },
            { "SelfTradeID", t.SelfTradeId, 3 },
        }, groups = {
        } },
        [152] = { name = "OpenOrdersEnd", fields = {
            { "MassStatusReqID", t.RequestId, 1 },
            { "TotNumReports", t.Count32, 1 },
        }, groups = {
        } },
        [153] = { name = "BookSnapshot", fields = {
            { "MDReqID", t.RequestId, 1 },
            { "RptSeq", t.Sequence, 1 },
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "LastFragment", t.Boolean, 1 },
        }, groups = {
            { name = "MDEntries", since = 1, fields = {
                { "MDEntryPx", t.Px, 1 },
                { "MDEntrySize", t.Qty, 1 },
                { "NumberOfOrders", t.Count32, 1 },
                { "MDEntryType", t.MDEntryType, 1 },
            } },
        } },
        [154] = { name = "InstrumentDefinition", fields = {
            { "SecurityReqID", t.RequestId, 1 },
            { "MinPriceIncrement", t.Px, 1 },
            { "RoundLot", t.Qty, 1 },
            { "MinTradeVol", t.Qty, 1 },
            { "MaxTradeVol", t.Qty, 1 },
            { "MinNotional", t.Amount, 1 },
            { "MakerFee", t.Rate, 1 },
            { "TakerFee", t.Rate, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "SecurityTradingStatus", t.SecurityTradingStatus, 1 },
            { "Symbol", t.Symbol, 1 },
            { "BaseAsset", t.Asset, 1 },
            { "Currency", t.Asset, 1 },
            { "CollarRate", t.Rate, 2 },
            { "PriceLimitRate", t.Rate, 2 },
            { "DynamicBandRate", t.Rate, 2 },
            { "VolatilityRate", t.Rate, 2 },
            { "OrdersPerSideMax", t.Count32, 2 },
            { "OrdersPerAccountMax", t.Count32, 2 },
            { "TradingPhase", t.TradingPhase, 2 },
        }, groups = {
        } },
        [155] = { name = "InstrumentListEnd", fields = {
            { "SecurityReqID", t.RequestId, 1 },
            { "TotNoRelatedSym", t.Count32, 1 },
        }, groups = {
        } },
        [156] = { name = "MessageReject", fields = {
            { "RefSeqNum", t.Sequence, 1 },
            { "BusinessRejectRefID", t.RequestId, 1 },
            { "RefMsgType", t.Count16, 1 },
            { "BusinessRejectReason", t.MessageRejectReason, 1 },
            { "Text", t.Text, 1 },
        }, groups = {
        } },
        [157] = { name = "SessionConfigurationReport", fields = {
            { "ConfigurationReqID", t.RequestId, 3 },
            { "CancelOnDisconnect", t.CancelOnDisconnect, 3 },
            { "CancelWindow", t.Millis, 3 },
            { "CancelWindowMax", t.Millis, 3 },
            { "SelfTrade", t.SelfTrade, 3 },
            { "SelfTradeScope", t.SelfTradeScope, 3 },
            { "SelfTradeID", t.SelfTradeId, 3 },
            { "Rights", t.Rights, 3 },
            { "RatePerSecond", t.Count32, 3 },
            { "RateBurst", t.Count32, 3 },
        }, groups = {
        } },
        [158] = { name = "AuthenticationChallenge", fields = {
            { "Nonce", t.Nonce, 3 },
            { "ExpireTime", t.UTCTimestampNanos, 3 },
        }, groups = {
        } },
    } }
end
do
    local t = {}
    t.Amount = { show = "decimal", size = 16, signed = true, places = 8 }
    t.Asset = { show = "text", size = 16 }
    t.Checksum32 = { show = "number", size = 4 }
    t.Count16 = { show = "number", size = 2 }
    t.Count32 = { show = "number", size = 4 }
    t.Date = { show = "text", size = 10 }
    t.MatchEventIndicator = { show = "bits", size = 1, values = { ["128"] = "EndOfEvent" }, bits = { { 128, "EndOfEvent" } } }
    t.MessageRejectReason = { show = "enum", size = 2, values = { ["1"] = "Truncated", ["2"] = "UnknownSchema", ["3"] = "UnknownTemplate" } }
    t.OrderId = { show = "number", size = 8 }
    t.Px = { show = "decimal", size = 8, signed = true, places = 8 }
    t.Qty = { show = "decimal", size = 8, places = 8 }
    t.Rate = { show = "decimal", size = 8, signed = true, places = 8 }
    t.RequestId = { show = "number", size = 8 }
    t.SecurityId = { show = "number", size = 4 }
    t.SecurityTradingStatus = { show = "enum", size = 1, values = { ["1"] = "Active", ["2"] = "Halted", ["3"] = "Maintenance", ["4"] = "Delisted" } }
    t.Sequence = { show = "number", size = 8 }
    t.Side = { show = "enum", size = 1, char = true, values = { ["49"] = "Buy", ["50"] = "Sell" }, null = "0" }
    t.SignedQty = { show = "decimal", size = 8, signed = true, places = 8 }
    t.Symbol = { show = "text", size = 32 }
    t.SystemEventCode = { show = "enum", size = 1, char = true, values = { ["79"] = "StartOfMessages", ["67"] = "EndOfMessages" } }
    t.Text = { show = "text", size = 64 }
    t.TradeId = { show = "number", size = 8 }
    t.TradingPhase = { show = "enum", size = 1, values = { ["1"] = "Closed", ["2"] = "PreOpen", ["3"] = "OpeningAuction", ["4"] = "Continuous", ["5"] = "IntradayAuction", ["6"] = "ClosingAuction", ["7"] = "PostClose", ["8"] = "VolatilityPause", ["9"] = "ReopeningAuction" } }
    t.UTCTimestampNanos = { show = "time", size = 8 }
    schemas[9901] = { name = "TradeEngine market data", version = 1, messages = {
        [101] = { name = "OrderAdded", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "OrderID", t.OrderId, 1 },
            { "Price", t.Px, 1 },
            { "DisplayQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Side", t.Side, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [102] = { name = "OrderExecuted", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "OrderID", t.OrderId, 1 },
            { "TradeID", t.TradeId, 1 },
            { "LastPx", t.Px, 1 },
            { "LastQty", t.Qty, 1 },
            { "DisplayQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [103] = { name = "OrderModified", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "OrderID", t.OrderId, 1 },
            { "DisplayQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [104] = { name = "OrderDeleted", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "OrderID", t.OrderId, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [105] = { name = "OrderReplaced", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "OrderID", t.OrderId, 1 },
            { "Price", t.Px, 1 },
            { "DisplayQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Side", t.Side, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [106] = { name = "BookChecksum", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "Checksum", t.Checksum32, 1 },
            { "NumberOfEntries", t.Count32, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [111] = { name = "Trade", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "TradeID", t.TradeId, 1 },
            { "LastPx", t.Px, 1 },
            { "LastQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "AggressorSide", t.Side, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [112] = { name = "TradeBusted", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "TradeID", t.TradeId, 1 },
            { "LastPx", t.Px, 1 },
            { "LastQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [113] = { name = "TradeCorrected", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "TradeID", t.TradeId, 1 },
            { "LastPx", t.Px, 1 },
            { "LastQty", t.Qty, 1 },
            { "OldLastPx", t.Px, 1 },
            { "OldLastQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [121] = { name = "InstrumentDefinition", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "MinPriceIncrement", t.Px, 1 },
            { "RoundLot", t.Qty, 1 },
            { "MinTradeVol", t.Qty, 1 },
            { "MaxTradeVol", t.Qty, 1 },
            { "MinNotional", t.Amount, 1 },
            { "MakerFee", t.Rate, 1 },
            { "TakerFee", t.Rate, 1 },
            { "CollarRate", t.Rate, 1 },
            { "PriceLimitRate", t.Rate, 1 },
            { "DynamicBandRate", t.Rate, 1 },
            { "VolatilityRate", t.Rate, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "OrdersPerSideMax", t.Count32, 1 },
            { "OrdersPerAccountMax", t.Count32, 1 },
            { "Symbol", t.Symbol, 1 },
            { "BaseAsset", t.Asset, 1 },
            { "Currency", t.Asset, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [122] = { name = "InstrumentStatus", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "PhaseUntil", t.UTCTimestampNanos, 1 },
            { "LimitStateUntil", t.UTCTimestampNanos, 1 },
            { "ReferencePx", t.Px, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "SecurityTradingStatus", t.SecurityTradingStatus, 1 },
            { "TradingPhase", t.TradingPhase, 1 },
            { "LimitStateSide", t.Side, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [123] = { name = "AuctionIndicative", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "IndicativePx", t.Px, 1 },
            { "IndicativeQty", t.Qty, 1 },
            { "Imbalance", t.SignedQty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [124] = { name = "AuctionResult", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "LastPx", t.Px, 1 },
            { "LastQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [125] = { name = "Statistics", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "OpenPx", t.Px, 1 },
            { "HighPx", t.Px, 1 },
            { "LowPx", t.Px, 1 },
            { "LastPx", t.Px, 1 },
            { "VwapPx", t.Px, 1 },
            { "PrevClosePx", t.Px, 1 },
            { "TradeVolume", t.Qty, 1 },
            { "Turnover", t.Amount, 1 },
            { "NumberOfTrades", t.Sequence, 1 },
            { "DayStart", t.UTCTimestampNanos, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "TradeDate", t.Date, 1 },
        }, groups = {
        } },
        [126] = { name = "TradingDayEnded", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "TradeDate", t.Date, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [131] = { name = "PriceLevel", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "Price", t.Px, 1 },
            { "DisplayQty", t.Qty, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "NumberOfOrders", t.Count32, 1 },
            { "Side", t.Side, 1 },
            { "MatchEventIndicator", t.MatchEventIndicator, 1 },
        }, groups = {
        } },
        [141] = { name = "SnapshotBegin", fields = {
            { "LastMsgSeqNumProcessed", t.Sequence, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "NumberOfEntries", t.Count32, 1 },
        }, groups = {
        } },
        [142] = { name = "SnapshotEnd", fields = {
            { "LastMsgSeqNumProcessed", t.Sequence, 1 },
            { "SecurityID", t.SecurityId, 1 },
            { "Checksum", t.Checksum32, 1 },
        }, groups = {
        } },
        [143] = { name = "SnapshotComplete", fields = {
            { "NextExpectedMsgSeqNum", t.Sequence, 1 },
            { "TotNoRelatedSym", t.Count32, 1 },
        }, groups = {
        } },
        [144] = { name = "SystemEvent", fields = {
            { "TransactTime", t.UTCTimestampNanos, 1 },
            { "EventCode", t.SystemEventCode, 1 },
        }, groups = {
        } },
        [156] = { name = "MessageReject", fields = {
            { "RefSeqNum", t.Sequence, 1 },
            { "BusinessRejectRefID", t.RequestId, 1 },
            { "RefMsgType", t.Count16, 1 },
            { "BusinessRejectReason", t.MessageRejectReason, 1 },
            { "Text", t.Text, 1 },
        }, groups = {
        } },
    } }
end

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
