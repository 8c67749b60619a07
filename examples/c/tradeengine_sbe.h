/*
 * TradeEngine's binary protocol in C: made by python -m gateways.binary.schema from the schemas, don't edit.
 *
 * A message is an SBE header, a block, and groups. A struct has the bytes of its block, so on a little-endian machine
 * a copy is all that there is to encode and decode. Prices, quantities and amounts are integers x 10^-8.
 *
 *     struct te_new_order order;
 *     te_new_order_init(&order);
 *     order.cl_ord_id = 1; ...
 *     size_t size = te_new_order_encode(payload, &order);      payload: SBE_HEADER_SIZE + sizeof order bytes or more
 *
 *     struct te_accepted accepted;
 *     if (te_accepted_decode(&accepted, payload, size)) ...    longer blocks of later versions are cut, shorter ones filled
 */
#ifndef TRADEENGINE_SBE_H
#define TRADEENGINE_SBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the structs are the bytes of little-endian messages"
#endif

#define SBE_PACKED __attribute__((packed))
#ifdef __cplusplus
#define SBE_STATIC_ASSERT(condition) static_assert(condition, #condition)
#else
#define SBE_STATIC_ASSERT(condition) _Static_assert(condition, #condition)
#endif

struct sbe_header {
    uint16_t block_length;
    uint16_t template_id;
    uint16_t schema_id;
    uint16_t version;
} SBE_PACKED;

struct sbe_group_header {
    uint16_t block_length;
    uint16_t num_in_group;
} SBE_PACKED;

/* Entries of a group that are still to be taken. */
struct sbe_group {
    const uint8_t *next;
    uint16_t block_length;
    uint16_t left;
};

enum { SBE_HEADER_SIZE = sizeof(struct sbe_header), SBE_GROUP_HEADER_SIZE = sizeof(struct sbe_group_header) };
SBE_STATIC_ASSERT(SBE_HEADER_SIZE == 8);
SBE_STATIC_ASSERT(SBE_GROUP_HEADER_SIZE == 4);

/* False: fewer bytes than a header and the block that it announces. */
static inline bool sbe_read_header(struct sbe_header *out, const void *payload, size_t size)
{
    if (size < SBE_HEADER_SIZE)
        return false;
    memcpy(out, payload, SBE_HEADER_SIZE);
    return size - SBE_HEADER_SIZE >= out->block_length;
}

static inline bool sbe_decode(const void *payload, size_t size, uint16_t schema_id, uint16_t template_id,
                              size_t length_min, void *block, size_t length_max)
{
    struct sbe_header header;
    if (!sbe_read_header(&header, payload, size) || header.schema_id != schema_id || header.template_id != template_id)
        return false;
    if (header.block_length < length_min)
        return false;
    memcpy(block, (const uint8_t *)payload + SBE_HEADER_SIZE,
           header.block_length < length_max ? header.block_length : length_max);
    return true;
}

static inline size_t sbe_encode(void *payload, uint16_t schema_id, uint16_t template_id, uint16_t version,
                                const void *block, size_t length)
{
    const struct sbe_header header = {(uint16_t)length, template_id, schema_id, version};
    memcpy(payload, &header, SBE_HEADER_SIZE);
    memcpy((uint8_t *)payload + SBE_HEADER_SIZE, block, length);
    return SBE_HEADER_SIZE + length;
}

/* The nth group of a message; entries are at least `length_min` bytes long. */
static inline bool sbe_group_find(struct sbe_group *group, const void *payload, size_t size, unsigned nth,
                                  size_t length_min)
{
    struct sbe_header header;
    if (!sbe_read_header(&header, payload, size))
        return false;
    size_t at = SBE_HEADER_SIZE + (size_t)header.block_length;
    for (;; nth--) {
        struct sbe_group_header dimensions;
        if (size - at < SBE_GROUP_HEADER_SIZE)
            return false;
        memcpy(&dimensions, (const uint8_t *)payload + at, SBE_GROUP_HEADER_SIZE);
        at += SBE_GROUP_HEADER_SIZE;
        const size_t length = (size_t)dimensions.block_length * dimensions.num_in_group;
        if (size - at < length)
            return false;
        if (nth == 0) {
            group->next = (const uint8_t *)payload + at;
            group->block_length = dimensions.block_length;
            group->left = dimensions.num_in_group;
            return dimensions.num_in_group == 0 || dimensions.block_length >= length_min;
        }
        at += length;
    }
}

static inline bool sbe_group_next(struct sbe_group *group, void *entry, size_t length_max)
{
    if (group->left == 0)
        return false;
    memcpy(entry, group->next, group->block_length < length_max ? group->block_length : length_max);
    group->next += group->block_length;
    group->left--;
    return true;
}

static inline size_t sbe_group_append(void *payload, size_t size, const void *entries, size_t length, uint16_t count)
{
    const struct sbe_group_header dimensions = {(uint16_t)length, count};
    memcpy((uint8_t *)payload + size, &dimensions, SBE_GROUP_HEADER_SIZE);
    if (count)
        memcpy((uint8_t *)payload + size + SBE_GROUP_HEADER_SIZE, entries, length * count);
    return size + SBE_GROUP_HEADER_SIZE + length * count;
}

/* ---- TradeEngine order entry: schema 9900, version 3 ---- */

enum { TE_SCHEMA_ID = 9900, TE_SCHEMA_VERSION = 3 };

/* Money × 10^-8, 128-bit two's complement: high × 2^64 + low */
struct te_amount {
    uint64_t low;
    int64_t high;
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_amount) == 16);

/* Unique for ever: the journal's sequence and the place in its record */
struct te_exec_id {
    uint64_t sequence;
    uint32_t position;
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_exec_id) == 12);

/* NUL = both, or none */
enum te_side {
    TE_SIDE_BUY = '1',
    TE_SIDE_SELL = '2',
};

enum te_ord_type {
    TE_ORD_TYPE_MARKET = '1',
    TE_ORD_TYPE_LIMIT = '2',
    TE_ORD_TYPE_MARKET_TO_LIMIT = 'K',
    TE_ORD_TYPE_PEGGED = 'P',
};

enum te_time_in_force {
    TE_TIME_IN_FORCE_DAY = '0',
    TE_TIME_IN_FORCE_GOOD_TILL_CANCEL = '1',
    TE_TIME_IN_FORCE_AT_THE_OPENING = '2',
    TE_TIME_IN_FORCE_IMMEDIATE_OR_CANCEL = '3',
    TE_TIME_IN_FORCE_FILL_OR_KILL = '4',
    TE_TIME_IN_FORCE_GOOD_TILL_DATE = '6',
    TE_TIME_IN_FORCE_AT_THE_CLOSE = '7',
    TE_TIME_IN_FORCE_GOOD_FOR_AUCTION = 'B',
};

enum te_ord_status {
    TE_ORD_STATUS_NEW = '0',
    TE_ORD_STATUS_PARTIALLY_FILLED = '1',
    TE_ORD_STATUS_FILLED = '2',
    TE_ORD_STATUS_CANCELED = '4',
    TE_ORD_STATUS_REJECTED = '8',
    TE_ORD_STATUS_EXPIRED = 'C',
};

enum te_boolean {
    TE_BOOLEAN_NO = 'N',
    TE_BOOLEAN_YES = 'Y',
};

enum te_last_liquidity_ind {
    TE_LAST_LIQUIDITY_IND_ADDED_LIQUIDITY = '1',
    TE_LAST_LIQUIDITY_IND_REMOVED_LIQUIDITY = '2',
    TE_LAST_LIQUIDITY_IND_AUCTION = '4',
};

enum te_cxl_rej_response_to {
    TE_CXL_REJ_RESPONSE_TO_ORDER_CANCEL_REQUEST = '1',
    TE_CXL_REJ_RESPONSE_TO_ORDER_CANCEL_REPLACE_REQUEST = '2',
};

enum te_mass_cancel_response {
    TE_MASS_CANCEL_RESPONSE_REJECTED = '0',
    TE_MASS_CANCEL_RESPONSE_CANCELED_FOR_SECURITY = '1',
    TE_MASS_CANCEL_RESPONSE_CANCELED_ALL = '7',
};

enum te_md_entry_type {
    TE_MD_ENTRY_TYPE_BID = '0',
    TE_MD_ENTRY_TYPE_OFFER = '1',
};

/* Other values may come: treat them as Other */
enum te_ord_rej_reason {
    TE_ORD_REJ_REASON_BROKER_OPTION = 0,
    TE_ORD_REJ_REASON_UNKNOWN_SYMBOL = 1,
    TE_ORD_REJ_REASON_EXCHANGE_CLOSED = 2,
    TE_ORD_REJ_REASON_ORDER_EXCEEDS_LIMIT = 3,
    TE_ORD_REJ_REASON_UNKNOWN_ORDER = 5,
    TE_ORD_REJ_REASON_DUPLICATE_ORDER = 6,
    TE_ORD_REJ_REASON_UNSUPPORTED_ORDER_CHARACTERISTIC = 11,
    TE_ORD_REJ_REASON_INCORRECT_QUANTITY = 13,
    TE_ORD_REJ_REASON_UNKNOWN_ACCOUNT = 15,
    TE_ORD_REJ_REASON_OTHER = 99,
};

/* Other values may come: treat them as Other */
enum te_cxl_rej_reason {
    TE_CXL_REJ_REASON_TOO_LATE_TO_CANCEL = 0,
    TE_CXL_REJ_REASON_UNKNOWN_ORDER = 1,
    TE_CXL_REJ_REASON_BROKER_OPTION = 2,
    TE_CXL_REJ_REASON_DUPLICATE_CL_ORD_ID = 6,
    TE_CXL_REJ_REASON_OTHER = 99,
};

/* Meaningful where MassCancelResponse is Rejected */
enum te_mass_cancel_reject_reason {
    TE_MASS_CANCEL_REJECT_REASON_MASS_CANCEL_NOT_SUPPORTED = 0,
    TE_MASS_CANCEL_REJECT_REASON_UNKNOWN_SECURITY = 1,
    TE_MASS_CANCEL_REJECT_REASON_OTHER = 99,
};

/* Why an order ended other than by a fill */
enum te_cancel_reason {
    TE_CANCEL_REASON_REQUESTED = 0,
    TE_CANCEL_REASON_MASS_CANCEL = 1,
    TE_CANCEL_REASON_IMMEDIATE_REMAINDER = 2,
    TE_CANCEL_REASON_FILL_OR_KILL = 3,
    TE_CANCEL_REASON_OPERATOR = 4,
    TE_CANCEL_REASON_ACCOUNT_BLOCKED = 5,
    TE_CANCEL_REASON_END_OF_DAY = 6,
    TE_CANCEL_REASON_REDUCED_TO_FILLED = 7,
    TE_CANCEL_REASON_GOOD_TILL_DATE = 8,
    TE_CANCEL_REASON_AUCTION_OVER = 9,
    TE_CANCEL_REASON_POST_ONLY = 10,
    TE_CANCEL_REASON_SELF_TRADE = 11,
    TE_CANCEL_REASON_PRICE_BAND = 12,
    TE_CANCEL_REASON_LIST = 13,
    TE_CANCEL_REASON_NO_LIQUIDITY = 14,
    TE_CANCEL_REASON_DELISTED = 15,
    TE_CANCEL_REASON_MINIMUM_QUANTITY = 16,
    TE_CANCEL_REASON_CONNECTION_LOST = 17,
};

/* Cancels pass in every status */
enum te_security_trading_status {
    TE_SECURITY_TRADING_STATUS_ACTIVE = 1,
    TE_SECURITY_TRADING_STATUS_HALTED = 2,
    TE_SECURITY_TRADING_STATUS_MAINTENANCE = 3,
    TE_SECURITY_TRADING_STATUS_DELISTED = 4,
};

/* What the book does with orders */
enum te_trading_phase {
    TE_TRADING_PHASE_CLOSED = 1,
    TE_TRADING_PHASE_PRE_OPEN = 2,
    TE_TRADING_PHASE_OPENING_AUCTION = 3,
    TE_TRADING_PHASE_CONTINUOUS = 4,
    TE_TRADING_PHASE_INTRADAY_AUCTION = 5,
    TE_TRADING_PHASE_CLOSING_AUCTION = 6,
    TE_TRADING_PHASE_POST_CLOSE = 7,
    TE_TRADING_PHASE_VOLATILITY_PAUSE = 8,
    TE_TRADING_PHASE_REOPENING_AUCTION = 9,
};

/* 0 = none */
enum te_trigger_kind {
    TE_TRIGGER_KIND_STOP = 1,
    TE_TRIGGER_KIND_TOUCHED = 2,
    TE_TRIGGER_KIND_TRAILING = 3,
};

/* 0 = LastTrade, or no trigger */
enum te_trigger_source {
    TE_TRIGGER_SOURCE_BEST_OFFER = 1,
    TE_TRIGGER_SOURCE_LAST_TRADE = 2,
    TE_TRIGGER_SOURCE_BEST_BID = 3,
    TE_TRIGGER_SOURCE_REFERENCE = 100,
};

/* 0 = none */
enum te_peg_kind {
    TE_PEG_KIND_MIDPOINT = 2,
    TE_PEG_KIND_MARKET = 4,
    TE_PEG_KIND_PRIMARY = 5,
};

/* What becomes of an order that must not take when it would */
enum te_post_only {
    TE_POST_ONLY_NO = 0,
    TE_POST_ONLY_REJECT = 1,
    TE_POST_ONLY_REPRICE = 2,
};

enum te_exec_inst {
    TE_EXEC_INST_HIDDEN = 1,
    TE_EXEC_INST_ALL_OR_NONE = 2,
    TE_EXEC_INST_REDUCE_ONLY = 4,
};

/* Who gives way where the order would trade with its own account or firm */
enum te_self_trade {
    TE_SELF_TRADE_NONE = 0,
    TE_SELF_TRADE_CANCEL_NEWEST = 1,
    TE_SELF_TRADE_CANCEL_OLDEST = 2,
    TE_SELF_TRADE_CANCEL_BOTH = 3,
    TE_SELF_TRADE_DECREMENT = 100,
};

enum te_self_trade_scope {
    TE_SELF_TRADE_SCOPE_ACCOUNT = 0,
    TE_SELF_TRADE_SCOPE_FIRM = 1,
};

/* 0 = no list */
enum te_contingency {
    TE_CONTINGENCY_ONE_CANCELS_OTHER = 1,
    TE_CONTINGENCY_ONE_TRIGGERS_OTHER = 2,
    TE_CONTINGENCY_BRACKET = 100,
};

/* What an open order that is in no queue waits for */
enum te_wait {
    TE_WAIT_NOTHING = 0,
    TE_WAIT_TURN = 1,
    TE_WAIT_TRIGGER = 2,
    TE_WAIT_ENTRY = 3,
    TE_WAIT_AUCTION = 4,
    TE_WAIT_TOUCH = 5,
};

/* What made a waiting order active */
enum te_activation {
    TE_ACTIVATION_TRIGGER = 1,
    TE_ACTIVATION_ENTRY = 2,
};

/* Why the venue changed an order */
enum te_restate_reason {
    TE_RESTATE_REASON_SELF_TRADE = 1,
    TE_RESTATE_REASON_MARKET_TO_LIMIT = 2,
    TE_RESTATE_REASON_ENTRY_CUT = 3,
    TE_RESTATE_REASON_TRADE_BUSTED = 4,
    TE_RESTATE_REASON_TRADE_CORRECTED = 5,
};

/* Why a message never became a command or query */
enum te_message_reject_reason {
    TE_MESSAGE_REJECT_REASON_TRUNCATED = 1,
    TE_MESSAGE_REJECT_REASON_UNKNOWN_SCHEMA = 2,
    TE_MESSAGE_REJECT_REASON_UNKNOWN_TEMPLATE = 3,
    TE_MESSAGE_REJECT_REASON_BLOCK_TOO_SHORT = 4,
    TE_MESSAGE_REJECT_REASON_INVALID_CL_ORD_ID = 5,
    TE_MESSAGE_REJECT_REASON_UNKNOWN_SECURITY = 6,
    TE_MESSAGE_REJECT_REASON_UNKNOWN_ACCOUNT = 7,
    TE_MESSAGE_REJECT_REASON_INVALID_VALUE = 8,
    TE_MESSAGE_REJECT_REASON_NOT_AUTHORIZED = 9,
    TE_MESSAGE_REJECT_REASON_RATE_EXCEEDED = 10,
    TE_MESSAGE_REJECT_REASON_NOT_AUTHENTICATED = 11,
    TE_MESSAGE_REJECT_REASON_AUTHENTICATION_FAILED = 12,
    TE_MESSAGE_REJECT_REASON_CONFIGURATION_REFUSED = 13,
    TE_MESSAGE_REJECT_REASON_SESSION_NOT_AVAILABLE = 14,
};

/* When the end of the session cancels an order; 0 = as the session says, for a session as its profile says */
enum te_cancel_on_disconnect {
    TE_CANCEL_ON_DISCONNECT_OFF = 1,
    TE_CANCEL_ON_DISCONNECT_DISCONNECT = 2,
    TE_CANCEL_ON_DISCONNECT_LOGOUT = 3,
};

/* Whose orders of the account are cancelled */
enum te_mass_cancel_scope {
    TE_MASS_CANCEL_SCOPE_ACCOUNT = 0,
    TE_MASS_CANCEL_SCOPE_SESSION = 1,
};

enum te_signature_algorithm {
    TE_SIGNATURE_ALGORITHM_ED25519 = 1,
    TE_SIGNATURE_ALGORITHM_HMAC_SHA256 = 2,
};

/* What a session is for */
enum te_rights {
    TE_RIGHTS_TRADE = 1,
    TE_RIGHTS_MARKET_DATA = 2,
    TE_RIGHTS_DROP_COPY = 4,
};

/* Why a command was refused; a number never changes its meaning. Hundreds: 1 names, 2 fields, 3 quantities and prices, 4 accounts, 5 the market, 6 combinations, 7 lists, 8 changes, 9 the venue. Other values may come */
enum te_reject_reason {
    TE_REJECT_REASON_OTHER = 99,
    TE_REJECT_REASON_DUPLICATE_CL_ORD_ID = 101,
    TE_REJECT_REASON_UNKNOWN_ORDER = 102,
    TE_REJECT_REASON_NO_ORDER_NAMED = 103,
    TE_REJECT_REASON_ORDER_NOT_IN_BOOK = 104,
    TE_REJECT_REASON_ORDER_ENDED = 105,
    TE_REJECT_REASON_UNKNOWN_SECURITY = 106,
    TE_REJECT_REASON_UNKNOWN_ACCOUNT = 107,
    TE_REJECT_REASON_ACCOUNT_MISSING = 108,
    TE_REJECT_REASON_FIELD_MISSING = 201,
    TE_REJECT_REASON_VALUE_NOT_SUPPORTED = 202,
    TE_REJECT_REASON_FIELD_WITHOUT_MEANING = 203,
    TE_REJECT_REASON_QUANTITY_NOT_POSITIVE = 301,
    TE_REJECT_REASON_QUANTITY_NOT_IN_LOTS = 302,
    TE_REJECT_REASON_QUANTITY_OUT_OF_RANGE = 303,
    TE_REJECT_REASON_PRICE_NOT_POSITIVE = 304,
    TE_REJECT_REASON_PRICE_NOT_IN_TICKS = 305,
    TE_REJECT_REASON_NOTIONAL_TOO_SMALL = 306,
    TE_REJECT_REASON_QUANTITY_OR_PRICE_NOT_POSITIVE = 307,
    TE_REJECT_REASON_ACCOUNT_BLOCKED = 401,
    TE_REJECT_REASON_ACCOUNT_ORDERS_EXCEEDED = 402,
    TE_REJECT_REASON_ACCOUNT_QUANTITY_EXCEEDED = 403,
    TE_REJECT_REASON_ACCOUNT_NOTIONAL_EXCEEDED = 404,
    TE_REJECT_REASON_INSUFFICIENT_BALANCE = 405,
    TE_REJECT_REASON_NOTHING_TO_REDUCE = 406,
    TE_REJECT_REASON_ACCOUNT_SUSPENDED = 407,
    TE_REJECT_REASON_HALTED = 501,
    TE_REJECT_REASON_MAINTENANCE = 502,
    TE_REJECT_REASON_DELISTED = 503,
    TE_REJECT_REASON_CLOSED = 504,
    TE_REJECT_REASON_POST_CLOSE = 505,
    TE_REJECT_REASON_NO_REFERENCE_PRICE = 506,
    TE_REJECT_REASON_NO_PRICE_TO_TRAIL = 507,
    TE_REJECT_REASON_OUTSIDE_PRICE_LIMITS = 508,
    TE_REJECT_REASON_BEYOND_COLLAR = 509,
    TE_REJECT_REASON_BOOK_FULL = 510,
    TE_REJECT_REASON_POST_ONLY_WOULD_TAKE = 511,
    TE_REJECT_REASON_NEEDS_PRICE_TO_REST = 601,
    TE_REJECT_REASON_DISPLAY_QUANTITY = 602,
    TE_REJECT_REASON_MINIMUMS_EXCLUDE = 603,
    TE_REJECT_REASON_MINIMUM_QUANTITY = 604,
    TE_REJECT_REASON_PEG = 605,
    TE_REJECT_REASON_MARKET_TO_LIMIT_RESTS = 606,
    TE_REJECT_REASON_TRIGGER_FOR_AUCTION = 607,
    TE_REJECT_REASON_TRIGGER_PRICE = 608,
    TE_REJECT_REASON_EXPIRY_MISSING = 609,
    TE_REJECT_REASON_AUCTION_ONLY = 610,
    TE_REJECT_REASON_REDUCE_ONLY_BUY = 611,
    TE_REJECT_REASON_WRONG_PHASE = 612,
    TE_REJECT_REASON_ALREADY_EXPIRED = 613,
    TE_REJECT_REASON_LIST_SIZE = 701,
    TE_REJECT_REASON_LIST_TIME_IN_FORCE = 702,
    TE_REJECT_REASON_OTHER_LEG_REFUSED = 703,
    TE_REJECT_REASON_SIDE_CHANGED = 801,
    TE_REJECT_REASON_LIST_ORDER_REPLACED = 802,
    TE_REJECT_REASON_MARKET_TO_LIMIT_COLLECTING = 803,
    TE_REJECT_REASON_NO_STOP_PRICE = 804,
    TE_REJECT_REASON_NO_PEG = 805,
    TE_REJECT_REASON_SYSTEM_ERROR = 901,
    TE_REJECT_REASON_BOOK_FAILED = 902,
};

/* Answered by Accepted or Rejected */
struct te_new_order {
    uint64_t cl_ord_id;
    int64_t price; /* x 10^-8; Ignored for a market order */
    uint64_t order_qty; /* x 10^-8 */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char ord_type; /* enum ord_type */
    char time_in_force; /* enum time_in_force */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_new_order) == 35);
enum { TE_NEW_ORDER_TEMPLATE = 1, TE_NEW_ORDER_VERSION = 1, TE_NEW_ORDER_LENGTH_V1 = 35 };
static inline void te_new_order_init(struct te_new_order *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no NewOrder, or cut off. What older versions lack is as after te_new_order_init. */
static inline bool te_new_order_decode(struct te_new_order *out, const void *payload, size_t size)
{
    te_new_order_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_NEW_ORDER_TEMPLATE, TE_NEW_ORDER_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_new_order_encode(void *payload, const struct te_new_order *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_NEW_ORDER_TEMPLATE, TE_NEW_ORDER_VERSION, in, sizeof *in);
}

/* Answered by Replaced, Canceled or CancelRejected */
struct te_replace_order {
    uint64_t cl_ord_id; /* The order's ClOrdID from now on */
    uint64_t orig_cl_ord_id; /* Names the order, unless OrderID does */
    uint64_t order_id; /* Names the order; 0 = by OrigClOrdID */
    int64_t price; /* x 10^-8; 0 keeps the price of an order that has no limit of its own */
    uint64_t order_qty; /* x 10^-8; The new total, what has been filled included */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    int64_t stop_px; /* x 10^-8; -2^63 = stays; since version 2 */
    int64_t peg_offset; /* x 10^-8; -2^63 = stays; since version 2 */
    uint64_t display_qty; /* x 10^-8; 2^64 - 1 = stays; 0 = all is shown; since version 2 */
    uint64_t min_qty; /* x 10^-8; 2^64 - 1 = stays; 0 = none; since version 2 */
    uint64_t expire_time; /* ns since 1970-01-01 UTC; 2^64 - 1 = stays; since version 2 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_replace_order) == 89);
enum { TE_REPLACE_ORDER_TEMPLATE = 2, TE_REPLACE_ORDER_VERSION = 2, TE_REPLACE_ORDER_LENGTH_V1 = 49, TE_REPLACE_ORDER_LENGTH_V2 = 89 };
static inline void te_replace_order_init(struct te_replace_order *out)
{
    memset(out, 0, sizeof *out);
    out->stop_px = INT64_MIN;
    out->peg_offset = INT64_MIN;
    out->display_qty = 18446744073709551615ull;
    out->min_qty = 18446744073709551615ull;
    out->expire_time = 18446744073709551615ull;
}
/* False: no ReplaceOrder, or cut off. What older versions lack is as after te_replace_order_init. */
static inline bool te_replace_order_decode(struct te_replace_order *out, const void *payload, size_t size)
{
    te_replace_order_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_REPLACE_ORDER_TEMPLATE, TE_REPLACE_ORDER_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_replace_order_encode(void *payload, const struct te_replace_order *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_REPLACE_ORDER_TEMPLATE, TE_REPLACE_ORDER_VERSION, in, sizeof *in);
}

/* Answered by Canceled or CancelRejected */
struct te_cancel_order {
    uint64_t cl_ord_id;
    uint64_t orig_cl_ord_id; /* Names the order, unless OrderID does */
    uint64_t order_id; /* Names the order; 0 = by OrigClOrdID */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_cancel_order) == 33);
enum { TE_CANCEL_ORDER_TEMPLATE = 3, TE_CANCEL_ORDER_VERSION = 1, TE_CANCEL_ORDER_LENGTH_V1 = 33 };
static inline void te_cancel_order_init(struct te_cancel_order *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no CancelOrder, or cut off. What older versions lack is as after te_cancel_order_init. */
static inline bool te_cancel_order_decode(struct te_cancel_order *out, const void *payload, size_t size)
{
    te_cancel_order_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_CANCEL_ORDER_TEMPLATE, TE_CANCEL_ORDER_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_cancel_order_encode(void *payload, const struct te_cancel_order *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_CANCEL_ORDER_TEMPLATE, TE_CANCEL_ORDER_VERSION, in, sizeof *in);
}

/* Answered by a Canceled for each order, then MassCancelReport */
struct te_mass_cancel {
    uint64_t cl_ord_id;
    uint32_t security_id; /* 0 = of all instruments */
    uint32_t account;
    char side; /* enum side; NUL = both */
    uint8_t mass_cancel_scope; /* enum mass_cancel_scope; Session: only orders that this session entered; since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_mass_cancel) == 18);
enum { TE_MASS_CANCEL_TEMPLATE = 4, TE_MASS_CANCEL_VERSION = 3, TE_MASS_CANCEL_LENGTH_V1 = 17, TE_MASS_CANCEL_LENGTH_V3 = 18 };
static inline void te_mass_cancel_init(struct te_mass_cancel *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no MassCancel, or cut off. What older versions lack is as after te_mass_cancel_init. */
static inline bool te_mass_cancel_decode(struct te_mass_cancel *out, const void *payload, size_t size)
{
    te_mass_cancel_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_MASS_CANCEL_TEMPLATE, TE_MASS_CANCEL_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_mass_cancel_encode(void *payload, const struct te_mass_cancel *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_MASS_CANCEL_TEMPLATE, TE_MASS_CANCEL_VERSION, in, sizeof *in);
}

/* An order with more than a NewOrder can say. Answered by Accepted or Rejected */
struct te_new_special_order {
    uint64_t cl_ord_id;
    int64_t price; /* x 10^-8; Ignored for market and market-to-limit orders */
    uint64_t order_qty; /* x 10^-8 */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char ord_type; /* enum ord_type */
    char time_in_force; /* enum time_in_force */
    int64_t stop_px; /* x 10^-8; The price that triggers; of a trailing order where it starts, 0 = at its distance from the watched price */
    int64_t trail_amount; /* x 10^-8; Trailing: the distance kept, as a price … */
    int64_t trail_rate; /* x 10^-8; … or as a fraction of the watched price */
    int64_t peg_offset; /* x 10^-8; Added to the followed price; signed */
    uint64_t display_qty; /* x 10^-8; How much is shown at a time; 0 = all */
    uint64_t display_range; /* x 10^-8; Each refresh shows DisplayQty ± up to this much */
    uint64_t min_qty; /* x 10^-8; The least that each meeting must trade; 0 = none */
    uint64_t expire_time; /* ns since 1970-01-01 UTC; Of a GoodTillDate order; else 0 */
    uint8_t trigger_kind; /* enum trigger_kind */
    uint8_t trigger_price_type; /* enum trigger_source; The price that the trigger watches */
    uint8_t peg_price_type; /* enum peg_kind; The price that a Pegged order follows; Price is its limit, 0 = none */
    uint8_t post_only; /* enum post_only */
    uint8_t exec_inst; /* enum exec_inst */
    uint8_t self_trade; /* enum self_trade */
    uint8_t self_trade_scope; /* enum self_trade_scope */
    uint8_t on_disconnect; /* enum cancel_on_disconnect; 0 = as the session says; since version 3 */
    uint64_t self_trade_id; /* With one, SelfTrade (CancelNewest if there is none) is about the firm's orders of the same number, whatever the scope; since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_new_special_order) == 115);
enum { TE_NEW_SPECIAL_ORDER_TEMPLATE = 5, TE_NEW_SPECIAL_ORDER_VERSION = 3, TE_NEW_SPECIAL_ORDER_LENGTH_V2 = 106, TE_NEW_SPECIAL_ORDER_LENGTH_V3 = 115 };
static inline void te_new_special_order_init(struct te_new_special_order *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no NewSpecialOrder, or cut off. What older versions lack is as after te_new_special_order_init. */
static inline bool te_new_special_order_decode(struct te_new_special_order *out, const void *payload, size_t size)
{
    te_new_special_order_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_NEW_SPECIAL_ORDER_TEMPLATE, TE_NEW_SPECIAL_ORDER_LENGTH_V2, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_new_special_order_encode(void *payload, const struct te_new_special_order *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_NEW_SPECIAL_ORDER_TEMPLATE, TE_NEW_SPECIAL_ORDER_VERSION, in, sizeof *in);
}

/* Answered by Accepted for each leg, or by Rejected for each; the first leg of OneTriggersOther and Bracket is the entry */
struct te_new_list {
    uint64_t list_id; /* Never 0; comes back in the reports of the legs */
    uint32_t security_id;
    uint32_t account;
    uint8_t contingency_type; /* enum contingency */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_new_list) == 17);
enum { TE_NEW_LIST_TEMPLATE = 6, TE_NEW_LIST_VERSION = 2, TE_NEW_LIST_LENGTH_V2 = 17 };
static inline void te_new_list_init(struct te_new_list *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no NewList, or cut off. What older versions lack is as after te_new_list_init. */
static inline bool te_new_list_decode(struct te_new_list *out, const void *payload, size_t size)
{
    te_new_list_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_NEW_LIST_TEMPLATE, TE_NEW_LIST_LENGTH_V2, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_new_list_encode(void *payload, const struct te_new_list *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_NEW_LIST_TEMPLATE, TE_NEW_LIST_VERSION, in, sizeof *in);
}

/* An entry of NewList's group Legs */
struct te_new_list_legs {
    uint64_t cl_ord_id;
    int64_t price; /* x 10^-8 */
    uint64_t order_qty; /* x 10^-8 */
    char side; /* enum side */
    char ord_type; /* enum ord_type */
    char time_in_force; /* enum time_in_force */
    int64_t stop_px; /* x 10^-8 */
    int64_t trail_amount; /* x 10^-8 */
    int64_t trail_rate; /* x 10^-8 */
    int64_t peg_offset; /* x 10^-8 */
    uint64_t display_qty; /* x 10^-8 */
    uint64_t display_range; /* x 10^-8 */
    uint64_t min_qty; /* x 10^-8 */
    uint64_t expire_time; /* ns since 1970-01-01 UTC */
    uint8_t trigger_kind; /* enum trigger_kind */
    uint8_t trigger_price_type; /* enum trigger_source */
    uint8_t peg_price_type; /* enum peg_kind */
    uint8_t post_only; /* enum post_only */
    uint8_t exec_inst; /* enum exec_inst */
    uint8_t self_trade; /* enum self_trade */
    uint8_t self_trade_scope; /* enum self_trade_scope */
    uint8_t on_disconnect; /* enum cancel_on_disconnect; since version 3 */
    uint64_t self_trade_id; /* since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_new_list_legs) == 107);
static inline void te_new_list_legs_init(struct te_new_list_legs *out)
{
    memset(out, 0, sizeof *out);
}
/* Finds the group in a NewList. False: the message ends before the group does. */
static inline bool te_new_list_legs_begin(struct sbe_group *group, const void *payload, size_t size)
{
    return sbe_group_find(group, payload, size, 0, 98);
}
/* Takes the next entry. False: there is none. */
static inline bool te_new_list_legs_next(struct sbe_group *group, struct te_new_list_legs *out)
{
    te_new_list_legs_init(out);
    return sbe_group_next(group, out, sizeof *out);
}
/* Writes the group behind the first `size` bytes of a NewList; how many it has then. */
static inline size_t te_new_list_legs_append(void *payload, size_t size, const struct te_new_list_legs *in, uint16_t count)
{
    return sbe_group_append(payload, size, in, sizeof *in, count);
}

/* What holds from now on until the connection ends, beyond the session's profile. Answered by SessionConfigurationReport */
struct te_session_configuration {
    uint64_t configuration_req_id;
    uint8_t cancel_on_disconnect; /* enum cancel_on_disconnect; At least what the profile says; 0 = as the profile says */
    uint32_t cancel_window; /* How long the venue waits for the client before it cancels; 2^32 - 1 = as the profile says */
    uint8_t self_trade; /* enum self_trade; For new orders that name none */
    uint8_t self_trade_scope; /* enum self_trade_scope */
    uint64_t self_trade_id;
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_session_configuration) == 23);
enum { TE_SESSION_CONFIGURATION_TEMPLATE = 7, TE_SESSION_CONFIGURATION_VERSION = 3, TE_SESSION_CONFIGURATION_LENGTH_V3 = 23 };
static inline void te_session_configuration_init(struct te_session_configuration *out)
{
    memset(out, 0, sizeof *out);
    out->cancel_window = 4294967295u;
}
/* False: no SessionConfiguration, or cut off. What older versions lack is as after te_session_configuration_init. */
static inline bool te_session_configuration_decode(struct te_session_configuration *out, const void *payload, size_t size)
{
    te_session_configuration_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_SESSION_CONFIGURATION_TEMPLATE, TE_SESSION_CONFIGURATION_LENGTH_V3, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_session_configuration_encode(void *payload, const struct te_session_configuration *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_SESSION_CONFIGURATION_TEMPLATE, TE_SESSION_CONFIGURATION_VERSION, in, sizeof *in);
}

/* Answers AuthenticationChallenge. Answered by SessionConfigurationReport or MessageReject */
struct te_authenticate {
    char key_id[32]; /* Which of the session's keys signs; empty = any */
    uint8_t signature_algorithm; /* enum signature_algorithm */
    char signature[88]; /* Of TradeEngine-SoupBin-1, the session's name, the user name and the Nonce, with a byte 1 between them */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_authenticate) == 121);
enum { TE_AUTHENTICATE_TEMPLATE = 8, TE_AUTHENTICATE_VERSION = 3, TE_AUTHENTICATE_LENGTH_V3 = 121 };
static inline void te_authenticate_init(struct te_authenticate *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Authenticate, or cut off. What older versions lack is as after te_authenticate_init. */
static inline bool te_authenticate_decode(struct te_authenticate *out, const void *payload, size_t size)
{
    te_authenticate_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_AUTHENTICATE_TEMPLATE, TE_AUTHENTICATE_LENGTH_V3, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_authenticate_encode(void *payload, const struct te_authenticate *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_AUTHENTICATE_TEMPLATE, TE_AUTHENTICATE_VERSION, in, sizeof *in);
}

/* Answered by OrderStatus */
struct te_order_status_request {
    uint64_t ord_status_req_id;
    uint64_t cl_ord_id; /* Names the order, unless OrderID does */
    uint64_t order_id; /* Names the order; 0 = by ClOrdID */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_order_status_request) == 24);
enum { TE_ORDER_STATUS_REQUEST_TEMPLATE = 11, TE_ORDER_STATUS_REQUEST_VERSION = 1, TE_ORDER_STATUS_REQUEST_LENGTH_V1 = 24 };
static inline void te_order_status_request_init(struct te_order_status_request *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no OrderStatusRequest, or cut off. What older versions lack is as after te_order_status_request_init. */
static inline bool te_order_status_request_decode(struct te_order_status_request *out, const void *payload, size_t size)
{
    te_order_status_request_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_ORDER_STATUS_REQUEST_TEMPLATE, TE_ORDER_STATUS_REQUEST_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_order_status_request_encode(void *payload, const struct te_order_status_request *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_ORDER_STATUS_REQUEST_TEMPLATE, TE_ORDER_STATUS_REQUEST_VERSION, in, sizeof *in);
}

/* Answered by OrderStatus for each, then OpenOrdersEnd */
struct te_open_orders_request {
    uint64_t mass_status_req_id;
    uint32_t security_id; /* 0 = of all instruments */
    uint32_t account; /* 0 = of all the session's accounts */
    char side; /* enum side; NUL = both */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_open_orders_request) == 17);
enum { TE_OPEN_ORDERS_REQUEST_TEMPLATE = 12, TE_OPEN_ORDERS_REQUEST_VERSION = 1, TE_OPEN_ORDERS_REQUEST_LENGTH_V1 = 17 };
static inline void te_open_orders_request_init(struct te_open_orders_request *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no OpenOrdersRequest, or cut off. What older versions lack is as after te_open_orders_request_init. */
static inline bool te_open_orders_request_decode(struct te_open_orders_request *out, const void *payload, size_t size)
{
    te_open_orders_request_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_OPEN_ORDERS_REQUEST_TEMPLATE, TE_OPEN_ORDERS_REQUEST_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_open_orders_request_encode(void *payload, const struct te_open_orders_request *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_OPEN_ORDERS_REQUEST_TEMPLATE, TE_OPEN_ORDERS_REQUEST_VERSION, in, sizeof *in);
}

/* Answered by BookSnapshot */
struct te_book_request {
    uint64_t md_req_id;
    uint32_t security_id;
    uint16_t market_depth; /* Price levels of each side; 0 = all */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_book_request) == 14);
enum { TE_BOOK_REQUEST_TEMPLATE = 13, TE_BOOK_REQUEST_VERSION = 1, TE_BOOK_REQUEST_LENGTH_V1 = 14 };
static inline void te_book_request_init(struct te_book_request *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no BookRequest, or cut off. What older versions lack is as after te_book_request_init. */
static inline bool te_book_request_decode(struct te_book_request *out, const void *payload, size_t size)
{
    te_book_request_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_BOOK_REQUEST_TEMPLATE, TE_BOOK_REQUEST_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_book_request_encode(void *payload, const struct te_book_request *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_BOOK_REQUEST_TEMPLATE, TE_BOOK_REQUEST_VERSION, in, sizeof *in);
}

/* Answered by InstrumentDefinition for each, then InstrumentListEnd */
struct te_instrument_list_request {
    uint64_t security_req_id;
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_instrument_list_request) == 8);
enum { TE_INSTRUMENT_LIST_REQUEST_TEMPLATE = 14, TE_INSTRUMENT_LIST_REQUEST_VERSION = 1, TE_INSTRUMENT_LIST_REQUEST_LENGTH_V1 = 8 };
static inline void te_instrument_list_request_init(struct te_instrument_list_request *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no InstrumentListRequest, or cut off. What older versions lack is as after te_instrument_list_request_init. */
static inline bool te_instrument_list_request_decode(struct te_instrument_list_request *out, const void *payload, size_t size)
{
    te_instrument_list_request_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_INSTRUMENT_LIST_REQUEST_TEMPLATE, TE_INSTRUMENT_LIST_REQUEST_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_instrument_list_request_encode(void *payload, const struct te_instrument_list_request *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_INSTRUMENT_LIST_REQUEST_TEMPLATE, TE_INSTRUMENT_LIST_REQUEST_VERSION, in, sizeof *in);
}

struct te_accepted {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    uint64_t order_id;
    int64_t price; /* x 10^-8; For a market order, the protection price it may not trade through */
    uint64_t order_qty; /* x 10^-8 */
    uint64_t leaves_qty; /* x 10^-8 */
    uint64_t cum_qty; /* x 10^-8 */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char ord_type; /* enum ord_type */
    char time_in_force; /* enum time_in_force */
    char ord_status; /* enum ord_status */
    int64_t stop_px; /* x 10^-8; Where it stands now, as it has trailed; of a triggered order where it stood; since version 2 */
    int64_t trail_amount; /* x 10^-8; since version 2 */
    int64_t trail_rate; /* x 10^-8; since version 2 */
    int64_t peg_offset; /* x 10^-8; since version 2 */
    uint64_t display_qty; /* x 10^-8; since version 2 */
    uint64_t display_range; /* x 10^-8; since version 2 */
    uint64_t min_qty; /* x 10^-8; since version 2 */
    uint64_t expire_time; /* ns since 1970-01-01 UTC; since version 2 */
    uint8_t trigger_kind; /* enum trigger_kind; since version 2 */
    uint8_t trigger_price_type; /* enum trigger_source; since version 2 */
    uint8_t peg_price_type; /* enum peg_kind; since version 2 */
    uint8_t post_only; /* enum post_only; since version 2 */
    uint8_t exec_inst; /* enum exec_inst; since version 2 */
    uint8_t self_trade; /* enum self_trade; since version 2 */
    uint8_t self_trade_scope; /* enum self_trade_scope; since version 2 */
    int64_t working_px; /* x 10^-8; The price of the queue in which it stands; 0 while it waits; since version 2 */
    uint64_t shown_qty; /* x 10^-8; How much of LeavesQty the market may see; since version 2 */
    uint64_t list_id; /* since version 2 */
    uint8_t contingency_type; /* enum contingency; since version 2 */
    uint8_t wait; /* enum wait; since version 2 */
    uint8_t on_disconnect; /* enum cancel_on_disconnect; since version 3 */
    uint64_t self_trade_id; /* 0 too where another protocol gave what is no number; since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_accepted) == 186);
enum { TE_ACCEPTED_TEMPLATE = 101, TE_ACCEPTED_VERSION = 3, TE_ACCEPTED_LENGTH_V1 = 80, TE_ACCEPTED_LENGTH_V2 = 177, TE_ACCEPTED_LENGTH_V3 = 186 };
static inline void te_accepted_init(struct te_accepted *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Accepted, or cut off. What older versions lack is as after te_accepted_init. */
static inline bool te_accepted_decode(struct te_accepted *out, const void *payload, size_t size)
{
    te_accepted_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_ACCEPTED_TEMPLATE, TE_ACCEPTED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_accepted_encode(void *payload, const struct te_accepted *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_ACCEPTED_TEMPLATE, TE_ACCEPTED_VERSION, in, sizeof *in);
}

/* An order was refused */
struct te_rejected {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    int64_t price; /* x 10^-8 */
    uint64_t order_qty; /* x 10^-8 */
    uint32_t security_id; /* 0 where what was asked for is no instrument */
    uint32_t account;
    char side; /* enum side */
    char ord_type; /* enum ord_type */
    char time_in_force; /* enum time_in_force */
    uint16_t ord_rej_reason; /* enum ord_rej_reason */
    char text[64];
    uint16_t reject_reason; /* enum reject_reason; Exactly why; 0 in what an older venue refused; since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_rejected) == 123);
enum { TE_REJECTED_TEMPLATE = 102, TE_REJECTED_VERSION = 3, TE_REJECTED_LENGTH_V1 = 121, TE_REJECTED_LENGTH_V3 = 123 };
static inline void te_rejected_init(struct te_rejected *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Rejected, or cut off. What older versions lack is as after te_rejected_init. */
static inline bool te_rejected_decode(struct te_rejected *out, const void *payload, size_t size)
{
    te_rejected_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_REJECTED_TEMPLATE, TE_REJECTED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_rejected_encode(void *payload, const struct te_rejected *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_REJECTED_TEMPLATE, TE_REJECTED_VERSION, in, sizeof *in);
}

struct te_replaced {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    uint64_t orig_cl_ord_id;
    uint64_t order_id;
    int64_t price; /* x 10^-8 */
    uint64_t order_qty; /* x 10^-8 */
    uint64_t leaves_qty; /* x 10^-8 */
    uint64_t cum_qty; /* x 10^-8 */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char ord_type; /* enum ord_type */
    char time_in_force; /* enum time_in_force */
    char ord_status; /* enum ord_status */
    char kept_priority; /* enum boolean; Whether the order kept its place in the queue */
    int64_t stop_px; /* x 10^-8; Where it stands now, as it has trailed; of a triggered order where it stood; since version 2 */
    int64_t trail_amount; /* x 10^-8; since version 2 */
    int64_t trail_rate; /* x 10^-8; since version 2 */
    int64_t peg_offset; /* x 10^-8; since version 2 */
    uint64_t display_qty; /* x 10^-8; since version 2 */
    uint64_t display_range; /* x 10^-8; since version 2 */
    uint64_t min_qty; /* x 10^-8; since version 2 */
    uint64_t expire_time; /* ns since 1970-01-01 UTC; since version 2 */
    uint8_t trigger_kind; /* enum trigger_kind; since version 2 */
    uint8_t trigger_price_type; /* enum trigger_source; since version 2 */
    uint8_t peg_price_type; /* enum peg_kind; since version 2 */
    uint8_t post_only; /* enum post_only; since version 2 */
    uint8_t exec_inst; /* enum exec_inst; since version 2 */
    uint8_t self_trade; /* enum self_trade; since version 2 */
    uint8_t self_trade_scope; /* enum self_trade_scope; since version 2 */
    int64_t working_px; /* x 10^-8; The price of the queue in which it stands; 0 while it waits; since version 2 */
    uint64_t shown_qty; /* x 10^-8; How much of LeavesQty the market may see; since version 2 */
    uint64_t list_id; /* since version 2 */
    uint8_t contingency_type; /* enum contingency; since version 2 */
    uint8_t wait; /* enum wait; since version 2 */
    uint8_t on_disconnect; /* enum cancel_on_disconnect; since version 3 */
    uint64_t self_trade_id; /* 0 too where another protocol gave what is no number; since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_replaced) == 195);
enum { TE_REPLACED_TEMPLATE = 103, TE_REPLACED_VERSION = 3, TE_REPLACED_LENGTH_V1 = 89, TE_REPLACED_LENGTH_V2 = 186, TE_REPLACED_LENGTH_V3 = 195 };
static inline void te_replaced_init(struct te_replaced *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Replaced, or cut off. What older versions lack is as after te_replaced_init. */
static inline bool te_replaced_decode(struct te_replaced *out, const void *payload, size_t size)
{
    te_replaced_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_REPLACED_TEMPLATE, TE_REPLACED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_replaced_encode(void *payload, const struct te_replaced *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_REPLACED_TEMPLATE, TE_REPLACED_VERSION, in, sizeof *in);
}

struct te_canceled {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id; /* The request's; the order's own where nobody asked */
    uint64_t orig_cl_ord_id; /* The order's, always */
    uint64_t order_id;
    uint64_t cum_qty; /* x 10^-8 */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    uint8_t cancel_reason; /* enum cancel_reason */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_canceled) == 62);
enum { TE_CANCELED_TEMPLATE = 104, TE_CANCELED_VERSION = 1, TE_CANCELED_LENGTH_V1 = 62 };
static inline void te_canceled_init(struct te_canceled *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Canceled, or cut off. What older versions lack is as after te_canceled_init. */
static inline bool te_canceled_decode(struct te_canceled *out, const void *payload, size_t size)
{
    te_canceled_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_CANCELED_TEMPLATE, TE_CANCELED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_canceled_encode(void *payload, const struct te_canceled *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_CANCELED_TEMPLATE, TE_CANCELED_VERSION, in, sizeof *in);
}

struct te_expired {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    uint64_t order_id;
    uint64_t cum_qty; /* x 10^-8 */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    uint8_t cancel_reason; /* enum cancel_reason */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_expired) == 54);
enum { TE_EXPIRED_TEMPLATE = 105, TE_EXPIRED_VERSION = 1, TE_EXPIRED_LENGTH_V1 = 54 };
static inline void te_expired_init(struct te_expired *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Expired, or cut off. What older versions lack is as after te_expired_init. */
static inline bool te_expired_decode(struct te_expired *out, const void *payload, size_t size)
{
    te_expired_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_EXPIRED_TEMPLATE, TE_EXPIRED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_expired_encode(void *payload, const struct te_expired *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_EXPIRED_TEMPLATE, TE_EXPIRED_VERSION, in, sizeof *in);
}

/* A fill */
struct te_executed {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    uint64_t order_id;
    uint64_t trade_id; /* The same for both sides */
    int64_t last_px; /* x 10^-8 */
    uint64_t last_qty; /* x 10^-8 */
    uint64_t leaves_qty; /* x 10^-8 */
    uint64_t cum_qty; /* x 10^-8 */
    struct te_amount misc_fee_amt; /* x 10^-8; This fill's fee, in the quote asset; negative = a rebate */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char ord_status; /* enum ord_status */
    char last_liquidity_ind; /* enum last_liquidity_ind */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_executed) == 103);
enum { TE_EXECUTED_TEMPLATE = 106, TE_EXECUTED_VERSION = 1, TE_EXECUTED_LENGTH_V1 = 103 };
static inline void te_executed_init(struct te_executed *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Executed, or cut off. What older versions lack is as after te_executed_init. */
static inline bool te_executed_decode(struct te_executed *out, const void *payload, size_t size)
{
    te_executed_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_EXECUTED_TEMPLATE, TE_EXECUTED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_executed_encode(void *payload, const struct te_executed *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_EXECUTED_TEMPLATE, TE_EXECUTED_VERSION, in, sizeof *in);
}

/* A cancel or replace was refused */
struct te_cancel_rejected {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    uint64_t orig_cl_ord_id;
    uint64_t order_id; /* 0 where no such order is known */
    uint32_t account;
    char ord_status; /* enum ord_status; Rejected where no such order is known */
    char cxl_rej_response_to; /* enum cxl_rej_response_to */
    uint16_t cxl_rej_reason; /* enum cxl_rej_reason */
    char text[64];
    uint16_t reject_reason; /* enum reject_reason; Exactly why; 0 in what an older venue refused; since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_cancel_rejected) == 118);
enum { TE_CANCEL_REJECTED_TEMPLATE = 107, TE_CANCEL_REJECTED_VERSION = 3, TE_CANCEL_REJECTED_LENGTH_V1 = 116, TE_CANCEL_REJECTED_LENGTH_V3 = 118 };
static inline void te_cancel_rejected_init(struct te_cancel_rejected *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no CancelRejected, or cut off. What older versions lack is as after te_cancel_rejected_init. */
static inline bool te_cancel_rejected_decode(struct te_cancel_rejected *out, const void *payload, size_t size)
{
    te_cancel_rejected_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_CANCEL_REJECTED_TEMPLATE, TE_CANCEL_REJECTED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_cancel_rejected_encode(void *payload, const struct te_cancel_rejected *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_CANCEL_REJECTED_TEMPLATE, TE_CANCEL_REJECTED_VERSION, in, sizeof *in);
}

/* Comes after the last Canceled of the request */
struct te_mass_cancel_report {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    uint32_t total_affected_orders;
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char mass_cancel_response; /* enum mass_cancel_response */
    uint16_t mass_cancel_reject_reason; /* enum mass_cancel_reject_reason */
    char text[64];
    uint16_t reject_reason; /* enum reject_reason; Exactly why; 0 in what an older venue refused; since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_mass_cancel_report) == 110);
enum { TE_MASS_CANCEL_REPORT_TEMPLATE = 108, TE_MASS_CANCEL_REPORT_VERSION = 3, TE_MASS_CANCEL_REPORT_LENGTH_V1 = 108, TE_MASS_CANCEL_REPORT_LENGTH_V3 = 110 };
static inline void te_mass_cancel_report_init(struct te_mass_cancel_report *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no MassCancelReport, or cut off. What older versions lack is as after te_mass_cancel_report_init. */
static inline bool te_mass_cancel_report_decode(struct te_mass_cancel_report *out, const void *payload, size_t size)
{
    te_mass_cancel_report_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_MASS_CANCEL_REPORT_TEMPLATE, TE_MASS_CANCEL_REPORT_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_mass_cancel_report_encode(void *payload, const struct te_mass_cancel_report *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_MASS_CANCEL_REPORT_TEMPLATE, TE_MASS_CANCEL_REPORT_VERSION, in, sizeof *in);
}

/* A waiting order is active: it is matched in its turn, or waits for its own trigger now */
struct te_triggered {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    uint64_t order_id;
    int64_t price; /* x 10^-8 */
    uint64_t order_qty; /* x 10^-8 */
    uint64_t leaves_qty; /* x 10^-8 */
    uint64_t cum_qty; /* x 10^-8 */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char ord_type; /* enum ord_type */
    char time_in_force; /* enum time_in_force */
    char ord_status; /* enum ord_status */
    int64_t stop_px; /* x 10^-8; Where it stands now, as it has trailed; of a triggered order where it stood */
    int64_t trail_amount; /* x 10^-8 */
    int64_t trail_rate; /* x 10^-8 */
    int64_t peg_offset; /* x 10^-8 */
    uint64_t display_qty; /* x 10^-8 */
    uint64_t display_range; /* x 10^-8 */
    uint64_t min_qty; /* x 10^-8 */
    uint64_t expire_time; /* ns since 1970-01-01 UTC */
    uint8_t trigger_kind; /* enum trigger_kind */
    uint8_t trigger_price_type; /* enum trigger_source */
    uint8_t peg_price_type; /* enum peg_kind */
    uint8_t post_only; /* enum post_only */
    uint8_t exec_inst; /* enum exec_inst */
    uint8_t self_trade; /* enum self_trade */
    uint8_t self_trade_scope; /* enum self_trade_scope */
    int64_t working_px; /* x 10^-8; The price of the queue in which it stands; 0 while it waits */
    uint64_t shown_qty; /* x 10^-8; How much of LeavesQty the market may see */
    uint64_t list_id;
    uint8_t contingency_type; /* enum contingency */
    uint8_t wait; /* enum wait */
    uint8_t activation; /* enum activation */
    uint8_t on_disconnect; /* enum cancel_on_disconnect; since version 3 */
    uint64_t self_trade_id; /* 0 too where another protocol gave what is no number; since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_triggered) == 187);
enum { TE_TRIGGERED_TEMPLATE = 109, TE_TRIGGERED_VERSION = 3, TE_TRIGGERED_LENGTH_V2 = 178, TE_TRIGGERED_LENGTH_V3 = 187 };
static inline void te_triggered_init(struct te_triggered *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Triggered, or cut off. What older versions lack is as after te_triggered_init. */
static inline bool te_triggered_decode(struct te_triggered *out, const void *payload, size_t size)
{
    te_triggered_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_TRIGGERED_TEMPLATE, TE_TRIGGERED_LENGTH_V2, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_triggered_encode(void *payload, const struct te_triggered *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_TRIGGERED_TEMPLATE, TE_TRIGGERED_VERSION, in, sizeof *in);
}

/* The venue changed an order */
struct te_restated {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    uint64_t order_id;
    int64_t price; /* x 10^-8 */
    uint64_t order_qty; /* x 10^-8 */
    uint64_t leaves_qty; /* x 10^-8 */
    uint64_t cum_qty; /* x 10^-8 */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char ord_type; /* enum ord_type */
    char time_in_force; /* enum time_in_force */
    char ord_status; /* enum ord_status */
    int64_t stop_px; /* x 10^-8; Where it stands now, as it has trailed; of a triggered order where it stood */
    int64_t trail_amount; /* x 10^-8 */
    int64_t trail_rate; /* x 10^-8 */
    int64_t peg_offset; /* x 10^-8 */
    uint64_t display_qty; /* x 10^-8 */
    uint64_t display_range; /* x 10^-8 */
    uint64_t min_qty; /* x 10^-8 */
    uint64_t expire_time; /* ns since 1970-01-01 UTC */
    uint8_t trigger_kind; /* enum trigger_kind */
    uint8_t trigger_price_type; /* enum trigger_source */
    uint8_t peg_price_type; /* enum peg_kind */
    uint8_t post_only; /* enum post_only */
    uint8_t exec_inst; /* enum exec_inst */
    uint8_t self_trade; /* enum self_trade */
    uint8_t self_trade_scope; /* enum self_trade_scope */
    int64_t working_px; /* x 10^-8; The price of the queue in which it stands; 0 while it waits */
    uint64_t shown_qty; /* x 10^-8; How much of LeavesQty the market may see */
    uint64_t list_id;
    uint8_t contingency_type; /* enum contingency */
    uint8_t wait; /* enum wait */
    uint8_t restate_reason; /* enum restate_reason */
    uint8_t on_disconnect; /* enum cancel_on_disconnect; since version 3 */
    uint64_t self_trade_id; /* 0 too where another protocol gave what is no number; since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_restated) == 187);
enum { TE_RESTATED_TEMPLATE = 110, TE_RESTATED_VERSION = 3, TE_RESTATED_LENGTH_V2 = 178, TE_RESTATED_LENGTH_V3 = 187 };
static inline void te_restated_init(struct te_restated *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Restated, or cut off. What older versions lack is as after te_restated_init. */
static inline bool te_restated_decode(struct te_restated *out, const void *payload, size_t size)
{
    te_restated_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_RESTATED_TEMPLATE, TE_RESTATED_LENGTH_V2, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_restated_encode(void *payload, const struct te_restated *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_RESTATED_TEMPLATE, TE_RESTATED_VERSION, in, sizeof *in);
}

/* A trade never was; what had been traded does not come back to life */
struct te_trade_busted {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    uint64_t order_id;
    uint64_t trade_id; /* That of the Executed */
    int64_t last_px; /* x 10^-8 */
    uint64_t last_qty; /* x 10^-8 */
    uint64_t leaves_qty; /* x 10^-8 */
    uint64_t cum_qty; /* x 10^-8 */
    struct te_amount misc_fee_amt; /* x 10^-8; What is paid back */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char ord_status; /* enum ord_status */
    char text[64]; /* Why */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_trade_busted) == 166);
enum { TE_TRADE_BUSTED_TEMPLATE = 111, TE_TRADE_BUSTED_VERSION = 2, TE_TRADE_BUSTED_LENGTH_V2 = 166 };
static inline void te_trade_busted_init(struct te_trade_busted *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no TradeBusted, or cut off. What older versions lack is as after te_trade_busted_init. */
static inline bool te_trade_busted_decode(struct te_trade_busted *out, const void *payload, size_t size)
{
    te_trade_busted_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_TRADE_BUSTED_TEMPLATE, TE_TRADE_BUSTED_LENGTH_V2, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_trade_busted_encode(void *payload, const struct te_trade_busted *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_TRADE_BUSTED_TEMPLATE, TE_TRADE_BUSTED_VERSION, in, sizeof *in);
}

/* A trade is settled at another price or quantity */
struct te_trade_corrected {
    struct te_exec_id exec_id;
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t cl_ord_id;
    uint64_t order_id;
    uint64_t trade_id; /* That of the Executed */
    int64_t last_px; /* x 10^-8; The new one */
    uint64_t last_qty; /* x 10^-8; The new one */
    uint64_t leaves_qty; /* x 10^-8 */
    uint64_t cum_qty; /* x 10^-8 */
    struct te_amount misc_fee_amt; /* x 10^-8; The new one */
    int64_t old_last_px; /* x 10^-8 */
    uint64_t old_last_qty; /* x 10^-8 */
    struct te_amount old_misc_fee_amt; /* x 10^-8 */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char ord_status; /* enum ord_status */
    char text[64]; /* Why */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_trade_corrected) == 198);
enum { TE_TRADE_CORRECTED_TEMPLATE = 112, TE_TRADE_CORRECTED_VERSION = 2, TE_TRADE_CORRECTED_LENGTH_V2 = 198 };
static inline void te_trade_corrected_init(struct te_trade_corrected *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no TradeCorrected, or cut off. What older versions lack is as after te_trade_corrected_init. */
static inline bool te_trade_corrected_decode(struct te_trade_corrected *out, const void *payload, size_t size)
{
    te_trade_corrected_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_TRADE_CORRECTED_TEMPLATE, TE_TRADE_CORRECTED_LENGTH_V2, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_trade_corrected_encode(void *payload, const struct te_trade_corrected *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_TRADE_CORRECTED_TEMPLATE, TE_TRADE_CORRECTED_VERSION, in, sizeof *in);
}

/* To a drop copy: a report of another session. That report, its SBE header and all, follows this block */
struct te_drop_copy {
    uint64_t source_msg_seq_num; /* The report's number in its own session */
    uint32_t source_session_id; /* The venue's number of that session */
    uint16_t report_length; /* Bytes of the report that follows */
    char source_protocol[8]; /* SOUPBIN, FIX.4.2, FIX.4.4 or FIXT.1.1 */
    char executing_firm[16]; /* Whose session it is */
    char on_behalf_of_comp_id[64]; /* The session's user or CompID */
    char copied_cl_ord_id[64]; /* The report's ClOrdID in full: a FIX session's may be no number, and is 0 in the report then */
    char copied_orig_cl_ord_id[64]; /* Its OrigClOrdID likewise */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_drop_copy) == 230);
enum { TE_DROP_COPY_TEMPLATE = 113, TE_DROP_COPY_VERSION = 3, TE_DROP_COPY_LENGTH_V3 = 230 };
static inline void te_drop_copy_init(struct te_drop_copy *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no DropCopy, or cut off. What older versions lack is as after te_drop_copy_init. */
static inline bool te_drop_copy_decode(struct te_drop_copy *out, const void *payload, size_t size)
{
    te_drop_copy_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_DROP_COPY_TEMPLATE, TE_DROP_COPY_LENGTH_V3, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_drop_copy_encode(void *payload, const struct te_drop_copy *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_DROP_COPY_TEMPLATE, TE_DROP_COPY_VERSION, in, sizeof *in);
}

/* Answers OrderStatusRequest and OpenOrdersRequest */
struct te_order_status {
    uint64_t ord_status_req_id; /* OrdStatusReqID or MassStatusReqID of the request */
    uint64_t cl_ord_id;
    uint64_t order_id; /* 0: the session has no such order */
    int64_t price; /* x 10^-8 */
    int64_t avg_px; /* x 10^-8; Rounded down; 0 before the first fill */
    uint64_t order_qty; /* x 10^-8 */
    uint64_t leaves_qty; /* x 10^-8 */
    uint64_t cum_qty; /* x 10^-8 */
    uint32_t security_id;
    uint32_t account;
    char side; /* enum side */
    char ord_type; /* enum ord_type */
    char time_in_force; /* enum time_in_force */
    char ord_status; /* enum ord_status; Rejected: the session has no such order */
    uint16_t ord_rej_reason; /* enum ord_rej_reason; UnknownOrder: the session has no such order; else 0 */
    int64_t stop_px; /* x 10^-8; Where it stands now, as it has trailed; of a triggered order where it stood; since version 2 */
    int64_t trail_amount; /* x 10^-8; since version 2 */
    int64_t trail_rate; /* x 10^-8; since version 2 */
    int64_t peg_offset; /* x 10^-8; since version 2 */
    uint64_t display_qty; /* x 10^-8; since version 2 */
    uint64_t display_range; /* x 10^-8; since version 2 */
    uint64_t min_qty; /* x 10^-8; since version 2 */
    uint64_t expire_time; /* ns since 1970-01-01 UTC; since version 2 */
    uint8_t trigger_kind; /* enum trigger_kind; since version 2 */
    uint8_t trigger_price_type; /* enum trigger_source; since version 2 */
    uint8_t peg_price_type; /* enum peg_kind; since version 2 */
    uint8_t post_only; /* enum post_only; since version 2 */
    uint8_t exec_inst; /* enum exec_inst; since version 2 */
    uint8_t self_trade; /* enum self_trade; since version 2 */
    uint8_t self_trade_scope; /* enum self_trade_scope; since version 2 */
    int64_t working_px; /* x 10^-8; The price of the queue in which it stands; 0 while it waits; since version 2 */
    uint64_t shown_qty; /* x 10^-8; How much of LeavesQty the market may see; since version 2 */
    uint64_t list_id; /* since version 2 */
    uint8_t contingency_type; /* enum contingency; since version 2 */
    uint8_t wait; /* enum wait; since version 2 */
    uint8_t on_disconnect; /* enum cancel_on_disconnect; since version 3 */
    uint64_t self_trade_id; /* 0 too where another protocol gave what is no number; since version 3 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_order_status) == 184);
enum { TE_ORDER_STATUS_TEMPLATE = 151, TE_ORDER_STATUS_VERSION = 3, TE_ORDER_STATUS_LENGTH_V1 = 78, TE_ORDER_STATUS_LENGTH_V2 = 175, TE_ORDER_STATUS_LENGTH_V3 = 184 };
static inline void te_order_status_init(struct te_order_status *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no OrderStatus, or cut off. What older versions lack is as after te_order_status_init. */
static inline bool te_order_status_decode(struct te_order_status *out, const void *payload, size_t size)
{
    te_order_status_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_ORDER_STATUS_TEMPLATE, TE_ORDER_STATUS_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_order_status_encode(void *payload, const struct te_order_status *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_ORDER_STATUS_TEMPLATE, TE_ORDER_STATUS_VERSION, in, sizeof *in);
}

struct te_open_orders_end {
    uint64_t mass_status_req_id;
    uint32_t tot_num_reports;
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_open_orders_end) == 12);
enum { TE_OPEN_ORDERS_END_TEMPLATE = 152, TE_OPEN_ORDERS_END_VERSION = 1, TE_OPEN_ORDERS_END_LENGTH_V1 = 12 };
static inline void te_open_orders_end_init(struct te_open_orders_end *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no OpenOrdersEnd, or cut off. What older versions lack is as after te_open_orders_end_init. */
static inline bool te_open_orders_end_decode(struct te_open_orders_end *out, const void *payload, size_t size)
{
    te_open_orders_end_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_OPEN_ORDERS_END_TEMPLATE, TE_OPEN_ORDERS_END_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_open_orders_end_encode(void *payload, const struct te_open_orders_end *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_OPEN_ORDERS_END_TEMPLATE, TE_OPEN_ORDERS_END_VERSION, in, sizeof *in);
}

/* Bids best first, then offers best first */
struct te_book_snapshot {
    uint64_t md_req_id;
    uint64_t rpt_seq; /* The journal sequence (see ExecId) that the book is true at */
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint32_t security_id;
    char last_fragment; /* enum boolean; No: further entries follow in another BookSnapshot */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_book_snapshot) == 29);
enum { TE_BOOK_SNAPSHOT_TEMPLATE = 153, TE_BOOK_SNAPSHOT_VERSION = 1, TE_BOOK_SNAPSHOT_LENGTH_V1 = 29 };
static inline void te_book_snapshot_init(struct te_book_snapshot *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no BookSnapshot, or cut off. What older versions lack is as after te_book_snapshot_init. */
static inline bool te_book_snapshot_decode(struct te_book_snapshot *out, const void *payload, size_t size)
{
    te_book_snapshot_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_BOOK_SNAPSHOT_TEMPLATE, TE_BOOK_SNAPSHOT_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_book_snapshot_encode(void *payload, const struct te_book_snapshot *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_BOOK_SNAPSHOT_TEMPLATE, TE_BOOK_SNAPSHOT_VERSION, in, sizeof *in);
}

/* An entry of BookSnapshot's group MDEntries */
struct te_book_snapshot_md_entries {
    int64_t md_entry_px; /* x 10^-8 */
    uint64_t md_entry_size; /* x 10^-8; 2^64 - 1: at least that */
    uint32_t number_of_orders;
    char md_entry_type; /* enum md_entry_type */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_book_snapshot_md_entries) == 21);
static inline void te_book_snapshot_md_entries_init(struct te_book_snapshot_md_entries *out)
{
    memset(out, 0, sizeof *out);
}
/* Finds the group in a BookSnapshot. False: the message ends before the group does. */
static inline bool te_book_snapshot_md_entries_begin(struct sbe_group *group, const void *payload, size_t size)
{
    return sbe_group_find(group, payload, size, 0, 21);
}
/* Takes the next entry. False: there is none. */
static inline bool te_book_snapshot_md_entries_next(struct sbe_group *group, struct te_book_snapshot_md_entries *out)
{
    te_book_snapshot_md_entries_init(out);
    return sbe_group_next(group, out, sizeof *out);
}
/* Writes the group behind the first `size` bytes of a BookSnapshot; how many it has then. */
static inline size_t te_book_snapshot_md_entries_append(void *payload, size_t size, const struct te_book_snapshot_md_entries *in, uint16_t count)
{
    return sbe_group_append(payload, size, in, sizeof *in, count);
}

struct te_instrument_definition {
    uint64_t security_req_id;
    int64_t min_price_increment; /* x 10^-8 */
    uint64_t round_lot; /* x 10^-8 */
    uint64_t min_trade_vol; /* x 10^-8 */
    uint64_t max_trade_vol; /* x 10^-8 */
    struct te_amount min_notional; /* x 10^-8; Price × quantity of an order must not be less */
    int64_t maker_fee; /* x 10^-8 */
    int64_t taker_fee; /* x 10^-8 */
    uint32_t security_id;
    uint8_t security_trading_status; /* enum security_trading_status */
    char symbol[32];
    char base_asset[16];
    char currency[16]; /* The quote asset: what prices and fees are in */
    int64_t collar_rate; /* x 10^-8; How far through the market a limit price may be; 0 = any distance, here and below; since version 2 */
    int64_t price_limit_rate; /* x 10^-8; How far from the reference price a price may be; since version 2 */
    int64_t dynamic_band_rate; /* x 10^-8; How far from the last price orders are priced and trades made; since version 2 */
    int64_t volatility_rate; /* x 10^-8; A trade this far from the reference price brings a pause; since version 2 */
    uint32_t orders_per_side_max; /* 0 = any number; since version 2 */
    uint32_t orders_per_account_max; /* 0 = any number; since version 2 */
    uint8_t trading_phase; /* enum trading_phase; since version 2 */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_instrument_definition) == 182);
enum { TE_INSTRUMENT_DEFINITION_TEMPLATE = 154, TE_INSTRUMENT_DEFINITION_VERSION = 2, TE_INSTRUMENT_DEFINITION_LENGTH_V1 = 141, TE_INSTRUMENT_DEFINITION_LENGTH_V2 = 182 };
static inline void te_instrument_definition_init(struct te_instrument_definition *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no InstrumentDefinition, or cut off. What older versions lack is as after te_instrument_definition_init. */
static inline bool te_instrument_definition_decode(struct te_instrument_definition *out, const void *payload, size_t size)
{
    te_instrument_definition_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_INSTRUMENT_DEFINITION_TEMPLATE, TE_INSTRUMENT_DEFINITION_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_instrument_definition_encode(void *payload, const struct te_instrument_definition *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_INSTRUMENT_DEFINITION_TEMPLATE, TE_INSTRUMENT_DEFINITION_VERSION, in, sizeof *in);
}

struct te_instrument_list_end {
    uint64_t security_req_id;
    uint32_t tot_no_related_sym;
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_instrument_list_end) == 12);
enum { TE_INSTRUMENT_LIST_END_TEMPLATE = 155, TE_INSTRUMENT_LIST_END_VERSION = 1, TE_INSTRUMENT_LIST_END_LENGTH_V1 = 12 };
static inline void te_instrument_list_end_init(struct te_instrument_list_end *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no InstrumentListEnd, or cut off. What older versions lack is as after te_instrument_list_end_init. */
static inline bool te_instrument_list_end_decode(struct te_instrument_list_end *out, const void *payload, size_t size)
{
    te_instrument_list_end_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_INSTRUMENT_LIST_END_TEMPLATE, TE_INSTRUMENT_LIST_END_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_instrument_list_end_encode(void *payload, const struct te_instrument_list_end *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_INSTRUMENT_LIST_END_TEMPLATE, TE_INSTRUMENT_LIST_END_VERSION, in, sizeof *in);
}

/* A message that never became a command or query: nothing of it is journaled */
struct te_message_reject {
    uint64_t ref_seq_num; /* Which Unsequenced Data packet of this connection, from 1 */
    uint64_t business_reject_ref_id; /* Its ClOrdID or request id, where it could be read */
    uint16_t ref_msg_type; /* Its templateId, where it could be read */
    uint16_t business_reject_reason; /* enum message_reject_reason */
    char text[64];
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_message_reject) == 84);
enum { TE_MESSAGE_REJECT_TEMPLATE = 156, TE_MESSAGE_REJECT_VERSION = 1, TE_MESSAGE_REJECT_LENGTH_V1 = 84 };
static inline void te_message_reject_init(struct te_message_reject *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no MessageReject, or cut off. What older versions lack is as after te_message_reject_init. */
static inline bool te_message_reject_decode(struct te_message_reject *out, const void *payload, size_t size)
{
    te_message_reject_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_MESSAGE_REJECT_TEMPLATE, TE_MESSAGE_REJECT_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_message_reject_encode(void *payload, const struct te_message_reject *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_MESSAGE_REJECT_TEMPLATE, TE_MESSAGE_REJECT_VERSION, in, sizeof *in);
}

/* What is in force on this connection */
struct te_session_configuration_report {
    uint64_t configuration_req_id; /* 0 where it answers Authenticate */
    uint8_t cancel_on_disconnect; /* enum cancel_on_disconnect */
    uint32_t cancel_window;
    uint32_t cancel_window_max; /* The longest that the session may ask for */
    uint8_t self_trade; /* enum self_trade */
    uint8_t self_trade_scope; /* enum self_trade_scope */
    uint64_t self_trade_id;
    uint8_t rights; /* enum rights */
    uint32_t rate_per_second; /* Messages; 0 = no limit */
    uint32_t rate_burst; /* Messages at once after silence */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_session_configuration_report) == 36);
enum { TE_SESSION_CONFIGURATION_REPORT_TEMPLATE = 157, TE_SESSION_CONFIGURATION_REPORT_VERSION = 3, TE_SESSION_CONFIGURATION_REPORT_LENGTH_V3 = 36 };
static inline void te_session_configuration_report_init(struct te_session_configuration_report *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no SessionConfigurationReport, or cut off. What older versions lack is as after te_session_configuration_report_init. */
static inline bool te_session_configuration_report_decode(struct te_session_configuration_report *out, const void *payload, size_t size)
{
    te_session_configuration_report_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_SESSION_CONFIGURATION_REPORT_TEMPLATE, TE_SESSION_CONFIGURATION_REPORT_LENGTH_V3, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_session_configuration_report_encode(void *payload, const struct te_session_configuration_report *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_SESSION_CONFIGURATION_REPORT_TEMPLATE, TE_SESSION_CONFIGURATION_REPORT_VERSION, in, sizeof *in);
}

/* After Login Accepted, where the session has keys: nothing else is taken before Authenticate */
struct te_authentication_challenge {
    char nonce[44];
    uint64_t expire_time; /* ns since 1970-01-01 UTC; Until when the venue waits for it */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct te_authentication_challenge) == 52);
enum { TE_AUTHENTICATION_CHALLENGE_TEMPLATE = 158, TE_AUTHENTICATION_CHALLENGE_VERSION = 3, TE_AUTHENTICATION_CHALLENGE_LENGTH_V3 = 52 };
static inline void te_authentication_challenge_init(struct te_authentication_challenge *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no AuthenticationChallenge, or cut off. What older versions lack is as after te_authentication_challenge_init. */
static inline bool te_authentication_challenge_decode(struct te_authentication_challenge *out, const void *payload, size_t size)
{
    te_authentication_challenge_init(out);
    return sbe_decode(payload, size, TE_SCHEMA_ID, TE_AUTHENTICATION_CHALLENGE_TEMPLATE, TE_AUTHENTICATION_CHALLENGE_LENGTH_V3, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t te_authentication_challenge_encode(void *payload, const struct te_authentication_challenge *in)
{
    return sbe_encode(payload, TE_SCHEMA_ID, TE_AUTHENTICATION_CHALLENGE_TEMPLATE, TE_AUTHENTICATION_CHALLENGE_VERSION, in, sizeof *in);
}

/* ---- TradeEngine market data: schema 9901, version 1 ---- */

enum { MD_SCHEMA_ID = 9901, MD_SCHEMA_VERSION = 1 };

/* Money × 10^-8, 128-bit two's complement: high × 2^64 + low */
struct md_amount {
    uint64_t low;
    int64_t high;
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_amount) == 16);

/* NUL = neither */
enum md_side {
    MD_SIDE_BUY = '1',
    MD_SIDE_SELL = '2',
};

enum md_system_event_code {
    MD_SYSTEM_EVENT_CODE_START_OF_MESSAGES = 'O',
    MD_SYSTEM_EVENT_CODE_END_OF_MESSAGES = 'C',
};

/* Between two messages of one event the book may be anything, crossed too */
enum md_match_event_indicator {
    MD_MATCH_EVENT_INDICATOR_END_OF_EVENT = 128,
};

/* Cancels pass in every status */
enum md_security_trading_status {
    MD_SECURITY_TRADING_STATUS_ACTIVE = 1,
    MD_SECURITY_TRADING_STATUS_HALTED = 2,
    MD_SECURITY_TRADING_STATUS_MAINTENANCE = 3,
    MD_SECURITY_TRADING_STATUS_DELISTED = 4,
};

/* What the book does with orders */
enum md_trading_phase {
    MD_TRADING_PHASE_CLOSED = 1,
    MD_TRADING_PHASE_PRE_OPEN = 2,
    MD_TRADING_PHASE_OPENING_AUCTION = 3,
    MD_TRADING_PHASE_CONTINUOUS = 4,
    MD_TRADING_PHASE_INTRADAY_AUCTION = 5,
    MD_TRADING_PHASE_CLOSING_AUCTION = 6,
    MD_TRADING_PHASE_POST_CLOSE = 7,
    MD_TRADING_PHASE_VOLATILITY_PAUSE = 8,
    MD_TRADING_PHASE_REOPENING_AUCTION = 9,
};

/* As in order entry */
enum md_message_reject_reason {
    MD_MESSAGE_REJECT_REASON_TRUNCATED = 1,
    MD_MESSAGE_REJECT_REASON_UNKNOWN_SCHEMA = 2,
    MD_MESSAGE_REJECT_REASON_UNKNOWN_TEMPLATE = 3,
};

/* At the end of the queue of its price */
struct md_order_added {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t order_id;
    int64_t price; /* x 10^-8 */
    uint64_t display_qty; /* x 10^-8 */
    uint32_t security_id;
    char side; /* enum side */
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_order_added) == 38);
enum { MD_ORDER_ADDED_TEMPLATE = 101, MD_ORDER_ADDED_VERSION = 1, MD_ORDER_ADDED_LENGTH_V1 = 38 };
static inline void md_order_added_init(struct md_order_added *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no OrderAdded, or cut off. What older versions lack is as after md_order_added_init. */
static inline bool md_order_added_decode(struct md_order_added *out, const void *payload, size_t size)
{
    md_order_added_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_ORDER_ADDED_TEMPLATE, MD_ORDER_ADDED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_order_added_encode(void *payload, const struct md_order_added *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_ORDER_ADDED_TEMPLATE, MD_ORDER_ADDED_VERSION, in, sizeof *in);
}

/* A trade took of what an order displayed; the Trade follows */
struct md_order_executed {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t order_id;
    uint64_t trade_id;
    int64_t last_px; /* x 10^-8 */
    uint64_t last_qty; /* x 10^-8; Of what was displayed */
    uint64_t display_qty; /* x 10^-8; Displayed now, at its place; 0 = the order is gone */
    uint32_t security_id;
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_order_executed) == 53);
enum { MD_ORDER_EXECUTED_TEMPLATE = 102, MD_ORDER_EXECUTED_VERSION = 1, MD_ORDER_EXECUTED_LENGTH_V1 = 53 };
static inline void md_order_executed_init(struct md_order_executed *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no OrderExecuted, or cut off. What older versions lack is as after md_order_executed_init. */
static inline bool md_order_executed_decode(struct md_order_executed *out, const void *payload, size_t size)
{
    md_order_executed_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_ORDER_EXECUTED_TEMPLATE, MD_ORDER_EXECUTED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_order_executed_encode(void *payload, const struct md_order_executed *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_ORDER_EXECUTED_TEMPLATE, MD_ORDER_EXECUTED_VERSION, in, sizeof *in);
}

/* It displays another quantity and keeps its place */
struct md_order_modified {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t order_id;
    uint64_t display_qty; /* x 10^-8 */
    uint32_t security_id;
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_order_modified) == 29);
enum { MD_ORDER_MODIFIED_TEMPLATE = 103, MD_ORDER_MODIFIED_VERSION = 1, MD_ORDER_MODIFIED_LENGTH_V1 = 29 };
static inline void md_order_modified_init(struct md_order_modified *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no OrderModified, or cut off. What older versions lack is as after md_order_modified_init. */
static inline bool md_order_modified_decode(struct md_order_modified *out, const void *payload, size_t size)
{
    md_order_modified_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_ORDER_MODIFIED_TEMPLATE, MD_ORDER_MODIFIED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_order_modified_encode(void *payload, const struct md_order_modified *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_ORDER_MODIFIED_TEMPLATE, MD_ORDER_MODIFIED_VERSION, in, sizeof *in);
}

struct md_order_deleted {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t order_id;
    uint32_t security_id;
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_order_deleted) == 21);
enum { MD_ORDER_DELETED_TEMPLATE = 104, MD_ORDER_DELETED_VERSION = 1, MD_ORDER_DELETED_LENGTH_V1 = 21 };
static inline void md_order_deleted_init(struct md_order_deleted *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no OrderDeleted, or cut off. What older versions lack is as after md_order_deleted_init. */
static inline bool md_order_deleted_decode(struct md_order_deleted *out, const void *payload, size_t size)
{
    md_order_deleted_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_ORDER_DELETED_TEMPLATE, MD_ORDER_DELETED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_order_deleted_encode(void *payload, const struct md_order_deleted *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_ORDER_DELETED_TEMPLATE, MD_ORDER_DELETED_VERSION, in, sizeof *in);
}

/* It stands at the end of the queue of this price now */
struct md_order_replaced {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t order_id;
    int64_t price; /* x 10^-8 */
    uint64_t display_qty; /* x 10^-8 */
    uint32_t security_id;
    char side; /* enum side */
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_order_replaced) == 38);
enum { MD_ORDER_REPLACED_TEMPLATE = 105, MD_ORDER_REPLACED_VERSION = 1, MD_ORDER_REPLACED_LENGTH_V1 = 38 };
static inline void md_order_replaced_init(struct md_order_replaced *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no OrderReplaced, or cut off. What older versions lack is as after md_order_replaced_init. */
static inline bool md_order_replaced_decode(struct md_order_replaced *out, const void *payload, size_t size)
{
    md_order_replaced_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_ORDER_REPLACED_TEMPLATE, MD_ORDER_REPLACED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_order_replaced_encode(void *payload, const struct md_order_replaced *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_ORDER_REPLACED_TEMPLATE, MD_ORDER_REPLACED_VERSION, in, sizeof *in);
}

/* CRC-32 of the book as it stands now: of its orders in ORDERS, of its levels in LEVELS */
struct md_book_checksum {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint32_t checksum;
    uint32_t number_of_entries; /* Orders, or levels, of both sides */
    uint32_t security_id;
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_book_checksum) == 21);
enum { MD_BOOK_CHECKSUM_TEMPLATE = 106, MD_BOOK_CHECKSUM_VERSION = 1, MD_BOOK_CHECKSUM_LENGTH_V1 = 21 };
static inline void md_book_checksum_init(struct md_book_checksum *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no BookChecksum, or cut off. What older versions lack is as after md_book_checksum_init. */
static inline bool md_book_checksum_decode(struct md_book_checksum *out, const void *payload, size_t size)
{
    md_book_checksum_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_BOOK_CHECKSUM_TEMPLATE, MD_BOOK_CHECKSUM_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_book_checksum_encode(void *payload, const struct md_book_checksum *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_BOOK_CHECKSUM_TEMPLATE, MD_BOOK_CHECKSUM_VERSION, in, sizeof *in);
}

/* Every trade, once */
struct md_trade {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t trade_id;
    int64_t last_px; /* x 10^-8 */
    uint64_t last_qty; /* x 10^-8 */
    uint32_t security_id;
    char aggressor_side; /* enum side; NUL = made by an auction */
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_trade) == 38);
enum { MD_TRADE_TEMPLATE = 111, MD_TRADE_VERSION = 1, MD_TRADE_LENGTH_V1 = 38 };
static inline void md_trade_init(struct md_trade *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Trade, or cut off. What older versions lack is as after md_trade_init. */
static inline bool md_trade_decode(struct md_trade *out, const void *payload, size_t size)
{
    md_trade_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_TRADE_TEMPLATE, MD_TRADE_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_trade_encode(void *payload, const struct md_trade *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_TRADE_TEMPLATE, MD_TRADE_VERSION, in, sizeof *in);
}

/* The trade never was */
struct md_trade_busted {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t trade_id;
    int64_t last_px; /* x 10^-8 */
    uint64_t last_qty; /* x 10^-8 */
    uint32_t security_id;
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_trade_busted) == 37);
enum { MD_TRADE_BUSTED_TEMPLATE = 112, MD_TRADE_BUSTED_VERSION = 1, MD_TRADE_BUSTED_LENGTH_V1 = 37 };
static inline void md_trade_busted_init(struct md_trade_busted *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no TradeBusted, or cut off. What older versions lack is as after md_trade_busted_init. */
static inline bool md_trade_busted_decode(struct md_trade_busted *out, const void *payload, size_t size)
{
    md_trade_busted_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_TRADE_BUSTED_TEMPLATE, MD_TRADE_BUSTED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_trade_busted_encode(void *payload, const struct md_trade_busted *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_TRADE_BUSTED_TEMPLATE, MD_TRADE_BUSTED_VERSION, in, sizeof *in);
}

/* The trade was at another price or quantity */
struct md_trade_corrected {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t trade_id;
    int64_t last_px; /* x 10^-8; The new one */
    uint64_t last_qty; /* x 10^-8; The new one */
    int64_t old_last_px; /* x 10^-8 */
    uint64_t old_last_qty; /* x 10^-8 */
    uint32_t security_id;
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_trade_corrected) == 53);
enum { MD_TRADE_CORRECTED_TEMPLATE = 113, MD_TRADE_CORRECTED_VERSION = 1, MD_TRADE_CORRECTED_LENGTH_V1 = 53 };
static inline void md_trade_corrected_init(struct md_trade_corrected *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no TradeCorrected, or cut off. What older versions lack is as after md_trade_corrected_init. */
static inline bool md_trade_corrected_decode(struct md_trade_corrected *out, const void *payload, size_t size)
{
    md_trade_corrected_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_TRADE_CORRECTED_TEMPLATE, MD_TRADE_CORRECTED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_trade_corrected_encode(void *payload, const struct md_trade_corrected *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_TRADE_CORRECTED_TEMPLATE, MD_TRADE_CORRECTED_VERSION, in, sizeof *in);
}

struct md_instrument_definition {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    int64_t min_price_increment; /* x 10^-8 */
    uint64_t round_lot; /* x 10^-8 */
    uint64_t min_trade_vol; /* x 10^-8 */
    uint64_t max_trade_vol; /* x 10^-8 */
    struct md_amount min_notional; /* x 10^-8; Price × quantity of an order must not be less */
    int64_t maker_fee; /* x 10^-8 */
    int64_t taker_fee; /* x 10^-8 */
    int64_t collar_rate; /* x 10^-8; How far through the market a limit price may be; 0 = any distance, here and below */
    int64_t price_limit_rate; /* x 10^-8; How far from the reference price a price may be */
    int64_t dynamic_band_rate; /* x 10^-8; How far from the last price orders are priced and trades made */
    int64_t volatility_rate; /* x 10^-8; A trade this far from the reference price brings a pause */
    uint32_t security_id;
    uint32_t orders_per_side_max; /* 0 = any number */
    uint32_t orders_per_account_max; /* 0 = any number */
    char symbol[32];
    char base_asset[16];
    char currency[16]; /* The quote asset: what prices are in */
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_instrument_definition) == 181);
enum { MD_INSTRUMENT_DEFINITION_TEMPLATE = 121, MD_INSTRUMENT_DEFINITION_VERSION = 1, MD_INSTRUMENT_DEFINITION_LENGTH_V1 = 181 };
static inline void md_instrument_definition_init(struct md_instrument_definition *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no InstrumentDefinition, or cut off. What older versions lack is as after md_instrument_definition_init. */
static inline bool md_instrument_definition_decode(struct md_instrument_definition *out, const void *payload, size_t size)
{
    md_instrument_definition_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_INSTRUMENT_DEFINITION_TEMPLATE, MD_INSTRUMENT_DEFINITION_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_instrument_definition_encode(void *payload, const struct md_instrument_definition *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_INSTRUMENT_DEFINITION_TEMPLATE, MD_INSTRUMENT_DEFINITION_VERSION, in, sizeof *in);
}

struct md_instrument_status {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint64_t phase_until; /* ns since 1970-01-01 UTC; When the book itself ends the phase; 0 = when it is told to */
    uint64_t limit_state_until; /* ns since 1970-01-01 UTC; 0 where LimitStateSide is NUL */
    int64_t reference_px; /* x 10^-8; 0 = none */
    uint32_t security_id;
    uint8_t security_trading_status; /* enum security_trading_status */
    uint8_t trading_phase; /* enum trading_phase */
    char limit_state_side; /* enum side; Whose touch stands at the edge of the dynamic band */
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_instrument_status) == 40);
enum { MD_INSTRUMENT_STATUS_TEMPLATE = 122, MD_INSTRUMENT_STATUS_VERSION = 1, MD_INSTRUMENT_STATUS_LENGTH_V1 = 40 };
static inline void md_instrument_status_init(struct md_instrument_status *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no InstrumentStatus, or cut off. What older versions lack is as after md_instrument_status_init. */
static inline bool md_instrument_status_decode(struct md_instrument_status *out, const void *payload, size_t size)
{
    md_instrument_status_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_INSTRUMENT_STATUS_TEMPLATE, MD_INSTRUMENT_STATUS_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_instrument_status_encode(void *payload, const struct md_instrument_status *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_INSTRUMENT_STATUS_TEMPLATE, MD_INSTRUMENT_STATUS_VERSION, in, sizeof *in);
}

/* What an uncross would do now; all 0 when nothing would trade */
struct md_auction_indicative {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    int64_t indicative_px; /* x 10^-8 */
    uint64_t indicative_qty; /* x 10^-8 */
    int64_t imbalance; /* x 10^-8; Buy minus sell quantity left over */
    uint32_t security_id;
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_auction_indicative) == 37);
enum { MD_AUCTION_INDICATIVE_TEMPLATE = 123, MD_AUCTION_INDICATIVE_VERSION = 1, MD_AUCTION_INDICATIVE_LENGTH_V1 = 37 };
static inline void md_auction_indicative_init(struct md_auction_indicative *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no AuctionIndicative, or cut off. What older versions lack is as after md_auction_indicative_init. */
static inline bool md_auction_indicative_decode(struct md_auction_indicative *out, const void *payload, size_t size)
{
    md_auction_indicative_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_AUCTION_INDICATIVE_TEMPLATE, MD_AUCTION_INDICATIVE_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_auction_indicative_encode(void *payload, const struct md_auction_indicative *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_AUCTION_INDICATIVE_TEMPLATE, MD_AUCTION_INDICATIVE_VERSION, in, sizeof *in);
}

/* An auction is over; 0 where nothing traded */
struct md_auction_result {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    int64_t last_px; /* x 10^-8 */
    uint64_t last_qty; /* x 10^-8 */
    uint32_t security_id;
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_auction_result) == 29);
enum { MD_AUCTION_RESULT_TEMPLATE = 124, MD_AUCTION_RESULT_VERSION = 1, MD_AUCTION_RESULT_LENGTH_V1 = 29 };
static inline void md_auction_result_init(struct md_auction_result *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no AuctionResult, or cut off. What older versions lack is as after md_auction_result_init. */
static inline bool md_auction_result_decode(struct md_auction_result *out, const void *payload, size_t size)
{
    md_auction_result_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_AUCTION_RESULT_TEMPLATE, MD_AUCTION_RESULT_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_auction_result_encode(void *payload, const struct md_auction_result *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_AUCTION_RESULT_TEMPLATE, MD_AUCTION_RESULT_VERSION, in, sizeof *in);
}

/* The trading day so far, after trades; prices are 0 before the first one */
struct md_statistics {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    int64_t open_px; /* x 10^-8 */
    int64_t high_px; /* x 10^-8 */
    int64_t low_px; /* x 10^-8 */
    int64_t last_px; /* x 10^-8 */
    int64_t vwap_px; /* x 10^-8; Rounded half up */
    int64_t prev_close_px; /* x 10^-8; The last price of the last day that traded; 0 = none is known */
    uint64_t trade_volume; /* x 10^-8 */
    struct md_amount turnover; /* x 10^-8; Σ price × quantity */
    uint64_t number_of_trades;
    uint64_t day_start; /* ns since 1970-01-01 UTC */
    uint32_t security_id;
    char trade_date[10]; /* Of the roll that will end the day */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_statistics) == 110);
enum { MD_STATISTICS_TEMPLATE = 125, MD_STATISTICS_VERSION = 1, MD_STATISTICS_LENGTH_V1 = 110 };
static inline void md_statistics_init(struct md_statistics *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no Statistics, or cut off. What older versions lack is as after md_statistics_init. */
static inline bool md_statistics_decode(struct md_statistics *out, const void *payload, size_t size)
{
    md_statistics_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_STATISTICS_TEMPLATE, MD_STATISTICS_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_statistics_encode(void *payload, const struct md_statistics *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_STATISTICS_TEMPLATE, MD_STATISTICS_VERSION, in, sizeof *in);
}

/* The next trading day of the instrument is under way */
struct md_trading_day_ended {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    uint32_t security_id;
    char trade_date[10]; /* The day that has ended */
    uint8_t match_event_indicator; /* enum match_event_indicator */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_trading_day_ended) == 23);
enum { MD_TRADING_DAY_ENDED_TEMPLATE = 126, MD_TRADING_DAY_ENDED_VERSION = 1, MD_TRADING_DAY_ENDED_LENGTH_V1 = 23 };
static inline void md_trading_day_ended_init(struct md_trading_day_ended *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no TradingDayEnded, or cut off. What older versions lack is as after md_trading_day_ended_init. */
static inline bool md_trading_day_ended_decode(struct md_trading_day_ended *out, const void *payload, size_t size)
{
    md_trading_day_ended_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_TRADING_DAY_ENDED_TEMPLATE, MD_TRADING_DAY_ENDED_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_trading_day_ended_encode(void *payload, const struct md_trading_day_ended *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_TRADING_DAY_ENDED_TEMPLATE, MD_TRADING_DAY_ENDED_VERSION, in, sizeof *in);
}

/* What a price displays in all after the newest records */
struct md_price_level {
    uint64_t transact_time; /* ns since 1970-01-01 UTC; Of the last of them */
    int64_t price; /* x 10^-8 */
    uint64_t display_qty; /* x 10^-8; 0 = the level is gone */
    uint32_t security_id;
    uint32_t number_of_orders;
    char side; /* enum side */
    uint8_t match_event_indicator; /* enum match_event_indicator; EndOfEvent: the last level of this change */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_price_level) == 34);
enum { MD_PRICE_LEVEL_TEMPLATE = 131, MD_PRICE_LEVEL_VERSION = 1, MD_PRICE_LEVEL_LENGTH_V1 = 34 };
static inline void md_price_level_init(struct md_price_level *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no PriceLevel, or cut off. What older versions lack is as after md_price_level_init. */
static inline bool md_price_level_decode(struct md_price_level *out, const void *payload, size_t size)
{
    md_price_level_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_PRICE_LEVEL_TEMPLATE, MD_PRICE_LEVEL_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_price_level_encode(void *payload, const struct md_price_level *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_PRICE_LEVEL_TEMPLATE, MD_PRICE_LEVEL_VERSION, in, sizeof *in);
}

/* Forget the instrument's book; all that stands until SnapshotEnd is its market as of a number of the stream */
struct md_snapshot_begin {
    uint64_t last_msg_seq_num_processed; /* Skip the instrument's messages up to this one */
    uint32_t security_id;
    uint32_t number_of_entries; /* Orders, or levels, that follow */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_snapshot_begin) == 16);
enum { MD_SNAPSHOT_BEGIN_TEMPLATE = 141, MD_SNAPSHOT_BEGIN_VERSION = 1, MD_SNAPSHOT_BEGIN_LENGTH_V1 = 16 };
static inline void md_snapshot_begin_init(struct md_snapshot_begin *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no SnapshotBegin, or cut off. What older versions lack is as after md_snapshot_begin_init. */
static inline bool md_snapshot_begin_decode(struct md_snapshot_begin *out, const void *payload, size_t size)
{
    md_snapshot_begin_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_SNAPSHOT_BEGIN_TEMPLATE, MD_SNAPSHOT_BEGIN_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_snapshot_begin_encode(void *payload, const struct md_snapshot_begin *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_SNAPSHOT_BEGIN_TEMPLATE, MD_SNAPSHOT_BEGIN_VERSION, in, sizeof *in);
}

struct md_snapshot_end {
    uint64_t last_msg_seq_num_processed;
    uint32_t security_id;
    uint32_t checksum; /* As BookChecksum */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_snapshot_end) == 16);
enum { MD_SNAPSHOT_END_TEMPLATE = 142, MD_SNAPSHOT_END_VERSION = 1, MD_SNAPSHOT_END_LENGTH_V1 = 16 };
static inline void md_snapshot_end_init(struct md_snapshot_end *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no SnapshotEnd, or cut off. What older versions lack is as after md_snapshot_end_init. */
static inline bool md_snapshot_end_decode(struct md_snapshot_end *out, const void *payload, size_t size)
{
    md_snapshot_end_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_SNAPSHOT_END_TEMPLATE, MD_SNAPSHOT_END_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_snapshot_end_encode(void *payload, const struct md_snapshot_end *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_SNAPSHOT_END_TEMPLATE, MD_SNAPSHOT_END_VERSION, in, sizeof *in);
}

/* All instruments have been shown; the stream goes on */
struct md_snapshot_complete {
    uint64_t next_expected_msg_seq_num; /* Of the next Sequenced Data packet */
    uint32_t tot_no_related_sym;
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_snapshot_complete) == 12);
enum { MD_SNAPSHOT_COMPLETE_TEMPLATE = 143, MD_SNAPSHOT_COMPLETE_VERSION = 1, MD_SNAPSHOT_COMPLETE_LENGTH_V1 = 12 };
static inline void md_snapshot_complete_init(struct md_snapshot_complete *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no SnapshotComplete, or cut off. What older versions lack is as after md_snapshot_complete_init. */
static inline bool md_snapshot_complete_decode(struct md_snapshot_complete *out, const void *payload, size_t size)
{
    md_snapshot_complete_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_SNAPSHOT_COMPLETE_TEMPLATE, MD_SNAPSHOT_COMPLETE_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_snapshot_complete_encode(void *payload, const struct md_snapshot_complete *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_SNAPSHOT_COMPLETE_TEMPLATE, MD_SNAPSHOT_COMPLETE_VERSION, in, sizeof *in);
}

struct md_system_event {
    uint64_t transact_time; /* ns since 1970-01-01 UTC */
    char event_code; /* enum system_event_code */
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_system_event) == 9);
enum { MD_SYSTEM_EVENT_TEMPLATE = 144, MD_SYSTEM_EVENT_VERSION = 1, MD_SYSTEM_EVENT_LENGTH_V1 = 9 };
static inline void md_system_event_init(struct md_system_event *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no SystemEvent, or cut off. What older versions lack is as after md_system_event_init. */
static inline bool md_system_event_decode(struct md_system_event *out, const void *payload, size_t size)
{
    md_system_event_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_SYSTEM_EVENT_TEMPLATE, MD_SYSTEM_EVENT_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_system_event_encode(void *payload, const struct md_system_event *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_SYSTEM_EVENT_TEMPLATE, MD_SYSTEM_EVENT_VERSION, in, sizeof *in);
}

/* As in order entry */
struct md_message_reject {
    uint64_t ref_seq_num; /* Which Unsequenced Data packet of this connection, from 1 */
    uint64_t business_reject_ref_id;
    uint16_t ref_msg_type; /* Its templateId, where it could be read */
    uint16_t business_reject_reason; /* enum message_reject_reason */
    char text[64];
} SBE_PACKED;
SBE_STATIC_ASSERT(sizeof(struct md_message_reject) == 84);
enum { MD_MESSAGE_REJECT_TEMPLATE = 156, MD_MESSAGE_REJECT_VERSION = 1, MD_MESSAGE_REJECT_LENGTH_V1 = 84 };
static inline void md_message_reject_init(struct md_message_reject *out)
{
    memset(out, 0, sizeof *out);
}
/* False: no MessageReject, or cut off. What older versions lack is as after md_message_reject_init. */
static inline bool md_message_reject_decode(struct md_message_reject *out, const void *payload, size_t size)
{
    md_message_reject_init(out);
    return sbe_decode(payload, size, MD_SCHEMA_ID, MD_MESSAGE_REJECT_TEMPLATE, MD_MESSAGE_REJECT_LENGTH_V1, out, sizeof *out);
}
/* Writes header and block, and says how many bytes they are. */
static inline size_t md_message_reject_encode(void *payload, const struct md_message_reject *in)
{
    return sbe_encode(payload, MD_SCHEMA_ID, MD_MESSAGE_REJECT_TEMPLATE, MD_MESSAGE_REJECT_VERSION, in, sizeof *in);
}

#endif /* TRADEENGINE_SBE_H */
