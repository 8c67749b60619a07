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
