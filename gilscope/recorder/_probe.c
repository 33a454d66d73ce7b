/* The Python module `_probe`: see _probe.pyi. */
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static PyObject *attach(PyObject *Py_UNUSED(module), PyObject *argument)
{
    PyObject *path;
    if (!PyUnicode_FSConverter(argument, &path))
        return NULL;
    if (probe_memory != NULL) {
        Py_DECREF(path);
        PyErr_SetString(PyExc_RuntimeError, "the recorder is attached already: a process records into one run");
        return NULL;
    }
    int failed = ring_attach(PyBytes_AS_STRING(path));
    Py_DECREF(path);
    if (failed == EPROTO) {
        PyErr_Format(PyExc_ValueError, "%R isn't shared memory of a run, or of another version of Gilscope", argument);
        return NULL;
    }
    if (failed) {
        errno = failed;
        return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, argument);
    }
    Py_RETURN_NONE;
}

static PyObject *install(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    if (probe_memory == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "attach() comes before install()");
        return NULL;
    }
    const char *why = gil_install();
    return why == NULL ? Py_NewRef(Py_None) : PyUnicode_FromString(why);
}

static PyObject *uninstall(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    gil_uninstall();
    Py_RETURN_NONE;
}

static PyObject *define(PyObject *Py_UNUSED(module), PyObject *argument)
{
    if (!PyBytes_Check(argument) || PyBytes_GET_SIZE(argument) > UINT32_MAX / 2) {
        PyErr_SetString(PyExc_TypeError, "define() takes the bytes of one JSON object");
        return NULL;
    }
    return PyBool_FromLong(probe_memory != NULL &&
                           ring_define(PyBytes_AS_STRING(argument), (uint32_t)PyBytes_GET_SIZE(argument)));
}

static PyObject *add_code(PyObject *code, bool user)
{
    if (!PyCode_Check(code)) {
        PyErr_Format(PyExc_TypeError, "a code object was expected, not %.100s", Py_TYPE(code)->tp_name);
        return NULL;
    }
    return position_add_code(code, user) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *add_user_code(PyObject *Py_UNUSED(module), PyObject *code) { return add_code(code, true); }
static PyObject *add_other_code(PyObject *Py_UNUSED(module), PyObject *code) { return add_code(code, false); }

/* The address of an object, or a number that is one. */
static uint64_t address_of(PyObject *thing)
{
    return PyLong_CheckExact(thing) ? PyLong_AsUnsignedLongLongMask(thing) : (uint64_t)(uintptr_t)thing;
}

static PyObject *emit(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 5) {
        PyErr_SetString(PyExc_TypeError, "emit() takes kind, flags, aux, thing, value");
        return NULL;
    }
    unsigned long kind = PyLong_AsUnsignedLong(args[0]), flags = PyLong_AsUnsignedLong(args[1]);
    unsigned long aux = PyLong_AsUnsignedLong(args[2]);
    uint64_t thing = address_of(args[3]);
    long long value = PyLong_AsLongLong(args[4]);
    if (PyErr_Occurred())
        return NULL;
    probe_emit((uint8_t)kind, (uint8_t)flags, (uint16_t)aux, thing, value);
    Py_RETURN_NONE;
}

static PyObject *enter(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    probe_enter();
    Py_RETURN_NONE;
}

static PyObject *leave(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    probe_leave();
    Py_RETURN_NONE;
}

static PyObject *me(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    uint64_t slot, generation;
    if (!ring_me(&slot, &generation))
        Py_RETURN_NONE;
    return Py_BuildValue("KK", (unsigned long long)slot, (unsigned long long)generation);
}

static PyObject *position(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    uint64_t here = position_here();
    return Py_BuildValue("KK", (unsigned long long)(here & ((1ull << 48) - 1)), (unsigned long long)(here >> 48));
}

/* os.fstat() lets the GIL go: a hook that asks by it would hand the GIL over where the program doesn't. */
static PyObject *inode(PyObject *Py_UNUSED(module), PyObject *file)
{
    struct stat status;
    int number = PyObject_AsFileDescriptor(file);
    if (number < 0)
        return NULL;
    if (fstat(number, &status) < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    return PyLong_FromUnsignedLongLong(status.st_ino);
}

static PyObject *slots(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none)) { return slots_list(); }

static PyObject *forced_unknown(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    const char *why = gil_forced_unknown();
    return PyUnicode_FromString(why == NULL ? "" : why);
}

static PyMethodDef functions[] = {
    {"attach", attach, METH_O, NULL},
    {"install", install, METH_NOARGS, NULL},
    {"uninstall", uninstall, METH_NOARGS, NULL},
    {"define", define, METH_O, NULL},
    {"add_user_code", add_user_code, METH_O, NULL},
    {"add_other_code", add_other_code, METH_O, NULL},
    {"emit", (PyCFunction)(void (*)(void))emit, METH_FASTCALL, NULL},
    {"enter", enter, METH_NOARGS, NULL},
    {"leave", leave, METH_NOARGS, NULL},
    {"me", me, METH_NOARGS, NULL},
    {"position", position, METH_NOARGS, NULL},
    {"inode", inode, METH_O, NULL},
    {"slots", slots, METH_NOARGS, NULL},
    {"forced_unknown", forced_unknown, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int prepare(PyObject *module)
{
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "the recorder runs in the main interpreter only");
        return -1;
    }
    const char *lines = getenv("GILSCOPE_LINES");
    position_lines = lines == NULL || strcmp(lines, "0") != 0;
    return position_add_constants(module) < 0 ? -1 : hooks_add(module) < 0 ? -1 : tasks_add(module);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, (void *)prepare},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_probe",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__probe(void) { return PyModuleDef_Init(&definition); }
