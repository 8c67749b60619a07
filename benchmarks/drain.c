/* Reads SoupBinTCP packets from many connections as fast as they come, so that subscribers never are what limits a
 * measurement. It inherits sockets that are logged in already.
 *
 *   drain FD ...
 *
 * Answers each line of standard input with one JSON object: packets of Sequenced Data in all, the fewest and the most
 * that one connection has had since the last line that was "mark", bytes, connections that were closed, when (monotonic
 * clock) the last packet came, and the CPU time used. Ends with its input.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 18, EVENTS = 256, COMMAND_BYTES = 256 };

struct peer {
    int fd;
    size_t skip;             /* bytes of the packet under way that are still to come */
    unsigned char head[3];   /* the beginning of the next one: its length and type */
    size_t head_used;
    uint64_t packets, marked;
};

static struct peer *peers;
static int peer_count, closed;
static uint64_t bytes, last_ns;
static unsigned char buffer[READ_BYTES];

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "drain: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void walk(struct peer *peer, size_t size) {
    size_t at = 0;
    while (at < size) {
        if (peer->skip > 0) {
            size_t step = peer->skip < size - at ? peer->skip : size - at;
            peer->skip -= step;
            at += step;
            continue;
        }
        peer->head[peer->head_used++] = buffer[at++];
        if (peer->head_used < sizeof peer->head) continue;
        peer->head_used = 0;
        peer->packets += peer->head[2] == 'S';
        peer->skip = ((size_t)peer->head[0] << 8 | peer->head[1]) - 1;
    }
}

static void receive(struct peer *peer) {
    ssize_t got = recv(peer->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        close(peer->fd); /* epoll forgets it too */
        closed++;
        return;
    }
    uint64_t before = peer->packets;
    bytes += (uint64_t)got;
    walk(peer, (size_t)got);
    if (peer->packets > before) last_ns = now_ns();
}

static void mark(void) {
    for (int i = 0; i < peer_count; i++) peers[i].marked = peers[i].packets;
}

static void report(void) {
    uint64_t all = 0, fewest = UINT64_MAX, most = 0;
    struct rusage used;
    for (int i = 0; i < peer_count; i++) {
        uint64_t since = peers[i].packets - peers[i].marked;
        all += peers[i].packets;
        if (since < fewest) fewest = since;
        if (since > most) most = since;
    }
    getrusage(RUSAGE_SELF, &used);
    printf("{\"packets\": %llu, \"fewest\": %llu, \"most\": %llu, \"bytes\": %llu, \"closed\": %d, \"last_ns\": %llu, "
           "\"cpu_seconds\": %.6f}\n",
           (unsigned long long)all, (unsigned long long)fewest, (unsigned long long)most, (unsigned long long)bytes,
           closed, (unsigned long long)last_ns,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    fflush(stdout);
}

int main(int argc, char **argv) {
    struct epoll_event events[EVENTS], wanted = {.events = EPOLLIN};
    int epoll = epoll_create1(0);
    if (argc < 2 || epoll < 0) die("usage: drain FD ...");
    peer_count = argc - 1;
    peers = calloc((size_t)peer_count, sizeof *peers);
    if (peers == NULL) die("out of memory");
    for (int i = 0; i < peer_count; i++) {
        peers[i].fd = atoi(argv[i + 1]);
        wanted.data.ptr = &peers[i];
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, peers[i].fd, &wanted) != 0) die("epoll_ctl");
    }
    wanted.data.ptr = NULL;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &wanted) != 0) die("epoll_ctl");
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        if (ready < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < ready; i++) {
            char command[COMMAND_BYTES];
            if (events[i].data.ptr != NULL) receive(events[i].data.ptr);
            else if (read(STDIN_FILENO, command, sizeof command) <= 0) return 0;
            else {
                if (command[0] == 'm') mark();
                report();
            }
        }
    }
}
