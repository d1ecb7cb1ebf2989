#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the agent module does, as a shell loop, with loads that the module refuses.
end=$(($(cut -d. -f1 /proc/uptime) + 10)) ops=0
while [ "$(cut -d. -f1 /proc/uptime)" -lt $end ]; do
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		insmod /modules/rig_hello.ko fail=19
	done 2>/dev/null
	ops=$((ops + 10))
done
echo "ops $ops"
