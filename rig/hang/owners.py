#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
owners.py VMLINUX IMAGE OUT: finds which task owns which lock in a guest's memory.

IMAGE is the file that QEMU's dump-guest-memory writes (ELF, paging off). VMLINUX is the kernel of that guest, with
DWARF, which drgn reads. The result is written into OUT as JSON, in the format that rig/hang/owners.c describes.

The stack of a blocked task has an entry of the lock's list of waiters: mutex_waiter, rwsem_waiter, wait_queue_entry,
or swait_queue. The list leads to the lock, and the lock's owner word to the owner. A percpu rwsem has no owner word:
its holders are the tasks inside code between acquiring and releasing it. The image is not trusted: pointers are
checked, lists and numbers are bounded.
"""
import json
import os
import resource
import struct
import sys

try:
    import drgn  # used by image.py and kernel.py
except ImportError:
    sys.exit("python3-drgn is not installed: apt-get install python3-drgn")

# python3 -I does not search the script's folder for modules
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from image import Fault, Image, without_links
from kernel import Kernel, each_task

MEMORY_MAX = 12 << 30  # bytes of address space; the image is mapped, and DWARF is large
SECONDS_MAX = 60  # processor time
OUT_MAX = 16 << 20  # bytes; rig/hang/folder.c reads no more
OWNERS_MAX = 64
LIST_MAX = 1000
KN_BIAS = -0x7FFFFFFF  # KN_DEACTIVATED_BIAS, fs/kernfs/kernfs-internal.h


# For the class of a percpu rwsem: the functions that acquire it, and those that release it.
WRAPPERS = {
    "mem_hotplug_lock": ({"mem_hotplug_begin", "get_online_mems"}, {"mem_hotplug_done", "put_online_mems"}),
    "cpu_hotplug_lock": (
        {"cpus_write_lock", "cpus_read_lock", "mem_hotplug_begin"},
        {"cpus_write_unlock", "cpus_read_unlock", "mem_hotplug_done"},
    ),
}
OWN = ({"percpu_down_write", "__percpu_down_read"}, {"percpu_up_write", "__percpu_up_read"})


class Snapshot:
    """The tasks of a kernel, and the locks that they wait for, by address."""

    def __init__(self, kernel):
        self.kernel, self.locks = kernel, {}
        self.tasks = each_task(kernel)
        self.by_address = {t.address: t for t in self.tasks}

    def task_of(self, owner):
        return self.by_address.get(owner & ~7)

    def on_a_stack(self, address):
        return any(t.stack and t.stack <= address < t.stack + 8 * len(t.words) for t in self.tasks)

    def head_of(self, entry):
        """Returns the head of the list to which ENTRY, on a task's stack, belongs: the node that is on no stack."""
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
        """Yields the addresses of structs of type KIND on the task's stack whose MEMBER points to the task."""
        offset = self.kernel.offset(kind, member)
        if offset is None:
            return
        for i, word in enumerate(task.words):
            address = task.stack + 8 * i - offset
            if word == task.address and address >= task.stack:
                yield address

    def lock_class(self, address, what, task):
        """
        Returns the lock's class, by the name that lockdep would use if this can be determined, and the device that it
        belongs to, or None.
        """
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
        """Adds a mutex or rwsem, whose owner word is a task's address with flags in the low bits."""
        owner, holder = self.owner_word(address, "struct mutex" if what == "mutex" else "struct rw_semaphore")
        self.add(address, what, task, [holder] if holder else [], bool(owner), bool(owner) and not holder)

    def holds(self, task, takes, releases):
        """
        Returns True if one of the task's functions has acquired the lock and not released it yet, by the calls that
        precede the return address in its code.
        """
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
        """
        Adds the percpu rwsem that the task waits for: one whose list of waiters has an entry on the stack, or one that
        has the task as its writer, which waits for the readers.
        """
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
        """
        Adds the kernfs node that the task removes, whose address is on its stack. The task waits until no other task
        is inside the file; the node's member `active` counts these.
        """
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
        """
        Returns True if the task is inside the file of NODE: its stack has the address of NODE, or of a
        kernfs_open_file, seq_file or file that leads to NODE.
        """
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
        """Returns True if following the pointers at the offsets WAY, from ADDRESS on, ends at TARGET."""
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
        """Adds locks for which tasks poll, so that the waiting tasks have no list entry on their stacks."""
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
    snapshot = Snapshot(Kernel(sys.argv[1], Image(sys.argv[2])))
    snapshot.find_waits()
    snapshot.add_well_known()
    snapshot.write(sys.argv[3])


if __name__ == "__main__":
    try:
        main()
    except Fault as fault:
        sys.exit(f"the memory image has nothing at {fault}: truncated, or not of this kernel")
    except OSError as error:
        sys.exit(str(error))
    except (TypeError, ValueError, LookupError, struct.error) as error:
        sys.exit(f"this kernel's structures are not supported ({error})")
    except MemoryError:
        sys.exit(f"reading the memory image needs more than {MEMORY_MAX >> 30} GiB of memory")
