#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kernel removes la57 from the CPU's flags if it uses page tables of 4 levels.
want=5 has=4
grep -qw no5lvl /proc/cmdline && want=4
grep -qw la57 /proc/cpuinfo && has=5
echo 1..1
[ $has = $want ] || printf 'not '
echo "ok 1 page tables of $want levels"
