# shellcheck shell=sh disable=SC2154 # out and scratch are those of the benchmark
# SPDX-License-Identifier: GPL-2.0-only
# Functions of benchmarks that compare the CPU time of runs.

# cpu OPTION…: prints the CPU time of the rig and its QEMU in `rig run OPTION…`
cpu() {
	/usr/bin/time -f '%U %S' -o "$scratch/time" "$out/bin/rig" run --results "$scratch/results" --accel tcg -q "$@" \
		>"$scratch/out" 2>&1 || { cat "$scratch/out" >&2; exit 3; }
	tail -n 1 "$scratch/time" | awk '{ print $1 + $2 }'
}

# median FILE: prints the median of the numbers in FILE
median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
