# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# A small test harness: `run NAME FUNCTION…` runs a case in its own folder with its own results, and prints the outcome
# and the duration. The folder and results of a failed case are moved to $out/failed, and its runs are printed. `finish`
# prints the totals and returns the exit code. The caller sets $out to the build folder. RIG_TESTS=PATTERN runs the cases
# whose name matches the shell pattern.

passed=0
failed=0
skipped=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rig-tests-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# shellcheck disable=SC2034 # cases use it
top=$PWD
out=$(cd "$out" && pwd) || exit 3
# variables that cases use
# shellcheck disable=SC2034
rig=$out/bin/rig
RIG_RESULTS=$scratch/results
export RIG_RESULTS
unset RIG_HOME

FAILED_RUNS_SHOWN=3
FAILED_FILE_MAX=64M # larger ones, memory dumps for instance, are not kept
FAILED_CASES_MAX=20

# Prints the verdicts and reports of the failed case's runs.
show_runs() {
	shown=0
	for verdict in "$RIG_RESULTS"/*/verdict; do
		[ -f "$verdict" ] || continue
		! grep -q '"verdict": *"PASS"' "$verdict" || continue
		[ $shown -lt $FAILED_RUNS_SHOWN ] || break
		shown=$((shown + 1))
		echo "--- rig show $(basename "$(dirname "$verdict")")"
		"$rig" show "$(dirname "$verdict")" 2>&1
		for report in "$(dirname "$verdict")"/splats/*.txt; do
			[ -f "$report" ] || continue
			echo "--- ${report#"$RIG_RESULTS"/}"
			cat "$report"
		done
	done | head -n 200 | sed 's/^/    | /'
}

# keep_failed NAME: moves the case's folder and results to $out/failed. The next failure of the same case replaces them;
# the oldest ones are deleted.
keep_failed() {
	case_kept=$out/failed/$(basename "$0")-$(printf '%s' "$1" | tr -c 'A-Za-z0-9._-' '-')
	rm -rf "$case_kept"
	mkdir -p "$case_kept" || return 0
	for part in "$RIG_RESULTS" "$scratch/case" "$scratch/out"; do
		[ -e "$part" ] || continue
		[ -d "$part" ] && find "$part" -type f -size +$FAILED_FILE_MAX -delete
		mv "$part" "$case_kept/"
	done
	echo "    kept    $case_kept"
	# shellcheck disable=SC2012 # by time
	ls -1dt "$out"/failed/* | tail -n +$((FAILED_CASES_MAX + 1)) | while IFS= read -r old; do
		rm -rf "$old"
	done
}

# A case returns 0, 77 (skipped; its last line says why) or anything else.
case_() {
	name=$1
	shift
	began=$(date +%s%N)
	code=0
	("$@") >"$scratch/out" 2>&1 || code=$?
	took=$(($(date +%s%N) - began))
	case_seconds=$((took / 1000000000)).$((took / 100000000 % 10))
	case $code in
	0)
		passed=$((passed + 1))
		printf 'ok      %-46s %6s s\n' "$name" "$case_seconds"
		;;
	77)
		skipped=$((skipped + 1))
		printf 'skip    %-46s %s\n' "$name" "$(tail -n 1 "$scratch/out")"
		;;
	*)
		failed=$((failed + 1))
		printf 'FAILED  %-46s %6s s\n' "$name" "$case_seconds"
		awk '{ line[NR] = $0 }
			END { for (i = 1; i <= NR; i++) if (i <= 60 || i > NR - 60) print "    | " line[i]; else if (i == 61) print "    | …" }' \
			"$scratch/out"
		show_runs
		keep_failed "$name"
		;;
	esac
}

# fresh FUNCTION…: runs FUNCTION in an empty folder, with an empty results folder.
fresh() {
	mkdir -p "$scratch/case" && cd "$scratch/case" || return 3
	rm -rf ./* "$RIG_RESULTS"
	mkdir -p "$RIG_RESULTS"
	"$@"
}

run() {
	title=$1
	shift
	# shellcheck disable=SC2254 # it is a pattern
	case $title in
	${RIG_TESTS:-*}) case_ "$title" fresh "$@" ;;
	esac
}

finish() {
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
}

# expect CODE COMMAND…: the command must end with this exit code.
expect() {
	want=$1
	shift
	got=0
	"$@" || got=$?
	[ "$got" -eq "$want" ] && return 0
	echo "expected exit code $want, got $got: $*"
	return 1
}

# says FILE WORDS: the file must contain WORDS.
says() {
	grep -qF -- "$2" "$1" && return 0
	echo "expected '$2' in:"
	cat "$1"
	return 1
}

# same WHAT GOT WANTED: GOT and WANTED must be equal; WHAT names them in the message.
same() {
	[ "$2" = "$3" ] && return 0
	echo "$1 is '$2', expected '$3'"
	return 1
}

# field FILE FILTER: prints the value that jq's FILTER selects in the JSON document FILE
field() {
	jq -r "$2" "$1"
}

# Waits a moment; for cases in which there is no event to wait for.
pause() {
	timeout "$1" tail -f /dev/null || :
}

# Checks that no process of the case is left: no child of the rig, no QEMU with the results folder on its command line.
none_left() {
	for _ in $(seq 50); do
		left=0
		for p in /proc/[0-9]*; do
			words=$(tr '\0' ' ' 2>/dev/null <"$p/cmdline") || continue
			case $words in
			*"$RIG_RESULTS"* | *"$out/tests/fake-qemu"*"$scratch"*) left=$((left + 1)) ;;
			esac
		done
		[ $left -eq 0 ] && return 0
		pause 0.1
	done
	echo "$left processes are left"
	return 1
}

# clean SCENARIO MACHINE [OPTION…]: runs SCENARIO, which must pass, with all proofs in the file `verdict`
clean() {
	scenario=$1 machine=$2
	shift 2
	expect 0 "$rig" run "$scenario" --machine "$machine" --seed 7 --json "$@" >v || { cat v; return 1; }
	same verdict "$(field v .verdict)" PASS && same lockdep "$(field v .details.lockdep.armed)" true &&
		same reports "$(field v '.details.reports | length')" 0
}

# Checks that all devices that the last run plugged were unplugged, and that the guest's memory is as before.
adds_up() {
	plugs=$(field v .details.counts.devices.plug.ok) unplugs=$(field v .details.counts.devices.unplug.deleted)
	same MemTotal "$(field v .details.accounts.after.mem_total_kb)" \
		"$(field v .details.accounts.before.mem_total_kb)" &&
		same unplugs "$unplugs" "$plugs" && [ "$plugs" -ge 1 ]
}

plugs_happened() {
	clean "$@" && adds_up
}

# Makes a file that the rig accepts as a bzImage: a boot sector with its signature and "HdrS", without code.
fake_image() {
	{
		head -c 497 /dev/zero; printf '\001'; head -c 2 /dev/zero; printf '\300\0\0\0'
		head -c 6 /dev/zero; printf '\125\252'; head -c 2 /dev/zero; printf 'HdrS\017\002'
		head -c 46 /dev/zero; printf '\001'; head -c 3529 /dev/zero
	}
}
