# SPDX-License-Identifier: GPL-2.0-only
"""
A guest's kernel: reads its memory by virtual addresses, by symbols, and by types of the DWARF in vmlinux, and finds
its tasks and their stacks. No unwinder is needed: a word on a stack counts as a return address if the instruction
before the address that it has is a call.
"""
import struct
import sys

import drgn

from image import MACHINES, Fault

TASKS_MAX = 4096
U64 = (1 << 64) - 1


class Kernel:
    """Reads memory by kernel address, type and symbol."""

    def __init__(self, vmlinux, image):
        if image.machine not in MACHINES:
            sys.exit(f"memory of ELF machine {image.machine} cannot be read: x86-64 and ppc64le can")
        self.image, self.machine = image, MACHINES[image.machine](image)
        self.prog = drgn.Program(drgn.Platform(self.machine.arch))
        try:
            self.load(vmlinux)
            self.prog.type("struct task_struct")
        except (LookupError, drgn.MissingDebugInfoError):
            sys.exit("vmlinux has no DWARF: build with scenarios/kconfig/debuginfo.config")
        self.offsets, self.names, self.texts = {}, {}, {}
        self.first, self.end = self.symbol("_stext"), self.symbol("_etext")
        if not self.first or not self.end or not self.symbol("init_task"):
            sys.exit("vmlinux is not a kernel: it has no _stext, _etext or init_task")
        # the section of init_task is as large as one stack (vmlinux.lds.h: INIT_TASK_DATA)
        first = self.symbol("__start_init_task") or self.symbol("__start_init_stack")
        end = self.symbol("__end_init_task") or self.symbol("__end_init_stack")
        self.stack_size = end - first if first and end and 4096 <= end - first <= 1 << 17 else 1 << 14
        try:
            banner = self.read(self.symbol("linux_banner") or 0, 14)
        except Fault:
            banner = b""
        if banner != b"Linux version ":
            sys.exit("the memory image is not of this kernel, or its addresses are randomized (nokaslr)")
        self.machine.prepare(self)

    def load(self, vmlinux):
        if not hasattr(self.prog, "extra_module"):
            self.prog.load_debug_info([vmlinux])
            return
        # since drgn 0.0.30 load_debug_info() ignores a file that has no build ID
        module = self.prog.extra_module(vmlinux, create=True)
        module = module[0] if isinstance(module, tuple) else module
        module.try_file(vmlinux, force=True)
        # drgn looks up symbols by address only in this range
        module.address_range = (self.symbol("_stext") or 0, U64)

    def symbol(self, name):
        try:
            return self.prog.symbol(name).address
        except LookupError:
            return None

    def variable(self, name, form="Q"):
        address = self.symbol(name)
        return self.word(address, form) if address else 0

    def read(self, address, length):
        return self.image.read(self.machine.physical(address & U64), length)

    def word(self, address, form="Q"):
        return struct.unpack("<" + form, self.read(address, struct.calcsize(form)))[0]

    def text(self, address, limit=64):
        got = bytearray()
        while len(got) < limit:
            byte = self.read(address + len(got), 1)[0]
            if not byte:
                break
            if not 32 <= byte < 127:
                raise Fault("no text")
            got.append(byte)
        return got.decode("ascii")

    def offset(self, kind, member):
        """Returns the offset of a member, or None if this kernel does not have it."""
        key = kind, member
        if key not in self.offsets:
            try:
                self.offsets[key] = drgn.offsetof(self.prog.type(kind), member)
            except LookupError:
                self.offsets[key] = None
        return self.offsets[key]

    def field(self, address, kind, member, form="Q"):
        offset = self.offset(kind, member)
        if offset is None:
            raise Fault(member)
        return self.word(address + offset, form)

    def symbol_at(self, address):
        """Returns (name, address, size) of the function or variable at ADDRESS, or None if there is none."""
        if address not in self.names:
            try:
                s = self.prog.symbol(address)
                self.names[address] = (s.name, s.address, s.size)
            except LookupError:
                self.names[address] = None
        return self.names[address]

    def function(self, address):
        found = self.symbol_at(address) if self.first <= address < self.end else None
        return found[0].split(".")[0] if found else None

    def code(self, address):
        """Returns the start and the bytes of the function that contains ADDRESS."""
        found = self.symbol_at(address)
        if not found or not 0 < found[2] < 1 << 17:
            raise Fault(hex(address))
        if found[1] not in self.texts:
            self.texts[found[1]] = self.read(found[1], found[2])
        return found[1], self.texts[found[1]]


class Task:
    def __init__(self, kernel, address):
        self.kernel, self.address = kernel, address
        task = "struct task_struct"
        self.pid = kernel.field(address, task, "pid", "i")
        self.comm = kernel.read(address + kernel.offset(task, "comm"), 16).split(b"\0")[0].decode("utf-8", "replace")
        member = "__state" if kernel.offset(task, "__state") is not None else "state"
        self.bits = kernel.field(address, task, member, "I")
        idle = self.bits & 0x402 == 0x402  # TASK_UNINTERRUPTIBLE with TASK_NOLOAD: the task is idle
        self.state = "I" if idle else "D" if self.bits & 2 else "S" if self.bits & 1 else "?" if self.bits else "R"
        self.waits, self.returns, self.stack, self.words = None, [], 0, ()
        self.read_stack()

    def read_stack(self):
        """
        Reads the stack, from the stack pointer that the last context switch has stored to the stack's end. The stack
        of a running task is not read, because its stored stack pointer is out of date.
        """
        k, thread = self.kernel, self.kernel.offset("struct task_struct", "thread")
        size = k.stack_size
        base = k.field(self.address, "struct task_struct", "stack")
        sp = k.field(self.address + thread, "struct thread_struct", k.machine.stack_pointer)
        if k.field(self.address, "struct task_struct", "on_cpu", "i") or not base <= sp < base + size:
            return
        self.stack = sp & ~7
        data, at = b"", self.stack
        while at < base + size:  # page by page, because the pages of a stack need not be adjacent in physical memory
            step = min(4096 - at % 4096, base + size - at)
            data += k.read(at, step)
            at += step
        self.words = struct.unpack(f"<{len(data) // 8}Q", data)
        for word in self.words:
            if not k.first <= word < k.end:
                continue
            try:
                start, text = k.code(word)
                if k.machine.after_call(text, word - start) is not None:
                    self.returns.append(word)
            except Fault:
                pass

    def functions(self):
        return [self.kernel.function(address) or "?" for address in self.returns]

    def is_in(self, *names):
        return any(f in names or any(n.endswith("*") and f.startswith(n[:-1]) for n in names) for f in self.functions())

    def frames(self):
        lines = []
        for address in self.returns[:40]:
            found = self.kernel.symbol_at(address)
            lines.append(f"{found[0]}+{address - found[1]:#x}/{found[2]:#x}")
        return lines


def nodes(kernel, head, most):
    """Yields the entries of a list (struct list_head), up to the first broken link."""
    seen, node = {head}, head
    while len(seen) <= most:
        try:
            node = kernel.word(node)
        except Fault:
            return
        if node in seen:
            return
        seen.add(node)
        yield node


def each_task(kernel):
    """Returns every thread, from init_task's list of processes and the list of threads of each process."""
    task, tasks = "struct task_struct", []
    link, node = kernel.offset(task, "tasks"), kernel.offset(task, "thread_node")
    head_at = kernel.offset("struct signal_struct", "thread_head")
    for process in nodes(kernel, kernel.symbol("init_task") + link, TASKS_MAX):
        try:
            head = kernel.field(process - link, task, "signal") + head_at
        except Fault:
            continue
        for thread in nodes(kernel, head, TASKS_MAX - len(tasks)):
            try:
                tasks.append(Task(kernel, thread - node))
            except Fault:  # skip a damaged task_struct: others may be intact
                pass
    return tasks
