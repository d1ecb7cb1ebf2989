#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Scans for memory leaks until it is killed, and prints TAP. One scan proves nothing: a pointer that moves meanwhile, to
# memory that was already scanned, is missed. So an object is a leak if three scans in a row list it.
file=/sys/kernel/debug/kmemleak
[ -e $file ] || { echo '1..0 # SKIP the kernel has no kmemleak'; exit 4; }
echo 'TAP version 13'
number=0 one='' two='' told=''

# listed LIST ADDRESS
listed() { case " $1 " in *" $2 "*) return 0 ;; esac; return 1; }

while :; do
	echo scan >$file || { echo "Bail out! $file cannot be written: boot with kmemleak=on"; exit 1; }
	cat $file >/tmp/kmemleak
	now=''
	while read -r word object address _; do
		[ "$word $object" = 'unreferenced object' ] && now="$now $address"
	done </tmp/kmemleak
	for address in $now; do
		listed "$one" "$address" && listed "$two" "$address" && ! listed "$told" "$address" || continue
		told="$told $address" number=$((number + 1))
		in=$(sed -n "/^unreferenced object $address /,/^unreferenced/p" /tmp/kmemleak | sed -n 's/.*\] \([a-z_0-9.]*\)+.*/\1/p' |
			grep -v alloc | head -n 1)
		echo "not ok $number memory leak in ${in:-an unknown function}"
		sed -n "/^unreferenced object $address /,/^unreferenced/p" /tmp/kmemleak | head -n 25 | sed 's/^/# /'
	done
	two=$one one=$now
	sleep 1
done
