#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Uses the device core's files while memory comes and goes: unbinds the driver of a device and binds it again, takes a CPU
# offline by its hotplug state, lets a callback fail, requests uevents, and writes a setting again. Prints TAP.
dir=/sys/devices/system
driver=/sys/bus/virtio/drivers/virtio_mem
hotplug=$dir/cpu/cpu1/hotplug
number=0
ok() { number=$((number + 1)); echo "ok $number $1"; }
not() { number=$((number + 1)); echo "not ok $number $1"; }
check() { [ "$2" = "$3" ] && ok "$1" || not "$1: $2 instead of $3"; }
# bound: prints the virtio-mem device to which the driver is bound
bound() { for d in $driver/virtio*; do [ -e "$d" ] && basename "$d"; done; }
echo 'TAP version 13'
tries=0
while device=$(bound); [ -z "$device" ] && [ $tries -lt 100 ]; do
	tries=$((tries + 1))
	usleep 100000
done
[ -n "$device" ] || { echo '1..0 # SKIP no virtio-mem device'; exit 4; }
echo '1..9'
for file in bind drivers_probe; do
	echo "$device" >$driver/unbind
	check "$device has no driver" "$(bound)" ''
	[ $file = bind ] && echo "$device" >$driver/bind || echo "$device" >/sys/bus/virtio/drivers_probe
	check "$device has its driver again, by $file" "$(bound)" "$device"
done
state=$(cat $hotplug/state)
echo 0 >$hotplug/target
# not cpu1/online: until Linux 6.2, it does not change with the hotplug state
check 'a CPU goes offline by its hotplug state' "$(cat $dir/cpu/online)" 0
check 'it is among the offline ones' "$(cut -d, -f1 $dir/cpu/offline)" 1
echo "$state" >$hotplug/target
check 'and online again' "$(cat $dir/cpu/online)" 0-1
# a callback fails, so the kernel brings the CPU back online
sed -n 's,^ *\([0-9]*\): mm/vmstat:online$,\1,p' $dir/cpu/hotplug/states >$hotplug/fail
echo 0 >$dir/cpu/cpu1/online 2>/dev/null
check 'a CPU stays online when a callback fails' "$(cat $dir/cpu/online)" 0-1
echo -1 >$hotplug/fail
echo 1 >$dir/cpu/cpu1/online
policy=$(cat $dir/memory/auto_online_blocks)
echo "$policy" >$dir/memory/auto_online_blocks
check 'the policy for new blocks is the same' "$(cat $dir/memory/auto_online_blocks)" "$policy"
for device in memory/memory0 node/node0 cpu/cpu0; do
	echo change >$dir/$device/uevent
	cat $dir/$device/uevent
done >/dev/null
cat /proc/iomem /proc/ioports $dir/cpu/kernel_max $dir/cpu/isolated $dir/memory/block_size_bytes $dir/node/*/* \
	/sys/kernel/debug/devices_deferred >/dev/null 2>&1
exit 0
