# SPDX-License-Identifier: GPL-2.0-only
"""
Reads a guest's memory from the file that QEMU's dump-guest-memory writes (ELF, paging off). A class for each
architecture translates the kernel's addresses to physical ones, and recognises calls in its code.
"""
import mmap
import os
import struct
import sys

import drgn

PARTS_MAX = 4096


class Fault(Exception):
    """The image does not have the address."""


def without_links(path, flags):
    """An `opener` for open() that does not follow links, because a run folder may be from another host."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


class Image:
    """Guest physical memory."""

    def __init__(self, path):
        with open(path, "rb", opener=without_links) as f:
            size = os.fstat(f.fileno()).st_size
            if size < 64:
                sys.exit("the memory image is truncated")
            self.data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        # on pseries, QEMU may write big-endian headers for a guest whose memory is little-endian
        order = {1: "<", 2: ">"}.get(self.data[5])
        if self.data[:5] != b"\x7fELF\x02" or not order:
            sys.exit("the memory image is not a 64-bit ELF file")
        head = struct.unpack_from(order + "16sHHIQQQIHHHHHH", self.data, 0)
        self.machine, phoff, count = head[2], head[5], head[10]
        self.parts = []
        if count > PARTS_MAX:
            sys.exit(f"the memory image has {count} parts, the limit is {PARTS_MAX}")
        for i in range(count):
            at = phoff + 56 * i
            if at + 56 > size:
                sys.exit("the memory image is truncated")
            kind, _, offset, _, paddr, filesz, _, _ = struct.unpack_from(order + "IIQQQQQQ", self.data, at)
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
    """x86-64: the kernel image and the direct mapping are translated by an offset, the rest (stacks) by page tables."""

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
        """
        Examines whether a call instruction ends at text[at]. Returns the offset of its target from there, 0 if the
        call is indirect, or None if there is no call.
        """
        if at >= 5 and text[at - 5] == 0xE8:
            return struct.unpack_from("<i", text, at - 4)[0]
        for length in (2, 3, 4, 6, 7):  # ff /2: an indirect call; the length depends on the operand
            if at >= length and text[at - length] == 0xFF and text[at - length + 1] >> 3 & 7 == 2:
                return 0
        return None

    def calls(self, text):
        """Yields for each direct call in TEXT the offset of its end, and the offset of its target from there."""
        at = text.find(b"\xe8")
        while 0 <= at <= len(text) - 5:
            yield at + 5, struct.unpack_from("<i", text, at + 1)[0]
            at = text.find(b"\xe8", at + 1)


class PPC64:
    """powerpc, Book3S 64: everything, also stacks (no VMAP_STACK), is in the linear mapping at 0xc000…."""

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
