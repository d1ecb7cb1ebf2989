# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # lib.sh sets what is used here
# Cases of tests/run: the command lines that README, docs, man pages and --help print.

# A line that ends in a backslash, and the next one, are one line.
joined() {
	sed -e ':next' -e '/ \\$/ { N; s/ \\\n */ /; b next' -e '}'
}

# Every printed `rig …` command, one per line, without its description, and without shell operators: a
# description follows two blanks, and what follows ` -- ` is passed to another program.
printed_commands() {
	{
		cat "$top"/README.md "$top"/docs/*.md | joined | sed -n 's/^    rig /rig /p'
		sed -n 's/^\.D[l1] rig /rig /p' "$top"/man/*.[15] | sed 's/\\-/-/g'
		"$rig" --help | sed -n 's/^  \([a-z]\{1,\}\)  .*/\1/p' | while read -r command; do
			"$rig" "$command" --help </dev/null
		done | joined | sed -n 's/^  rig /rig /p'
	} | sed 's/ Ar / /g; s/ Fl / -/g; s/; rig /\nrig /g; s/ && rig /\nrig /g' | sed -n '/\[OPTION/d; /^rig [a-z]/p' |
		sed 's/   *[^ ].*//; s/ [|;>#] .*//; s/ && .*//; s/;.*//; s/ -- .*//' | sort -u
}

# Checks that each printed command exists and has these options. --help at its end prevents that it is executed.
printed_commands_parse() {
	printed_commands >commands
	[ "$(wc -l <commands)" -gt 80 ] || { echo "only $(wc -l <commands) commands were found"; return 1; }
	bad=0
	while IFS= read -r line; do
		# xargs reads quotes as the shell does, and expands nothing
		printf '%s --help\n' "${line#rig }" | xargs "$rig" >/dev/null 2>e || { echo "$line: $(cat e)"; bad=1; }
	done <commands
	return $bad
}

# Without any run, each command prints how to get one. A reason that many combinations share is printed once.
no_runs_yet() {
	expect 0 "$rig" list >o && says o 'rig run dimm-remove-vs-sysfs' &&
		expect 2 "$rig" show 2>e && says e 'rig run dimm-remove-vs-sysfs' &&
		expect 2 "$rig" report 2>e && says e 'rig run dimm-remove-vs-sysfs' &&
		expect 0 "$rig" nightly --list >o && says o 'no nights in' &&
		expect 2 "$rig" compare last~1 last 2>e && says e 'the results have runs of 0 nights' &&
		expect 0 "$rig" locks cycles >o && says o 'No run with lock orders was found' &&
		expect 0 "$rig" locks check >o && says o 'No run with lock orders was found' || return 1
	cat >plan.yaml <<-'EOF'
		about: Each scenario is for few of these machines.
		scenarios: [dimm-storm, dlpar-vs-sysfs, dax-kmem, memtrace-vs-online]
		machines: [pc-q35, pseries, arm64-virt, powernv9, s390x-ccw]
		kernels: [{name: a, source: "deb:linux-source-6.1"}]
	EOF
	expect 0 "$rig" nightly ./plan.yaml --dry-run >o && same 'left out' "$(grep -c '^without ' o)" 1 &&
		says o 'combinations: the scenario is not for that machine' || return 1
	sed -i 's/^machines.*/machines: [pc-q35, powernv9]/' plan.yaml
	expect 0 "$rig" nightly ./plan.yaml --dry-run >o && same 'left out' "$(grep -c '^without ' o)" 5 &&
		says o 'without  a/dimm-storm/powernv9: the scenario is not for that machine'
}

# rig show of a run that still runs, and of one whose rig was killed: its phase, and the reports so far.
shown_while_running() {
	mkdir -p "$RIG_RESULTS" && cp -r "$top"/tests/data/store/20261121T065445Z-* "$RIG_RESULTS" &&
		rm "$RIG_RESULTS"/*/verdict && sed -i '/reported\|gone\|"reason"/d' "$RIG_RESULTS"/*/journal || return 1
	flock "$RIG_RESULTS"/*/lock "$rig" show >o && says o 'RUNNING  cpu-vs-memory-hotplug' &&
		says o 'phase    under load, since 2026-11-21T06:54:' && says o '1 report and ' && says o 'the run continues' &&
		flock "$RIG_RESULTS"/*/lock "$rig" show --json >j &&
		same title "$(field j '.details.reports[].title')" 'possible deadlock in kernfs_get_active_of' &&
		same state "$(field j .details.progress.state)" hammer || return 1
	expect 0 "$rig" show >o && says o 'ABORTED  cpu-vs' && says o 'phase    the last one: under load, since'
}

# The printed commands name a run outside of the default results folder by its path.
shown_elsewhere() {
	run=20261121T065445Z-cpu-vs-memory-hotplug-pc-q35-6.1.192-s510245973
	mkdir -p "$RIG_RESULTS" "from ci" there && cp -r "$top/tests/data/store/$run" "$RIG_RESULTS" &&
		mv "$RIG_RESULTS/$run" "from ci" || return 1
	expect 0 "$rig" show --brief "from ci/$run" >o && says o "rig replay '$PWD/from ci/$run'" &&
		says o "more lines: rig show '$PWD/from ci/$run'" || return 1
	mv "from ci/$run" there && expect 0 "$rig" show --results there >o && says o "rig replay there/$run" &&
		mv "there/$run" "$RIG_RESULTS" && expect 0 "$rig" show "$RIG_RESULTS/$run" >o && says o "rig replay $run"
}

# Prints the number of columns at which the word $2 of the rows of file $1 begins.
begins() {
	awk -v word="$2" '{ at = index($0, word); if (at) print at }' "$1" | sort -u | wc -l
}

# Tables have a header, and names of any length do not shift their columns.
tables_align() {
	XDG_CACHE_HOME=$PWD/cache
	export XDG_CACHE_HOME
	for name in 6.1.192 6.1.192-a-patch-whose-name-is-long-and-another-one; do
		folder=cache/hotplug-rig/kernel/out/$(printf %s $name | sha256sum | cut -c 1-64)
		mkdir -p "$folder" && : >"$folder/bzImage" && echo '{"arch": "x86_64", "image": "bzImage",
			"with": "full", "source": "deb:x", "patches": []}' | jq --arg name $name '.name = $name' >"$folder/build.json" || return 1
	done
	expect 0 "$rig" kernel list >o && same lines "$(wc -l <o)" 3 && says o 'kernel  ' && says o 'with  source' &&
		same 'columns of x86_64' "$(begins o x86_64)" 1 && same 'columns of full' "$(begins o full)" 1 || { cat o; return 1; }
	expect 0 "$rig" kernel prune --older 0 >o && says o 'last used' && says o 'in all; --yes deletes them' &&
		same 'columns of 6.1.192' "$(begins o 6.1.192)" 1 || { cat o; return 1; }
	expect 0 "$rig" qemu list >o && says o 'name for --qemu' || return 1
	mkdir -p "$RIG_RESULTS" && cp -r "$top"/tests/data/store/2026* "$RIG_RESULTS" || return 1
	for run in "$RIG_RESULTS"/*s678714980; do
		jq '.kernel.name = "6.1.192-a-patch-whose-name-is-long-and-another-one"' "$run/run.json" >new && mv new "$run/run.json"
	done
	expect 0 "$rig" history cpu-vs-memory-hotplug | sed -n '/^kernel/,/^$/p' >o && same rows "$(grep -c ' of ' o)" 2 &&
		same 'columns of "of"' "$(begins o ' of ')" 1 || { cat o; return 1; }
}

# rig(1) describes every command and names every other page; each page names rig(1), and only pages that exist.
man_pages() {
	bad=0
	for command in $("$rig" help | sed -n 's/^  \([a-z]\{1,\}\)  .*/\1/p'); do
		grep -q "^\.It Cm $command\$" "$top/man/rig.1" || { echo "rig(1) has no $command"; bad=1; }
	done
	for page in "$top"/man/*; do
		name=$(basename "$page") && see="${name%.*} ${name##*.}" || return 1
		sed -n '/^\.Sh SEE ALSO/,$p' "$page" >see
		[ "$name" = rig.1 ] || grep -q '^\.Xr rig 1' see || { echo "$name does not name rig(1)"; bad=1; }
		[ "$name" = rig.1 ] || sed -n '/^\.Sh SEE ALSO/,$p' "$top/man/rig.1" | grep -q "^\.Xr $see" ||
			{ echo "rig(1) does not name $name"; bad=1; }
		sed -n 's/.*Xr \(rig[a-z-]*\) \([0-9]\).*/\1.\2/p' "$page" | while read -r other; do
			[ -e "$top/man/$other" ] || echo "$name names $other, which does not exist"
		done >missing
		[ ! -s missing ] || { cat missing; bad=1; }
	done
	return $bad
}

# Files that are missing: the message has the name, the reason, and what is accepted.
missing_files() {
	mkdir -p "$RIG_RESULTS" && cp -r "$top"/tests/data/store/2026* "$RIG_RESULTS" || return 1
	expect 2 "$rig" prove ./none.txt 2>e && says e "cannot open './none.txt': No such file" && says e "a cycle 'A --> B'" &&
		expect 2 "$rig" prove none.txt 2>e && says e "'none.txt' is not a file, either" && says e "a cycle 'A --> B'" &&
		expect 2 "$rig" bisect --series none.mbox --scenario dimm-storm 2>e &&
		says e "cannot read 'none.mbox': No such file" && says e 'takes a mailbox, or a folder with patches' &&
		expect 2 "$rig" bisect --config none.a none.b --scenario dimm-storm 2>e && says e "'none.a': No such file" && says e 'give a kernel image or a .config' &&
		expect 2 "$rig" bisect --good a --bad b --scenario dimm-storm 2>e &&
		says e 'not a git repository' && says e '--repo PATH' &&
		expect 2 "$rig" bisect --good a --bad b --repo none --scenario dimm-storm 2>e && says e "none': No such file" &&
		expect 2 "$rig" kernel check none.config dimm-storm 2>e && says e 'give a kernel image or a .config' &&
		expect 2 "$rig" index rebuild --results none 2>e && says e "there is no folder 'none'" && [ ! -e none ] &&
		expect 2 "$rig" race --resume 2>e && says e 'leave out --resume' &&
		expect 2 "$rig" task --send none >o 2>e && says e "there is no record 'none'" && [ ! -s o ]
}

# A libvirt or a cluster that cannot be reached: what is missing, and what to do.
unreachable() {
	mkdir bin
	printf '#!/bin/sh\necho "scontrol: fatal: Could not establish a configuration source" >&2\nexit 1\n' >bin/scontrol
	chmod +x bin/scontrol
	expect 3 env PATH="$PWD/bin:$PATH" "$rig" nightly smoke --on slurm --dry-run 2>e && says e 'has no slurm.conf' &&
		[ "$(wc -l <e)" -eq 1 ] || return 1
	sed -i 's/fatal.*source/error: Unable to contact slurm controller (connect failure)/' bin/scontrol
	expect 3 env PATH="$PWD/bin:$PATH" "$rig" nightly smoke --on slurm --dry-run 2>e && says e 'systemctl start slurmctld' ||
		return 1
	[ -e "$out/lib/hotplug-rig/libvirt.so" ] || return 0
	expect 3 "$rig" doctor --connect "qemu+unix:///session?socket=$PWD/none" 2>e &&
		says e 'libvirtd does not run on that host: `systemctl start libvirtd` starts it' && says e libvirt-daemon-system
}

# Runs README's commands that need no guest, as printed, with two recorded runs.
readme_commands() {
	mkdir -p "$RIG_RESULTS" && cp -r "$top"/tests/data/store/2026* "$RIG_RESULTS" &&
		printf '[    1.000000] quiet\n' >dmesg.txt || return 1
	bad=0
	ran=0
	sed -n 's/^    \(rig .*\)/\1/p' "$top"/README.md | sed 's/   *[^ ].*//' >commands
	while IFS= read -r line; do
		case $line in
		*' run '* | *' replay '* | *' bisect '* | *' race '* | *' prove '* | *' validate '* | *' qemu get '*) continue ;;
		*'nightly smoke') continue ;;
		esac
		code=0
		# shellcheck disable=SC2086 # words; none has blanks
		"$rig" ${line#rig } >o 2>e </dev/null || code=$?
		ran=$((ran + 1))
		if [ $code -gt 77 ] || grep -qE '^usage:|Unknown option|unexpected argument|no command' e; then
			echo "$line: exit code $code: $(cat e)"
			bad=1
		fi
	done <commands
	[ $ran -ge 10 ] || { echo "only $ran commands were run"; bad=1; }
	return $bad
}
