#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What an administrator can do with the device core's files while memory comes and goes: a driver is taken from its device and
# given back, a CPU goes by its hotplug state, events are asked for, settings are written again. Prints TAP.
dir=/sys/devices/system
driver=/sys/bus/virtio/drivers/virtio_mem
number=0
ok() { number=$((number + 1)); echo "ok $number $1"; }
not() { number=$((number + 1)); echo "not ok $number $1"; }
check() { [ "$2" = "$3" ] && ok "$1" || not "$1: $2 instead of $3"; }
# bound: the virtio-mem device that has the driver
bound() { for d in $driver/virtio*; do [ -e "$d" ] && basename "$d"; done; }
echo 'TAP version 13'
tries=0
while device=$(bound); [ -z "$device" ] && [ $tries -lt 100 ]; do
	tries=$((tries + 1))
	usleep 100000
done
[ -n "$device" ] || { echo '1..0 # SKIP no virtio-mem device'; exit 4; }
echo '1..8'
for round in 1 2; do
	echo "$device" >$driver/unbind
	check "the driver is taken from $device" "$(bound)" ''
	[ $round = 1 ] && echo "$device" >$driver/bind || echo "$device" >/sys/bus/virtio/drivers_probe
	check "the driver has $device again" "$(bound)" "$device"
done
state=$(cat $dir/cpu/cpu1/hotplug/state)
echo 0 >$dir/cpu/cpu1/hotplug/target
check 'a CPU goes offline by its hotplug state' "$(cat $dir/cpu/cpu1/online)" 0
check 'it is among the offline ones' "$(cut -d, -f1 $dir/cpu/offline)" 1
echo "$state" >$dir/cpu/cpu1/hotplug/target
check 'and online again' "$(cat $dir/cpu/cpu1/online)" 1
for file in memory/memory0/uevent node/node0/uevent cpu/cpu0/uevent; do echo change >$dir/$file; done
cat $dir/memory/auto_online_blocks >/tmp/policy && cat /tmp/policy >$dir/memory/auto_online_blocks
check 'the policy for new blocks is the same' "$(cat $dir/memory/auto_online_blocks)" "$(cat /tmp/policy)"
cat /proc/iomem $dir/cpu/kernel_max $dir/cpu/isolated $dir/memory/block_size_bytes $dir/node/*/* \
	/sys/kernel/debug/devices_deferred >/dev/null 2>&1
