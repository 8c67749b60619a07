/*
 * Trades with the venue in C, with nothing but sockets and the header that is made from the schema.
 *
 *     cc -O2 -o trader trader.c && ./trader 127.0.0.1 9900 TRADR1 demo 8 230.50
 *
 * Logs in, buys 10 of an instrument (by its SecurityID) at a price, sells 4 to itself, cancels the rest, logs out, and
 * prints each report. The exit status is 0 if all went as it should.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tradeengine_sbe.h"

/* SoupBinTCP 3.00: a big-endian length of what follows it, a type, a payload. */
enum { PACKET_HEADER_SIZE = 3, PACKET_SIZE_MAX = 2 + 65535, UNIT = 100000000 };
enum { USER_SIZE = 6, PASSWORD_SIZE = 10, SESSION_SIZE = 10, SEQUENCE_SIZE = 20 };

struct link {
    int socket;
    size_t start, end; /* of what was read and not yet taken */
    uint64_t sequence; /* of the next Sequenced Data packet */
    uint8_t buffer[2 * PACKET_SIZE_MAX];
};

struct packet {
    char type;
    const uint8_t *payload;
    size_t size;
};

static void fail(const char *what)
{
    fprintf(stderr, "trader: %s\n", what);
    exit(EXIT_FAILURE);
}

/* ---- the session ---- */

static int connected(const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        fail("no such host or port");
    int made = -1;
    for (const struct addrinfo *at = found; at != NULL && made < 0; at = at->ai_next) {
        made = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (made >= 0 && connect(made, at->ai_addr, at->ai_addrlen) != 0) {
            close(made);
            made = -1;
        }
    }
    freeaddrinfo(found);
    if (made < 0)
        fail("the venue does not listen");
    const int on = 1;
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
}

static void send_packet(const struct link *link, char type, const void *payload, size_t size)
{
    uint8_t packet[PACKET_HEADER_SIZE + 1024];
    if (size > sizeof packet - PACKET_HEADER_SIZE)
        fail("a message that is too long");
    packet[0] = (uint8_t)((size + 1) >> 8);
    packet[1] = (uint8_t)(size + 1);
    packet[2] = (uint8_t)type;
    if (size)
        memcpy(packet + PACKET_HEADER_SIZE, payload, size);
    for (size_t sent = 0, all = PACKET_HEADER_SIZE + size; sent < all;) {
        const ssize_t more = send(link->socket, packet + sent, all - sent, MSG_NOSIGNAL);
        if (more <= 0)
            fail("the connection is lost");
        sent += (size_t)more;
    }
}

/* The next packet; its payload stays until the next call. */
static struct packet next_packet(struct link *link)
{
    for (;;) {
        const uint8_t *at = link->buffer + link->start;
        const size_t there = link->end - link->start;
        if (there >= 2) {
            const size_t length = (size_t)at[0] << 8 | at[1];
            if (length == 0)
                fail("a packet without a type");
            if (there >= 2 + length) {
                link->start += 2 + length;
                return (struct packet){(char)at[2], at + PACKET_HEADER_SIZE, length - 1};
            }
        }
        memmove(link->buffer, at, there);
        link->start = 0;
        link->end = there;
        const ssize_t more = recv(link->socket, link->buffer + there, sizeof link->buffer - there, 0);
        if (more <= 0)
            fail("the venue closed the connection");
        link->end += (size_t)more;
    }
}

/* User name and password are padded on the right, session and sequence on the left: a session of blanks is the current
 * one, and number 0 asks for new reports only. */
static void log_in(struct link *link, const char *user, const char *password)
{
    char request[USER_SIZE + PASSWORD_SIZE + SESSION_SIZE + SEQUENCE_SIZE + 1];
    if (strlen(user) > USER_SIZE || strlen(password) > PASSWORD_SIZE)
        fail("a user name has at most 6 characters, a password 10");
    snprintf(request, sizeof request, "%-*s%-*s%*s%*d", USER_SIZE, user, PASSWORD_SIZE, password, SESSION_SIZE, "",
             SEQUENCE_SIZE, 0);
    send_packet(link, 'L', request, sizeof request - 1);
    const struct packet answer = next_packet(link);
    if (answer.type != 'A' || answer.size != SESSION_SIZE + SEQUENCE_SIZE)
        fail(answer.type == 'J' ? "the venue refused the login" : "no answer to the login");
    char number[SEQUENCE_SIZE + 1] = {0};
    memcpy(number, answer.payload + SESSION_SIZE, SEQUENCE_SIZE);
    link->sequence = strtoull(number, NULL, 10);
    printf("logged in, session %.*s\n", SESSION_SIZE, (const char *)answer.payload);
}

/* The next report or answer that is no heartbeat; prints what it is. */
static struct packet next_message(struct link *link)
{
    for (;;) {
        const struct packet packet = next_packet(link);
        switch (packet.type) {
        case 'S':
            link->sequence++;
            return packet;
        case 'U':
            return packet;
        case 'H':
            send_packet(link, 'R', NULL, 0);
            break;
        case '+':
            fprintf(stderr, "trader: the venue says: %.*s\n", (int)packet.size, (const char *)packet.payload);
            break;
        default:
            fail("a packet of an unknown type");
        }
    }
}

/* ---- messages ---- */

static const char *decimal(int64_t scaled)
{
    static char texts[4][32]; /* as many as one line prints */
    static unsigned next;
    char *text = texts[next++ % 4];
    const uint64_t size = scaled < 0 ? -(uint64_t)scaled : (uint64_t)scaled;
    snprintf(text, sizeof texts[0], "%s%" PRIu64 ".%08" PRIu64, scaled < 0 ? "-" : "", size / UNIT, size % UNIT);
    return text;
}

/* "230.5" as 10^-8ths. */
static int64_t scaled(const char *text)
{
    char *end;
    const long long whole = strtoll(text, &end, 10);
    int64_t fraction = 0, unit = UNIT;
    if (*end == '.')
        for (end++; *end >= '0' && *end <= '9' && unit > 1; end++)
            fraction += (*end - '0') * (unit /= 10);
    if (*end != '\0' || end == text || whole < 0 || whole > INT64_MAX / UNIT - 1)
        fail("a price such as 230.50");
    return whole * UNIT + fraction;
}

/* Ends the program with what the venue says where it refuses something. */
static void refused(const struct packet *packet)
{
    struct te_rejected order;
    struct te_cancel_rejected cancel;
    struct te_message_reject message;
    const char *text = "a message that was not expected";
    if (te_rejected_decode(&order, packet->payload, packet->size))
        text = order.text;
    else if (te_cancel_rejected_decode(&cancel, packet->payload, packet->size))
        text = cancel.text;
    else if (te_message_reject_decode(&message, packet->payload, packet->size))
        text = message.text;
    fprintf(stderr, "trader: %.*s\n", (int)sizeof order.text, text);
    exit(EXIT_FAILURE);
}

static void new_order(const struct link *link, uint64_t cl_ord_id, uint32_t security_id, char side, int64_t price,
                      uint64_t quantity)
{
    struct te_new_order order;
    uint8_t payload[SBE_HEADER_SIZE + sizeof order];
    te_new_order_init(&order);
    order.cl_ord_id = cl_ord_id;
    order.price = price;
    order.order_qty = quantity;
    order.security_id = security_id;
    order.side = side;
    order.ord_type = TE_ORD_TYPE_LIMIT;
    order.time_in_force = TE_TIME_IN_FORCE_DAY;
    send_packet(link, 'U', payload, te_new_order_encode(payload, &order));
}

static void expect_accepted(struct link *link, uint64_t cl_ord_id)
{
    struct te_accepted accepted;
    const struct packet packet = next_message(link);
    if (!te_accepted_decode(&accepted, packet.payload, packet.size) || accepted.cl_ord_id != cl_ord_id)
        refused(&packet);
    printf("%" PRIu64 " Accepted: order %" PRIu64 ", %s %s at %s\n", accepted.cl_ord_id, accepted.order_id,
           accepted.side == TE_SIDE_BUY ? "buy" : "sell", decimal((int64_t)accepted.order_qty), decimal(accepted.price));
}

static void expect_executed(struct link *link)
{
    struct te_executed executed;
    const struct packet packet = next_message(link);
    if (!te_executed_decode(&executed, packet.payload, packet.size))
        refused(&packet);
    printf("%" PRIu64 " Executed: %s at %s, %s left, %s\n", executed.cl_ord_id, decimal((int64_t)executed.last_qty),
           decimal(executed.last_px), decimal((int64_t)executed.leaves_qty),
           executed.last_liquidity_ind == TE_LAST_LIQUIDITY_IND_ADDED_LIQUIDITY ? "maker" : "taker");
}

static void cancel(struct link *link, uint64_t cl_ord_id, uint64_t orig_cl_ord_id, uint32_t security_id, char side)
{
    struct te_cancel_order order;
    struct te_canceled canceled;
    uint8_t payload[SBE_HEADER_SIZE + sizeof order];
    te_cancel_order_init(&order);
    order.cl_ord_id = cl_ord_id;
    order.orig_cl_ord_id = orig_cl_ord_id;
    order.security_id = security_id;
    order.side = side;
    send_packet(link, 'U', payload, te_cancel_order_encode(payload, &order));
    const struct packet packet = next_message(link);
    if (!te_canceled_decode(&canceled, packet.payload, packet.size))
        refused(&packet);
    printf("%" PRIu64 " Canceled: order %" PRIu64 ", %s had been filled\n", canceled.cl_ord_id, canceled.order_id,
           decimal((int64_t)canceled.cum_qty));
}

int main(int count, char **arguments)
{
    if (count != 7)
        fail("HOST PORT USER PASSWORD SECURITY_ID PRICE");
    static struct link link;
    const uint32_t security_id = (uint32_t)strtoul(arguments[5], NULL, 10);
    const int64_t price = scaled(arguments[6]);
    link.socket = connected(arguments[1], arguments[2]);
    log_in(&link, arguments[3], arguments[4]);
    const uint64_t first = link.sequence; /* ClOrdIDs that this session has not used, as long as each has a report */

    new_order(&link, first, security_id, TE_SIDE_BUY, price, 10ull * UNIT);
    expect_accepted(&link, first);
    new_order(&link, first + 1, security_id, TE_SIDE_SELL, price, 4ull * UNIT);
    expect_accepted(&link, first + 1);
    expect_executed(&link);
    expect_executed(&link);
    cancel(&link, first + 2, first, security_id, TE_SIDE_BUY);

    send_packet(&link, 'O', NULL, 0);
    close(link.socket);
    printf("logged out, %" PRIu64 " reports\n", link.sequence - first);
    return EXIT_SUCCESS;
}
