/* Sees methods of `threading` and `queue` that are written in Python.

   A hook stands in a class in the place of a function. It is the function for everybody who asks (name, code,
   signature, class: all attributes are the function's), and calls it, with no Python frame of its own: tracebacks,
   warnings, tracing and recursion stay what they are. hooks.py says which hook stands where.

   All waits of `threading` and `queue` end up in Condition.wait(), and all news in Condition.notify(), which is called
   with the condition's lock held. So these two, with a note of what each condition is for, see exactly when a
   thread really waits, and the length of a queue at the one moment when it is certain.

   All of this runs with the GIL held, or in a build without one: then two threads may be here at once, each with its
   own objects and ring; what they share are dicts, which lock themselves. */
#define _GNU_SOURCE
#include "probe.h"

#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct hook hook;
typedef PyObject *(*step)(hook *, PyObject *const *, size_t, PyObject *);

struct hook {
    PyObject_HEAD
    vectorcallfunc called;
    PyObject *function;
    step step;
    uint16_t track;       /* what is made, or calls; of "moved", the Kind */
    PyObject *value;      /* attribute that is its capacity, or NULL */
    PyObject *conditions; /* tuple of (attribute, role) */
    PyObject *before, *after; /* called around the function, or NULL */
};

/* What a condition is for. */
typedef enum { ROLE_NEWS, ROLE_ITEM, ROLE_ROOM } role;

typedef struct {
    uint64_t thing;
    uint16_t track;
    role role;
} purpose;

static bool active;
static PyObject *purposes; /* address of a condition → (address of what it belongs to, track, role) */
static PyObject *slots;    /* address of a running Thread → (slot, generation) of its ring */
static PyObject *quote;    /* str → JSON */

static struct {
    PyObject *state, *waiters, *queue, *value, *ident, *qsize;
} names_of; /* attributes, interned */

static __thread PyObject *making; /* its __init__ runs: that of a base class is part of it */
static __thread PyObject *inside; /* the queue or barrier whose method runs */

static inline uint64_t address(const void *thing) { return (uint64_t)(uintptr_t)thing; }

static PyObject *original(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    return PyObject_Vectorcall(h->function, arguments, nargsf, names);
}

static int64_t number_attribute(PyObject *object, PyObject *name, int64_t otherwise)
{
    PyObject *value = PyObject_GetAttr(object, name);
    int64_t number = value != NULL && PyLong_Check(value) ? PyLong_AsLongLong(value) : otherwise;
    Py_XDECREF(value);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return otherwise;
    }
    return number;
}

static int64_t length_attribute(PyObject *object, PyObject *name)
{
    PyObject *value = PyObject_GetAttr(object, name);
    Py_ssize_t length = value == NULL ? -1 : PyObject_Size(value);
    Py_XDECREF(value);
    PyErr_Clear();
    return length;
}

/* The argument after self of this name. Borrowed. */
static PyObject *first_argument(PyObject *const *arguments, size_t nargsf, PyObject *names, const char *name)
{
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    if (count > 1)
        return arguments[1];
    for (Py_ssize_t i = 0; names != NULL && i < PyTuple_GET_SIZE(names); i++)
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, i), name) == 0)
            return arguments[count + i];
    return NULL;
}

/* ---- Conditions and what they belong to ------------------------------------------------------ */

static int forget_purpose(PyObject *condition)
{
    PyObject *key = PyLong_FromVoidPtr(condition);
    int failed = key == NULL ? -1 : PyDict_Contains(purposes, key);
    if (failed == 1)
        failed = PyDict_DelItem(purposes, key);
    Py_XDECREF(key);
    return failed;
}

static int set_purpose(PyObject *condition, uint64_t thing, uint16_t track, long as)
{
    PyObject *key = PyLong_FromVoidPtr(condition);
    PyObject *note = key == NULL ? NULL : Py_BuildValue("KHl", (unsigned long long)thing, track, as);
    int failed = note == NULL ? -1 : PyDict_SetItem(purposes, key, note);
    Py_XDECREF(note);
    Py_XDECREF(key);
    return failed;
}

static int note_purpose(PyObject *thing, uint16_t track, PyObject *attribute, long as)
{
    PyObject *condition = PyObject_GetAttr(thing, attribute);
    int failed = condition == NULL ? -1 : set_purpose(condition, address(thing), track, as);
    Py_XDECREF(condition);
    return failed;
}

PyObject *hooks_look_up(PyObject *dict, PyObject *key)
{
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *value;
    return PyDict_GetItemRef(dict, key, &value) < 0 ? NULL : value;
#else
    return Py_XNewRef(PyDict_GetItemWithError(dict, key));
#endif
}

static purpose purpose_of(PyObject *condition)
{
    purpose it = {address(condition), TRACK_CONDITION, ROLE_NEWS};
    PyObject *key = PyLong_FromVoidPtr(condition);
    PyObject *note = key == NULL ? NULL : hooks_look_up(purposes, key);
    if (note != NULL) {
        it.thing = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(note, 0));
        it.track = (uint16_t)PyLong_AsLong(PyTuple_GET_ITEM(note, 1));
        it.role = (role)PyLong_AsLong(PyTuple_GET_ITEM(note, 2));
        Py_DECREF(note);
    }
    Py_XDECREF(key);
    PyErr_Clear();
    return it;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

/* __init__ of a condition, an event, a semaphore, a barrier, a queue. */
static PyObject *step_made(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    PyObject *self = PyVectorcall_NARGS(nargsf) > 0 ? arguments[0] : NULL;
    if (self == NULL || self == making)
        return original(h, arguments, nargsf, names);
    PyObject *outer = making;
    making = self;
    PyObject *done = original(h, arguments, nargsf, names);
    making = outer;
    if (done == NULL)
        return NULL;
    locks_made(self, h->track, h->value == NULL ? 0 : number_attribute(self, h->value, 0));
    int failed = h->track == TRACK_CONDITION ? forget_purpose(self) : 0;
    for (Py_ssize_t i = 0; failed >= 0 && i < PyTuple_GET_SIZE(h->conditions); i++) {
        PyObject *condition = PyTuple_GET_ITEM(h->conditions, i);
        failed = note_purpose(self, h->track, PyTuple_GET_ITEM(condition, 0),
                              PyLong_AsLong(PyTuple_GET_ITEM(condition, 1)));
    }
    if (failed < 0)
        PyErr_Clear(); /* it is another kind of thing, then: its condition stands for itself */
    return done;
}

/* put() and get() of a queue, wait() of a barrier. */
static PyObject *step_inside(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    PyObject *outer = inside;
    inside = PyVectorcall_NARGS(nargsf) > 0 ? arguments[0] : NULL;
    PyObject *done = original(h, arguments, nargsf, names);
    inside = outer;
    return done;
}

static PyObject *step_wait(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    if (PyVectorcall_NARGS(nargsf) < 1)
        return original(h, arguments, nargsf, names);
    purpose it = purpose_of(arguments[0]);
    PyObject *timeout = first_argument(arguments, nargsf, names, "timeout");
    uint8_t timed = timeout != NULL && timeout != Py_None ? FLAG_TIMED : 0;
    probe_emit(KIND_BLOCK, timed, it.track, it.thing, 0);
    probe_enter();
    PyObject *woken = original(h, arguments, nargsf, names);
    probe_leave();
    uint8_t ended = woken == NULL ? FLAG_ERROR : woken == Py_False ? FLAG_TIMEOUT : 0;
    bool barrier = it.track == TRACK_BARRIER && woken == Py_True && inside != NULL && address(inside) == it.thing;
    if (barrier && number_attribute(inside, names_of.state, 0) < 0)
        ended = FLAG_ERROR; /* broken, or reset */
    probe_emit(KIND_UNBLOCK, timed | ended, it.track, it.thing, 0);
    return woken;
}

static PyObject *step_notify(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    if (PyVectorcall_NARGS(nargsf) < 1)
        return original(h, arguments, nargsf, names);
    PyObject *condition = arguments[0], *wanted = first_argument(arguments, nargsf, names, "n");
    int64_t most = wanted == NULL ? 1 : PyLong_CheckExact(wanted) ? PyLong_AsLongLong(wanted) : INT64_MAX;
    PyErr_Clear();
    int64_t waiting = length_attribute(condition, names_of.waiters);
    PyObject *done = original(h, arguments, nargsf, names);
    if (done == NULL)
        return NULL;
    /* The lock of the condition is held, so whoever was woken can't have gone on yet. */
    purpose it = purpose_of(condition);
    int64_t woken = waiting < most ? waiting : most;
    bool of_mine = inside != NULL && address(inside) == it.thing;
    if (it.role != ROLE_NEWS && of_mine && wanted == NULL) {
        int64_t length = length_attribute(inside, names_of.queue);
        probe_emit(it.role == ROLE_ITEM ? KIND_PUT : KIND_GET, 0, it.track, it.thing, length);
    }
    else if (it.track == TRACK_SEMAPHORE) {
        probe_emit(KIND_NOTIFY, 0, it.track, it.thing, most);
    }
    else if (woken > 0 || it.track == TRACK_CONDITION || it.track == TRACK_EVENT) {
        probe_emit(KIND_NOTIFY, 0, it.track, it.thing, woken);
    }
    return done;
}

/* acquire() of a semaphore. */
static PyObject *step_take(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    PyObject *got = original(h, arguments, nargsf, names);
    if (got == Py_True && PyVectorcall_NARGS(nargsf) > 0)
        probe_emit(KIND_TAKE, 0, TRACK_SEMAPHORE, address(arguments[0]), number_attribute(arguments[0], names_of.value, 0));
    return got;
}

/* put_nowait() and get_nowait() of a queue of asyncio, by which every item goes in and out. */
static PyObject *step_moved(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    PyObject *done = original(h, arguments, nargsf, names);
    if (done == NULL || PyVectorcall_NARGS(nargsf) < 1)
        return done;
    PyObject *length = PyObject_CallMethodNoArgs(arguments[0], names_of.qsize);
    if (length == NULL || !PyLong_Check(length)) {
        PyErr_Clear(); /* a queue of somebody's own, which doesn't tell */
        Py_XDECREF(length);
        return done;
    }
    probe_emit((uint8_t)h->track, 0, TRACK_QUEUE, address(arguments[0]), PyLong_AsLongLong(length));
    Py_DECREF(length);
    return done;
}

/* ---- Threads --------------------------------------------------------------------------------- */

static const char *json_bool(bool yes) { return yes ? "true" : "false"; }

/* Tells who runs in a ring: again when the name changes. */
static int define_thread(PyObject *thread, PyObject *ring, bool main)
{
    PyObject *name = PyObject_GetAttrString(thread, "_name"), *daemon = NULL, *text = NULL, *quoted = NULL;
    PyObject *definition = NULL, *bytes = NULL;
    if (name != NULL && (daemon = PyObject_GetAttrString(thread, "_daemonic")) != NULL)
        text = PyObject_Str(name);
    if (text != NULL)
        quoted = PyObject_CallOneArg(quote, text);
    if (quoted != NULL)
        definition = PyUnicode_FromFormat(
            "{\"def\": \"thread\", \"slot\": %S, \"generation\": %S, \"name\": %U, \"daemon\": %s, \"main\": %s, "
            "\"thing\": %llu}",
            PyTuple_GET_ITEM(ring, 0), PyTuple_GET_ITEM(ring, 1), quoted, json_bool(PyObject_IsTrue(daemon) == 1),
            json_bool(main), (unsigned long long)address(thread));
    if (definition != NULL)
        bytes = PyUnicode_AsUTF8String(definition);
    if (bytes != NULL)
        ring_define(PyBytes_AS_STRING(bytes), (uint32_t)PyBytes_GET_SIZE(bytes));
    Py_XDECREF(bytes);
    Py_XDECREF(definition);
    Py_XDECREF(quoted);
    Py_XDECREF(text);
    Py_XDECREF(daemon);
    Py_XDECREF(name);
    return bytes == NULL ? -1 : 0;
}

static bool is_main(void) { return syscall(SYS_gettid) == getpid(); }

static int thread_begins(PyObject *thread)
{
    probe_me.over = false;
    probe_emit(KIND_THREAD_BEGIN, 0, TRACK_THREAD, address(thread), 0);
    uint64_t slot, generation;
    if (!ring_me(&slot, &generation))
        return 0; /* no ring was free: that is counted */
    PyObject *ring = Py_BuildValue("KK", (unsigned long long)slot, (unsigned long long)generation);
    PyObject *key = PyLong_FromVoidPtr(thread);
    int failed = ring == NULL || key == NULL || PyDict_SetItem(slots, key, ring) < 0 ? -1 : 0;
    if (!failed)
        failed = define_thread(thread, ring, is_main());
    Py_XDECREF(key);
    Py_XDECREF(ring);
    return failed;
}

static void thread_ends(PyObject *thread)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *key = PyLong_FromVoidPtr(thread);
    if (key != NULL && PyDict_Contains(slots, key) == 1)
        PyDict_DelItem(slots, key);
    Py_XDECREF(key);
    PyErr_Restore(type, value, traceback);
    probe_emit(KIND_THREAD_END, 0, TRACK_THREAD, address(thread), 0);
    probe_me.over = true;
}

/* Thread._bootstrap(): all that a thread does. */
static PyObject *step_life(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    if (PyVectorcall_NARGS(nargsf) < 1)
        return original(h, arguments, nargsf, names);
    PyObject *thread = arguments[0];
    if (thread_begins(thread) < 0)
        PyErr_Clear(); /* it has a name that isn't text: the collector calls it by its number */
    PyObject *done = original(h, arguments, nargsf, names);
    thread_ends(thread);
    return done;
}

/* Thread.name = …: the property's setter. */
static PyObject *step_name(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    PyObject *done = original(h, arguments, nargsf, names);
    if (done == NULL)
        return NULL;
    PyObject *key = PyLong_FromVoidPtr(arguments[0]);
    PyObject *ring = key == NULL ? NULL : hooks_look_up(slots, key);
    PyObject *ident = ring == NULL ? NULL : PyObject_GetAttrString(arguments[0], "native_id");
    if (ident != NULL)
        define_thread(arguments[0], ring, PyLong_Check(ident) && PyLong_AsLong(ident) == getpid());
    Py_XDECREF(ident);
    Py_XDECREF(ring);
    Py_XDECREF(key);
    PyErr_Clear();
    return done;
}

/* Whether join() would wait. */
static bool is_running(PyObject *thread)
{
    int64_t ident = number_attribute(thread, names_of.ident, 0);
    if (ident == 0 || ident == (int64_t)PyThread_get_thread_ident())
        return false; /* not started, or this very thread: join() refuses */
#if PY_VERSION_HEX >= 0x030E0000
    const char *attribute = "_os_thread_handle", *question = "is_done";
#elif PY_VERSION_HEX >= 0x030D0000
    const char *attribute = "_handle", *question = "is_done";
#else
    const char *attribute = "_tstate_lock", *question = "locked";
#endif
    PyObject *asked = PyObject_GetAttrString(thread, attribute);
    PyObject *answer = asked == NULL || asked == Py_None ? NULL : PyObject_CallMethod(asked, question, NULL);
    bool running = answer == (question[0] == 'i' ? Py_False : Py_True);
    Py_XDECREF(answer);
    Py_XDECREF(asked);
    PyErr_Clear();
    return running;
}

static PyObject *step_join(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    if (PyVectorcall_NARGS(nargsf) < 1 || !is_running(arguments[0]))
        return original(h, arguments, nargsf, names);
    PyObject *thread = arguments[0], *timeout = first_argument(arguments, nargsf, names, "timeout");
    uint8_t timed = timeout != NULL && timeout != Py_None ? FLAG_TIMED : 0;
    probe_emit(KIND_BLOCK, timed, TRACK_THREAD, address(thread), 0);
    probe_enter();
    PyObject *joined = original(h, arguments, nargsf, names);
    probe_leave();
    uint8_t ended = joined == NULL ? FLAG_ERROR : timed && is_running(thread) ? FLAG_TIMEOUT : 0;
    probe_emit(KIND_UNBLOCK, timed | ended, TRACK_THREAD, address(thread), 0);
    return joined;
}

/* ---- Steps written in Python ------------------------------------------------------------------ */

/* `before` gets the arguments, `after` what `before` gave back, the result, and the error or None. They don't see the
   call fail, and their frames aren't on the stack while it runs: a traceback of the function has its own frames only. */
static PyObject *step_around(hook *h, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    if (h->before != NULL && PyVectorcall_NARGS(nargsf) < 1)
        return original(h, arguments, nargsf, names); /* refused */
    PyObject *noted = h->before == NULL
                          ? Py_NewRef(Py_None)
                          : PyObject_Vectorcall(h->before, arguments, (size_t)PyVectorcall_NARGS(nargsf), names);
    if (noted == NULL)
        return NULL; /* a signal handler raised */
    PyObject *done = original(h, arguments, nargsf, names);
    if (h->after != NULL) {
        PyObject *type, *error, *traceback;
        PyErr_Fetch(&type, &error, &traceback);
        PyErr_NormalizeException(&type, &error, &traceback);
        PyObject *told[] = {noted, done == NULL ? Py_None : done, error == NULL ? Py_None : error};
        PyObject *answer = PyObject_Vectorcall(h->after, told, 3, NULL);
        if (answer != NULL) {
            Py_DECREF(answer);
            PyErr_Restore(type, error, traceback);
        }
        else {
            Py_CLEAR(done);
            Py_XDECREF(type);
            Py_XDECREF(error);
            Py_XDECREF(traceback);
        }
    }
    Py_DECREF(noted);
    return done;
}

/* ---- The type of hooks ----------------------------------------------------------------------- */

static const struct {
    const char *name;
    step step;
} steps[] = {
    {"made", step_made}, {"inside", step_inside}, {"wait", step_wait}, {"notify", step_notify},
    {"take", step_take}, {"life", step_life},     {"name", step_name}, {"join", step_join},
    {"around", step_around}, {"moved", step_moved},
};

static PyObject *hook_called(PyObject *self, PyObject *const *arguments, size_t nargsf, PyObject *names)
{
    hook *h = (hook *)self;
    return active ? h->step(h, arguments, nargsf, names) : original(h, arguments, nargsf, names);
}

static PyObject *hook_get(PyObject *self, PyObject *object, PyObject *Py_UNUSED(type))
{
    return object == NULL || object == Py_None ? Py_NewRef(self) : PyMethod_New(self, object);
}

static PyObject *hook_getattr(PyObject *self, PyObject *name)
{
    static const char *const own[] = {"__get__", "__call__", "__reduce_ex__", "__reduce__"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (PyUnicode_CompareWithASCIIString(name, own[i]) == 0)
            return PyObject_GenericGetAttr(self, name);
    return PyObject_GetAttr(((hook *)self)->function, name);
}

static int hook_setattr(PyObject *self, PyObject *name, PyObject *value)
{
    return PyObject_SetAttr(((hook *)self)->function, name, value);
}

static PyObject *hook_repr(PyObject *self) { return PyObject_Repr(((hook *)self)->function); }

/* Pickled by its name, as a function is. */
static PyObject *hook_reduce(PyObject *self, PyObject *Py_UNUSED(protocol))
{
    return PyObject_GetAttrString(((hook *)self)->function, "__qualname__");
}

static int hook_traverse(PyObject *self, visitproc visit, void *arg)
{
    hook *h = (hook *)self;
    Py_VISIT(h->function);
    Py_VISIT(h->value);
    Py_VISIT(h->conditions);
    Py_VISIT(h->before);
    Py_VISIT(h->after);
    return 0;
}

static void hook_dealloc(PyObject *self)
{
    hook *h = (hook *)self;
    PyObject_GC_UnTrack(self);
    Py_XDECREF(h->function);
    Py_XDECREF(h->value);
    Py_XDECREF(h->conditions);
    Py_XDECREF(h->before);
    Py_XDECREF(h->after);
    PyObject_GC_Del(self);
}

static PyMethodDef hook_methods[] = {
    {"__reduce_ex__", hook_reduce, METH_O, NULL},
    {"__reduce__", hook_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject hook_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "_probe.Hook",
    .tp_basicsize = sizeof(hook),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(hook, called),
    .tp_call = PyVectorcall_Call,
    .tp_descr_get = hook_get,
    .tp_getattro = hook_getattr,
    .tp_setattro = hook_setattr,
    .tp_repr = hook_repr,
    .tp_traverse = hook_traverse,
    .tp_dealloc = hook_dealloc,
    .tp_methods = hook_methods,
};

/* ---- Functions of the module ------------------------------------------------------------------ */

static hook *new_hook(PyObject *function, const char *name)
{
    size_t i = 0;
    while (i < sizeof steps / sizeof *steps && strcmp(steps[i].name, name) != 0)
        i++;
    if (i == sizeof steps / sizeof *steps) {
        PyErr_Format(PyExc_ValueError, "there is no hook %s", name);
        return NULL;
    }
    hook *h = PyObject_GC_New(hook, &hook_type);
    if (h == NULL)
        return NULL;
    h->called = hook_called;
    h->function = Py_NewRef(function);
    h->step = steps[i].step;
    h->track = 0;
    h->value = h->conditions = h->before = h->after = NULL;
    PyObject_GC_Track((PyObject *)h);
    return h;
}

static PyObject *make_hook(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *function, *value = Py_None, *conditions = NULL;
    const char *name;
    unsigned short track = 0;
    if (!PyArg_ParseTuple(arguments, "O!s|HOO!:hook", &PyFunction_Type, &function, &name, &track, &value, &PyTuple_Type,
                          &conditions))
        return NULL;
    hook *h = new_hook(function, name);
    if (h == NULL)
        return NULL;
    h->track = track;
    h->value = value == Py_None ? NULL : Py_NewRef(value);
    h->conditions = conditions == NULL ? PyTuple_New(0) : Py_NewRef(conditions);
    return (PyObject *)h;
}

static PyObject *around(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *function, *before, *after;
    if (!PyArg_ParseTuple(arguments, "OOO:around", &function, &before, &after))
        return NULL;
    hook *h = new_hook(function, "around");
    if (h == NULL)
        return NULL;
    h->before = before == Py_None ? NULL : Py_NewRef(before);
    h->after = after == Py_None ? NULL : Py_NewRef(after);
    return (PyObject *)h;
}

/* What somebody waits for who waits for this condition. */
static PyObject *belongs(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *condition;
    unsigned long long thing;
    unsigned short track;
    if (!PyArg_ParseTuple(arguments, "OKH:belongs", &condition, &thing, &track))
        return NULL;
    return set_purpose(condition, thing, track, ROLE_NEWS) < 0 ? NULL : Py_NewRef(Py_None);
}

/* Whether a method runs, further out, whose hook says "inside". */
bool hooks_inside(void) { return inside != NULL; }

static PyObject *install_program(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    if (!probe_attached()) {
        PyErr_SetString(PyExc_RuntimeError, "attach() comes before install_program()");
        return NULL;
    }
    if (locks_install() < 0 || garbage_install() < 0)
        return NULL;
    active = true;
    Py_RETURN_NONE;
}

static PyObject *install_semaphores(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    return locks_install_semaphores() < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *know_semaphore(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *semaphore;
    unsigned long long key;
    unsigned short track;
    if (!PyArg_ParseTuple(arguments, "OKH:know_semaphore", &semaphore, &key, &track))
        return NULL;
    return locks_know_semaphore(semaphore, key, track) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *semaphore_key(PyObject *Py_UNUSED(module), PyObject *semaphore)
{
    return PyLong_FromUnsignedLongLong(locks_semaphore_key(semaphore));
}

static PyObject *uninstall_program(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    active = false;
    garbage_uninstall();
    return locks_uninstall() < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *begin_thread(PyObject *Py_UNUSED(module), PyObject *thread)
{
    return thread_begins(thread) < 0 ? NULL : Py_NewRef(Py_None);
}

/* In a forked child: the threads of its parent aren't there. */
static PyObject *forget_threads(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    PyDict_Clear(slots);
    Py_RETURN_NONE;
}

static PyObject *end_thread(PyObject *Py_UNUSED(module), PyObject *thread)
{
    thread_ends(thread);
    Py_RETURN_NONE;
}

/* Every code object that is executed as a module or by exec() passes here, before its first instruction. Those that
   come from no file have no lines to show. */
static int audited(const char *event, PyObject *arguments, void *callback)
{
    if (!active || event[0] != 'e' || strcmp(event, "exec") != 0 || PyTuple_GET_SIZE(arguments) != 1)
        return 0;
    PyObject *code = PyTuple_GET_ITEM(arguments, 0);
    if (!PyCode_Check(code) || PyUnicode_READ_CHAR(((PyCodeObject *)code)->co_filename, 0) == '<' ||
        PyInterpreterState_Get() != PyInterpreterState_Main())
        return 0;
    PyObject *done = PyObject_CallOneArg(callback, code);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static PyObject *watch_code(PyObject *Py_UNUSED(module), PyObject *callback)
{
    return PySys_AddAuditHook(audited, Py_NewRef(callback)) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
    {"hook", make_hook, METH_VARARGS, NULL},
    {"around", around, METH_VARARGS, NULL},
    {"belongs", belongs, METH_VARARGS, NULL},
    {"forget_threads", forget_threads, METH_NOARGS, NULL},
    {"install_program", install_program, METH_NOARGS, NULL},
    {"install_semaphores", install_semaphores, METH_NOARGS, NULL},
    {"know_semaphore", know_semaphore, METH_VARARGS, NULL},
    {"semaphore_key", semaphore_key, METH_O, NULL},
    {"uninstall_program", uninstall_program, METH_NOARGS, NULL},
    {"begin_thread", begin_thread, METH_O, NULL},
    {"end_thread", end_thread, METH_O, NULL},
    {"watch_code", watch_code, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

int hooks_add(PyObject *module)
{
    PyObject *json = PyImport_ImportModule("_json");
    quote = json == NULL ? NULL : PyObject_GetAttrString(json, "encode_basestring_ascii");
    Py_XDECREF(json);
    purposes = PyDict_New();
    slots = PyDict_New();
    names_of.state = PyUnicode_InternFromString("_state");
    names_of.waiters = PyUnicode_InternFromString("_waiters");
    names_of.queue = PyUnicode_InternFromString("queue");
    names_of.value = PyUnicode_InternFromString("_value");
    names_of.ident = PyUnicode_InternFromString("_ident");
    names_of.qsize = PyUnicode_InternFromString("qsize");
    bool named = names_of.state && names_of.waiters && names_of.queue && names_of.value && names_of.ident &&
                 names_of.qsize;
    if (!named || quote == NULL || purposes == NULL || slots == NULL || PyType_Ready(&hook_type) < 0)
        return -1;
    for (int as = ROLE_NEWS; as <= ROLE_ROOM; as++) {
        static const char *const names[] = {"NEWS", "ITEM", "ROOM"};
        if (PyModule_AddIntConstant(module, names[as], as) < 0)
            return -1;
    }
    return PyModule_AddFunctions(module, functions);
}
