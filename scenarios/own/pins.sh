#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Fills a pipe every 50 ms: its pages are the kernel's, and cannot be moved while the script runs.
n=0
while [ $n -lt 60 ]; do
	# shellcheck disable=SC2216 # the pipe stays full because nothing reads it
	{ dd if=/dev/zero bs=4k count=15 2>/dev/null; sleep 10000; } | sleep 10000 &
	n=$((n + 1))
	usleep 50000
done
wait
