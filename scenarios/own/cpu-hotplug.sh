#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The logic of the kernel's selftest cpu-hotplug and of cpuhotplug tests of LTP: each CPU goes off and on, tasks move
# away from one that goes, interrupts and timers continue. Prints TAP.
dir=/sys/devices/system/cpu
number=0
ok() { number=$((number + 1)); echo "ok $number $1"; }
not() { number=$((number + 1)); echo "not ok $number $1"; }
check() { [ "$2" = "$3" ] && ok "$1" || not "$1: $2 instead of $3"; }
[ -f $dir/cpu1/online ] || { echo '1..0 # SKIP no CPU that can go offline'; exit 4; }
echo 'TAP version 13'
echo '1..6'
before=$(cat $dir/online)
for cpu in $dir/cpu[1-9]*; do echo 0 >"$cpu"/online; done
check 'all CPUs but the first are offline' "$(cat $dir/online)" 0
for cpu in $dir/cpu[1-9]*; do echo 1 >"$cpu"/online; done
check 'all CPUs are online again' "$(cat $dir/online)" "$before"
# a task that is bound to a CPU must move when that goes
taskset 2 sh -c 'while :; do :; done' &
busy=$!
echo 0 >$dir/cpu1/online
kill -0 $busy 2>/dev/null && ok 'a task of the CPU that went lives on' || not 'a task of the CPU that went lives on'
if taskset 2 true 2>/dev/null; then not 'no task can be bound to it'; else ok 'no task can be bound to it'; fi
echo 1 >$dir/cpu1/online
kill $busy
interrupts() { awk '/LOC|DEC/ { print $3; exit }' /proc/interrupts; }
was=$(interrupts)
taskset 2 usleep 200000
[ "$(interrupts)" != "$was" ] && ok 'its timer runs' || not 'its timer runs'
check 'the same CPUs are online at the end' "$(cat $dir/online)" "$before"
