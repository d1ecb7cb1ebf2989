# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# A small harness: `case_ NAME COMMAND…` runs a function, says how it went and how long it took, and keeps
# its output where it failed. `finish` prints the closing line and gives the exit code.

passed=0
failed=0
skipped=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rig-tests-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# A case returns 0, 77 (skipped; its last line says why) or anything else.
case_() {
	name=$1
	shift
	began=$(date +%s%N)
	code=0
	("$@") >"$scratch/out" 2>&1 || code=$?
	took=$(($(date +%s%N) - began))
	seconds=$((took / 1000000000)).$((took / 100000000 % 10))
	case $code in
	0)
		passed=$((passed + 1))
		printf 'ok      %-46s %6s s\n' "$name" "$seconds"
		;;
	77)
		skipped=$((skipped + 1))
		printf 'skip    %-46s %s\n' "$name" "$(tail -n 1 "$scratch/out")"
		;;
	*)
		failed=$((failed + 1))
		printf 'FAILED  %-46s %6s s\n' "$name" "$seconds"
		sed 's/^/    | /' "$scratch/out" | tail -n 60
		;;
	esac
}

# expect CODE COMMAND…: the command must end with just that code.
expect() {
	want=$1
	shift
	got=0
	"$@" || got=$?
	[ "$got" -eq "$want" ] && return 0
	echo "expected exit code $want, got $got: $*"
	return 1
}

# says FILE WORDS: the file must have them.
says() {
	grep -qF -- "$2" "$1" && return 0
	echo "expected '$2' in:"
	cat "$1"
	return 1
}

finish() {
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
}
