#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Creates, moves tasks between and deletes cpusets without end.
root=/tmp/cpuset.$$
mkdir $root && mount -t cgroup -o cpuset none $root || exit 4
while :; do
	for n in 1 2 3; do
		mkdir $root/c$n || exit 1
		cat $root/cpuset.cpus >$root/c$n/cpuset.cpus
		cat $root/cpuset.mems >$root/c$n/cpuset.mems
		sleep 1000 &
		echo $! >$root/c$n/tasks 2>/dev/null
	done
	for task in $(cat $root/c1/tasks); do echo "$task" >$root/c2/tasks; done 2>/dev/null
	for n in 1 2 3; do
		for task in $(cat $root/c$n/tasks); do kill "$task"; echo "$task" >$root/tasks; done 2>/dev/null
		wait
		rmdir $root/c$n
	done
done
