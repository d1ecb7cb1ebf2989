# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # lib.sh sets what is used here
# Invalid input and faults: files, images, disks, signals, and rare failures of emulator and guest, simulated by the
# fake QEMU (options: tests/unit/fake-qemu.c).

# A copy of the fake QEMU, so that its processes can be distinguished from those of other tests.
fake=$scratch/fake-qemu
cp "$out/tests/fake-qemu" "$fake" || exit 3

# fake WORDS [OPTION…]: a short run with the fake QEMU and WORDS in $FAKE_QEMU; sets $code to the exit code, and writes
# the verdict to the file v and the messages to the file e
fake() {
	words=$1
	shift
	code=0
	FAKE_QEMU=$words timeout 300 "$rig" run "${scenario:-dimm-remove-vs-sysfs}" --qemu "$fake" --duration 1 \
		--json "$@" >v 2>e || code=$?
}

# ended CODE VERDICT [TEXT]: checks the result of fake() and of the run folder; one of the reasons contains TEXT
ended() {
	same 'exit code' "$code" "$1" && same verdict "$(field v .verdict)" "$2" && nothing_left &&
		same 'verdict in the folder' "$("$rig" show last --json | jq -r .verdict)" "$2" ||
		{ cat v e; return 1; }
	[ $# -lt 3 ] || { field v '.details.reasons[]' >reasons && says reasons "$3"; }
}

# Checks that no fake QEMU is left running; one that PDEATHSIG kills may take a moment to exit.
nothing_left() {
	for _ in $(seq 100); do
		# shellcheck disable=SC2010 # links of /proc, not file names
		ls -l /proc/[0-9]*/exe 2>/dev/null | grep -F -- "-> $fake" >left || return 0
		pause 0.1
	done
	echo 'QEMU is still there:'
	cat left
	return 1
}

# Switches are drawn from the seed, also for a replay. If a switch is given twice, the last one counts. A switch whose
# option the kernel lacks is not set.
varied() {
	fake "" --vary slub_debug=off --vary page_owner --vary slub_debug=on --vary preempt \
		--vary page_table_levels=4 --vary kernel_config=standard --seed 5
	ended 0 PASS && same value "$("$rig" show last --json | jq -r '.inputs.switches[1].value')" on &&
		same lacks "$("$rig" show last --json | jq -r '.inputs.switches[2].lacks')" CONFIG_PREEMPT_DYNAMIC &&
		same lacks "$("$rig" show last --json | jq -r '.inputs.switches[3].lacks')" CONFIG_PGTABLE_LEVELS=5 &&
		same config "$("$rig" show last --json | jq -r '.inputs.switches[4].value')" standard &&
		grep -o 'page_owner=[a-z]* slub_debug=FZPU' "$RIG_RESULTS"/*/qemu-cmd >words || { cat "$RIG_RESULTS"/*/qemu-cmd; return 1; }
	FAKE_QEMU='' expect 0 "$rig" replay last --qemu "$fake" --quiet &&
		same 'the same words in both runs' "$(grep -lF "$(cat words)" "$RIG_RESULTS"/*/qemu-cmd | wc -l)" 2 &&
		expect 2 "$rig" run dimm-storm --vary no_such 2>e && says e "unknown kernel switch 'no_such' (available: " || return 1
	fake "" --kernel "$("$rig" kernel build --json | jq -r .image)" --vary kernel_config=kasan
	ended 0 PASS && expect 0 "$rig" show last >s && says s 'kernel_config not varied (the kernel is an image)'
}

stays_small() {
	[ "$(field v .details.controller.max_rss_kib)" -lt 30720 ] ||
		{ echo 'the controller is too big:'; field v .details.controller; return 1; }
}

# A scenario whose devices need more huge pages than the host has is SKIP before a guest starts.
huge_pages() {
	free=$(awk '/^HugePages_Free/ { n = $2 } /^Hugepagesize/ { k = $2 } END { print int(n * k / 1024) }' /proc/meminfo)
	cat >huge.yaml <<-EOF
		about: x
		machines: [pc-q35]
		memory: 1G
		max_memory: 1T
		slots: 1
		duration: 5
		tracks:
		  - steps:
		      - {do: plug, id: d, device: dimm, size: $((free / 128 * 128 + 128))M, backend: hugepages}
		      - {do: unplug, id: d}
	EOF
	expect 77 "$rig" run ./huge.yaml --qemu "$fake" 2>e && same lines "$(wc -l <e)" 1 && says e 'of huge pages'
}

# --- an emulator that breaks --------------------------------------------------------------------------

moments='boot greeting hello start plug unplug located snapshot blocks stop finish poweroff'

qemu_dies() {
	for when in $moments; do
		fake "die-at=$when"
		ended 3 LOST 'signal 9' || { echo "when killed at $when"; return 1; }
		fake "exit-at=$when"
		ended 3 LOST "told to end at $when" || { echo "when it ends at $when"; return 1; }
	done
}

qmp_breaks() {
	for when in $moments; do
		fake "garbage-qmp=$when"
		# at power-off QEMU may have exited before the rig reads the line
		[ "$when" = poweroff ] && { same 'exit code' "$code" 3 || return 1; continue; }
		ended 3 INFRA 'QMP line is not JSON' || { echo "at $when"; return 1; }
	done
	for when in boot plug blocks stop; do
		fake "truncate-qmp=$when"
		ended 3 INFRA 'QMP ended inside a line' || { echo "at $when"; return 1; }
	done
	fake long-qmp=plug && ended 3 INFRA 'bytes' &&
		fake close-qmp=plug && ended 3 INFRA 'QMP was disconnected although QEMU is still running' &&
		fake no-greeting && ended 3 INFRA 'QMP is still' && stays_small
}

# --- a guest that stops responding or continues --------------------------------------------------------

guest_is_silent() {
	sed 's/^duration:.*/boot: 3\n&/' "$top/scenarios/dimm-remove-vs-sysfs.yaml" >silent.yaml
	scenario=./silent.yaml
	fake no-hello && ended 1 HANG 'no hello from the guest within 3 s' &&
		fake held=5000 && ended 0 PASS &&
		fake hang-at=plug --patience 2 && ended 1 HANG 'no heartbeat from the guest' &&
		fake ignore-poweroff --patience 2 && ended 1 HANG 'did not power off'
}

# The firmware of powernv prints a line when it starts the kernel. Without that line, and without the kernel's first line, a
# silent guest is not a hang of the kernel.
firmware_is_silent() {
	sed 's/^duration:.*/boot: 3\n&/' "$top/scenarios/memtrace-vs-online.yaml" >firmware.yaml
	scenario=./firmware.yaml
	fake 'no-hello;no-kernel' --machine powernv9 && ended 3 INFRA 'the firmware (skiboot) of powernv9 has not started the kernel within 3 s' &&
		echo '[    1.239901662,5] INIT: Starting kernel at 0x20010000, fdt at 0x3075da28' >firmware &&
		fake "no-hello;no-kernel;console-file=$PWD/firmware" --machine powernv9 &&
		ended 1 HANG 'no hello from the guest within 3 s' &&
		fake no-hello --machine powernv9 && ended 1 HANG 'no hello from the guest within 3 s'
}

agent_lacks() {
	fake lacks=block-state && ended 77 SKIP "lacks support for agent 'block-state': lacks"
}

# A console of 100 MB is below the limit: it is stored whole, and the run passes. The fake QEMU writes it at boot, when
# it handles nothing else.
console_floods() {
	fake 'boot=1000;console-flood=100000000' --patience 100 && ended 0 PASS && stays_small || return 1
	raw=$(field v .folder)/console.raw
	same lines "$(grep -c 'flood: ' "$raw")" 1562500 && grep -qF 99999936 "$raw"
}

console_over_limit() {
	fake 'boot=1000;console-flood=300000000' --patience 100 && ended 1 FAIL 'flooded its console' && stays_small &&
		same bytes "$(stat -c %s "$(field v .folder)/console.raw")" 268435456
}

channel_floods() {
	fake channel-flood=20000 --patience 100 && ended 0 PASS && stays_small &&
		fake channel-garbage && ended 1 FAIL 'the guest channel carried invalid data'
}

# --- files --------------------------------------------------------------------------------------------

# The first line of each file is the expected message.
bad_scenarios() {
	for file in "$top"/tests/data/scenario/bad/*.yaml; do
		expect 2 "$rig" scenario check "$file" >e 2>&1 && says e "$(head -n 1 "$file" | cut -c 3-)" &&
			expect 2 "$rig" run "$file" >o 2>&1 && says o "$(head -n 1 "$file" | cut -c 3-)" ||
			{ echo "$file"; return 1; }
	done
	[ -z "$(ls "$RIG_RESULTS")" ] || { echo 'a run folder was created'; return 1; }
}

# refused IMAGE MACHINE TEXT: checks that IMAGE is rejected as a kernel for MACHINE, with TEXT in the message
refused() {
	expect 2 "$rig" run dimm-remove-vs-sysfs --machine "$2" --kernel "$1" 2>e && says e "$3"
}

bad_images() {
	good=$("$rig" kernel build --json | jq -r .image)
	mkdir folder
	: >empty
	head -c 100000 "$good" >short
	{ head -c 512 /dev/zero && tail -c +513 "$good"; } >scratched
	refused ./none pc-q35 './none' && refused ./folder pc-q35 './folder' &&
		refused ./empty pc-q35 "'./empty' is not a kernel image" &&
		refused ./short pc-q35 "'./short' is truncated" &&
		refused ./scratched pc-q35 "'./scratched' is not a kernel image" &&
		refused "$good" pseries "x86_64" &&
		refused "$top/build/guest/ppc64le/init" pc-q35 ppc64le || return 1
	expect 2 "$rig" run dimm-remove-vs-sysfs --kernel "$good" --patch "$top/scenarios/zoo/z03.patch" 2>e &&
		says e 'is an image'
}

# Under `git bisect run` GIT_DIR is set to the caller's repository; --repo must override it.
other_repository() {
	git init -q named && git -C named -c user.name=T -c user.email=t@example.org commit -q --allow-empty -m one || return 1
	expect 2 env GIT_DIR="$PWD/none" GIT_INDEX_FILE=none "$rig" bisect --repo named --good HEAD --bad nowhere \
		--scenario dimm-remove-vs-sysfs >o 2>&1
	says o "has no commit 'nowhere'"
}

guest_not_built() {
	mkdir home
	ln -s "$top/scenarios" home/scenarios
	RIG_HOME=$PWD/home expect 3 "$rig" run dimm-remove-vs-sysfs 2>e && says e 'run make guest'
}

bad_results_folder() {
	: >file
	fake '' --results ./file && same 'exit code' "$code" 3 && says e "results folder './file'" &&
		expect 2 "$rig" locks -r ./file 2>e && says e "cannot read the results folder './file'" &&
		fake '' --results ./file/below && same 'exit code' "$code" 3 && says e './file/below' || return 1
	can_mount || return 77
	on_disk ro '' && same 'exit code' "$code" 3 && says e 'Read-only file system'
}

can_mount() {
	[ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null && return 0
	echo 'needs root, to mount a file system'
	return 1
}

# on_disk OPTIONS WORDS [OPTION…]: like fake, but the results folder is a separate tmpfs, of which it makes a copy
on_disk() {
	mount=$1 words=$2
	shift 2
	code=0
	# shellcheck disable=SC2016 # for the inner shell
	FAKE_QEMU=$words unshare -m sh -c '
		mount -t tmpfs -o "$1" none "$RIG_RESULTS" || exit 99
		shift
		code=0
		timeout 300 "$@" || code=$?
		cp -a "$RIG_RESULTS" kept
		exit $code' sh "$mount" "$rig" run "${scenario:-dimm-remove-vs-sysfs}" --qemu "$fake" --duration 5 \
		--json "$@" >v 2>e || code=$?
	rm -rf "$RIG_RESULTS"
	mv kept "$RIG_RESULTS"
}

disk_full_at_start() {
	can_mount || return 77
	on_disk size=64k '' && same 'exit code' "$code" 3 && says e 'No space left on device' &&
		same 'what is left' "$(ls -A "$RIG_RESULTS")" ''
}

disk_fills() {
	can_mount || return 77
	on_disk size=1m console-flood=4000000 && ended 3 INFRA 'console.raw' &&
		on_disk size=460k '' && ended 3 INFRA 'cannot' || return 1
	# steps that are recorded only in the journal
	cat >waits.yaml <<-END
		about: Only waits.
		machines: [pc-q35]
		memory: 1G
		duration: 5
		tracks:
		  - copies: 20
		    steps: [{do: wait, ms: 1}]
	END
	scenario=./waits.yaml
	on_disk size=700k '' && ended 3 INFRA 'the run folder cannot be written: journal'
}

# --- signals, and closed terminals --------------------------------------------------------------------

# begin WORDS [OPTION…]: a long run in the background, with SIGINT not ignored
begin() {
	words=$1
	shift
	rm -rf "$RIG_RESULTS"
	mkdir -p "$RIG_RESULTS"
	FAKE_QEMU=$words env --default-signal=INT "$rig" run dimm-remove-vs-sysfs --qemu "$fake" --duration 60 \
		"$@" >o 2>e &
	pid=$!
	# until env has reset it, a process in the background ignores SIGINT
	until grep -qsx rig "/proc/$pid/comm" || ! kill -0 "$pid" 2>/dev/null; do :; done
}

# await FILE TEXT: waits until a run's FILE contains TEXT
await() {
	for _ in $(seq 600); do
		grep -qsF -- "$2" "$RIG_RESULTS"/*/"$1" && return 0
		pause 0.1
	done
	echo "'$2' does not appear in the $1 of a run within 60 s"
	return 1
}

# reap: waits for the process of begin() and sets $code
reap() {
	code=0
	wait "$pid" || code=$?
}

# What must be true whenever the rig was killed: no QEMU is left; a run with a folder is ABORTED, and show and list can
# read it.
signal_at_any_time() {
	for delay in 0.001 0.01 0.02 0.03 0.05 0.08 0.12 0.2 0.4 0.8; do
		begin '' --json
		pause $delay
		kill "-$1" "$pid"
		reap
		nothing_left || return 1
		if [ -n "$(ls "$RIG_RESULTS")" ]; then
			same verdict "$("$rig" show last --json | jq -r .verdict)" ABORTED &&
				expect 0 "$rig" list >l && says l ABORTED || return 1
		fi
		[ "$1" = KILL ] || [ $code -eq 3 ] || [ $code -gt 128 ] ||
			{ echo "exit code $code, expected 3 or that of a signal"; return 1; }
	done
}

signal_says_so() {
	for signal in INT TERM HUP; do
		begin '' && await journal '"to":"hammer"' && kill -$signal "$pid" && reap && nothing_left &&
			same 'exit code' "$code" 3 && says o ABORTED && says o 'interrupted by a signal' || return 1
	done
}

# A QEMU that does not respond is killed two seconds after ^C, or immediately at a second ^C.
second_ctrl_c() {
	begin '' && await journal '"to":"hammer"' || return 1
	read -r qemu <"/proc/$pid/task/$pid/children"
	kill -STOP "${qemu%% *}"
	began=$(date +%s%N)
	kill -INT "$pid"
	await journal '"to":"ending"' && kill -INT "$pid" && reap && nothing_left &&
		same 'exit code' "$code" 3 && says o ABORTED &&
		[ $(($(date +%s%N) - began)) -lt 1900000000 ] || { cat o e; return 1; }
}

terminal_closes() {
	command -v script >/dev/null || { echo 'no script(1)'; return 77; }
	FAKE_QEMU='' script -qec "$rig run dimm-remove-vs-sysfs --qemu $fake --duration 60" /dev/null \
		</dev/null >/dev/null 2>&1 &
	pid=$!
	await journal '"to":"hammer"' && kill -KILL "$pid" && await verdict ABORTED && nothing_left || return 1
	reap
}

# under nohup, SIGHUP is ignored
no_hang_up() {
	(
		trap '' HUP
		begin '' --duration 2
		await journal '"to":"hammer"' && kill -HUP "$pid" && reap && same 'exit code' "$code" 0
	)
}

output_is_closed() {
	"$rig" run dimm-remove-vs-sysfs --qemu "$fake" --duration 1 | head -n 1 >first
	says first kernel && same verdict "$("$rig" show last --json | jq -r .verdict)" PASS && nothing_left &&
		expect 0 "$rig" run dimm-remove-vs-sysfs --qemu "$fake" --duration 1 <&- >&- 2>&- || return 1
	for journal in "$RIG_RESULTS"/*/journal; do
		jq -es 'map(.what) | index("powered-off")' "$journal" >/dev/null || { cat "$journal"; return 1; }
	done
	for words in --help 'list --json' doctor 'run --help' 'help run' 'scenario list' 'zoo list'; do
		# shellcheck disable=SC2086 # words
		expect 3 "$rig" $words >/dev/full 2>e && says e 'cannot write to standard output' &&
			same lines "$(wc -l <e)" 1 || { echo "rig $words"; return 1; }
	done
	# git takes 1 to 127 for a result of the commit
	expect 131 "$rig" probe --help >/dev/full 2>e
}

# --- run folders --------------------------------------------------------------------------------------

# Runs with the same second, scenario, machine and seed get different folders, each of them complete.
same_names() {
	pids=
	for _ in 1 2 3 4 5 6; do
		"$rig" run dimm-remove-vs-sysfs --qemu "$fake" --seed 7 --duration 1 -q &
		pids="$pids $!"
	done
	for pid in $pids; do
		expect 0 wait "$pid" || return 1
	done
	same folders "$(find "$RIG_RESULTS" -mindepth 1 -maxdepth 1 -name '2*' | wc -l)" 6 &&
		same verdicts "$("$rig" list --json | jq '[.[] | select(.verdict == "PASS")] | length')" 6 &&
		nothing_left
}

golden_folders() {
	cp -a "$top"/tests/data/store/2* "$RIG_RESULTS"
	for folder in "$RIG_RESULTS"/2*; do
		before=$(field "$folder/verdict" .verdict)
		"$rig" recheck "$folder" >r 2>e || [ $? -eq 1 ] || { cat r e; return 1; }
		# folders of an older rig have older keys: the first recheck may write their reports again
		says r "the verdict $before has not" || says r "nothing differs, $before" || return 1
		"$rig" recheck "$folder" >r 2>e || [ $? -eq 1 ] || { cat r e; return 1; }
		says r "nothing differs, $before" && same verdict "$(field "$folder/verdict" .verdict)" "$before" ||
			return 1
	done
}

# survives COMMAND…: must exit soon with one of the rig's exit codes and print no escape sequences
survives() {
	got=0
	timeout 20 "$@" >o 2>&1 || got=$?
	case $got in
	0 | 1 | 2 | 3 | 77) ;;
	*) echo "exit code $got: $*"; cat o; return 1 ;;
	esac
	! grep -q "$(printf '\033')" o || { echo 'the output has an escape sequence'; return 1; }
}

# hostile SCRIPT: after SCRIPT has damaged a golden folder, all commands that read it must survive
hostile() {
	rm -rf "${RIG_RESULTS:?}"/*
	cp -a "$top"/tests/data/store/2*510245973 "$RIG_RESULTS"
	folder=$(echo "$RIG_RESULTS"/2*)
	(cd "$folder" && eval "$1") || return 1
	survives "$rig" show last && survives "$rig" show last --json && survives "$rig" list &&
		survives "$rig" recheck last && survives "$rig" replay last --qemu /bin/false ||
		{ echo "rig does not survive a run folder changed by: $1"; return 1; }
}

hostile_folders() {
	hostile 'rm verdict' && hostile 'rm run.json' && hostile 'rm console.raw' && hostile 'rm -r splats' &&
		hostile 'rm -f console.raw; ln -s /etc/passwd console.raw' &&
		hostile 'rm -f console.raw; mkfifo console.raw' && hostile 'rm -f journal; mkfifo journal' &&
		hostile 'rm -f verdict; mkfifo verdict' && hostile 'rm -f lock; mkdir lock' &&
		hostile 'rm -rf splats; ln -s /etc splats' && hostile 'rm -rf splats; : >splats' &&
		hostile 'echo "{" >verdict' && hostile 'echo "[1]" >run.json' &&
		hostile 'printf "\377\376\000" >verdict; printf "\377\000\n\n{" >journal' &&
		hostile 'truncate -s 1T verdict' && hostile 'truncate -s 1T run.json' &&
		hostile 'head -c 3000000 /dev/urandom >console.raw' &&
		hostile 'printf "{\"verdict\": \"FAIL\", \"reasons\": [\"\\\\u001b[2Jred\"], \"reports\": 7}" >verdict' &&
		hostile 'printf "{\"scenario\": \"../../etc\", \"machine\": {}, \"seed\": -1}" >run.json' || return 1
	same 'what a link led to' "$(head -c 4 /etc/passwd)" root
}

bad_input() {
	run 'invalid scenario files' bad_scenarios
	run 'invalid kernel images' bad_images
	run 'guest programs not built' guest_not_built
	run 'GIT_DIR of another repository' other_repository
	run 'invalid results folder' bad_results_folder
	run 'disk full at the start' disk_full_at_start
	run 'disk that fills in mid-run' disk_fills
	run 'QEMU dies at every point' qemu_dies
	run 'QMP garbage, cut, too long, closed' qmp_breaks
	run 'a guest that goes silent' guest_is_silent
	run 'firmware that does not start the kernel' firmware_is_silent
	run 'an agent without kernel support' agent_lacks
	run 'kernel switches' varied
	run 'more huge pages than the host has' huge_pages
	run 'console flood, 100 MB' console_floods
	run 'console flood, over the limit' console_over_limit
	run 'channel flood and garbage' channel_floods
	for signal in INT TERM HUP KILL; do
		run "SIG$signal at any time" signal_at_any_time $signal
	done
	run 'Ctrl-C is reported' signal_says_so
	run 'a second Ctrl-C' second_ctrl_c
	run 'the terminal closes' terminal_closes
	run 'nohup' no_hang_up
	run 'output closed or full' output_is_closed
	run 'six runs of one name' same_names
	run 'golden run folders rechecked' golden_folders
	run 'hostile run folders' hostile_folders
}
