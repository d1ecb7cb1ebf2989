#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Does in a shell loop what the agent cgroup does, in the same proportions: of 9 operations 4 are moves and 3 are writes
# to attributes.
root=/tmp/cgroup.$$
mkdir $root && mount -t cgroup2 none $root || exit 1
echo +cpuset >$root/cgroup.subtree_control || exit 1
sleep 1000 &
task=$!
end=$(($(cut -d. -f1 /proc/uptime) + 10)) ops=0
while [ "$(cut -d. -f1 /proc/uptime)" -lt $end ]; do
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		mkdir $root/g
		echo $task >$root/g/cgroup.procs
		echo 0-3 >$root/g/cpuset.cpus
		echo $task >$root/g/cgroup.procs
		echo isolated >$root/g/cpuset.cpus.partition
		echo $task >$root/g/cgroup.procs
		echo 0-1 >$root/g/cpuset.mems
		echo $task >$root/cgroup.procs
		rmdir $root/g
	done 2>/dev/null
	ops=$((ops + 90))
done
kill $task
echo "ops $ops"
