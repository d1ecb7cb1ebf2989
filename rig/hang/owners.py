#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
owners.py VMLINUX IMAGE OUT: who owns which lock in a guest's memory.

IMAGE is what QEMU's dump-guest-memory writes (ELF, paging off), VMLINUX the kernel of that guest with DWARF, which
drgn reads. OUT gets the JSON that rig/hang/owners.c describes.

A blocked task has a record on its stack that the lock's list of waiters goes through: mutex_waiter, rwsem_waiter,
wait_queue_entry, swait_queue. The list leads to the lock, and the lock has its owner, but for percpu rwsems: of
those whoever is inside code between taking and releasing it. So no unwinder is needed, and x86 and powerpc are read
alike. Nothing in the image is believed: pointers are looked up, lists and numbers are bounded.
"""
import json
import mmap
import os
import resource
import struct
import sys

try:
    import drgn
except ImportError:
    sys.exit("python3-drgn is not installed: apt-get install python3-drgn")

MEMORY_MAX = 12 << 30  # address space: the image is mapped, and DWARF is large
SECONDS_MAX = 60  # processor time
OUT_MAX = 16 << 20  # bytes, as rig/hang/folder.c reads
PARTS_MAX = 4096
TASKS_MAX = 4096
OWNERS_MAX = 64
LIST_MAX = 1000
U64 = (1 << 64) - 1
KN_BIAS = -0x7FFFFFFF  # KN_DEACTIVATED_BIAS, fs/kernfs/kernfs-internal.h


class Fault(Exception):
    """An address that the image does not have."""


def without_links(path, flags):
    """For open(): a run folder may come from anywhere."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


class Image:
    """Guest physical memory."""

    def __init__(self, path):
        with open(path, "rb", opener=without_links) as f:
            size = os.fstat(f.fileno()).st_size
            if size < 64:
                sys.exit("the memory image is truncated")
            self.data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        head = struct.unpack_from("<16sHHIQQQIHHHHHH", self.data, 0)
        if head[0][:6] != b"\x7fELF\x02\x01":
            sys.exit("the memory image is no 64-bit little-endian ELF file")
        self.machine, phoff, count = head[2], head[5], head[10]
        self.parts = []
        if count > PARTS_MAX:
            sys.exit(f"the memory image has {count} parts, the limit is {PARTS_MAX}")
        for i in range(count):
            at = phoff + 56 * i
            if at + 56 > size:
                sys.exit("the memory image is truncated")
            kind, _, offset, _, paddr, filesz, _, _ = struct.unpack_from("<IIQQQQQQ", self.data, at)
            if offset + filesz > size:
                sys.exit("the memory image is truncated")
            if kind == 1:
                self.parts.append((paddr, paddr + filesz, offset))

    def read(self, address, length):
        for first, end, offset in self.parts:
            if first <= address and address + length <= end:
                at = offset + address - first
                return self.data[at : at + length]
        raise Fault(hex(address))


class X86:
    """arch/x86: the kernel's own mapping, the direct mapping, page tables for the rest (stacks)."""

    arch = drgn.Architecture.X86_64
    stack_pointer = "sp"
    pointer_from, text_call = 0xFFFF800000000000, 5

    def __init__(self, image):
        self.image, self.direct, self.root, self.levels = image, 0xFFFF888000000000, None, 4

    def prepare(self, kernel):
        base = kernel.variable("page_offset_base")
        if base:
            self.direct = base
        self.levels = 5 if kernel.variable("__pgtable_l5_enabled", "I") else 4
        self.root = kernel.symbol("init_top_pgt") or kernel.symbol("swapper_pg_dir")

    def physical(self, address):
        if address >= 0xFFFFFFFF80000000:
            return address - 0xFFFFFFFF80000000
        if self.direct <= address < self.direct + (1 << 46):
            return address - self.direct
        if not self.root:
            raise Fault(hex(address))
        table = self.physical(self.root)
        for level in reversed(range(self.levels)):
            shift = 12 + 9 * level
            entry = struct.unpack("<Q", self.image.read(table + 8 * (address >> shift & 511), 8))[0]
            if not entry & 1:
                raise Fault(hex(address))
            table = entry & 0x000FFFFFFFFFF000
            if level and entry & 0x80:
                return (table & ~((1 << shift) - 1)) + (address & ((1 << shift) - 1))
        return table + (address & 4095)

    def after_call(self, text, at):
        """Where a call that returns to text[at:] goes: an offset from there, 0 for an indirect one, else None."""
        if at >= 5 and text[at - 5] == 0xE8:
            return struct.unpack_from("<i", text, at - 4)[0]
        for length in (2, 3, 4, 6, 7):  # ff /2, with whatever addresses the pointer
            if at >= length and text[at - length] == 0xFF and text[at - length + 1] >> 3 & 7 == 2:
                return 0
        return None

    def calls(self, text):
        """(offset after the call, offset of its target from there)"""
        at = text.find(b"\xe8")
        while 0 <= at <= len(text) - 5:
            yield at + 5, struct.unpack_from("<i", text, at + 1)[0]
            at = text.find(b"\xe8", at + 1)


class PPC64:
    """arch/powerpc, Book3S 64: linear mapping at 0xc000… ; stacks are in it (until VMAP_STACK comes there)."""

    arch = drgn.Architecture.PPC64
    stack_pointer = "ksp"
    pointer_from, text_call = 0xC000000000000000, 4

    def __init__(self, image):
        self.image = image

    def prepare(self, kernel):
        pass

    def physical(self, address):
        if address >> 60 != 0xC or address & 0x0FFFFFFFFFFFFFFF >= 1 << 50:
            raise Fault(hex(address))
        return address & 0x0FFFFFFFFFFFFFFF

    def after_call(self, text, at):
        if at < 4:
            return None
        word = struct.unpack_from("<I", text, at - 4)[0]
        if word >> 26 == 18 and word & 3 == 1:  # bl
            offset = word & 0x03FFFFFC
            return (offset - (1 << 26) if offset & 0x02000000 else offset) - 4
        return 0 if word == 0x4E800421 else None  # bctrl

    def calls(self, text):
        for at in range(4, len(text) & ~3, 4):
            offset = self.after_call(text, at)
            if offset:
                yield at, offset


MACHINES = {62: X86, 21: PPC64}


class Kernel:
    """Memory by kernel addresses, types and symbols."""

    def __init__(self, vmlinux, image):
        if image.machine not in MACHINES:
            sys.exit(f"memory of ELF machine {image.machine} cannot be read: x86-64 and ppc64le can")
        self.image, self.machine = image, MACHINES[image.machine](image)
        self.prog = drgn.Program(drgn.Platform(self.machine.arch))
        try:
            self.prog.load_debug_info([vmlinux])
            self.prog.type("struct task_struct")
        except (LookupError, drgn.MissingDebugInfoError):
            sys.exit("vmlinux has no DWARF: build with scenarios/kconfig/debuginfo.config")
        self.offsets, self.names, self.texts = {}, {}, {}
        self.first, self.end = self.symbol("_stext"), self.symbol("_etext")
        if not self.first or not self.end or not self.symbol("init_task"):
            sys.exit("vmlinux is no kernel: it has no _stext, _etext or init_task")
        # vmlinux.lds.h: INIT_TASK_DATA is one stack
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
        """Of a member, or None where this kernel has none."""
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
        """(name, address, size) of the function or variable there, or None."""
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
        """The function that ADDRESS is in: its start and bytes."""
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
        # TASK_NOLOAD: blocked, but idle
        self.state = "I" if self.bits & 0x402 == 0x402 else "D" if self.bits & 2 else "S" if self.bits & 1 else "R" if not self.bits else "?"
        self.waits, self.returns, self.stack, self.words = None, [], 0, ()
        self.read_stack()

    def read_stack(self):
        """From the stack pointer of its last switch up; who runs has newer things there, which are left out."""
        k, thread = self.kernel, self.kernel.offset("struct task_struct", "thread")
        size = k.stack_size
        base = k.field(self.address, "struct task_struct", "stack")
        sp = k.field(self.address + thread, "struct thread_struct", k.machine.stack_pointer)
        if k.field(self.address, "struct task_struct", "on_cpu", "i") or not base <= sp < base + size:
            return
        self.stack = sp & ~7
        data, at = b"", self.stack
        while at < base + size:  # neighbouring pages of a stack need not be neighbours in memory
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
    """The entries of a list, as far as it is one."""
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
    """Every thread: init_task's list of processes, and the threads of each."""
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
            except Fault:  # overwritten: the others may be whole
                pass
    return tasks


# Taking and releasing a percpu rwsem by other names than its own.
WRAPPERS = {
    "mem_hotplug_lock": ({"mem_hotplug_begin", "get_online_mems"}, {"mem_hotplug_done", "put_online_mems"}),
    "cpu_hotplug_lock": (
        {"cpus_write_lock", "cpus_read_lock", "mem_hotplug_begin"},
        {"cpus_write_unlock", "cpus_read_unlock", "mem_hotplug_done"},
    ),
}
OWN = ({"percpu_down_write", "__percpu_down_read"}, {"percpu_up_write", "__percpu_up_read"})


class Scene:
    """Tasks, and locks by their address."""

    def __init__(self, kernel):
        self.kernel, self.locks = kernel, {}
        self.tasks = each_task(kernel)
        self.by_address = {t.address: t for t in self.tasks}

    def task_of(self, owner):
        return self.by_address.get(owner & ~7)

    def on_a_stack(self, address):
        return any(t.stack and t.stack <= address < t.stack + 8 * len(t.words) for t in self.tasks)

    def head_of(self, entry):
        """The list head that an entry on somebody's stack is linked to: the one node that is on no stack."""
        k, node = self.kernel, entry
        try:
            for _ in range(LIST_MAX):
                after = k.word(node)
                if k.word(after + 8) != node or after == entry:
                    return None
                if not self.on_a_stack(after):
                    return after
                node = after
        except Fault:
            pass
        return None

    def records(self, task, kind, member):
        """Addresses on the stack of a KIND whose MEMBER points to the task."""
        offset = self.kernel.offset(kind, member)
        if offset is None:
            return
        for i, word in enumerate(task.words):
            address = task.stack + 8 * i - offset
            if word == task.address and address >= task.stack:
                yield address

    def lock_class(self, address, what, task):
        """(class, which one): as lockdep would call it where that can be known."""
        k = self.kernel
        found = k.symbol_at(address)
        if found and found[1] <= address < found[1] + max(found[2], 1):
            return (found[0] if found[1] == address else f"{found[0]}+{address - found[1]:#x}"), None
        if what == "mutex":
            try:
                device = address - k.offset("struct device", "mutex")
                kobject = device + k.offset("struct device", "kobj")
                if k.field(kobject, "struct kobject", "ktype") == k.symbol("device_ktype"):
                    return "&dev->mutex", k.text(k.field(kobject, "struct kobject", "name"))
            except (Fault, TypeError):
                pass
        outer = [f for f in task.functions() if "mutex" not in f and "rwsem" not in f and "schedule" not in f]
        return f"a {what} in {outer[0] if outer else '?'}", None

    def add(self, address, what, task, owners, held, gone=False, named=None):
        if address not in self.locks:
            klass, name = named or self.lock_class(address, what, task)
            self.locks[address] = {
                "id": f"{address:016x}", "class": klass, "name": name, "kind": what, "held": held,
                "owners": sorted({t.pid for t in owners})[:OWNERS_MAX], "gone": gone,
            }
        if task:
            task.waits = {"lock": f"{address:016x}"}

    def owner_word(self, address, kind):
        owner = self.kernel.field(address, kind, "owner") & ~7
        return owner, self.task_of(owner)

    def add_owned(self, address, what, task):
        """A mutex or rwsem: it has its owner's address, with flags in the low bits."""
        owner, who = self.owner_word(address, "struct mutex" if what == "mutex" else "struct rw_semaphore")
        self.add(address, what, task, [who] if who else [], bool(owner), bool(owner) and not who)

    def holds(self, task, takes, releases):
        """Is a frame of it between taking and releasing, by the calls in its function's code?"""
        k = self.kernel
        for address in task.returns:
            try:
                start, text = k.code(address)
            except Fault:
                continue
            last = None
            for after, offset in k.machine.calls(text):
                if start + after >= address:
                    break
                name = k.function(start + after + offset)
                last = "takes" if name in takes else "releases" if name in releases else last
            if last == "takes":
                return True
        return False

    def add_percpu(self, address, task):
        k, kind = self.kernel, "struct percpu_rw_semaphore"
        klass, name = self.lock_class(address, "percpu rwsem", task)
        takes, releases = WRAPPERS.get(klass, OWN)
        owners = [t for t in self.tasks if t.returns and self.holds(t, takes, releases)]
        self.add(address, "percpu rwsem", task, owners, bool(k.field(address, kind, "block", "i")) or bool(owners),
                 named=(klass, name))

    def find_queue(self, task):
        """percpu rwsem: an entry whose function says so; the writer that waits for readers is in the lock itself."""
        k, kind = self.kernel, "struct wait_queue_entry"
        waiters = k.offset("struct percpu_rw_semaphore", "waiters")
        wake = k.symbol("percpu_rwsem_wake_function")
        for entry in self.records(task, kind, "private"):
            if waiters is None or k.field(entry, kind, "func") != wake:
                continue
            head = self.head_of(entry + k.offset(kind, "entry"))
            if head:
                self.add_percpu(head - k.offset("struct wait_queue_head", "head") - waiters, task)
                return True
        writer = k.offset("struct percpu_rw_semaphore", "writer")
        for word in set(task.words) if writer is not None and task.is_in("percpu_down_write") else ():
            try:
                if word >= k.machine.pointer_from and k.word(word + writer) == task.address:
                    self.add_percpu(word, task)
                    return True
            except Fault:
                pass
        return False

    def find_owned(self, task):
        k = self.kernel
        for what, kind, lock, names in (
            ("mutex", "struct mutex_waiter", "struct mutex", ("__mutex_lock*", "mutex_lock*", "__ww_mutex_lock*")),
            ("rwsem", "struct rwsem_waiter", "struct rw_semaphore", ("rwsem_down*", "down_read*", "down_write*")),
        ):
            if not task.is_in(*names):
                continue
            for record in self.records(task, kind, "task"):
                head = self.head_of(record + k.offset(kind, "list"))
                if head:
                    self.add_owned(head - k.offset(lock, "wait_list"), what, task)
                    return True
        return False

    def find_kernfs(self, task):
        """Who removes a file waits for those inside; its node is on the stack, and counts them."""
        k, kind = self.kernel, "struct kernfs_node"
        if not task.is_in("kernfs_drain", "__kernfs_remove", "kernfs_remove*"):
            return False
        for word in dict.fromkeys(task.words):
            try:
                if word < k.machine.pointer_from or word % 8:
                    continue
                inside = k.field(word, kind, "active", "i") - KN_BIAS
                if not 0 < inside < 10000:
                    continue
                name = k.text(k.field(word, kind, "name"))
                parent = k.field(word, kind, "parent" if k.offset(kind, "parent") is not None else "__parent")
                path = k.text(k.field(parent, kind, "name")) + "/" + name
            except Fault:
                continue
            owners = [t for t in self.tasks if t is not task and self.is_inside(t, word)]
            self.add(word, "kernfs", task, owners, True, named=("kn->active", path))
            return True
        return False

    def is_inside(self, task, node):
        """Is the file that it is in open on NODE? By way of what the stack has: kernfs_open_file, seq_file, file."""
        k, ways = self.kernel, []
        if not task.is_in("kernfs_*", "sysfs_kf_*"):
            return False
        for kind, member in (("kernfs_open_file", "kn"), ("seq_file", "private"), ("file", "private_data")):
            ways.insert(0, k.offset("struct " + kind, member))
        for word in set(task.words):
            if word == node:
                return True
            if any(self.leads(word, ways[i:], node) for i in range(3)):
                return True
        return False

    def leads(self, address, way, target):
        """Do the pointers at these offsets, one after the other, end at TARGET?"""
        try:
            for offset in way:
                if address < self.kernel.machine.pointer_from or offset is None:
                    return False
                address = self.kernel.word(address + offset)
        except Fault:
            return False
        return address == target

    def find_completion(self, task):
        k, kind = self.kernel, "struct swait_queue"
        for entry in self.records(task, kind, "task"):
            head = self.head_of(entry + k.offset(kind, "task_list"))
            if not head:
                continue
            wait = k.offset("struct completion", "wait")
            found = k.symbol_at(head - k.offset("struct swait_queue_head", "task_list") - wait)
            task.waits = {"kind": "completion", "name": found[0] if found else None}
            return True
        return False

    def find_waits(self):
        for task in self.tasks:
            if not task.bits & 3 or not task.words:
                continue
            for find in (self.find_kernfs, self.find_queue, self.find_owned, self.find_completion):
                try:
                    if find(task):
                        break
                except Fault:
                    pass

    def add_well_known(self):
        """Locks that nobody waits for in a way that leaves a record: tried again and again, or awaited elsewhere."""
        k = self.kernel
        for name in ("device_hotplug_lock", "slab_mutex"):
            address = k.symbol(name)
            if address and address not in self.locks and k.field(address, "struct mutex", "owner"):
                self.add_owned(address, "mutex", None)

    def write(self, path):
        wanted = {pid for lock in self.locks.values() for pid in lock["owners"]}
        tasks = [
            {"pid": t.pid, "comm": t.comm, "state": t.state, "waits": t.waits, "frames": t.frames()}
            for t in self.tasks
            if t.state == "D" or t.waits or t.pid in wanted
        ]
        with open(path, "x", encoding="ascii", opener=without_links) as out:
            json.dump({"version": 1, "tasks": tasks, "locks": list(self.locks.values())}, out, indent=1)
            out.write("\n")


def limit_self():
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_MAX), (resource.RLIMIT_CPU, SECONDS_MAX), (resource.RLIMIT_FSIZE, OUT_MAX),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: owners.py VMLINUX IMAGE OUT")
    limit_self()
    scene = Scene(Kernel(sys.argv[1], Image(sys.argv[2])))
    scene.find_waits()
    scene.add_well_known()
    scene.write(sys.argv[3])


if __name__ == "__main__":
    try:
        main()
    except Fault as fault:
        sys.exit(f"the memory image has nothing at {fault}: truncated, or not of this kernel")
    except OSError as error:
        sys.exit(str(error))
    except (TypeError, ValueError, LookupError, struct.error) as error:
        sys.exit(f"the kernel has other structures than are known ({error})")
    except MemoryError:
        sys.exit("the memory image makes the reader need more memory than it may have")
