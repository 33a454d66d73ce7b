/* Sees locks, sleeps, simple queues, the starting of threads and fork(): everything that is written in C.

   Nothing is replaced: the C functions behind the methods of the real types are, in their own PyMethodDef, which
   the interpreter reads at every call. So every lock of every module is seen, whenever it was made, and types,
   names, signatures and errors stay what they are.

   All of this runs with the GIL held, or in a build without one, where two threads may be here at once: what they share
   is written at install only. Then SimpleQueue alone is told less exactly: another thread may put or get between a call
   and the look at the queue's length. An original is called with the arguments that came. */
#include "probe.h"

#include <math.h>
#include <string.h>

/* ---- What is patched ------------------------------------------------------------------------ */

/* X(name here, owner, its method's name, what happens instead) */
#define PATCHES(X)                                                     \
    X(LOCK_ACQUIRE_METHOD, OWNER_LOCK, "acquire", lock_acquire)         \
    X(LOCK_ACQUIRE_LOCK, OWNER_LOCK, "acquire_lock", lock_acquire)      \
    X(LOCK_ENTER, OWNER_LOCK, "__enter__", lock_acquire)                \
    X(LOCK_RELEASE_METHOD, OWNER_LOCK, "release", lock_release)         \
    X(LOCK_RELEASE_LOCK, OWNER_LOCK, "release_lock", lock_release)      \
    X(LOCK_EXIT, OWNER_LOCK, "__exit__", lock_release)                  \
    X(RLOCK_ACQUIRE, OWNER_RLOCK, "acquire", rlock_acquire)             \
    X(RLOCK_ENTER, OWNER_RLOCK, "__enter__", rlock_acquire)             \
    X(RLOCK_RELEASE, OWNER_RLOCK, "release", rlock_release)             \
    X(RLOCK_EXIT, OWNER_RLOCK, "__exit__", rlock_release)               \
    X(RLOCK_SAVE, OWNER_RLOCK, "_release_save", rlock_release_save)     \
    X(RLOCK_RESTORE, OWNER_RLOCK, "_acquire_restore", rlock_restore)    \
    X(QUEUE_PUT, OWNER_QUEUE, "put", queue_put)                         \
    X(QUEUE_PUT_NOWAIT, OWNER_QUEUE, "put_nowait", queue_put)           \
    X(QUEUE_GET, OWNER_QUEUE, "get", queue_get)                         \
    X(QUEUE_GET_NOWAIT, OWNER_QUEUE, "get_nowait", queue_get)           \
    X(ALLOCATE_LOCK, OWNER_THREAD, "allocate_lock", allocate_lock)      \
    X(ALLOCATE, OWNER_THREAD, "allocate", allocate_lock)                \
    X(SET_SENTINEL, OWNER_THREAD, "_set_sentinel", allocate_lock)       \
    X(START, OWNER_THREAD, "start_new_thread", start_thread)            \
    X(START_SHORT, OWNER_THREAD, "start_new", start_thread)             \
    X(START_JOINABLE, OWNER_THREAD, "start_joinable_thread", start_thread) \
    X(SLEEP, OWNER_TIME, "sleep", time_sleep)                           \
    X(FORK, OWNER_POSIX, "fork", fork_process)                          \
    X(SEM_ACQUIRE, OWNER_SEMAPHORE, "acquire", semaphore_acquire)       \
    X(SEM_ENTER, OWNER_SEMAPHORE, "__enter__", semaphore_acquire)       \
    X(SEM_RELEASE, OWNER_SEMAPHORE, "release", semaphore_release)       \
    X(SEM_EXIT, OWNER_SEMAPHORE, "__exit__", semaphore_release)

typedef enum { OWNER_LOCK, OWNER_RLOCK, OWNER_QUEUE, OWNER_THREAD, OWNER_TIME, OWNER_POSIX, OWNER_SEMAPHORE, OWNERS } owner;

#define NUMBER(name, owner, method, step) PATCH_##name,
enum { PATCHES(NUMBER) PATCH_COUNT };

typedef struct {
    PyMethodDef *place; /* NULL: this interpreter has no such method */
    PyCFunction original;
} patch;

/* One call on its way to the original. What isn't of its calling convention is NULL. */
typedef struct {
    int number;
    PyObject *self;
    PyObject *argument;        /* METH_NOARGS, METH_O, METH_VARARGS: the tuple */
    PyObject *keywords;        /* METH_VARARGS | METH_KEYWORDS: a dict */
    PyTypeObject *defining;    /* METH_METHOD */
    PyObject *const *vector;   /* METH_FASTCALL */
    Py_ssize_t count;
    PyObject *names;           /* METH_FASTCALL | METH_KEYWORDS: a tuple; those values lie behind `count` */
} call;

typedef PyObject *(*step)(const call *);

static patch patches[PATCH_COUNT];
static bool found, installed;

/* Methods that are asked, not patched. */
static PyMethodDef *lock_locked, *queue_length;
static PyMethodDef *semaphore_value, *semaphore_count, *semaphore_mine;
#if PY_VERSION_HEX >= 0x030C0000
static PyMethodDef *rlock_depth;
#endif
static PyObject *not_blocking; /* (False,) */
static PyObject *queue_empty;  /* the exception Empty */
static PyObject *semaphores;   /* address of a semaphore of multiprocessing → its key, and its kind above that */
static PyTypeObject *thread_type;
static PyObject *rlock_factory; /* code of threading.RLock: who calls it makes the lock */

static PyObject *original(const call *c)
{
    const patch *p = &patches[c->number];
    void (*f)(void) = (void (*)(void))p->original;
    switch (p->place->ml_flags & (METH_VARARGS | METH_KEYWORDS | METH_NOARGS | METH_O | METH_FASTCALL | METH_METHOD)) {
    case METH_VARARGS | METH_KEYWORDS:
        return ((PyCFunctionWithKeywords)f)(c->self, c->argument, c->keywords);
    case METH_FASTCALL:
        return ((PyObject *(*)(PyObject *, PyObject *const *, Py_ssize_t))f)(c->self, c->vector, c->count);
    case METH_FASTCALL | METH_KEYWORDS:
        return ((PyObject *(*)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *))f)(c->self, c->vector, c->count,
                                                                                        c->names);
    case METH_METHOD | METH_FASTCALL | METH_KEYWORDS:
        return ((PyCMethod)f)(c->self, c->defining, c->vector, c->count, c->names);
    default:
        return p->original(c->self, c->argument);
    }
}

/* The argument of this position or name; NULL: not given. Borrowed. */
static PyObject *argument(const call *c, Py_ssize_t position, const char *name)
{
    if (c->vector != NULL || c->names != NULL) {
        if (position < c->count)
            return c->vector[position];
        for (Py_ssize_t i = 0; c->names != NULL && i < PyTuple_GET_SIZE(c->names); i++)
            if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(c->names, i), name) == 0)
                return c->vector[c->count + i];
        return NULL;
    }
    if (c->argument != NULL && PyTuple_Check(c->argument) && position < PyTuple_GET_SIZE(c->argument))
        return PyTuple_GET_ITEM(c->argument, position);
    return c->keywords == NULL ? NULL : PyDict_GetItemString(c->keywords, name);
}

static Py_ssize_t arguments_given(const call *c)
{
    if (c->vector != NULL || c->names != NULL)
        return c->count + (c->names == NULL ? 0 : PyTuple_GET_SIZE(c->names));
    return (c->argument != NULL && PyTuple_Check(c->argument) ? PyTuple_GET_SIZE(c->argument) : 0) +
           (c->keywords == NULL ? 0 : PyDict_GET_SIZE(c->keywords));
}

/* Asks a method without arguments. NULL isn't expected: these can't fail. */
static PyObject *ask(const PyMethodDef *method, PyObject *self) { return method->ml_meth(self, NULL); }

static bool is_true(PyObject *answer)
{
    bool yes = answer == Py_True;
    Py_XDECREF(answer);
    return yes;
}

static int64_t number_of(PyObject *answer)
{
    int64_t number = answer == NULL ? 0 : PyLong_AsLongLong(answer);
    Py_XDECREF(answer);
    return number;
}

static inline uint64_t address(const void *thing) { return (uint64_t)(uintptr_t)thing; }

/* ---- Waiting -------------------------------------------------------------------------------- */

typedef enum {
    WAITS_NOT, /* it tries only, or its arguments are refused, or of a kind that only the original understands */
    WAITS,
    WAITS_TIMED,
} patience;

static bool seconds_of(PyObject *number, double *seconds)
{
    if (PyFloat_CheckExact(number))
        *seconds = PyFloat_AS_DOUBLE(number);
    else if (PyLong_CheckExact(number)) {
        *seconds = PyLong_AsDouble(number);
        if (PyErr_Occurred()) { /* too large */
            PyErr_Clear();
            return false;
        }
    }
    else
        return false;
    return !isnan(*seconds);
}

/* Of acquire(blocking=True, timeout=-1), or with `none`, of get(block=True, timeout=None). */
static patience patience_of(const call *c, const char *blocking_name, bool none)
{
    enum { CENTURIES = 1 << 30 }; /* seconds; longer ones are refused somewhere, or as good as none */
    Py_ssize_t given = arguments_given(c);
    if (given == 0)
        return WAITS;
    PyObject *blocking = argument(c, 0, blocking_name), *timeout = argument(c, 1, "timeout");
    if (given != (blocking != NULL) + (timeout != NULL))
        return WAITS_NOT; /* refused */
    if (blocking != NULL && blocking != Py_True) {
        if (!PyLong_CheckExact(blocking) || PyObject_IsTrue(blocking) != 1)
            return WAITS_NOT;
    }
    if (timeout == NULL || (none && timeout == Py_None))
        return WAITS;
    double seconds;
    if (!seconds_of(timeout, &seconds))
        return WAITS_NOT;
    if (!none && seconds == -1)
        return WAITS;
    return seconds > 0 && seconds < CENTURIES ? WAITS_TIMED : WAITS_NOT;
}

/* Takes a lock, and gives back what acquire() does. `depth`: after it, if it is had. */
static PyObject *acquire(const call *c, patience patient, int try_number, uint16_t track, int64_t depth)
{
    uint8_t contended = 0, timed = 0;
    PyObject *got;
    if (patient == WAITS_NOT) {
        got = original(c);
    }
    else {
        /* What acquire() itself does first: whether it will wait is known only by trying. */
        PyObject *no = Py_False;
        call attempt = {.number = try_number, .self = c->self, .argument = not_blocking, .vector = &no, .count = 1};
        got = original(&attempt);
        if (got == Py_False) {
            Py_DECREF(got);
            contended = FLAG_CONTENDED;
            timed = patient == WAITS_TIMED ? FLAG_TIMED : 0;
            probe_emit(KIND_LOCK_WAIT, timed, track, address(c->self), 0);
            probe_enter();
            got = original(c);
            probe_leave();
        }
    }
    if (got != NULL && got != Py_False)
        probe_emit(KIND_LOCK_ACQUIRE, contended, track, address(c->self), depth);
    else if (contended)
        probe_emit(KIND_LOCK_TIMEOUT, timed | (got == NULL ? FLAG_ERROR : FLAG_TIMEOUT), track, address(c->self), 0);
    return got;
}

/* ---- Locks ---------------------------------------------------------------------------------- */

static PyObject *lock_acquire(const call *c)
{
    return acquire(c, patience_of(c, "blocking", false), PATCH_LOCK_ACQUIRE_METHOD, TRACK_LOCK, 1);
}

static PyObject *lock_release(const call *c)
{
    /* Before the release: whoever gets the lock next does so later. */
    if (is_true(ask(lock_locked, c->self)))
        probe_emit(KIND_LOCK_RELEASE, 0, TRACK_LOCK, address(c->self), 0);
    return original(c);
}

/* How often this thread has it. */
static int64_t depth_of(PyObject *rlock)
{
#if PY_VERSION_HEX < 0x030C0000 /* the first releases of 3.11 have no method that tells */
    typedef struct {
        PyObject_HEAD
        void *lock;
        unsigned long owner, count;
    } rlock_object;
    const rlock_object *it = (const rlock_object *)rlock;
    return it->owner == PyThread_get_thread_ident() ? (int64_t)it->count : 0;
#else
    return number_of(ask(rlock_depth, rlock));
#endif
}

static PyObject *rlock_acquire(const call *c)
{
    int64_t depth = depth_of(c->self);
    patience patient = depth > 0 ? WAITS_NOT : patience_of(c, "blocking", false);
    return acquire(c, patient, PATCH_RLOCK_ACQUIRE, TRACK_RLOCK, depth + 1);
}

static PyObject *rlock_release(const call *c)
{
    int64_t depth = depth_of(c->self);
    if (depth > 0)
        probe_emit(KIND_LOCK_RELEASE, 0, TRACK_RLOCK, address(c->self), depth - 1);
    return original(c);
}

/* Condition.wait() gives the lock up however often it is had, */
static PyObject *rlock_release_save(const call *c)
{
    if (depth_of(c->self) > 0)
        probe_emit(KIND_LOCK_RELEASE, 0, TRACK_RLOCK, address(c->self), 0);
    return original(c);
}

/* and takes it back as often. */
static PyObject *rlock_restore(const call *c)
{
    PyObject *state = c->argument; /* (count, owner), or a tuple around it */
    if (state != NULL && PyTuple_Check(state) && PyTuple_GET_SIZE(state) == 1)
        state = PyTuple_GET_ITEM(state, 0);
    int64_t count = -1;
    if (state != NULL && PyTuple_Check(state) && PyTuple_GET_SIZE(state) == 2 &&
        PyLong_CheckExact(PyTuple_GET_ITEM(state, 0)))
        count = PyLong_AsLongLong(PyTuple_GET_ITEM(state, 0));
    if (count < 1 || depth_of(c->self) > 0) {
        PyErr_Clear();
        return original(c);
    }
    PyObject *no = Py_False;
    call attempt = {
        .number = PATCH_RLOCK_ACQUIRE, .self = c->self, .argument = not_blocking, .vector = &no, .count = 1};
    PyObject *got = original(&attempt);
    if (got == Py_True) {
        for (int64_t i = 1; i < count; i++) {
            PyObject *again = original(&attempt);
            if (again == NULL) {
                Py_DECREF(got);
                return NULL;
            }
            Py_DECREF(again);
        }
        probe_emit(KIND_LOCK_ACQUIRE, 0, TRACK_RLOCK, address(c->self), count);
        Py_DECREF(got);
        Py_RETURN_NONE;
    }
    if (got == NULL)
        return NULL;
    Py_DECREF(got);
    probe_emit(KIND_LOCK_WAIT, 0, TRACK_RLOCK, address(c->self), 0);
    probe_enter();
    got = original(c);
    probe_leave();
    if (got != NULL)
        probe_emit(KIND_LOCK_ACQUIRE, FLAG_CONTENDED, TRACK_RLOCK, address(c->self), count);
    else
        probe_emit(KIND_LOCK_TIMEOUT, FLAG_ERROR, TRACK_RLOCK, address(c->self), 0);
    return got;
}

/* ---- Semaphores of multiprocessing ---------------------------------------------------------- */

enum { KEY_BITS = 48 };

typedef struct {
    uint64_t key;
    uint16_t track;
} identity;

/* What several processes share has the same key in all of them. One that isn't known goes by its address. */
static identity identity_of(PyObject *semaphore)
{
    identity it = {address(semaphore), TRACK_SEMAPHORE};
    PyObject *key = PyLong_FromVoidPtr(semaphore);
    PyObject *known = key == NULL || semaphores == NULL ? NULL : PyDict_GetItemWithError(semaphores, key);
    if (known != NULL) {
        uint64_t packed = PyLong_AsUnsignedLongLong(known);
        it = (identity){packed & ((1ull << KEY_BITS) - 1), (uint16_t)(packed >> KEY_BITS)};
    }
    Py_XDECREF(key);
    PyErr_Clear();
    return it;
}

static PyObject *semaphore_acquire(const call *c)
{
    identity it = identity_of(c->self);
    bool counts = it.track == TRACK_SEMAPHORE;
    bool again = it.track == TRACK_RLOCK && is_true(ask(semaphore_mine, c->self));
    patience patient = again ? WAITS_NOT : patience_of(c, "block", true);
    uint8_t timed = patient == WAITS_TIMED ? FLAG_TIMED : 0;
    PyObject *got = NULL, *no = Py_False;
    if (patient != WAITS_NOT) {
        call attempt = {.number = PATCH_SEM_ACQUIRE, .self = c->self, .argument = not_blocking, .vector = &no, .count = 1};
        got = original(&attempt);
        if (got == NULL)
            return NULL;
    }
    bool waits = got == Py_False;
    if (waits) {
        Py_DECREF(got);
        probe_emit(counts ? KIND_BLOCK : KIND_LOCK_WAIT, timed, it.track, it.key, 0);
        probe_enter();
    }
    if (got != Py_True)
        got = original(c);
    uint8_t ended = got == NULL ? FLAG_ERROR : got == Py_False ? FLAG_TIMEOUT : 0;
    if (waits) {
        probe_leave();
        if (counts)
            probe_emit(KIND_UNBLOCK, timed | ended, it.track, it.key, 0);
        else if (ended)
            probe_emit(KIND_LOCK_TIMEOUT, timed | ended, it.track, it.key, 0);
    }
    if (!ended && counts)
        probe_emit(KIND_TAKE, 0, it.track, it.key, number_of(ask(semaphore_value, c->self)));
    else if (!ended)
        probe_emit(KIND_LOCK_ACQUIRE, waits ? FLAG_CONTENDED : 0, it.track, it.key,
                   it.track == TRACK_RLOCK ? number_of(ask(semaphore_count, c->self)) : 1);
    return got;
}

/* Told before the release, unless it will be refused. */
static PyObject *semaphore_release(const call *c)
{
    identity it = identity_of(c->self);
    int64_t value = number_of(ask(semaphore_value, c->self));
    if (it.track == TRACK_RLOCK) {
        if (is_true(ask(semaphore_mine, c->self)))
            probe_emit(KIND_LOCK_RELEASE, 0, it.track, it.key, number_of(ask(semaphore_count, c->self)) - 1);
    }
    else if (value < number_of(PyObject_GetAttrString(c->self, "maxvalue"))) {
        if (it.track == TRACK_LOCK)
            probe_emit(KIND_LOCK_RELEASE, 0, it.track, it.key, 0);
        else
            probe_emit(KIND_NOTIFY, 0, it.track, it.key, 1);
    }
    return original(c);
}

int locks_know_semaphore(PyObject *semaphore, uint64_t key, uint16_t track)
{
    PyObject *at = PyLong_FromVoidPtr(semaphore);
    PyObject *packed = at == NULL ? NULL : PyLong_FromUnsignedLongLong(key | (uint64_t)track << KEY_BITS);
    int failed = packed == NULL ? -1 : PyDict_SetItem(semaphores, at, packed);
    Py_XDECREF(packed);
    Py_XDECREF(at);
    return failed;
}

uint64_t locks_semaphore_key(PyObject *semaphore) { return identity_of(semaphore).key; }

/* ---- SimpleQueue ---------------------------------------------------------------------------- */

static int64_t length_of(PyObject *queue) { return number_of(ask(queue_length, queue)); }

static PyObject *queue_put(const call *c)
{
    PyObject *done = original(c);
    if (done != NULL) /* whoever gets it needs the GIL first, if there is one, and this thread has it */
        probe_emit(KIND_PUT, 0, TRACK_QUEUE, address(c->self), length_of(c->self));
    return done;
}

static PyObject *queue_get(const call *c)
{
    patience patient = c->number == PATCH_QUEUE_GET_NOWAIT ? WAITS_NOT : patience_of(c, "block", true);
    bool waits = patient != WAITS_NOT && length_of(c->self) == 0;
    uint8_t timed = patient == WAITS_TIMED ? FLAG_TIMED : 0;
    if (waits) {
        probe_emit(KIND_BLOCK, timed, TRACK_QUEUE, address(c->self), 0);
        probe_enter();
    }
    PyObject *got = original(c);
    if (waits) {
        uint8_t ended = 0;
        if (got == NULL)
            ended = queue_empty != NULL && PyErr_ExceptionMatches(queue_empty) ? FLAG_TIMEOUT : FLAG_ERROR;
        probe_leave();
        probe_emit(KIND_UNBLOCK, timed | ended, TRACK_QUEUE, address(c->self), 0);
    }
    if (got != NULL)
        probe_emit(KIND_GET, 0, TRACK_QUEUE, address(c->self), length_of(c->self));
    return got;
}

/* ---- Functions ------------------------------------------------------------------------------ */

void locks_made(PyObject *thing, uint16_t track, int64_t value)
{
    uint8_t internal = position_internal(rlock_factory) ? FLAG_NESTED : 0;
    uint8_t kind = track & OF_ASYNCIO ? KIND_ASYNC_NEW : KIND_THING_NEW;
    probe_emit(kind, internal, track & ~OF_ASYNCIO, address(thing), value);
}

static PyObject *allocate_lock(const call *c)
{
    PyObject *lock = original(c);
    if (lock != NULL)
        locks_made(lock, TRACK_LOCK, 0);
    return lock;
}

/* The Thread whose method is to be run, or 0: only who uses `_thread` itself has none. */
static uint64_t thread_behind(PyObject *function)
{
    if (function == NULL || !PyMethod_Check(function) || thread_type == NULL)
        return 0;
    PyObject *self = PyMethod_GET_SELF(function);
    return PyObject_TypeCheck(self, thread_type) ? address(self) : 0;
}

static PyObject *start_thread(const call *c)
{
    uint64_t thread = thread_behind(argument(c, 0, "function"));
    probe_emit(KIND_THREAD_START, 0, TRACK_THREAD, thread, 0); /* before the thread can begin */
    PyObject *started = original(c);
    if (started == NULL)
        probe_emit(KIND_THREAD_START, FLAG_ERROR, TRACK_THREAD, thread, 0);
    return started;
}

static PyObject *time_sleep(const call *c)
{
    double seconds;
    bool known = seconds_of(c->argument, &seconds) && seconds < 1e5;
    if (known && seconds < 0)
        return original(c); /* refused */
    probe_emit(KIND_CALL, 0, TRACK_SLEEP, 0, known ? (int64_t)(seconds * 1e9 + 0.5) : -1);
    probe_enter();
    PyObject *slept = original(c);
    probe_leave();
    probe_emit(KIND_RETURN, slept == NULL ? FLAG_ERROR : 0, TRACK_SLEEP, 0, 0);
    return slept;
}

/* In the parent; what the child tells of itself is told by processes.py. */
static PyObject *fork_process(const call *c)
{
    probe_emit(KIND_PROCESS_START, 0, TRACK_PROCESS, 0, 0);
    PyObject *pid = original(c);
    if (pid == NULL)
        probe_emit(KIND_PROCESS_STARTED, FLAG_ERROR, TRACK_PROCESS, 0, 0);
    else if (PyLong_AsLongLong(pid) > 0)
        probe_emit(KIND_PROCESS_STARTED, 0, TRACK_PROCESS, 0, PyLong_AsLongLong(pid));
    return pid;
}

/* ---- Calling conventions -------------------------------------------------------------------- */

/* Another interpreter of this process has objects of its own: it isn't recorded. */
static inline bool elsewhere(void) { return PyInterpreterState_Get() != PyInterpreterState_Main(); }

#define ENTRIES(name, owner, method, step)                                                                      \
    static PyObject *name##_plain(PyObject *self, PyObject *argument)                                           \
    {                                                                                                           \
        call c = {.number = PATCH_##name, .self = self, .argument = argument};                                  \
        return elsewhere() ? original(&c) : step(&c);                                                           \
    }                                                                                                           \
    static PyObject *name##_keywords(PyObject *self, PyObject *argument, PyObject *keywords)                    \
    {                                                                                                           \
        call c = {.number = PATCH_##name, .self = self, .argument = argument, .keywords = keywords};            \
        return elsewhere() ? original(&c) : step(&c);                                                           \
    }                                                                                                           \
    static PyObject *name##_vector(PyObject *self, PyObject *const *vector, Py_ssize_t count)                   \
    {                                                                                                           \
        call c = {.number = PATCH_##name, .self = self, .vector = vector, .count = count};                      \
        return elsewhere() ? original(&c) : step(&c);                                                           \
    }                                                                                                           \
    static PyObject *name##_vector_keywords(PyObject *self, PyObject *const *vector, Py_ssize_t count,          \
                                            PyObject *names)                                                    \
    {                                                                                                           \
        call c = {.number = PATCH_##name, .self = self, .vector = vector, .count = count, .names = names};      \
        return elsewhere() ? original(&c) : step(&c);                                                           \
    }                                                                                                           \
    static PyObject *name##_defining(PyObject *self, PyTypeObject *defining, PyObject *const *vector,           \
                                     size_t count, PyObject *names)                                             \
    {                                                                                                           \
        call c = {.number = PATCH_##name, .self = self, .defining = defining, .vector = vector,                 \
                  .count = (Py_ssize_t)count, .names = names};                                                  \
        return elsewhere() ? original(&c) : step(&c);                                                           \
    }
PATCHES(ENTRIES)

#define ANY(function) ((PyCFunction)(void (*)(void))(function))
typedef struct {
    owner owner;
    const char *method;
    PyCFunction plain, keywords, vector, vector_keywords, defining;
} entry;
#define ENTRY(name, owner, method, step)                                                                        \
    {owner, method, name##_plain, ANY(name##_keywords), ANY(name##_vector), ANY(name##_vector_keywords),        \
     ANY(name##_defining)},
static const entry entries[PATCH_COUNT] = {PATCHES(ENTRY)};

static PyCFunction entry_for(const entry *e, int flags)
{
    switch (flags & ~(METH_CLASS | METH_STATIC | METH_COEXIST)) {
    case METH_NOARGS:
    case METH_O:
    case METH_VARARGS:
        return e->plain;
    case METH_VARARGS | METH_KEYWORDS:
        return e->keywords;
    case METH_FASTCALL:
        return e->vector;
    case METH_FASTCALL | METH_KEYWORDS:
        return e->vector_keywords;
    case METH_METHOD | METH_FASTCALL | METH_KEYWORDS:
        return e->defining;
    default:
        return NULL;
    }
}

/* ---- Making locks and queues by calling their types ------------------------------------------ */

static newfunc new_originals[OWNERS];
static PyTypeObject *types[OWNERS]; /* NULL: a module, or not there */

static PyObject *make(owner of, uint16_t track, PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *made = new_originals[of](type, arguments, keywords);
    if (made != NULL && !elsewhere())
        locks_made(made, track, 0);
    return made;
}

static PyObject *lock_new(PyTypeObject *t, PyObject *a, PyObject *k) { return make(OWNER_LOCK, TRACK_LOCK, t, a, k); }
static PyObject *rlock_new(PyTypeObject *t, PyObject *a, PyObject *k) { return make(OWNER_RLOCK, TRACK_RLOCK, t, a, k); }
static PyObject *queue_new(PyTypeObject *t, PyObject *a, PyObject *k) { return make(OWNER_QUEUE, TRACK_QUEUE, t, a, k); }

static const newfunc new_ours[OWNERS] = {[OWNER_LOCK] = lock_new, [OWNER_RLOCK] = rlock_new, [OWNER_QUEUE] = queue_new};

/* Subclasses have a copy of tp_new. */
static int rebind_new(PyTypeObject *type, newfunc from, newfunc to)
{
    if (type->tp_new != from)
        return 0;
    type->tp_new = to;
    PyObject *subclasses = PyObject_CallMethod((PyObject *)type, "__subclasses__", NULL);
    if (subclasses == NULL)
        return -1;
    int failed = 0;
    for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(subclasses); i++)
        failed = rebind_new((PyTypeObject *)PyList_GET_ITEM(subclasses, i), from, to);
    Py_DECREF(subclasses);
    return failed;
}

/* ---- Install -------------------------------------------------------------------------------- */

/* The table entry behind a method or a function written in C; NULL: it is none. Borrowed. */
static PyMethodDef *method_of(PyObject *owner, const char *name)
{
    PyObject *attribute = PyObject_GetAttrString(owner, name);
    if (attribute == NULL) {
        PyErr_Clear();
        return NULL;
    }
    PyMethodDef *method = NULL;
    if (Py_IS_TYPE(attribute, &PyMethodDescr_Type))
        method = ((PyMethodDescrObject *)attribute)->d_method;
    else if (PyCFunction_Check(attribute))
        method = ((PyCFunctionObject *)attribute)->m_ml;
    Py_DECREF(attribute);
    return method;
}

static PyObject *import_from(const char *module, const char *name)
{
    PyObject *imported = PyImport_ImportModule(module);
    PyObject *attribute = imported == NULL ? NULL : PyObject_GetAttrString(imported, name);
    Py_XDECREF(imported);
    return attribute;
}

/* What the patches belong to: three types, three modules. Kept for good. */
static int find_owners(PyObject *owners[OWNERS])
{
    PyObject *lock = import_from("_thread", "LockType");
    owners[OWNER_LOCK] = lock;
    owners[OWNER_RLOCK] = lock == NULL ? NULL : import_from("_thread", "RLock");
    owners[OWNER_THREAD] = owners[OWNER_RLOCK] == NULL ? NULL : PyImport_ImportModule("_thread");
    owners[OWNER_TIME] = owners[OWNER_THREAD] == NULL ? NULL : PyImport_ImportModule("time");
    owners[OWNER_POSIX] = owners[OWNER_TIME] == NULL ? NULL : PyImport_ImportModule("posix");
    if (owners[OWNER_POSIX] == NULL)
        return -1;
    owners[OWNER_QUEUE] = import_from("_queue", "SimpleQueue");
    if (owners[OWNER_QUEUE] == NULL)
        PyErr_Clear(); /* built without it */
    else if ((queue_empty = import_from("_queue", "Empty")) == NULL)
        return -1;
    for (int i = 0; i < OWNERS; i++)
        types[i] = owners[i] != NULL && PyType_Check(owners[i]) ? (PyTypeObject *)owners[i] : NULL;
    thread_type = (PyTypeObject *)import_from("threading", "Thread");
    PyObject *factory = thread_type == NULL ? NULL : import_from("threading", "RLock");
    if (factory == NULL)
        return -1;
    rlock_factory = PyObject_GetAttrString(factory, "__code__");
    Py_DECREF(factory);
    PyErr_Clear(); /* one day it may be the type itself */
    not_blocking = PyTuple_Pack(1, Py_False);
    return not_blocking == NULL ? -1 : 0;
}

/* Of the patches of one owner, what they need; -1 with an exception set. */
static int find_patches(owner of, PyObject *there)
{
    for (int i = 0; i < PATCH_COUNT; i++) {
        if (entries[i].owner != of)
            continue;
        PyMethodDef *place = method_of(there, entries[i].method);
        if (place != NULL && entry_for(&entries[i], place->ml_flags) == NULL) {
            PyErr_Format(PyExc_RuntimeError, "%s() of this Python is called in a way that the recorder doesn't know",
                         entries[i].method);
            return -1;
        }
        patches[i] = (patch){place, place == NULL ? NULL : place->ml_meth};
    }
    return 0;
}

static int find_places(void)
{
    PyObject *owners[OWNERS] = {NULL};
    if (find_owners(owners) < 0)
        return -1;
    for (int i = 0; i < OWNERS; i++)
        if (owners[i] != NULL && find_patches((owner)i, owners[i]) < 0)
            return -1;
    lock_locked = method_of(owners[OWNER_LOCK], "locked");
    queue_length = owners[OWNER_QUEUE] == NULL ? NULL : method_of(owners[OWNER_QUEUE], "qsize");
    bool asked = lock_locked != NULL && patches[PATCH_LOCK_ACQUIRE_METHOD].place != NULL &&
                 patches[PATCH_RLOCK_ACQUIRE].place != NULL;
#if PY_VERSION_HEX >= 0x030C0000
    rlock_depth = method_of(owners[OWNER_RLOCK], "_recursion_count");
    asked = asked && rlock_depth != NULL;
#endif
    if (!asked) {
        PyErr_SetString(PyExc_RuntimeError, "the locks of this Python can't be asked for their state");
        return -1;
    }
    found = true;
    return 0;
}

static void put_patches(owner of)
{
    for (int i = 0; i < PATCH_COUNT; i++)
        if (entries[i].owner == of && patches[i].place != NULL)
            patches[i].place->ml_meth = entry_for(&entries[i], patches[i].place->ml_flags);
}

int locks_install_semaphores(void)
{
    if (semaphores != NULL)
        return 0; /* found before: put back and installed with all the others */
    PyObject *semaphore = import_from("_multiprocessing", "SemLock");
    if (semaphore == NULL || (semaphores = PyDict_New()) == NULL || find_patches(OWNER_SEMAPHORE, semaphore) < 0)
        return -1;
    semaphore_value = method_of(semaphore, "_get_value");
    semaphore_count = method_of(semaphore, "_count");
    semaphore_mine = method_of(semaphore, "_is_mine");
    if (semaphore_value == NULL || semaphore_count == NULL || semaphore_mine == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "the semaphores of this Python can't be asked for their state");
        return -1;
    }
    put_patches(OWNER_SEMAPHORE);
    return 0;
}

int locks_install(void)
{
    if (installed)
        return 0;
    if (!found && find_places() < 0)
        return -1;
    for (int i = 0; i < OWNERS; i++)
        put_patches((owner)i);
    installed = true;
    for (int i = 0; i < OWNERS; i++)
        if (types[i] != NULL && types[i]->tp_new != NULL) {
            new_originals[i] = types[i]->tp_new;
            if (rebind_new(types[i], new_originals[i], new_ours[i]) < 0)
                return -1;
        }
    return 0;
}

int locks_uninstall(void)
{
    if (!installed)
        return 0;
    for (int i = 0; i < PATCH_COUNT; i++)
        if (patches[i].place != NULL)
            patches[i].place->ml_meth = patches[i].original;
    installed = false;
    for (int i = 0; i < OWNERS; i++)
        if (types[i] != NULL && new_originals[i] != NULL && rebind_new(types[i], new_ours[i], new_originals[i]) < 0)
            return -1;
    return 0;
}
