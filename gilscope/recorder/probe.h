/* What the parts of the recorder's extension share.

   _ring.c      writes events into this thread's ring in shared memory
   _position.c  finds the line of Python at which this thread stands
   _gil.c       sees the GIL change hands
   _slots.c     rebinds the calls of a loaded object
   _locks.c     sees locks, sleeps and queues written in C
   _hooks.c     sees methods of `threading` and `queue` written in Python
   _tasks.c     sees the tasks of asyncio
   _probe.c     the Python module `_probe` around them

   Hot path means: no Python API, no allocation, no lock, no system call. */
#ifndef GILSCOPE_PROBE_H
#define GILSCOPE_PROBE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "schema.h"

#define PROBE_LIKELY(x) __builtin_expect(!!(x), 1)
#define PROBE_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* One thread's view. Zero is the right beginning: a thread claims its ring at its first event. */
typedef struct {
    uint64_t *slot;      /* header of its ring, NULL before the first event */
    uint64_t *records;
    uint64_t capacity;
    uint64_t position;   /* code address and offset at which it last gave the GIL up */
    uint32_t depth;      /* of probe_enter without probe_leave */
    bool over;           /* it has told its end */
    uint32_t refused;    /* events since it last found no free slot; 0: not refused */
    uint32_t waiting;    /* for the GIL, since this install; 0: it isn't */
    struct _gil_runtime_state *gil; /* which one it has; NULL: none, or not seen yet */
    uintptr_t made[2];   /* the last two mutexes that it made */
} probe_thread;

/* Initial-exec: reading it must not allocate, whatever thread comes first. */
extern __thread probe_thread probe_me __attribute__((tls_model("initial-exec"), visibility("hidden")));
extern uint8_t *probe_memory __attribute__((visibility("hidden"))); /* NULL: not attached */

#pragma GCC visibility push(hidden)

/* ---- For _locks.c ------------------------------------------------------------------------- */

/* Records an event of this thread, with the line at which it stands. Hot path; safe at any time: before
   attach() it returns at once. With or without the GIL: without it, the line is that of the GIL's release. */
void probe_emit(uint8_t kind, uint8_t flags, uint16_t aux, uint64_t thing, int64_t value);

/* Between these, events of this thread get FLAG_NESTED: they happen inside another BLOCK, LOCK_WAIT or CALL and
   don't change the thread's state. Enter after the outer event, leave before the event that ends it. */
static inline void probe_enter(void) { ++probe_me.depth; }
static inline void probe_leave(void) { --probe_me.depth; }

static inline bool probe_attached(void) { return probe_memory != NULL; }

/* Provided by _locks.c. 0, or -1 with a Python exception set. Called with the GIL held. */
int locks_install(void);
int locks_uninstall(void);
int locks_install_semaphores(void);                   /* those of multiprocessing, once it is imported */
int locks_know_semaphore(PyObject *semaphore, uint64_t key, uint16_t track);
uint64_t locks_semaphore_key(PyObject *semaphore);

/* Provided by _garbage.c, which sees collections of garbage. The same. */
int garbage_install(void);
void garbage_uninstall(void);

/* Provided by _hooks.c, from the module's exec slot. */
int hooks_add(PyObject *module);
bool hooks_inside(void);
/* The value of a key; NULL: there is none. A new reference: another thread may put in another one meanwhile. */
PyObject *hooks_look_up(PyObject *dict, PyObject *key);

/* Provided by _tasks.c, from the module's exec slot. */
int tasks_add(PyObject *module);

/* Records THING_NEW; with OF_ASYNCIO in `track`, ASYNC_NEW. Called from C that the creating frame called: an internal
   thing is told by that frame. */
enum { OF_ASYNCIO = 0x100 };
void locks_made(PyObject *thing, uint16_t track, int64_t value);

/* ---- Between the other parts -------------------------------------------------------------- */

int ring_attach(const char *path);                    /* 0, or an errno; EPROTO: a layout of another version */
void ring_record(uint8_t kind, uint8_t flags, uint16_t aux, uint64_t thing, int64_t value, uint64_t position);
bool ring_me(uint64_t *slot, uint64_t *generation);    /* claims a ring; false: none free */
bool ring_define(const char *bytes, uint32_t length); /* false: no room left, counted */

int position_add_code(PyObject *code, bool user);     /* keeps the code object alive for good */
uint64_t position_of(PyThreadState *tstate);          /* hot path; the thread must be this one */
uint64_t position_here(void);                         /* the same, for whoever calls */
bool position_internal(PyObject *code);               /* the frame below isn't the user's; frames of `code` don't count */
int position_add_constants(PyObject *module);         /* from the module's exec slot */

/* Where a suspended coroutine or generator stands. */
typedef struct {
    uint64_t position;    /* 0: of no code that is known */
    uint64_t code;
    bool user;
    PyObject *first;      /* its first argument. Borrowed; NULL: it has none */
} suspended;
bool position_suspended(PyObject *coroutine, suspended *it); /* false: it isn't one, or isn't suspended */

enum { FIRST_ARGUMENTS = 2 };
/* The first argument of the innermost function with this code that this thread executes. Borrowed; NULL: it is in none. */
PyObject *position_self(PyObject *code);
/* Of the function that this thread executes. Borrowed; NULL: it has no such one. */
void position_arguments(PyObject *found[FIRST_ARGUMENTS]);
uint64_t position_code(PyObject *coroutine);          /* address of its code; 0: it isn't one, or is over */
extern bool position_lines;                           /* false: no lines wanted, always 0 */

const char *gil_install(void);                        /* NULL, or why the GIL can't be measured here */
void gil_uninstall(void);
void gil_forked(void);                                /* in a forked child, before it runs Python */
bool gil_held_by_me(void);
PyThreadState *gil_last_holder(void);
bool gil_installed(void);
const char *gil_forced_unknown(void);                 /* NULL, or why FORCED can't be told here */

typedef struct {
    const char *name;
    void *function;
} binding;

/* Binds the calls of these functions by the loaded object that contains `inside`. NULL, or why it can't. */
const char *slots_bind(const void *inside, const binding *bindings, size_t count);
void slots_restore(void);
PyObject *slots_list(void);                           /* [(address, what lies there now)] */

#pragma GCC visibility pop
#endif
