#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# file.sh SECONDS write FILE WORD | file.sh SECONDS read FILE: a shell loop without other processes. Prints the number of
# operations, and for how many hundredths of a second it ran.
now() {
	read -r up _ </proc/uptime
	now=${up%.*}${up#*.}
}

now
start=$now ops=0
while [ $((now - start)) -lt $(($1 * 100)) ]; do
	i=0
	case $2 in
	write) while [ $i -lt 500 ]; do echo "$4" >"$3"; i=$((i + 1)); done 2>/dev/null ;;
	read) while [ $i -lt 500 ]; do read -r _ <"$3"; i=$((i + 1)); done ;;
	esac
	ops=$((ops + 500))
	now
done
echo "ops $ops $((now - start))"
