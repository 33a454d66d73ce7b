/* Known moves: does with the GIL exactly what it says, so that recordings can be compared with the truth. */
#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void spin_until(long long end)
{
    while (now() < end)
        ;
}

static void sleep_for(long long ns)
{
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    nanosleep(&t, NULL);
}

/* churn(n): gives the GIL up and takes it again, n times. */
static PyObject *churn(PyObject *Py_UNUSED(module), PyObject *argument)
{
    long n = PyLong_AsLong(argument);
    if (n == -1 && PyErr_Occurred())
        return NULL;
    for (long i = 0; i < n; i++)
        PyEval_RestoreThread(PyEval_SaveThread());
    Py_RETURN_NONE;
}

/* hold(ns): keeps the GIL that long, whoever asks for it. Returns when it began and ended. */
static PyObject *hold(PyObject *Py_UNUSED(module), PyObject *argument)
{
    long long ns = PyLong_AsLongLong(argument), begin = now();
    if (ns == -1 && PyErr_Occurred())
        return NULL;
    spin_until(begin + ns);
    return Py_BuildValue("LL", begin, now());
}

/* away(hold_ns, away_ns): keeps the GIL, then gives it up of its own will around a sleep. Returns when it was
   without the GIL, as seen from inside. */
static PyObject *away(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    long long hold_ns, away_ns;
    if (!PyArg_ParseTuple(arguments, "LL", &hold_ns, &away_ns))
        return NULL;
    spin_until(now() + hold_ns);
    PyThreadState *state = PyEval_SaveThread();
    long long begin = now();
    sleep_for(away_ns);
    long long end = now();
    PyEval_RestoreThread(state);
    return Py_BuildValue("LL", begin, end);
}

static void *foreign_thread(void *argument)
{
    for (long i = 0; i < *(long *)argument; i++)
        PyGILState_Release(PyGILState_Ensure());
    return NULL;
}

/* foreign(n): a thread that Python didn't start takes the GIL n times, each time as a new thread state. */
static PyObject *foreign(PyObject *Py_UNUSED(module), PyObject *argument)
{
    long n = PyLong_AsLong(argument);
    if (n == -1 && PyErr_Occurred())
        return NULL;
    int failed;
    pthread_t thread;
    Py_BEGIN_ALLOW_THREADS
    failed = pthread_create(&thread, NULL, foreign_thread, &n);
    if (!failed)
        pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    if (failed)
        return PyErr_SetString(PyExc_OSError, "no thread"), NULL;
    Py_RETURN_NONE;
}

/* litter(): takes the memory that was freed lately, and leaves rubbish in it for good. */
static PyObject *litter(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    for (size_t size = 64; size < 2048; size += 16)
        for (int n = 0; n < 20; n++) {
            void *block = malloc(size);
            if (block != NULL)
                memset(block, 0x7F, size);
        }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"litter", litter, METH_NOARGS, NULL},
    {"churn", churn, METH_O, NULL},
    {"hold", hold, METH_O, NULL},
    {"away", away, METH_VARARGS, NULL},
    {"foreign", foreign, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_moves", .m_methods = functions, .m_slots = slots};

PyMODINIT_FUNC PyInit__moves(void) { return PyModuleDef_Init(&definition); }
