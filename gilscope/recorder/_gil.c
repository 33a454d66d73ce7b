/* Sees the GIL change hands, exactly, on a stock CPython.

   Each change of the GIL's `locked` happens under the GIL's own mutex. So whoever unlocks that mutex knows whether
   it has just taken the GIL or just given it up: the slots through which the object that holds the interpreter
   calls pthread_mutex_unlock, pthread_cond_timedwait and pthread_cond_clockwait are bound to the functions below.

   Interpreters of one process may each have a GIL of its own. Making one initialises its mutexes and its conditions,
   in a place and an order that nothing else has: pthread_mutex_init and pthread_cond_init are bound, too. */
#define _GNU_SOURCE
#ifndef Py_BUILD_CORE_MODULE
#define Py_BUILD_CORE_MODULE 1
#endif
#include "probe.h"

#include <internal/pycore_runtime.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_ceval.h>
#include <internal/pycore_pystate.h>

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unwind.h>

#if defined(__linux__) && defined(__x86_64__) && defined(__GLIBC__) && !defined(Py_GIL_DISABLED)
#define MEASURABLE 1
#endif

static bool installed;
static const char *forced_unknown;

bool gil_installed(void) { return installed; }
const char *gil_forced_unknown(void) { return forced_unknown; }

#ifdef MEASURABLE

typedef struct _gil_runtime_state gil_state;

/* ---- The GILs that are known ----------------------------------------------------------------

   A table that is never moved: whoever unlocks a mutex asks it, without waiting, whether that is a GIL's. An entry
   whose GIL is gone is used again. A GIL's memory may become something else's only after it was freed, which is after
   its last release; a mutex that is made there is no GIL's until its place and its neighbours say so. */

enum { GILS = 1024 };      /* a power of two */
enum { GONE = 1 };         /* stands for an address */
#define SOMEBODY ((probe_thread *)1)

typedef struct known_gil {
    uintptr_t mutex;       /* 0: never used */
    probe_thread *holder;  /* guarded by the GIL's mutex, as `locked` is */
} known_gil;

static known_gil gils[GILS];
static gil_state *main_gil;

static inline gil_state *gil_of(uintptr_t mutex) { return (gil_state *)(mutex - offsetof(gil_state, mutex)); }

static inline known_gil *at(uintptr_t mutex, size_t n)
{
    return &gils[(((mutex >> 4) * 0x9E3779B97F4A7C15ull >> 40) + n) & (GILS - 1)];
}

/* Its entry, or NULL: it isn't a GIL's. */
static inline known_gil *find(uintptr_t mutex)
{
    for (size_t n = 0; n < GILS; n++) {
        known_gil *entry = at(mutex, n);
        uintptr_t there = __atomic_load_n(&entry->mutex, __ATOMIC_ACQUIRE);
        if (there == mutex)
            return entry;
        if (there == 0)
            return NULL;
    }
    return NULL;
}

static void forget(uintptr_t mutex)
{
    known_gil *entry = find(mutex);
    if (entry != NULL)
        __atomic_store_n(&entry->mutex, GONE, __ATOMIC_RELEASE);
}

/* No other thread knows this GIL yet, but another one may be remembering another. False: no room. */
static bool remember(gil_state *gil, probe_thread *holder)
{
    uintptr_t mutex = (uintptr_t)&gil->mutex;
    for (size_t n = 0; n < GILS; n++) {
        known_gil *entry = at(mutex, n);
        uintptr_t there = __atomic_load_n(&entry->mutex, __ATOMIC_RELAXED);
        if (there > GONE)
            continue;
        /* Until the mutex is told, nobody but its writer looks at the entry. */
        if (__atomic_compare_exchange_n(&entry->mutex, &there, (uintptr_t)entry, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            entry->holder = holder;
            __atomic_store_n(&entry->mutex, mutex, __ATOMIC_RELEASE);
            return true;
        }
    }
    return false;
}

static inline PyThreadState *last_holder_of(gil_state *g)
{
#if PY_VERSION_HEX >= 0x030D0000
    return (PyThreadState *)__atomic_load_n(&g->last_holder, __ATOMIC_RELAXED);
#else
    return (PyThreadState *)g->last_holder._value;
#endif
}

static inline int locked_of(gil_state *g)
{
#if PY_VERSION_HEX >= 0x030D0000
    return __atomic_load_n(&g->locked, __ATOMIC_RELAXED);
#else
    return __atomic_load_n(&g->locked._value, __ATOMIC_RELAXED);
#endif
}

bool gil_held_by_me(void) { return probe_me.gil != NULL; }
PyThreadState *gil_last_holder(void) { return last_holder_of(probe_me.gil); }

/* The child of a fork makes the main interpreter's GIL anew, which our hooks see, and takes it. */
void gil_forked(void) { probe_me.gil = NULL; }

/* ---- Forced, or of its own will? ----------------------------------------------------------

   A request alone doesn't tell: with one pending, a thread may still give the GIL up of its own will (it begins to
   read a file). What tells the two apart is who called: the evaluation loop's handler of requests, or
   PyEval_SaveThread, PyEval_ReleaseThread and their kin. The return addresses on the stack between the handler and
   our hook, and where they lie, are the same each time. They are learnt at install, from one release of each sort,
   and compared with later. PyEval_ReleaseThread's way may be the handler's longer than PyEval_SaveThread's is, for
   compilers inline; from 3.14 on it is the way of waits for locks. */

enum { CALLERS = 8 };

typedef struct {
    int count;
    uintptr_t address[CALLERS]; /* return addresses, innermost first */
    ptrdiff_t where[CALLERS];   /* from the hook's own frame */
} path;

static enum { LEARNT, LEARN_SAVE, LEARN_RELEASE, LEARN_FORCED } lesson;
static path learnt[LEARN_FORCED + 1];
static const path *const forced = &learnt[LEARN_FORCED];
static int telling;              /* how many callers of `forced` tell it from the others; 0: can't be told */
static probe_thread *pupil;

typedef struct {
    path *into;
    char *frame;
} walk;

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *argument)
{
    walk *w = argument;
    uintptr_t address = _Unwind_GetIP(context);
    char *where = (char *)_Unwind_GetCFA(context) - sizeof(uintptr_t);
    if (where <= w->frame) /* this function's and the hook's own */
        return _URC_NO_REASON;
    if (w->into->count == CALLERS || *(uintptr_t *)where != address)
        return _URC_END_OF_STACK;
    w->into->address[w->into->count] = address;
    w->into->where[w->into->count++] = where - w->frame;
    return _URC_NO_REASON;
}

static void request_drop(PyThreadState *tstate)
{
#if PY_VERSION_HEX >= 0x030D0000
    __atomic_or_fetch(&tstate->eval_breaker, _PY_GIL_DROP_REQUEST_BIT, __ATOMIC_RELAXED);
#else
    __atomic_store_n(&tstate->interp->ceval.gil_drop_request._value, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&tstate->interp->ceval.eval_breaker._value, 1, __ATOMIC_RELAXED);
#endif
}

static void withdraw_request(PyThreadState *tstate)
{
#if PY_VERSION_HEX >= 0x030D0000
    __atomic_and_fetch(&tstate->eval_breaker, ~(uintptr_t)_PY_GIL_DROP_REQUEST_BIT, __ATOMIC_RELAXED);
#else
    __atomic_store_n(&tstate->interp->ceval.gil_drop_request._value, 0, __ATOMIC_RELAXED);
#endif
}

static __attribute__((noinline)) void learn(char *frame, PyThreadState *tstate)
{
    walk w = {.into = &learnt[lesson], .frame = frame};
    w.into->count = 0;
    _Unwind_Backtrace(step, &w);
    if (lesson == LEARN_FORCED)
        withdraw_request(tstate); /* nobody waits: drop_gil would wait for somebody to take it */
    lesson = LEARNT;
}

static inline bool is_forced(const char *frame)
{
    for (int i = 0; i < telling; i++)
        if (*(uintptr_t *)(frame + forced->where[i]) != forced->address[i])
            return false;
    return telling != 0;
}

static bool recording;  /* false while installing */
static uint32_t epoch;  /* counts the installs */

/* ---- Interpreters -------------------------------------------------------------------------- */

/* Which one runs in this thread; the ones behind the 65534th share a number. While the runtime ends, the states of
   threads that still come for the GIL are freed already: they are taken for the main interpreter's. */
static inline uint16_t interpreter_of(PyThreadState *tstate)
{
    if (PROBE_UNLIKELY(_PyRuntimeState_GetFinalizing(&_PyRuntime) != NULL))
        return 0;
    int64_t id = tstate->interp->id;
    return id < UINT16_MAX ? (uint16_t)id : UINT16_MAX;
}

#if PY_VERSION_HEX >= 0x030C0000

/* Whose own GIL it is. */
static inline PyInterpreterState *owner_of(gil_state *gil)
{
    return (PyInterpreterState *)((char *)gil - offsetof(PyInterpreterState, _gil));
}

/* This thread lets go of the GIL as the last thing that it does in an interpreter that it ends: only then is its state
   cleared while it has the GIL. */
static inline bool is_last(gil_state *gil, PyThreadState *tstate)
{
    return gil != main_gil && tstate->_status.cleared && _PyInterpreterState_GetFinalizing(tstate->interp) == tstate;
}

static void ended(gil_state *gil)
{
    forget((uintptr_t)&gil->mutex);
    if (recording)
        ring_record(KIND_INTERPRETER_END, 0, 0, (uintptr_t)gil, owner_of(gil)->id, 0);
}

static void made(gil_state *gil)
{
    if (!remember(gil, NULL) || gil == main_gil)
        return;
    if (recording)
        ring_record(KIND_INTERPRETER_NEW, 0, 0, (uintptr_t)gil, owner_of(gil)->id, probe_me.position);
}

#else

static inline bool is_last(gil_state *Py_UNUSED(gil), PyThreadState *Py_UNUSED(tstate)) { return false; }
static inline void ended(gil_state *Py_UNUSED(gil)) {}
static void made(gil_state *gil) { remember(gil, NULL); }

#endif

/* ---- The hooks ---------------------------------------------------------------------------- */

static __attribute__((noinline)) int hooked_unlock(pthread_mutex_t *mutex)
{
    known_gil *known = find((uintptr_t)mutex);
    if (known != NULL) {
        gil_state *gil = gil_of((uintptr_t)mutex);
        probe_thread *me = &probe_me;
        PyThreadState *tstate = last_holder_of(gil);
        bool learns = PROBE_UNLIKELY(lesson != LEARNT) && me == pupil;
        if (!locked_of(gil) && known->holder == NULL && !learns) {
            /* Nobody had it, so nobody gives it up: happens where a call in another interpreter ends. */
        }
        else if (!locked_of(gil)) {
            char *frame = __builtin_frame_address(0);
            known->holder = NULL;
            me->gil = NULL;
            me->position = position_of(tstate);
            if (learns)
                learn(frame, tstate);
            if (recording)
                ring_record(KIND_GIL_RELEASE, is_forced(frame) ? FLAG_FORCED : 0, 0, (uintptr_t)gil, 0, me->position);
            if (PROBE_UNLIKELY(is_last(gil, tstate)))
                ended(gil);
        }
        else if (known->holder == NULL) {
            known->holder = me;
            me->gil = gil;
            me->waiting = 0;
            if (recording)
                ring_record(KIND_GIL_ACQUIRE, 0, interpreter_of(tstate), (uintptr_t)gil, 0, me->position);
        }
        /* Else it leaves without the GIL, because the interpreter ends: it waits to the end. */
    }
    return pthread_mutex_unlock(mutex);
}

/* The GIL on whose condition threads wait for it; NULL: it's another condition. */
static inline gil_state *waited_for(const pthread_cond_t *cond)
{
    uintptr_t mutex = (uintptr_t)cond - offsetof(gil_state, cond) + offsetof(gil_state, mutex);
    return find(mutex) != NULL ? gil_of(mutex) : NULL;
}

static inline void begin_wait(gil_state *gil)
{
    probe_thread *me = &probe_me;
    if (me->waiting != epoch) {
        me->waiting = epoch;
        if (recording)
            ring_record(KIND_GIL_WAIT, 0, 0, (uintptr_t)gil, 0, me->position);
    }
}

/* The condition is that of take_gil: a whole interval without a change of hands. */
static inline void end_wait(gil_state *gil, int result, unsigned long switches)
{
    if (result == ETIMEDOUT && recording && locked_of(gil) && gil->switch_number == switches)
        ring_record(KIND_GIL_DROP_REQUEST, 0, 0, (uintptr_t)gil, 0, probe_me.position);
}

static int hooked_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
    gil_state *gil = waited_for(cond);
    if (gil == NULL)
        return pthread_cond_timedwait(cond, mutex, until);
    unsigned long switches = gil->switch_number;
    begin_wait(gil);
    int result = pthread_cond_timedwait(cond, mutex, until);
    end_wait(gil, result, switches);
    return result;
}

#if __GLIBC_PREREQ(2, 30)
static int hooked_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
    gil_state *gil = waited_for(cond);
    if (gil == NULL)
        return pthread_cond_clockwait(cond, mutex, clock, until);
    unsigned long switches = gil->switch_number;
    begin_wait(gil);
    int result = pthread_cond_clockwait(cond, mutex, clock, until);
    end_wait(gil, result, switches);
    return result;
}
#endif

static int hooked_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    probe_thread *me = &probe_me;
    forget((uintptr_t)mutex); /* whatever was there is gone */
    me->made[0] = me->made[1];
    me->made[1] = (uintptr_t)mutex;
    return pthread_mutex_init(mutex, attributes);
}

/* A GIL's last part: its two mutexes were made just before. */
static int hooked_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes)
{
    probe_thread *me = &probe_me;
    gil_state *gil = (gil_state *)((uintptr_t)cond - offsetof(gil_state, switch_cond));
    int result = pthread_cond_init(cond, attributes);
    if (me->made[0] == (uintptr_t)&gil->mutex && me->made[1] == (uintptr_t)&gil->switch_mutex)
        made(gil);
    return result;
}

static const binding bindings[] = {
    {"pthread_mutex_unlock", (void *)hooked_unlock},
    {"pthread_cond_timedwait", (void *)hooked_timedwait},
#if __GLIBC_PREREQ(2, 30)
    {"pthread_cond_clockwait", (void *)hooked_clockwait},
#endif
    {"pthread_mutex_init", (void *)hooked_mutex_init},
    {"pthread_cond_init", (void *)hooked_cond_init},
};

/* ---- Installing --------------------------------------------------------------------------- */

/* How many callers tell a forced release from one of the given sort; 0: they can't. */
static int callers_that_tell(const path *other)
{
    int shared = 0;
    while (shared < forced->count && shared < other->count && forced->address[shared] == other->address[shared] &&
           forced->where[shared] == other->where[shared])
        shared++;
    return shared < forced->count && shared < other->count ? shared + 1 : 0;
}

/* One release of each sort, by this thread. From then on it's known who holds the GIL. */
static const char *learn_both(PyThreadState *tstate)
{
    pupil = &probe_me;
    lesson = LEARN_SAVE;
    PyEval_RestoreThread(PyEval_SaveThread());
    lesson = LEARN_RELEASE;
    PyEval_ReleaseThread(tstate);
    PyEval_AcquireThread(tstate);
    PyObject *globals = PyDict_New(), *code = Py_CompileString("for _ in (0, 1, 2): pass", "<gil>", Py_file_input);
    PyObject *result = NULL;
    if (globals != NULL && code != NULL) {
        lesson = LEARN_FORCED;
        request_drop(tstate);
        result = PyEval_EvalCode(code, globals, globals);
        lesson = LEARNT;
        withdraw_request(tstate);
    }
    bool ran = result != NULL;
    Py_XDECREF(result);
    Py_XDECREF(code);
    Py_XDECREF(globals);
    PyErr_Clear();
    int save = callers_that_tell(&learnt[LEARN_SAVE]), release = callers_that_tell(&learnt[LEARN_RELEASE]);
    telling = ran && save && release ? Py_MAX(save, release) : 0;
    return telling ? NULL : "the calls that lead to a release can't be read in this build of the interpreter";
}

/* Those that are there. Another interpreter's is somebody's, or nobody's: its next release tells. */
static void remember_all(void)
{
    memset(gils, 0, sizeof gils); /* what was made or went since the last time wasn't seen */
#if PY_VERSION_HEX >= 0x030C0000
    main_gil = PyInterpreterState_Main()->ceval.gil;
    for (PyInterpreterState *each = PyInterpreterState_Head(); each != NULL; each = PyInterpreterState_Next(each))
        if (each->ceval.gil == &each->_gil)
            remember(each->ceval.gil, each->ceval.gil != main_gil && locked_of(each->ceval.gil) > 0 ? SOMEBODY : NULL);
#else
    main_gil = &_PyRuntime.ceval.gil;
    remember(main_gil, NULL);
#endif
}

/* Interpreters that were there before, each with a GIL of its own. */
static void tell_all(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    for (PyInterpreterState *each = PyInterpreterState_Head(); each != NULL; each = PyInterpreterState_Next(each))
        if (each->ceval.gil == &each->_gil && each->ceval.gil != main_gil)
            ring_record(KIND_INTERPRETER_NEW, 0, 0, (uintptr_t)each->ceval.gil, each->id, 0);
#endif
}

const char *gil_install(void)
{
    if (installed)
        return NULL;
    PyThreadState *tstate = PyThreadState_Get();
    remember_all();
    epoch++;
    recording = false;
    const char *why = slots_bind((const void *)PyEval_SaveThread, bindings, Py_ARRAY_LENGTH(bindings));
    if (why != NULL)
        return why;
    forced_unknown = learn_both(tstate);
    installed = recording = true;
    tell_all();
    ring_record(KIND_GIL_ACQUIRE, 0, 0, (uintptr_t)main_gil, 1, position_of(tstate)); /* value 1: had it before */
    return NULL;
}

/* Threads may still be inside a hook: what it reads stays. */
void gil_uninstall(void)
{
    if (!installed)
        return;
    installed = recording = false;
    slots_restore();
    probe_me.gil = NULL;
}

#else

const char *gil_install(void)
{
#ifdef Py_GIL_DISABLED
    return PyThreadState_Get()->interp->ceval.gil->enabled
               ? "This free-threaded build was told to use a GIL; only that of other builds can be recorded."
               : "This is a free-threaded build: its threads don't take turns, there is no GIL to record.";
#elif !defined(__linux__) || !defined(__GLIBC__)
    return "Exact GIL events need Linux with the GNU C library.";
#else
    return "Exact GIL events need an x86-64 processor.";
#endif
}

void gil_uninstall(void) {}
void gil_forked(void) {}
bool gil_held_by_me(void) { return false; }
PyThreadState *gil_last_holder(void) { return NULL; }

#endif
