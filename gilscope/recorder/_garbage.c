/* Sees the collections of garbage.

   The interpreter calls what is in a list of its own when a collection begins and when it ends; programs know that list
   as gc.callbacks. A list of ours takes its place, with one function in it, which records and then calls what is in
   theirs, as the interpreter would. So theirs stays the same object with the same content, and the collector knows
   nothing of ours: nobody can see it. */
#ifndef Py_BUILD_CORE_MODULE
#define Py_BUILD_CORE_MODULE 1
#endif
#include "probe.h"

#include <internal/pycore_runtime.h>
#include <internal/pycore_interp.h>

static PyObject *theirs; /* while ours stands in its place */
static PyObject *ours;
static PyObject *word_generation, *word_collected;

static int64_t number(PyObject *info, PyObject *word)
{
    PyObject *value = PyDict_CheckExact(info) ? PyDict_GetItemWithError(info, word) : NULL;
    int64_t number = value == NULL ? -1 : PyLong_AsLongLong(value);
    PyErr_Clear();
    return number;
}

/* Called with "start" or "stop", and a dict. What the program's own callbacks do is no part of the collection. */
static PyObject *called(PyObject *Py_UNUSED(self), PyObject *const *arguments, Py_ssize_t count)
{
    bool ends = count == 2 && PyUnicode_CompareWithASCIIString(arguments[0], "stop") == 0;
    if (ends)
        probe_emit(KIND_GC_END, 0, 0, 0, number(arguments[1], word_collected));
    for (Py_ssize_t i = 0; theirs != NULL && i < PyList_GET_SIZE(theirs); i++) {
        PyObject *callback = Py_NewRef(PyList_GET_ITEM(theirs, i));
        PyObject *done = PyObject_Vectorcall(callback, arguments, (size_t)count, NULL);
        if (done == NULL)
            PyErr_WriteUnraisable(callback);
        Py_XDECREF(done);
        Py_DECREF(callback);
    }
    if (count == 2 && !ends)
        probe_emit(KIND_GC_BEGIN, 0, 0, 0, number(arguments[1], word_generation));
    Py_RETURN_NONE;
}

static PyMethodDef definition = {"collection", (PyCFunction)(void (*)(void))called, METH_FASTCALL, NULL};

/* Kept for good: a collection may be about to call it. */
static int make_ours(void)
{
    word_generation = PyUnicode_InternFromString("generation");
    word_collected = PyUnicode_InternFromString("collected");
    PyObject *function = PyCFunction_New(&definition, NULL), *list = PyList_New(1);
    if (word_generation == NULL || word_collected == NULL || function == NULL || list == NULL) {
        Py_XDECREF(function);
        Py_XDECREF(list);
        return -1;
    }
    PyList_SET_ITEM(list, 0, function);
    PyObject_GC_UnTrack(function);
    PyObject_GC_UnTrack(list);
    ours = list;
    return 0;
}

int garbage_install(void)
{
    PyObject *module = PyImport_ImportModule("gc"); /* when it is imported first, it takes the list for gc.callbacks */
    if (module == NULL || (ours == NULL && make_ours() < 0)) {
        Py_XDECREF(module);
        return -1;
    }
    Py_DECREF(module);
    PyObject **place = &PyInterpreterState_Get()->gc.callbacks;
    if (*place != ours && *place != NULL && PyList_CheckExact(*place)) {
        theirs = *place;
        *place = ours;
    }
    return 0;
}

void garbage_uninstall(void)
{
    PyObject **place = &PyInterpreterState_Get()->gc.callbacks;
    if (ours != NULL && *place == ours) {
        *place = theirs;
        theirs = NULL;
    }
}
