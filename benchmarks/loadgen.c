/* The load generator: sends frames that were encoded beforehand and walks the replies, so that it never is what limits
 * a measurement. It inherits sockets that are logged in already.
 *
 *   loadgen [options] pipelined soup|fix FD:FILE:REPLIES ...
 *       Sends each FILE through its FD as fast as the peer takes it, reading meanwhile, until each has had REPLIES
 *       replies. Timed from before the first byte to the last reply.
 *   loadgen [options] pingpong soup|fix FD:FILE:N[,N ...]
 *       Sends FILE frame by frame, each after the last reply to the one before; frame i has the (i mod n)-th N replies.
 *       Timed one by one, blocking in recv as a client does. Frames that share an N are one kind, with a median each.
 *
 *   --count reports|all   what is a reply: reports only (SoupBinTCP 'S', FIX 35=8), or every frame; default reports
 *   --window FRAMES       pipelined: frames that may be unanswered on a connection; default 0, no bound
 *   --warm-up FRAMES      pingpong: first frames whose times are not counted; default 0
 *   --timeout SECONDS     without a byte from any peer before giving up; default 30
 *
 * Prints one JSON object. Ends with status 1 and a message when a peer closes, falls silent or sends no protocol.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PEERS_MAX = 256, PATTERN_MAX = 16, IN_BYTES = 1 << 20, SEND_BYTES = 1 << 18, SHOWN_BYTES = 160 };

struct protocol {
    const char *name;
    /* Bytes of the frame that starts here; 0 = its size can't be told yet. Ends the program if it is no frame. */
    size_t (*frame_size)(const unsigned char *at, size_t left);
    int (*is_report)(const unsigned char *frame, size_t size);
};

struct peer {
    int fd;
    unsigned char *out;   /* the frames */
    size_t *ends;         /* where each frame ends in `out` */
    size_t frames, sent;  /* frames in all; bytes sent */
    unsigned char *in;
    size_t in_used;
    uint64_t replies, others, expected;
    int pattern[PATTERN_MAX], pattern_length;
    char other[SHOWN_BYTES + 1]; /* the last frame that was no reply: most often the reason of a failure */
};

static struct peer peers[PEERS_MAX];
static int peer_count;
static const struct protocol *protocol;
static int count_all, timeout_s = 30;
static uint64_t window, warm_up;

static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("loadgen: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    for (int i = 0; i < peer_count; i++) {
        const struct peer *peer = &peers[i];
        fprintf(stderr, "loadgen: connection %d: %llu of %llu replies, %llu other frames%s%s\n", i,
                (unsigned long long)peer->replies, (unsigned long long)peer->expected,
                (unsigned long long)peer->others, peer->others ? ", the last: " : "", peer->other);
    }
    exit(1);
}

static void *allocate(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (memory == NULL) die("out of memory");
    return memory;
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- protocols ------------------------------------------------------------------------------------------------- */

static size_t soup_frame_size(const unsigned char *at, size_t left) {
    return left < 2 ? 0 : 2 + ((size_t)at[0] << 8 | at[1]);
}

static int soup_is_report(const unsigned char *frame, size_t size) { return size > 2 && frame[2] == 'S'; }

/* 8=FIX.x.y|9=length|body of that length|10=sum| */
static size_t fix_frame_size(const unsigned char *at, size_t left) {
    const unsigned char *soh = memchr(at, 1, left < 20 ? left : 20);
    if (soh == NULL) {
        if (left >= 20) die("no FIX: no BeginString");
        return 0;
    }
    size_t pos = (size_t)(soh - at) + 1, length = 0;
    if (left < pos + 2) return 0;
    if (memcmp(at, "8=FIX", 5) != 0 || memcmp(at + pos, "9=", 2) != 0) die("no FIX: no BodyLength");
    for (pos += 2; pos < left && at[pos] != 1; pos++) {
        if (at[pos] < '0' || at[pos] > '9' || length > 1000000) die("no FIX: BodyLength is no number");
        length = length * 10 + (size_t)(at[pos] - '0');
    }
    return pos < left ? pos + 1 + length + 7 : 0;
}

static int fix_is_report(const unsigned char *frame, size_t size) {
    const unsigned char *type = memchr(frame, 1, size);
    type = type ? memchr(type + 1, 1, size - (size_t)(type + 1 - frame)) : NULL;
    return type && (size_t)(type - frame) + 6 <= size && memcmp(type + 1, "35=8\1", 5) == 0;
}

static const struct protocol protocols[] = {
    {"soup", soup_frame_size, soup_is_report},
    {"fix", fix_frame_size, fix_is_report},
};

/* ---- peers ----------------------------------------------------------------------------------------------------- */

static void note_other(struct peer *peer, const unsigned char *frame, size_t size) {
    peer->others++;
    size_t shown = size < SHOWN_BYTES ? size : SHOWN_BYTES;
    for (size_t i = 0; i < shown; i++) peer->other[i] = (char)(frame[i] < 32 || frame[i] > 126 ? '|' : frame[i]);
    peer->other[shown] = 0;
}

/* Counts the whole frames that have come and keeps the beginning of the next. */
static void walk(struct peer *peer) {
    size_t at = 0;
    for (;;) {
        size_t left = peer->in_used - at;
        size_t size = protocol->frame_size(peer->in + at, left);
        if (size > IN_BYTES) die("a frame of %zu bytes", size);
        if (size == 0 || size > left) break;
        if (count_all || protocol->is_report(peer->in + at, size)) peer->replies++;
        else note_other(peer, peer->in + at, size);
        at += size;
    }
    peer->in_used -= at;
    memmove(peer->in, peer->in + at, peer->in_used);
}

/* Returns whether something came. */
static int receive(struct peer *peer) {
    ssize_t got = recv(peer->fd, peer->in + peer->in_used, IN_BYTES - peer->in_used, 0);
    if (got == 0) die("the peer closed connection %d", (int)(peer - peers));
    if (got < 0) {
        if (errno == EAGAIN || errno == EINTR) return 0;
        die("recv: %s", strerror(errno));
    }
    peer->in_used += (size_t)got;
    walk(peer);
    return 1;
}

static void load_frames(struct peer *peer, const char *path) {
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (file == NULL || fstat(fileno(file), &status) != 0) die("%s: %s", path, strerror(errno));
    size_t size = (size_t)status.st_size, room = 1024, at = 0;
    peer->out = allocate(size);
    if (fread(peer->out, 1, size, file) != size) die("%s: cannot be read whole", path);
    fclose(file);
    peer->ends = allocate(room * sizeof *peer->ends);
    while (at < size) {
        size_t frame = protocol->frame_size(peer->out + at, size - at);
        if (frame == 0 || frame > size - at) die("%s: ends within a frame", path);
        if (peer->frames == room) {
            room *= 2;
            peer->ends = realloc(peer->ends, room * sizeof *peer->ends);
            if (peer->ends == NULL) die("out of memory");
        }
        at += frame;
        peer->ends[peer->frames++] = at;
    }
    if (peer->frames == 0) die("%s: no frames", path);
}

/* FD:FILE:REPLIES */
static void add_peer(char *text, int pingpong) {
    if (peer_count == PEERS_MAX) die("at most %d connections", PEERS_MAX);
    struct peer *peer = &peers[peer_count++];
    char *path = strchr(text, ':'), *replies = strrchr(text, ':');
    if (path == NULL || path == replies) die("%s: must be FD:FILE:REPLIES", text);
    *path++ = *replies++ = 0;
    peer->fd = atoi(text);
    peer->in = allocate(IN_BYTES);
    load_frames(peer, path);
    if (!pingpong) {
        peer->expected = strtoull(replies, NULL, 10);
        return;
    }
    for (char *item = strtok(replies, ","); item != NULL; item = strtok(NULL, ",")) {
        if (peer->pattern_length == PATTERN_MAX) die("at most %d numbers of replies", PATTERN_MAX);
        peer->pattern[peer->pattern_length++] = atoi(item);
    }
    for (size_t i = 0; i < peer->frames; i++) peer->expected += (uint64_t)peer->pattern[i % peer->pattern_length];
}

/* ---- pipelined ------------------------------------------------------------------------------------------------- */

/* Up to which byte the window lets a peer be sent. A frame counts as answered with its share of the replies. */
static size_t send_limit(const struct peer *peer) {
    if (window == 0) return peer->ends[peer->frames - 1];
    uint64_t answered = peer->replies >= peer->expected ? peer->frames : peer->replies * peer->frames / peer->expected;
    uint64_t limit = answered + window;
    return peer->ends[(limit < peer->frames ? limit : peer->frames) - 1];
}

static void send_some(struct peer *peer, size_t limit) {
    size_t size = limit - peer->sent;
    ssize_t taken = send(peer->fd, peer->out + peer->sent, size < SEND_BYTES ? size : SEND_BYTES, MSG_NOSIGNAL);
    if (taken >= 0) peer->sent += (size_t)taken;
    else if (errno != EAGAIN && errno != EINTR) die("send: %s", strerror(errno));
}

static double cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void run_pipelined(void) {
    struct pollfd polled[PEERS_MAX];
    for (int i = 0; i < peer_count; i++) fcntl(peers[i].fd, F_SETFL, fcntl(peers[i].fd, F_GETFL) | O_NONBLOCK);
    uint64_t frames = 0, replies = 0, others = 0;
    double cpu = cpu_seconds();
    uint64_t started = now_ns();
    for (int waiting = peer_count; waiting > 0;) {
        waiting = 0;
        for (int i = 0; i < peer_count; i++) {
            size_t limit = send_limit(&peers[i]);
            if (peers[i].sent < limit) send_some(&peers[i], limit);
            polled[i] = (struct pollfd){peers[i].fd, POLLIN, 0};
            if (peers[i].sent < limit) polled[i].events |= POLLOUT;
            waiting += peers[i].replies < peers[i].expected;
        }
        if (waiting == 0) break;
        if (poll(polled, (nfds_t)peer_count, timeout_s * 1000) == 0) die("nothing came for %d s", timeout_s);
        for (int i = 0; i < peer_count; i++)
            if (polled[i].revents & ~POLLOUT) receive(&peers[i]);
    }
    uint64_t elapsed = now_ns() - started;
    cpu = cpu_seconds() - cpu;
    for (int i = 0; i < peer_count; i++) {
        frames += peers[i].frames;
        replies += peers[i].replies;
        others += peers[i].others;
    }
    printf("{\"frames\": %llu, \"replies\": %llu, \"others\": %llu, \"seconds\": %.9f, \"cpu_seconds\": %.6f}\n",
           (unsigned long long)frames, (unsigned long long)replies, (unsigned long long)others, (double)elapsed / 1e9,
           cpu);
}

/* ---- ping-pong ------------------------------------------------------------------------------------------------- */

static int by_value(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static uint64_t round_trip(struct peer *peer, size_t nth) {
    uint64_t wanted = peer->replies + (uint64_t)peer->pattern[nth % (size_t)peer->pattern_length];
    uint64_t started = now_ns();
    while (peer->sent < peer->ends[nth]) send_some(peer, peer->ends[nth]);
    while (peer->replies < wanted)
        if (!receive(peer)) die("nothing came for %d s", timeout_s);
    return now_ns() - started;
}

static void report_round_trips(const struct peer *peer, uint64_t *times) {
    size_t count = peer->frames - warm_up, kinds = (size_t)peer->pattern_length;
    uint64_t *kind_times = allocate(count * sizeof *kind_times), sum = 0;
    printf("{\"p50_us\": [");
    for (size_t kind = 0; kind < kinds; kind++) {
        size_t found = 0;
        for (size_t nth = warm_up; nth < peer->frames; nth++)
            if (nth % kinds == kind) kind_times[found++] = times[nth];
        qsort(kind_times, found, sizeof *kind_times, by_value);
        printf("%s%.3f", kind ? ", " : "", found ? (double)kind_times[found / 2] / 1e3 : 0.0);
    }
    times += warm_up;
    qsort(times, count, sizeof *times, by_value);
    for (size_t nth = 0; nth < count; nth++) sum += times[nth];
    printf("], \"p99_us\": %.3f, \"min_us\": %.3f, \"mean_us\": %.3f, \"round_trips\": %zu}\n",
           (double)times[count * 99 / 100] / 1e3, (double)times[0] / 1e3, (double)sum / (double)count / 1e3, count);
}

static void run_pingpong(void) {
    struct peer *peer = &peers[0];
    struct timeval patience = {timeout_s, 0};
    if (peer->frames <= warm_up) die("%zu frames and a warm-up of %llu", peer->frames, (unsigned long long)warm_up);
    fcntl(peer->fd, F_SETFL, fcntl(peer->fd, F_GETFL) & ~O_NONBLOCK);
    setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    uint64_t *times = allocate(peer->frames * sizeof *times);
    for (size_t nth = 0; nth < peer->frames; nth++) times[nth] = round_trip(peer, nth);
    report_round_trips(peer, times);
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"count", required_argument, NULL, 'c'},   {"window", required_argument, NULL, 'w'},
        {"warm-up", required_argument, NULL, 'u'}, {"timeout", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'c') count_all = strcmp(optarg, "all") == 0;
        else if (option == 'w') window = strtoull(optarg, NULL, 10);
        else if (option == 'u') warm_up = strtoull(optarg, NULL, 10);
        else if (option == 't') timeout_s = atoi(optarg);
        else return 2;
    }
    if (argc - optind < 3) die("usage: loadgen [options] pipelined|pingpong soup|fix FD:FILE:REPLIES ...");
    int pingpong = strcmp(argv[optind], "pingpong") == 0;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (strcmp(argv[optind + 1], protocols[i].name) == 0) protocol = &protocols[i];
    if (protocol == NULL) die("unknown protocol %s", argv[optind + 1]);
    for (int i = optind + 2; i < argc; i++) add_peer(argv[i], pingpong);
    if (pingpong) run_pingpong();
    else run_pipelined();
    return 0;
}
