#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The logic of the kernel's selftest memory-hotplug: blocks go offline and online again, and a memory notifier that fails
# must make the write fail. Prints TAP.
dir=/sys/devices/system/memory
inject=/sys/kernel/debug/notifier-error-inject/memory/actions
number=0
ok() { number=$((number + 1)); echo "ok $number $1"; }
not() { number=$((number + 1)); echo "not ok $number $1"; }
check() { [ "$2" = "$3" ] && ok "$1" || not "$1: $2 instead of $3"; }
# A block is chosen that can go: plugged memory that is online and movable.
block() {
	for b in $dir/memory[0-9]*; do
		[ "$(cat "$b"/state)" = online ] || continue
		case $(cat "$b"/valid_zones) in *Movable*) echo "$b"; return ;; esac
	done
}
echo 'TAP version 13'
tries=0
while b=$(block); [ -z "$b" ] && [ $tries -lt 100 ]; do
	tries=$((tries + 1))
	usleep 100000
done
[ -n "$b" ] || { echo '1..0 # SKIP no memory block that is online and movable'; exit 4; }
[ -d $inject ] || { echo '1..0 # SKIP no notifier-error-inject'; exit 4; }
echo '1..6'
echo offline >"$b"/state
check 'a movable block goes offline' "$(cat "$b"/state)" offline
echo online_movable >"$b"/state
check 'and online again' "$(cat "$b"/state)" online
echo -12 >$inject/MEM_GOING_OFFLINE/error
if echo offline 2>/dev/null >"$b"/state; then not 'offline fails with its notifier'; else ok 'offline fails with its notifier'; fi
echo 0 >$inject/MEM_GOING_OFFLINE/error
check 'the block is still online' "$(cat "$b"/state)" online
echo offline >"$b"/state
echo -12 >$inject/MEM_GOING_ONLINE/error
if echo online_movable 2>/dev/null >"$b"/state; then not 'online fails with its notifier'; else ok 'online fails with its notifier'; fi
echo 0 >$inject/MEM_GOING_ONLINE/error
echo online_movable >"$b"/state
check 'the block is online at the end' "$(cat "$b"/state)" online
