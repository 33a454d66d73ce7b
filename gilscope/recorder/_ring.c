/* Writes events into rings in shared memory: docs/HACKING.md, "Shared memory".

   A ring has one writer, its thread, and one reader, the collector. Nothing here waits. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WORD(base, offset) (*(uint64_t *)((uint8_t *)(base) + (offset)))
#define LOAD(base, offset) __atomic_load_n(&WORD(base, offset), __ATOMIC_ACQUIRE)
#define STORE(base, offset, value) __atomic_store_n(&WORD(base, offset), (value), __ATOMIC_RELEASE)

enum { REFUSED_RETRY = 1024 }; /* events between two searches for a free slot by a thread that found none */

__thread probe_thread probe_me;
uint8_t *probe_memory;
static uint64_t slots, capacity, slot_bytes;
static uint8_t *first_slot;
static pthread_key_t ended;

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The thread is over (pthread key destructor). Events of destructors that run later claim a new slot. Who isn't one of the
   main interpreter's own threads hasn't told its end. */
static void thread_ended(void *Py_UNUSED(ignored))
{
    uint64_t *slot = probe_me.slot;
    if (slot != NULL) {
        if (!probe_me.over && gil_installed())
            ring_record(KIND_THREAD_END, 0, TRACK_THREAD, 0, 0, 0);
        probe_me.slot = NULL;
        STORE(slot, RING_S_STATE, SLOT_EXITED);
    }
}

/* The child of a fork is another thread of another process: its parent's ring isn't its own. */
static void forked(void)
{
    probe_me.slot = NULL;
    probe_me.waiting = 0;
    gil_forked();
}

int ring_attach(const char *path)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return errno;
    struct stat st;
    int failed = fstat(file, &st) < 0 ? errno : st.st_size < (off_t)RING_HEADER_BYTES ? EPROTO : 0;
    void *memory = MAP_FAILED;
    if (!failed) {
        memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
        failed = memory == MAP_FAILED ? errno : 0;
    }
    close(file);
    if (failed)
        return failed;
    slots = WORD(memory, RING_H_SLOTS);
    capacity = WORD(memory, RING_H_RECORDS);
    slot_bytes = RING_SLOT_HEADER_BYTES + capacity * RING_RECORD_BYTES;
    bool fits = WORD(memory, RING_H_MAGIC) == RING_MAGIC && WORD(memory, RING_H_VERSION) == RING_VERSION &&
                capacity >= 2 && (capacity & (capacity - 1)) == 0 && capacity <= (1u << 28) &&
                slots >= 1 && slots <= (1u << 20) &&
                (uint64_t)st.st_size >= RING_HEADER_BYTES + RING_DEFINITIONS_BYTES + slots * slot_bytes;
    if (!fits || pthread_key_create(&ended, thread_ended) != 0 || pthread_atfork(NULL, NULL, forked) != 0) {
        munmap(memory, (size_t)st.st_size);
        return EPROTO;
    }
    first_slot = (uint8_t *)memory + RING_HEADER_BYTES + RING_DEFINITIONS_BYTES;
    __atomic_store_n(&probe_memory, memory, __ATOMIC_RELEASE);
    return 0;
}

/* Finds this thread a ring. The slots are searched from the hint on, so that those ever claimed lie without holes. */
static bool claim(probe_thread *me)
{
    if (me->refused != 0 && me->refused++ < REFUSED_RETRY)
        return false;
    uint64_t hint = LOAD(probe_memory, RING_H_NEXT_SLOT) % slots;
    for (uint64_t n = 0; n < slots; n++) {
        uint64_t number = (hint + n) % slots;
        uint8_t *slot = first_slot + number * slot_bytes;
        uint64_t free = SLOT_FREE;
        if (LOAD(slot, RING_S_STATE) != SLOT_FREE ||
            !__atomic_compare_exchange_n(&WORD(slot, RING_S_STATE), &free, SLOT_LIVE, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_RELAXED))
            continue;
        STORE(probe_memory, RING_H_NEXT_SLOT, number + 1);
        WORD(slot, RING_S_PID) = (uint64_t)getpid();
        WORD(slot, RING_S_TID) = (uint64_t)syscall(SYS_gettid);
        STORE(slot, RING_S_GENERATION, WORD(slot, RING_S_GENERATION) + 1);
        me->slot = (uint64_t *)slot;
        me->records = (uint64_t *)(slot + RING_SLOT_HEADER_BYTES);
        me->capacity = capacity;
        me->refused = 0;
        pthread_setspecific(ended, me); /* any value but NULL: the destructor runs */
        return true;
    }
    me->refused = 1;
    return false;
}

static inline void lose(uint64_t *slot, uint64_t at)
{
    if (WORD(slot, RING_S_LOST) == 0)
        WORD(slot, RING_S_LOST_FIRST) = at;
    WORD(slot, RING_S_LOST_LAST) = at;
    WORD(slot, RING_S_LOST)++;
}

static inline uint64_t *put(probe_thread *me, uint64_t head, uint64_t at, uint64_t what, uint64_t position, uint64_t value)
{
    uint64_t *record = me->records + (head & (me->capacity - 1)) * (RING_RECORD_BYTES / 8);
    record[0] = at;
    record[1] = what;
    record[2] = position;
    record[3] = value;
    return record;
}

#define ADDRESS_MASK ((1ull << 48) - 1)

void ring_record(uint8_t kind, uint8_t flags, uint16_t aux, uint64_t thing, int64_t value, uint64_t position)
{
    probe_thread *me = &probe_me;
    if (PROBE_UNLIKELY(me->slot == NULL)) {
        if (probe_memory == NULL)
            return;
        if (!claim(me)) {
            __atomic_add_fetch(&WORD(probe_memory, RING_H_SLOTLESS_LOST), 1, __ATOMIC_RELAXED);
            return;
        }
    }
    uint64_t *slot = me->slot;
    STORE(slot, RING_S_BUSY, 1);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    uint64_t at = now();
    uint64_t head = WORD(slot, RING_S_HEAD);
    uint64_t room = me->capacity - (head - LOAD(slot, RING_S_TAIL));
    WORD(slot, RING_S_EMITTED)++;
    uint64_t lost = WORD(slot, RING_S_LOST);
    if (PROBE_UNLIKELY(room < 1 + (lost != 0))) {
        lose(slot, at);
    }
    else {
        if (PROBE_UNLIKELY(lost != 0)) {
            put(me, head++, WORD(slot, RING_S_LOST_FIRST), (uint64_t)KIND_LOST << 48, WORD(slot, RING_S_LOST_LAST),
                lost << 16);
            WORD(slot, RING_S_LOST) = 0;
        }
        put(me, head, at, (thing & ADDRESS_MASK) | (uint64_t)kind << 48 | (uint64_t)flags << 56, position,
            (uint64_t)value << 16 | aux);
        STORE(slot, RING_S_HEAD, head + 1);
    }
    STORE(slot, RING_S_BUSY, 0);
}

void probe_emit(uint8_t kind, uint8_t flags, uint16_t aux, uint64_t thing, int64_t value)
{
    if (probe_memory == NULL)
        return;
    if (probe_me.depth != 0)
        flags |= FLAG_NESTED;
    ring_record(kind, flags, aux, thing, value, position_here());
}

bool ring_me(uint64_t *slot, uint64_t *generation)
{
    probe_thread *me = &probe_me;
    if (probe_memory == NULL || (me->slot == NULL && !claim(me)))
        return false;
    *slot = ((uint64_t)((uint8_t *)me->slot - first_slot)) / slot_bytes;
    *generation = WORD(me->slot, RING_S_GENERATION);
    return true;
}

bool ring_define(const char *bytes, uint32_t length)
{
    uint64_t room = 8 + (((uint64_t)length + 7) & ~7ull);
    uint64_t begin = __atomic_load_n(&WORD(probe_memory, RING_H_DEFINITIONS_END), __ATOMIC_RELAXED);
    do {
        if (begin + room > RING_DEFINITIONS_BYTES) {
            __atomic_add_fetch(&WORD(probe_memory, RING_H_DEFINITIONS_LOST), 1, __ATOMIC_RELAXED);
            return false;
        }
    } while (!__atomic_compare_exchange_n(&WORD(probe_memory, RING_H_DEFINITIONS_END), &begin, begin + room, false,
                                          __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    uint8_t *entry = probe_memory + RING_HEADER_BYTES + begin;
    __atomic_store_n((uint32_t *)entry, length, __ATOMIC_RELEASE);
    memcpy(entry + 8, bytes, length);
    __atomic_store_n((uint32_t *)(entry + 4), 1, __ATOMIC_RELEASE);
    return true;
}
