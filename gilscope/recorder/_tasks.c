/* Sees the tasks of asyncio, on any loop: each step passes the call of a TaskStepMethWrapper or the C function behind a
   task's wakeup, whoever runs the loop; each making passes Task's tp_init; each future that a task awaits is settled by a
   method of Future, or is a task that ends. tasks.py finds these places, and says what is what.

   All of this runs with the GIL held. Nothing here runs Python code of anybody, nor settles or marks a future. */
#include "probe.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* ---- What it knows of asyncio ------------------------------------------------------------------ */

/* X(name here, whose, its method's name) */
#define METHODS(X)                                  \
    X(SET_RESULT, OWNER_FUTURE, "set_result")       \
    X(SET_EXCEPTION, OWNER_FUTURE, "set_exception") \
    X(CANCEL_FUTURE, OWNER_FUTURE, "cancel")        \
    X(CANCEL_TASK, OWNER_TASK, "cancel")            \
    X(UNCANCEL, OWNER_TASK, "uncancel")             \
    X(SET_NAME, OWNER_TASK, "set_name")

enum { OWNER_FUTURE, OWNER_TASK, OWNERS };
#define NUMBER(name, owner, method) METHOD_##name,
enum { METHODS(NUMBER) METHOD_COUNT };

static struct {
    PyMethodDef *place;
    PyCFunction original;
} methods[METHOD_COUNT];

static PyTypeObject *types[OWNERS];
static PyTypeObject *step_type;
static PyMethodDef *wakeup, *get_name;
static PyGetSetDef *state_of, *error_of, *callbacks_of, *waiter_of, *coroutine_of, *loop_of, *task_of;
static PyGetSetDef *awaits_coroutine, *awaits_generator, *awaits_async_generator;
static ternaryfunc original_call;
static PyCFunction original_wakeup;
static initproc original_init;
static PyWrapperDescrObject *init_wrapper;

static bool active;
static uint64_t made;       /* tasks, so far */
static PyObject *numbers;   /* address of a task → its number */
static PyObject *awaited;   /* addresses of tasks that others await */
static PyObject *quote;     /* str → JSON */
static PyObject *called;    /* address of what a loop is to call for another thread → address of that thread */
static PyObject *run_handle; /* code of the function that runs such a thing */
static PyObject *words;     /* address of a code object or a type → (TrackKind, number of a word or 0 for self) */
static __thread PyObject *current; /* the task whose step runs. Borrowed: who runs it has it */

static inline uint64_t address(const void *thing) { return (uint64_t)(uintptr_t)thing; }

static PyObject *get(const PyGetSetDef *attribute, PyObject *object)
{
    PyObject *value = attribute->get(object, attribute->closure);
    if (value == NULL)
        PyErr_Clear();
    return value;
}

/* 'P'ENDING, 'C'ANCELLED, 'F'INISHED; 0: it says nothing. */
static char state(PyObject *future)
{
    PyObject *text = get(state_of, future);
    char first = text != NULL && PyUnicode_Check(text) ? (char)PyUnicode_READ_CHAR(text, 0) : 0;
    Py_XDECREF(text);
    return first;
}

/* ---- Definitions ------------------------------------------------------------------------------- */

static void define(PyObject *definition)
{
    Py_ssize_t length;
    const char *bytes = definition == NULL ? NULL : PyUnicode_AsUTF8AndSize(definition, &length);
    if (bytes != NULL)
        ring_define(bytes, (uint32_t)length);
    Py_XDECREF(definition);
    PyErr_Clear(); /* a name with half a surrogate: the task goes by its number */
}

static PyObject *number_of(PyObject *task)
{
    PyObject *key = PyLong_FromVoidPtr(task);
    PyObject *number = key == NULL ? NULL : PyDict_GetItemWithError(numbers, key);
    Py_XDECREF(key);
    return number;
}

/* Its name, the loop that it belongs to, and the code that it runs. */
static void define_task(PyObject *task, uint64_t number)
{
    PyObject *name = get_name->ml_meth(task, NULL), *loop = get(loop_of, task), *coroutine = get(coroutine_of, task);
    PyObject *quoted = name == NULL || !PyUnicode_Check(name) ? NULL : PyObject_CallOneArg(quote, name);
    uint64_t code = coroutine == NULL ? 0 : position_code(coroutine);
    if (quoted != NULL)
        define(PyUnicode_FromFormat("{\"def\": \"task\", \"pid\": %d, \"number\": %llu, \"name\": %U, \"loop\": %llu, "
                                    "\"code\": %llu}",
                                    (int)getpid(), (unsigned long long)number, quoted,
                                    (unsigned long long)address(loop), (unsigned long long)code));
    Py_XDECREF(quoted);
    Py_XDECREF(coroutine);
    Py_XDECREF(loop);
    Py_XDECREF(name);
    PyErr_Clear();
}

/* The loop of a task that hasn't been made yet, but takes its first step. A definition comes before its event. */
static void define_loop(PyObject *keywords, uint64_t number)
{
    PyObject *loop = PyDict_GetItemString(keywords, "loop");
    define(PyUnicode_FromFormat("{\"def\": \"task\", \"pid\": %d, \"number\": %llu, \"loop\": %llu}", (int)getpid(),
                                (unsigned long long)number, (unsigned long long)address(loop)));
}

/* What something failed with, as JSON: the error's class, and its text where that is known without running code. */
static PyObject *error_text(PyObject *error)
{
    PyObject *arguments = ((PyBaseExceptionObject *)error)->args, *text = NULL;
    if (PyTuple_Check(arguments) && PyTuple_GET_SIZE(arguments) > 0 && PyUnicode_CheckExact(PyTuple_GET_ITEM(arguments, 0)))
        text = PyUnicode_FromFormat("%s: %U", Py_TYPE(error)->tp_name, PyTuple_GET_ITEM(arguments, 0));
    else
        text = PyUnicode_FromString(Py_TYPE(error)->tp_name);
    PyObject *quoted = text == NULL ? NULL : PyObject_CallOneArg(quote, text);
    Py_XDECREF(text);
    return quoted;
}

static void define_error(PyObject *task, PyObject *error)
{
    PyObject *number = number_of(task), *quoted = number == NULL ? NULL : error_text(error);
    if (quoted != NULL)
        define(PyUnicode_FromFormat("{\"def\": \"task\", \"pid\": %d, \"number\": %S, \"error\": %U}", (int)getpid(),
                                    number, quoted));
    Py_XDECREF(quoted);
    PyErr_Clear();
}

/* ---- What a task awaits ------------------------------------------------------------------------ */

typedef struct {
    uint16_t track;
    uint64_t thing;
    uint64_t position;
} reason;

static PyObject *word_of(const void *thing)
{
    PyObject *key = PyLong_FromVoidPtr((void *)thing);
    PyObject *word = key == NULL ? NULL : PyDict_GetItemWithError(words, key);
    Py_XDECREF(key);
    PyErr_Clear();
    return word;
}

static void note(reason *it, PyObject *word, PyObject *self)
{
    uint64_t number = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(word, 1));
    it->track = (uint16_t)PyLong_AsLong(PyTuple_GET_ITEM(word, 0));
    it->thing = number != 0 ? number : address(self);
}

/* What is behind an iterator that doesn't say it itself: that of `__await__()` of a coroutine, or of an asynchronous
   generator. Each has it as the first thing that it refers to. */
static int keep_first(PyObject *thing, void *kept)
{
    PyObject **first = kept;
    if (*first == NULL && (PyCoro_CheckExact(thing) || PyAsyncGen_CheckExact(thing)))
        *first = Py_NewRef(thing);
    return *first != NULL;
}

/* What a coroutine awaits. NULL: nothing, or it doesn't tell. */
static PyObject *next_of(PyObject *awaiting)
{
    PyTypeObject *type = Py_TYPE(awaiting);
    const PyGetSetDef *attribute = type == &PyCoro_Type       ? awaits_coroutine
                                   : type == &PyGen_Type      ? awaits_generator
                                   : type == &PyAsyncGen_Type ? awaits_async_generator
                                                              : NULL;
    if (attribute != NULL)
        return get(attribute, awaiting);
    PyObject *behind = NULL;
    if (strcmp(type->tp_name, "coroutine_wrapper") == 0 || strcmp(type->tp_name, "async_generator_asend") == 0)
        type->tp_traverse(awaiting, keep_first, &behind);
    return behind;
}

/* The future of concurrent.futures whose result this one of asyncio is to get: the callback that cancels the one with
   the other has it in its closure. Borrowed; NULL: it stands for none. */
static PyObject *source_of(PyObject *future)
{
    PyObject *callbacks = get(callbacks_of, future), *source = NULL;
    for (Py_ssize_t i = 0; source == NULL && callbacks != NULL && PyList_Check(callbacks) && i < PyList_GET_SIZE(callbacks); i++) {
        PyObject *callback = PyTuple_GET_ITEM(PyList_GET_ITEM(callbacks, i), 0);
        PyObject *closure = PyFunction_Check(callback) ? PyFunction_GET_CLOSURE(callback) : NULL;
        if (closure == NULL || word_of(PyFunction_GET_CODE(callback)) == NULL)
            continue;
        /* The names of a code object are those of its closure's cells, in the same order. */
        PyObject *names = PyObject_GetAttrString(PyFunction_GET_CODE(callback), "co_freevars");
        for (Py_ssize_t n = 0; names != NULL && n < PyTuple_GET_SIZE(names) && n < PyTuple_GET_SIZE(closure); n++)
            if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, n), "source") == 0)
                source = PyCell_GET(PyTuple_GET_ITEM(closure, n));
        Py_XDECREF(names);
    }
    Py_XDECREF(callbacks);
    PyErr_Clear();
    return source == NULL || PyObject_TypeCheck(source, types[OWNER_FUTURE]) ? NULL : source;
}

/* Down the chain of coroutines: the line is that of the innermost one that its author wrote; what it awaits is named by
   the last function below it that is known: a barrier's wait, rather than the condition inside of it. */
static reason reason_for(PyObject *task, PyObject *future)
{
    enum { DEEPEST = 64 };
    reason it = {TRACK_FUTURE, 0, 0};
    bool users = false;
    PyObject *at = get(coroutine_of, task);
    for (int n = 0; at != NULL && n < DEEPEST; n++) {
        suspended stands;
        if (position_suspended(at, &stands)) {
            if (stands.position != 0 && (stands.user || !users))
                it.position = stands.position;
            if (stands.user) {
                users = true;
                it.track = TRACK_FUTURE;
                it.thing = 0;
            }
            PyObject *word = stands.user || it.track == TRACK_BARRIER ? NULL : word_of((void *)stands.code);
            if (word != NULL)
                note(&it, word, stands.first);
        }
        PyObject *next = next_of(at);
        Py_DECREF(at);
        at = next;
    }
    Py_XDECREF(at);
    if (PyObject_TypeCheck(future, types[OWNER_TASK])) {
        it.track = TRACK_TASK;
        it.thing = address(future);
        return it;
    }
    PyObject *source = PyObject_TypeCheck(future, types[OWNER_FUTURE]) ? source_of(future) : NULL;
    if (source != NULL) {
        it.track = TRACK_WORK;
        it.thing = address(source);
        return it;
    }
    if (it.track != TRACK_FUTURE || it.thing != 0)
        return it;
    /* A bare future: its type may say what it is, or whoever wants to know when it is done. */
    PyObject *word = word_of(Py_TYPE(future));
    PyObject *callbacks = word != NULL || !PyObject_TypeCheck(future, types[OWNER_FUTURE]) ? NULL : get(callbacks_of, future);
    for (Py_ssize_t i = 0; word == NULL && callbacks != NULL && PyList_Check(callbacks) && i < PyList_GET_SIZE(callbacks); i++) {
        PyObject *callback = PyTuple_GET_ITEM(PyList_GET_ITEM(callbacks, i), 0);
        if (PyFunction_Check(callback))
            word = word_of(PyFunction_GET_CODE(callback));
    }
    if (word != NULL)
        note(&it, word, future);
    Py_XDECREF(callbacks);
    return it;
}

/* ---- Who becomes ready ------------------------------------------------------------------------- */

/* What is called once a future is done; NULL: nothing, or nobody knows. */
static PyObject *callbacks_before(PyObject *future)
{
    PyObject *callbacks = get(callbacks_of, future);
    if (callbacks != NULL && !PyList_Check(callbacks))
        Py_CLEAR(callbacks);
    return callbacks;
}

static bool has_ended(PyObject *thing)
{
    return thing != NULL && PyObject_TypeCheck(thing, types[OWNER_TASK]) && state(thing) != 'P';
}

typedef struct {
    uint16_t track;
    uint64_t thing; /* 0: not known */
} somebody;

/* The thread that gave the loop the callback which runs now, if another one did. */
static somebody who_called(void)
{
    PyObject *handle = PyDict_GET_SIZE(called) == 0 ? NULL : position_self(run_handle);
    PyObject *key = handle == NULL ? NULL : PyLong_FromVoidPtr(handle);
    PyObject *thread = key == NULL ? NULL : PyDict_GetItemWithError(called, key);
    somebody it = {TRACK_THREAD, thread == NULL ? 0 : PyLong_AsUnsignedLongLong(thread)};
    Py_XDECREF(key);
    PyErr_Clear();
    return it;
}

/* Between two steps, what settles a future may be told by the end of a task: it then is an argument of that callback, as
   in those of gather(), wait(), TaskGroup. Or by another thread. */
static somebody who_settles(void)
{
    PyObject *arguments[FIRST_ARGUMENTS];
    position_arguments(arguments);
    for (int n = 0; n < FIRST_ARGUMENTS; n++) {
        PyObject *it = arguments[n];
        if (it != NULL && PyTuple_CheckExact(it) && PyTuple_GET_SIZE(it) == 1)
            it = PyTuple_GET_ITEM(it, 0);
        if (has_ended(it))
            return (somebody){TRACK_TASK, address(it)};
    }
    return who_called();
}

/* The tasks among them. ``by``: whose doing that is, if it isn't that of who runs now. Takes the reference. */
static void tell_ready(PyObject *callbacks, bool done, somebody by)
{
    for (Py_ssize_t i = 0; done && callbacks != NULL && i < PyList_GET_SIZE(callbacks); i++) {
        PyObject *callback = PyTuple_GET_ITEM(PyList_GET_ITEM(callbacks, i), 0);
        if (PyCFunction_Check(callback) && ((PyCFunctionObject *)callback)->m_ml == wakeup)
            ring_record(KIND_TASK_READY, 0, by.track, address(PyCFunction_GET_SELF(callback)), (int64_t)by.thing,
                        position_here());
    }
    Py_XDECREF(callbacks);
}

static bool is_awaited(PyObject *task)
{
    if (PySet_GET_SIZE(awaited) == 0)
        return false;
    PyObject *key = PyLong_FromVoidPtr(task);
    bool found = key != NULL && PySet_Contains(awaited, key) == 1;
    Py_XDECREF(key);
    return found;
}

static void note_awaited(PyObject *task, int (*change)(PyObject *, PyObject *))
{
    PyObject *key = PyLong_FromVoidPtr(task);
    if (key != NULL)
        change(awaited, key);
    Py_XDECREF(key);
    PyErr_Clear();
}

/* ---- Steps ------------------------------------------------------------------------------------- */

typedef struct {
    PyObject *task, *outer;
    PyObject *callbacks; /* of tasks that await it */
    bool seen;
} turn;

/* Another interpreter of this process has tasks of its own: it isn't recorded. */
static inline bool elsewhere(void) { return PyInterpreterState_Get() != PyInterpreterState_Main(); }

static turn begin(PyObject *task)
{
    turn it = {.task = Py_NewRef(task), .outer = current, .seen = true};
    if (it.outer != NULL)
        ring_record(KIND_TASK_YIELD, FLAG_NESTED, TRACK_TASK, address(it.outer), 0, position_here());
    ring_record(KIND_TASK_STEP, 0, TRACK_TASK, address(task), 0, 0);
    if (is_awaited(task))
        it.callbacks = callbacks_before(task);
    current = task;
    return it;
}

static turn begin_if_seen(PyObject *task)
{
    if (!active || elsewhere() || state(task) != 'P')
        return (turn){.seen = false};
    return begin(task);
}

static void tell_end(turn *it, char ended)
{
    PyObject *error = ended == 'F' ? get(error_of, it->task) : NULL;
    bool failed = error != NULL && error != Py_None;
    int64_t how = ended == 'C' ? STATE_CANCELLED : failed ? STATE_FAILED : STATE_DONE;
    if (failed && PyExceptionInstance_Check(error))
        define_error(it->task, error);
    Py_XDECREF(error);
    ring_record(KIND_TASK_END, 0, TRACK_TASK, address(it->task), how, 0);
    if (is_awaited(it->task))
        note_awaited(it->task, PySet_Discard);
    tell_ready(it->callbacks, true, (somebody){TRACK_TASK, address(it->task)});
    it->callbacks = NULL;
}

static void tell_pause(PyObject *task)
{
    PyObject *future = get(waiter_of, task);
    bool ours = future != NULL && PyObject_TypeCheck(future, types[OWNER_FUTURE]);
    if (future == NULL || future == Py_None || (ours && state(future) != 'P')) {
        ring_record(KIND_TASK_YIELD, 0, TRACK_TASK, address(task), 0, reason_for(task, Py_None).position);
    }
    else {
        reason it = reason_for(task, future);
        ring_record(KIND_TASK_SUSPEND, 0, it.track, address(task), (int64_t)it.thing, it.position);
        if (it.track == TRACK_TASK)
            note_awaited(future, PySet_Add);
    }
    Py_XDECREF(future);
}

static void end(turn *it)
{
    if (!it->seen)
        return;
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    current = it->outer;
    char now = active ? state(it->task) : 0;
    if (now == 'P')
        tell_pause(it->task);
    else if (active)
        tell_end(it, now);
    if (active && it->outer != NULL)
        ring_record(KIND_TASK_STEP, FLAG_NESTED, TRACK_TASK, address(it->outer), 0, 0);
    Py_XDECREF(it->callbacks);
    Py_DECREF(it->task);
    PyErr_Restore(type, error, traceback);
}

/* A first step, or one after it gave its turn away. */
static PyObject *step_called(PyObject *wrapper, PyObject *arguments, PyObject *keywords)
{
    PyObject *task = get(task_of, wrapper);
    turn it = task == NULL ? (turn){.seen = false} : begin_if_seen(task);
    Py_XDECREF(task);
    PyObject *done = original_call(wrapper, arguments, keywords);
    end(&it);
    return done;
}

/* A step after something that was awaited. */
static PyObject *woken(PyObject *task, PyObject *future)
{
    turn it = begin_if_seen(task);
    PyObject *done = original_wakeup(task, future);
    end(&it);
    return done;
}

/* ---- Makings ----------------------------------------------------------------------------------- */

/* Whether the first step is made at once, inside of tp_init. */
static bool is_eager(PyObject *keywords)
{
    PyObject *eager = keywords == NULL ? NULL : PyDict_GetItemString(keywords, "eager_start");
    if (eager == NULL || PyObject_IsTrue(eager) != 1) {
        PyErr_Clear();
        return false;
    }
    PyObject *loop = PyDict_GetItemString(keywords, "loop");
    if (loop == NULL || loop == Py_None)
        return true;
    PyObject *running = PyObject_CallMethod(loop, "is_running", NULL);
    bool yes = running != NULL && PyObject_IsTrue(running) == 1;
    Py_XDECREF(running);
    PyErr_Clear();
    return yes;
}

static int task_init(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    if (!active || elsewhere())
        return original_init(self, arguments, keywords);
    uint64_t number = ++made;
    PyObject *key = PyLong_FromVoidPtr(self), *value = PyLong_FromUnsignedLongLong(number);
    int failed = key == NULL || value == NULL ? -1 : PyDict_SetItem(numbers, key, value);
    Py_XDECREF(key);
    Py_XDECREF(value);
    if (failed < 0)
        return -1;
    bool eager = is_eager(keywords);
    turn it = {.seen = false};
    if (eager) {
        define_loop(keywords, number);
        ring_record(KIND_TASK_NEW, 0, TRACK_TASK, address(self), (int64_t)number, position_here());
        it = begin(self);
    }
    failed = original_init(self, arguments, keywords);
    end(&it);
    if (failed < 0)
        return -1;
    define_task(self, number);
    if (!eager)
        ring_record(KIND_TASK_NEW, 0, TRACK_TASK, address(self), (int64_t)number, position_here());
    return 0;
}

/* ---- Methods ----------------------------------------------------------------------------------- */

/* What is noted before a method, and told after it. */
static PyObject *before(int method, PyObject *self)
{
    if (!active || elsewhere())
        return NULL;
    if (method == METHOD_CANCEL_TASK && state(self) == 'P')
        ring_record(KIND_TASK_CANCEL, 0, TRACK_TASK, address(self), 0, position_here());
    if (method == METHOD_UNCANCEL)
        ring_record(KIND_TASK_UNCANCEL, 0, TRACK_TASK, address(self), 0, position_here());
    return methods[method].place != NULL && method <= METHOD_CANCEL_FUTURE ? callbacks_before(self) : NULL;
}

static PyObject *after(int method, PyObject *self, PyObject *callbacks, PyObject *done)
{
    if (method == METHOD_SET_NAME && done != NULL && active && !elsewhere()) {
        PyObject *number = number_of(self);
        if (number != NULL)
            define_task(self, PyLong_AsUnsignedLongLong(number));
    }
    if (callbacks != NULL)
        tell_ready(callbacks, done != NULL && done != Py_False, current == NULL ? who_settles() : (somebody){TRACK_TASK, 0});
    return done;
}

#define ANY(function) ((void (*)(void))(function))
#define AS(type, name) ((type)ANY(methods[METHOD_##name].original))
typedef PyObject *(*vector_function)(PyObject *, PyObject *const *, Py_ssize_t);
typedef PyObject *(*vector_keywords_function)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
#define ENTRIES(name, owner, method)                                                                               \
    static PyObject *name##_plain(PyObject *self, PyObject *argument)                                              \
    {                                                                                                              \
        PyObject *noted = before(METHOD_##name, self);                                                             \
        return after(METHOD_##name, self, noted, methods[METHOD_##name].original(self, argument));                 \
    }                                                                                                              \
    static PyObject *name##_vector(PyObject *self, PyObject *const *vector, Py_ssize_t count)                      \
    {                                                                                                              \
        PyObject *noted = before(METHOD_##name, self);                                                             \
        return after(METHOD_##name, self, noted, AS(vector_function, name)(self, vector, count));                  \
    }                                                                                                              \
    static PyObject *name##_keywords(PyObject *self, PyObject *const *vector, Py_ssize_t count, PyObject *names)   \
    {                                                                                                              \
        PyObject *noted = before(METHOD_##name, self);                                                             \
        return after(METHOD_##name, self, noted, AS(vector_keywords_function, name)(self, vector, count, names));  \
    }                                                                                                              \
    static PyObject *name##_defining(PyObject *self, PyTypeObject *defining, PyObject *const *vector, size_t count, \
                                     PyObject *names)                                                              \
    {                                                                                                              \
        PyObject *noted = before(METHOD_##name, self);                                                             \
        return after(METHOD_##name, self, noted, AS(PyCMethod, name)(self, defining, vector, count, names));       \
    }
METHODS(ENTRIES)

typedef struct {
    int owner;
    const char *method;
    void (*plain)(void), (*vector)(void), (*keywords)(void), (*defining)(void);
} entry;
#define ENTRY(name, owner, method) \
    {owner, method, ANY(name##_plain), ANY(name##_vector), ANY(name##_keywords), ANY(name##_defining)},
static const entry entries[METHOD_COUNT] = {METHODS(ENTRY)};

static PyCFunction entry_for(const entry *e, int flags)
{
    switch (flags & ~(METH_CLASS | METH_STATIC | METH_COEXIST)) {
    case METH_NOARGS:
    case METH_O:
        return (PyCFunction)e->plain;
    case METH_FASTCALL:
        return (PyCFunction)e->vector;
    case METH_FASTCALL | METH_KEYWORDS:
        return (PyCFunction)e->keywords;
    case METH_METHOD | METH_FASTCALL | METH_KEYWORDS:
        return (PyCFunction)e->defining;
    default:
        return NULL;
    }
}

/* ---- Attributes of locks, semaphores and futures ------------------------------------------------- */

/* Stands in a class for an attribute that its instances have in their dicts, and sees it change: that of a lock which
   says whether it is locked, that of a semaphore which has its permits: only there it shows that a task has got one;
   and the state of a future of concurrent.futures, which changes with its lock held, before anybody is told. */
typedef struct {
    PyObject_HEAD
    PyObject *name;
    uint16_t track;
} watched;

static PyObject *watched_get(PyObject *self, PyObject *object, PyObject *type)
{
    PyObject *name = ((watched *)self)->name;
    if (object == NULL || object == Py_None)
        return PyErr_Format(PyExc_AttributeError, "type object '%.100s' has no attribute '%U'",
                            ((PyTypeObject *)type)->tp_name, name);
    PyObject *has = PyObject_GenericGetDict(object, NULL);
    PyObject *value = has == NULL ? NULL : hooks_look_up(has, name);
    if (value == NULL && has != NULL && !PyErr_Occurred())
        PyErr_Format(PyExc_AttributeError, "'%.100s' object has no attribute '%U'", Py_TYPE(object)->tp_name, name);
    Py_XDECREF(has);
    return value;
}

static void tell_change(uint16_t track, PyObject *object, PyObject *old, PyObject *new)
{
    int64_t was = PyLong_AsLongLong(old), now = PyLong_AsLongLong(new);
    if (PyErr_Occurred())
        PyErr_Clear(); /* not a number: it isn't asyncio's own */
    else if (track == TRACK_LOCK && was != now)
        probe_emit(now ? KIND_LOCK_ACQUIRE : KIND_LOCK_RELEASE, 0, track, address(object), now);
    else if (was > now)
        probe_emit(KIND_TAKE, 0, track, address(object), now);
    else if (was < now)
        probe_emit(KIND_NOTIFY, 0, track, address(object), now - was);
}

/* What a future of concurrent.futures failed with gets a number. */
static uint64_t tell_error(PyObject *error)
{
    static uint64_t errors;
    uint64_t number = ++errors; /* in a build without a GIL two may get the same one, and then the later text */
    PyObject *quoted = error_text(error);
    if (quoted != NULL)
        define(PyUnicode_FromFormat("{\"def\": \"work error\", \"pid\": %d, \"number\": %llu, \"error\": %U}",
                                    (int)getpid(), (unsigned long long)number, quoted));
    Py_XDECREF(quoted);
    PyErr_Clear();
    return number;
}

static void tell_work(PyObject *future, PyObject *has, PyObject *now)
{
    const char *state = PyUnicode_Check(now) ? PyUnicode_AsUTF8(now) : NULL;
    if (state == NULL)
        PyErr_Clear();
    else if (strcmp(state, "RUNNING") == 0)
        probe_emit(hooks_inside() ? KIND_WORK_SENT : KIND_WORK_RUN, 0, TRACK_WORK, address(future), 0);
    else if (strcmp(state, "CANCELLED") == 0)
        probe_emit(KIND_WORK_CANCEL, 0, TRACK_WORK, address(future), 0);
    else if (strcmp(state, "FINISHED") == 0) {
        PyObject *error = PyDict_GetItemString(has, "_exception");
        bool failed = error != NULL && PyExceptionInstance_Check(error);
        int64_t number = failed ? (int64_t)tell_error(error) : 0;
        probe_emit(KIND_WORK_END, failed ? FLAG_ERROR : 0, TRACK_WORK, address(future), number);
    }
}

static int watched_set(PyObject *self, PyObject *object, PyObject *value)
{
    watched *it = (watched *)self;
    PyObject *has = PyObject_GenericGetDict(object, NULL);
    PyObject *old = has == NULL ? NULL : hooks_look_up(has, it->name);
    int failed = has == NULL || PyErr_Occurred() ? -1
                 : value == NULL                 ? PyDict_DelItem(has, it->name)
                                                 : PyDict_SetItem(has, it->name, value);
    if (!failed && old != NULL && value != NULL && !elsewhere()) {
        if (it->track == TRACK_WORK)
            tell_work(object, has, value);
        else if (active)
            tell_change(it->track, object, old, value);
    }
    Py_XDECREF(old);
    Py_XDECREF(has);
    return failed;
}

static void watched_dealloc(PyObject *self)
{
    Py_XDECREF(((watched *)self)->name);
    PyObject_Free(self);
}

static PyTypeObject watched_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "_probe.Watched",
    .tp_basicsize = sizeof(watched),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_descr_get = watched_get,
    .tp_descr_set = watched_set,
    .tp_dealloc = watched_dealloc,
};

static PyObject *watch(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *name;
    unsigned short track;
    if (!PyArg_ParseTuple(arguments, "UH:watch", &name, &track))
        return NULL;
    watched *it = PyObject_New(watched, &watched_type);
    if (it == NULL)
        return NULL;
    it->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&it->name);
    it->track = track;
    return (PyObject *)it;
}

/* ---- Install ------------------------------------------------------------------------------------ */

static PyGetSetDef *attribute_of(PyTypeObject *type, const char *name)
{
    PyObject *attribute = PyObject_GetAttrString((PyObject *)type, name);
    PyGetSetDef *found = NULL;
    if (attribute != NULL && Py_IS_TYPE(attribute, &PyGetSetDescr_Type))
        found = ((PyGetSetDescrObject *)attribute)->d_getset;
    Py_XDECREF(attribute);
    if (found == NULL && !PyErr_Occurred())
        PyErr_Format(PyExc_RuntimeError, "%s.%s of this Python isn't what the recorder knows.", type->tp_name, name);
    return found;
}

static PyMethodDef *method_of(PyTypeObject *type, const char *name)
{
    PyObject *attribute = PyObject_GetAttrString((PyObject *)type, name);
    PyMethodDef *found = NULL;
    if (attribute != NULL && Py_IS_TYPE(attribute, &PyMethodDescr_Type))
        found = ((PyMethodDescrObject *)attribute)->d_method;
    Py_XDECREF(attribute);
    if (found == NULL && !PyErr_Occurred())
        PyErr_Format(PyExc_RuntimeError, "%s.%s() of this Python isn't what the recorder knows.", type->tp_name, name);
    return found;
}

static int find_places(PyObject *step, PyObject *woken_by)
{
    static const struct {
        PyGetSetDef **to;
        int owner;
        const char *name;
    } attributes[] = {
        {&state_of, OWNER_FUTURE, "_state"},        {&error_of, OWNER_FUTURE, "_exception"},
        {&callbacks_of, OWNER_FUTURE, "_callbacks"}, {&loop_of, OWNER_FUTURE, "_loop"},
        {&waiter_of, OWNER_TASK, "_fut_waiter"},    {&coroutine_of, OWNER_TASK, "_coro"},
    };
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if ((*attributes[i].to = attribute_of(types[attributes[i].owner], attributes[i].name)) == NULL)
            return -1;
    for (int i = 0; i < METHOD_COUNT; i++) {
        PyMethodDef *place = method_of(types[entries[i].owner], entries[i].method);
        if (place == NULL || entry_for(&entries[i], place->ml_flags) == NULL)
            return -1;
        methods[i].place = place;
        methods[i].original = place->ml_meth;
    }
    step_type = (PyTypeObject *)Py_NewRef(Py_TYPE(step));
    task_of = attribute_of(step_type, "__self__");
    get_name = method_of(types[OWNER_TASK], "get_name");
    wakeup = PyCFunction_Check(woken_by) ? ((PyCFunctionObject *)woken_by)->m_ml : NULL;
    awaits_coroutine = attribute_of(&PyCoro_Type, "cr_await");
    awaits_generator = attribute_of(&PyGen_Type, "gi_yieldfrom");
    awaits_async_generator = attribute_of(&PyAsyncGen_Type, "ag_await");
    PyObject *init = PyObject_GetAttrString((PyObject *)types[OWNER_TASK], "__init__");
    if (task_of == NULL || get_name == NULL || init == NULL || !Py_IS_TYPE(init, &PyWrapperDescr_Type))
        return -1;
    init_wrapper = (PyWrapperDescrObject *)init;
    if (wakeup == NULL || wakeup->ml_flags != METH_O || get_name->ml_flags != METH_NOARGS || step_type->tp_call == NULL)
        return -1;
    original_call = step_type->tp_call;
    original_wakeup = wakeup->ml_meth;
    original_init = types[OWNER_TASK]->tp_init;
    return awaits_coroutine == NULL || awaits_generator == NULL || awaits_async_generator == NULL ? -1 : 0;
}

/* Subclasses have a copy of tp_init. */
static int rebind_init(PyTypeObject *type, initproc from, initproc to)
{
    if (type->tp_init == from)
        type->tp_init = to;
    PyObject *subclasses = PyObject_CallMethod((PyObject *)type, "__subclasses__", NULL);
    if (subclasses == NULL)
        return -1;
    int failed = 0;
    for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(subclasses); i++)
        failed = rebind_init((PyTypeObject *)PyList_GET_ITEM(subclasses, i), from, to);
    Py_DECREF(subclasses);
    return failed;
}

static PyObject *install_tasks(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *step, *woken_by, *told, *calls, *runs;
    if (!PyArg_ParseTuple(arguments, "O!O!OOO!O!O!:install_tasks", &PyType_Type, &types[OWNER_FUTURE], &PyType_Type,
                          &types[OWNER_TASK], &step, &woken_by, &PyDict_Type, &told, &PyDict_Type, &calls, &PyCode_Type,
                          &runs))
        return NULL;
    if (active)
        Py_RETURN_NONE;
    if (step_type == NULL && find_places(step, woken_by) < 0) {
        Py_CLEAR(step_type);
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_RuntimeError, "The tasks of this Python aren't what the recorder knows.");
        return NULL;
    }
    Py_XSETREF(words, Py_NewRef(told));
    Py_XSETREF(called, Py_NewRef(calls));
    Py_XSETREF(run_handle, Py_NewRef(runs));
    for (int i = 0; i < OWNERS; i++)
        Py_INCREF(types[i]);
    step_type->tp_call = step_called;
    wakeup->ml_meth = woken;
    init_wrapper->d_wrapped = (void *)task_init;
    for (int i = 0; i < METHOD_COUNT; i++)
        methods[i].place->ml_meth = entry_for(&entries[i], methods[i].place->ml_flags);
    active = true;
    return rebind_init(types[OWNER_TASK], original_init, task_init) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *uninstall_tasks(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    if (!active)
        Py_RETURN_NONE;
    active = false;
    step_type->tp_call = original_call;
    wakeup->ml_meth = original_wakeup;
    init_wrapper->d_wrapped = (void *)original_init;
    for (int i = 0; i < METHOD_COUNT; i++)
        methods[i].place->ml_meth = methods[i].original;
    return rebind_init(types[OWNER_TASK], task_init, original_init) < 0 ? NULL : Py_NewRef(Py_None);
}

/* A coroutine is thrown away that was never awaited. */
static PyObject *unawaited(PyObject *Py_UNUSED(module), PyObject *coroutine)
{
    if (active && !elsewhere()) {
        ring_record(KIND_UNAWAITED, 0, 0, 0, 0, position_code(coroutine));
        ring_record(KIND_UNAWAITED, 0, 0, 0, 1, position_here());
    }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"unawaited", unawaited, METH_O, NULL},
    {"install_tasks", install_tasks, METH_VARARGS, NULL},
    {"uninstall_tasks", uninstall_tasks, METH_NOARGS, NULL},
    {"watch", watch, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int tasks_add(PyObject *module)
{
    PyObject *json = PyImport_ImportModule("_json");
    quote = json == NULL ? NULL : PyObject_GetAttrString(json, "encode_basestring_ascii");
    Py_XDECREF(json);
    numbers = PyDict_New();
    awaited = PySet_New(NULL);
    if (PyType_Ready(&watched_type) < 0)
        return -1;
    return quote == NULL || numbers == NULL || awaited == NULL ? -1 : PyModule_AddFunctions(module, functions);
}
