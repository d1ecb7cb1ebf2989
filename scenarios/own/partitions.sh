#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes a cpuset partition and dissolves it again, without end (cgroup v2).
root=/tmp/cgroup.$$
mkdir $root && mount -t cgroup2 none $root || exit 4
echo +cpuset >$root/cgroup.subtree_control || exit 4
mkdir $root/p
echo 1 >$root/p/cpuset.cpus
while :; do
	echo root >$root/p/cpuset.cpus.partition 2>/dev/null
	cat $root/p/cpuset.cpus.effective >/dev/null
	echo member >$root/p/cpuset.cpus.partition 2>/dev/null
done
