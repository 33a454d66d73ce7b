/* Rebinds calls of a loaded object: the words of its global offset table through which it reaches another's functions. */
#define _GNU_SOURCE
#include "probe.h"

#ifdef __linux__
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __x86_64__
#define IS_SLOT(type) ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT)
#else
#define IS_SLOT(type) 0
#endif

enum { SLOTS = 16 };

typedef struct {
    void **address;
    void *before, *after;
    bool read_only; /* RELRO: writable only while we write */
} slot;

static slot slots[SLOTS];
static int slot_count;

typedef struct {
    uintptr_t inside;
    const binding *bindings;
    size_t count;
    uint64_t found; /* bit by binding */
    bool object_found, too_many;
} search;

static void note(search *s, const char *name, void **address, bool read_only)
{
    for (size_t b = 0; b < s->count; b++) {
        if (strcmp(name, s->bindings[b].name) != 0)
            continue;
        if (slot_count == SLOTS) {
            s->too_many = true;
            return;
        }
        slots[slot_count++] = (slot){address, *address, s->bindings[b].function, read_only};
        s->found |= 1ull << b;
    }
}

/* The dynamic section's addresses are relocated already: glibc does so on this architecture. */
static void read_object(search *s, struct dl_phdr_info *object)
{
    const ElfW(Dyn) *dynamic = NULL;
    uintptr_t relro = 0, relro_end = 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_DYNAMIC)
            dynamic = (const ElfW(Dyn) *)(object->dlpi_addr + segment->p_vaddr);
        if (segment->p_type == PT_GNU_RELRO) {
            relro = object->dlpi_addr + segment->p_vaddr;
            relro_end = relro + segment->p_memsz;
        }
    }
    const ElfW(Sym) *symbols = NULL;
    const char *strings = NULL;
    const ElfW(Rela) *tables[2] = {NULL, NULL};
    size_t bytes[2] = {0, 0};
    for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++) {
        switch (dynamic->d_tag) {
        case DT_SYMTAB: symbols = (const ElfW(Sym) *)dynamic->d_un.d_ptr; break;
        case DT_STRTAB: strings = (const char *)dynamic->d_un.d_ptr; break;
        case DT_JMPREL: tables[0] = (const ElfW(Rela) *)dynamic->d_un.d_ptr; break;
        case DT_PLTRELSZ: bytes[0] = dynamic->d_un.d_val; break;
        case DT_RELA: tables[1] = (const ElfW(Rela) *)dynamic->d_un.d_ptr; break;
        case DT_RELASZ: bytes[1] = dynamic->d_un.d_val; break;
        }
    }
    if (symbols == NULL || strings == NULL)
        return;
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; tables[t] != NULL && i < bytes[t] / sizeof(ElfW(Rela)); i++) {
            const ElfW(Rela) *entry = &tables[t][i];
            if (!IS_SLOT(ELF64_R_TYPE(entry->r_info)))
                continue;
            uintptr_t address = object->dlpi_addr + entry->r_offset;
            note(s, strings + symbols[ELF64_R_SYM(entry->r_info)].st_name, (void **)address,
                 address >= relro && address < relro_end);
        }
    }
}

static int visit(struct dl_phdr_info *object, size_t Py_UNUSED(size), void *argument)
{
    search *s = argument;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && s->inside >= begin && s->inside < begin + segment->p_memsz) {
            s->object_found = true;
            read_object(s, object);
            return 1;
        }
    }
    return 0;
}

static bool write_slot(const slot *at, void *value)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *begin = (void *)((uintptr_t)at->address & ~(page - 1));
    if (at->read_only && mprotect(begin, page, PROT_READ | PROT_WRITE) != 0)
        return false;
    __atomic_store_n(at->address, value, __ATOMIC_RELEASE);
    if (at->read_only)
        mprotect(begin, page, PROT_READ);
    return true;
}

const char *slots_bind(const void *inside, const binding *bindings, size_t count)
{
    search s = {.inside = (uintptr_t)inside, .bindings = bindings, .count = count};
    slot_count = 0;
    dl_iterate_phdr(visit, &s);
    const char *why = !s.object_found ? "the loaded object that holds the interpreter wasn't found"
                      : s.too_many    ? "the interpreter has more slots for these calls than expected"
                      : !(s.found & 1) || s.found == 1 ? "the interpreter doesn't call pthread through slots (a fully static build)"
                                      : NULL;
    if (why != NULL) {
        slot_count = 0;
        return why;
    }
    for (int i = 0; i < slot_count; i++) {
        if (!write_slot(&slots[i], slots[i].after)) {
            slots_restore();
            return "the kernel refuses to let the interpreter's slots be written";
        }
    }
    return NULL;
}

void slots_restore(void)
{
    for (int i = 0; i < slot_count; i++)
        if (*slots[i].address == slots[i].after)
            write_slot(&slots[i], slots[i].before);
}

PyObject *slots_list(void)
{
    PyObject *list = PyList_New(slot_count);
    for (int i = 0; list != NULL && i < slot_count; i++) {
        PyObject *pair = Py_BuildValue("KK", (unsigned long long)(uintptr_t)slots[i].address,
                                       (unsigned long long)(uintptr_t)*slots[i].address);
        if (pair == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, pair);
    }
    return list;
}

#else

const char *slots_bind(const void *Py_UNUSED(inside), const binding *Py_UNUSED(bindings), size_t Py_UNUSED(count))
{
    return "calls can be rebound on Linux only";
}
void slots_restore(void) {}
PyObject *slots_list(void) { return PyList_New(0); }

#endif
