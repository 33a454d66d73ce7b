/* Where a thread stands: the code object and the instruction of the topmost frame that its author wrote.

   A thread reads its own frames only. Nobody else changes them, whether it holds the GIL or not. */
#ifndef Py_BUILD_CORE_MODULE
#define Py_BUILD_CORE_MODULE 1
#endif
#include "probe.h"

#include <internal/pycore_runtime.h>
#include <internal/pycore_interp.h>
#if PY_VERSION_HEX >= 0x030E0000
#include <internal/pycore_interpframe.h>
#endif
#include <internal/pycore_frame.h>
#include <internal/pycore_pystate.h>

#include <opcode.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 16 };  /* looked at, at most */
enum { FAR = 0xFFFF }; /* offset that doesn't fit into 16 bits; odd, so never a real one */

/* Set of code addresses, the lowest bit telling the user's. Readers come from anywhere at any time: a table
   that was outgrown is never freed. */
typedef struct {
    uint64_t mask;
    uint64_t entries[];
} table;

bool position_lines = true;
static table *known;
static uint64_t known_count;
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;

static inline uint64_t hash(uint64_t address) { return (address >> 4) * 0x9E3779B97F4A7C15ull >> 20; }

/* The entry of the address, or the empty one where it belongs. */
static inline uint64_t *find(table *in, uint64_t address)
{
    for (uint64_t i = hash(address);; i++) {
        uint64_t *entry = &in->entries[i & in->mask];
        uint64_t there = __atomic_load_n(entry, __ATOMIC_RELAXED);
        if (there == 0 || (there & ~1ull) == address)
            return entry;
    }
}

static bool grow(void)
{
    uint64_t size = known == NULL ? 4096 : (known->mask + 1) * 2;
    table *bigger = calloc(1, sizeof(table) + size * sizeof(uint64_t));
    if (bigger == NULL)
        return false;
    bigger->mask = size - 1;
    for (uint64_t i = 0; known != NULL && i <= known->mask; i++)
        if (known->entries[i] != 0)
            *find(bigger, known->entries[i] & ~1ull) = known->entries[i];
    __atomic_store_n(&known, bigger, __ATOMIC_RELEASE);
    return true;
}

int position_add_code(PyObject *code, bool user)
{
    uint64_t address = (uint64_t)(uintptr_t)code;
    pthread_mutex_lock(&adding);
    if ((known == NULL || known_count * 2 > known->mask) && !grow()) {
        pthread_mutex_unlock(&adding);
        PyErr_NoMemory();
        return -1;
    }
    uint64_t *entry = find(known, address);
    bool fresh = *entry == 0;
    __atomic_store_n(entry, address | user, __ATOMIC_RELEASE);
    known_count += fresh;
    pthread_mutex_unlock(&adding);
    if (fresh)
        Py_INCREF(code); /* for good: an address in a recording never means two things */
    return 0;
}

static inline _PyInterpreterFrame *topmost(PyThreadState *tstate)
{
#if PY_VERSION_HEX >= 0x030D0000
    return tstate->current_frame;
#else
    return tstate->cframe->current_frame;
#endif
}

static inline bool complete(_PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030E0000
    if (frame->owner >= FRAME_OWNED_BY_INTERPRETER)
        return false;
#elif PY_VERSION_HEX >= 0x030C0000
    if (frame->owner == FRAME_OWNED_BY_CSTACK)
        return false;
#endif
    return !_PyFrame_IsIncomplete(frame);
}

static inline PyCodeObject *code_of(_PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030D0000
    return _PyFrame_GetCode(frame);
#else
    return frame->f_code;
#endif
}

uint64_t position_of(PyThreadState *tstate)
{
    table *codes = __atomic_load_n(&known, __ATOMIC_ACQUIRE);
    if (!position_lines || codes == NULL || tstate == NULL || _PyRuntimeState_GetFinalizing(&_PyRuntime) != NULL)
        return 0;
    uint64_t fallback = 0;
    _PyInterpreterFrame *frame = topmost(tstate);
    for (int n = 0; frame != NULL && n < FRAMES; frame = frame->previous, n++) {
        if (!complete(frame))
            continue;
        uint64_t address = (uint64_t)(uintptr_t)code_of(frame);
        uint64_t entry = __atomic_load_n(find(codes, address), __ATOMIC_RELAXED);
        if (entry == 0 || (fallback != 0 && !(entry & 1)))
            continue;
        uint64_t offset = (uint64_t)_PyInterpreterFrame_LASTI(frame) * sizeof(_Py_CODEUNIT);
        uint64_t position = address | (offset < FAR ? offset : FAR) << 48;
        if (entry & 1)
            return position;
        fallback = position;
    }
    return fallback;
}

bool position_internal(PyObject *code)
{
    table *codes = __atomic_load_n(&known, __ATOMIC_ACQUIRE);
    _PyInterpreterFrame *frame = codes == NULL ? NULL : topmost(PyThreadState_Get());
    while (frame != NULL && (!complete(frame) || (PyObject *)code_of(frame) == code))
        frame = frame->previous;
    return frame != NULL && !(__atomic_load_n(find(codes, (uint64_t)(uintptr_t)code_of(frame)), __ATOMIC_RELAXED) & 1);
}

/* By number of an instruction, what it does, as far as it concerns calls: a letter of calls.py. Made here, because
   the module `opcode` takes longer to import than all of the recorder. */
int position_add_constants(PyObject *module)
{
    char does[256];
    memset(does, '-', sizeof does);
    does[CACHE] = '.';
#ifdef KW_NAMES
    does[KW_NAMES] = '.';
#endif
#ifdef PRECALL
    does[PRECALL] = 'c'; /* what is written in C is called by it */
#endif
    does[CALL] = 'c';
#ifdef CALL_KW
    does[CALL_KW] = 'C';
#endif
    does[CALL_FUNCTION_EX] = 'C';
#ifdef LOAD_SPECIAL
    does[LOAD_SPECIAL] = 'e';
#endif
    does[WITH_EXCEPT_START] = 'l';
    PyObject *table = PyBytes_FromStringAndSize(does, sizeof does);
    int failed = table == NULL ? -1 : PyModule_AddObjectRef(module, "DOES", table);
    Py_XDECREF(table);
    return failed;
}

uint64_t position_here(void)
{
    if (gil_installed())
        return gil_held_by_me() ? position_of(gil_last_holder()) : probe_me.position;
#if PY_VERSION_HEX >= 0x030D0000
    return position_of(PyThreadState_GetUnchecked());
#else
    PyThreadState *current = _PyThreadState_UncheckedGet(); /* 3.11: of whoever holds the GIL */
    return current == PyGILState_GetThisThreadState() ? position_of(current) : 0;
#endif
}

static PyGenObject *generator(PyObject *coroutine)
{
    PyTypeObject *type = Py_TYPE(coroutine);
    return type == &PyCoro_Type || type == &PyGen_Type || type == &PyAsyncGen_Type ? (PyGenObject *)coroutine : NULL;
}

static inline _PyInterpreterFrame *frame_of(PyGenObject *generator)
{
#if PY_VERSION_HEX >= 0x030E0000
    return &generator->gi_iframe;
#else
    return (_PyInterpreterFrame *)generator->gi_iframe;
#endif
}

uint64_t position_code(PyObject *coroutine)
{
    PyGenObject *it = generator(coroutine);
#if PY_VERSION_HEX >= 0x030F0000
    bool over = it == NULL || it->gi_frame_state >= FRAME_CLEARED;
#else
    bool over = it == NULL || it->gi_frame_state >= FRAME_COMPLETED;
#endif
    return over ? 0 : (uint64_t)(uintptr_t)code_of(frame_of(it));
}

static inline PyObject *local(_PyInterpreterFrame *frame, int n)
{
#if PY_VERSION_HEX >= 0x030E0000
    return PyStackRef_IsNull(frame->localsplus[n]) ? NULL : PyStackRef_AsPyObjectBorrow(frame->localsplus[n]);
#else
    return frame->localsplus[n];
#endif
}

PyObject *position_self(PyObject *wanted)
{
    _PyInterpreterFrame *frame = topmost(PyThreadState_Get());
    for (int n = 0; frame != NULL && n < FRAMES; frame = frame->previous, n++)
        if (complete(frame) && (PyObject *)code_of(frame) == wanted)
            return local(frame, 0);
    return NULL;
}

void position_arguments(PyObject *found[FIRST_ARGUMENTS])
{
    _PyInterpreterFrame *frame = topmost(PyThreadState_Get());
    while (frame != NULL && !complete(frame))
        frame = frame->previous;
    PyCodeObject *code = frame == NULL ? NULL : code_of(frame);
    int count = code == NULL ? 0 : code->co_argcount + ((code->co_flags & CO_VARARGS) != 0);
    for (int n = 0; n < FIRST_ARGUMENTS; n++)
        found[n] = n < count ? local(frame, n) : NULL;
}

bool position_suspended(PyObject *coroutine, suspended *it)
{
    PyGenObject *found = generator(coroutine);
#ifdef FRAME_STATE_SUSPENDED
    if (found == NULL || !FRAME_STATE_SUSPENDED(found->gi_frame_state))
        return false;
#else
    if (found == NULL || found->gi_frame_state != FRAME_SUSPENDED)
        return false;
#endif
    _PyInterpreterFrame *frame = frame_of(found);
    PyCodeObject *code = code_of(frame);
    table *codes = __atomic_load_n(&known, __ATOMIC_ACQUIRE);
    uint64_t address = (uint64_t)(uintptr_t)code;
    uint64_t entry = codes == NULL || !position_lines ? 0 : __atomic_load_n(find(codes, address), __ATOMIC_RELAXED);
    uint64_t offset = (uint64_t)_PyInterpreterFrame_LASTI(frame) * sizeof(_Py_CODEUNIT);
    *it = (suspended){
        .code = address,
        .position = entry == 0 ? 0 : address | (offset < FAR ? offset : FAR) << 48,
        .user = entry & 1,
    };
    if (code->co_argcount > 0)
        it->first = local(frame, 0);
    return true;
}
