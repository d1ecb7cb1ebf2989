# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # lib.sh sets what is used here
# The user's own files and scripts, in real guests (tests/own/).

# own NAME CODE VERDICT: runs tests/own/NAME.yaml, which must end with this exit code and verdict
own() {
	expect "$2" "$rig" run "$top/tests/own/$1.yaml" --seed 7 --json >v || { cat v; return 1; }
	same verdict "$(field v .verdict)" "$3" && field v '.details.reasons[]' >reasons
}

# A failed test is a report with a signature. Output and files are in the run folder. recheck and replay give the same
# result.
own_script() {
	own tap 1 FAIL && says reasons 'tap.sh: not ok: two at 0x1234' &&
		same reasons "$(wc -l <reasons)" 1 &&
		same kind "$(field v '.details.reports[0].kind')" test-failed &&
		same key "$(field v '.details.reports[0].signature.bug')" 'v1:test-failed:tap.sh: two at N' &&
		same tests "$(field v '.details.counts.agents[0].tests | "\(.passed) \(.failed) \(.skipped)"')" '1 1 1' &&
		same legal "$(field v '.details.counts.agents[3] | .failed, (.results.write | keys[])')" "0
EINVAL" || return 1
	says "$RIG_RESULTS"/*/agents/1-output '2 arguments: -r 2; seed' &&
		says "$RIG_RESULTS"/*/agents/2-output '== cut: the output is longer than 256 KiB' &&
		[ "$(stat -c %s "$RIG_RESULTS"/*/agents/2-output)" -lt 263000 ] &&
		[ -s "$(echo "$RIG_RESULTS"/*/files/tap.sh)" ] &&
		expect 1 "$rig" recheck last >r && says r 'nothing differs' &&
		expect 0 "$rig" replay last -q >p && says p 'the same outcome'
}

scripts_misbehave() {
	own misbehave 1 FAIL && says reasons 'agent run: endless.sh did not end within 2 s' &&
		says reasons 'agent run: forks.sh started more than 60 processes' &&
		says reasons 'agent run: daemons.sh ended with exit code 3' &&
		says reasons "'write' ended with EINVAL" && says reasons "first: 'nonsense' to /sys/devices/system/memory/memory0"
}

scripts_end_others() {
	own poweroff 3 LOST && says reasons 'guest powered off' &&
		own kill-all 1 FAIL && says reasons 'agent 1 run was killed by signal 9'
}

files_are_missing() {
	own no-file 3 INFRA && says reasons 'no file matches /proc/no-such-file' &&
		expect 77 "$rig" run "$top/tests/own/no-option.yaml" 2>e && says e CONFIG_KSM
}

# The fake QEMU answers as its options say; the real guest refuses because of the kernel's pages.
outcomes_expected() {
	scenario=$top/tests/own/refused.yaml
	fake unplug=refuse && ended 0 PASS || return 1
	fake '' && ended 1 FAIL "unplug of 'd' ended in 'deleted', but the scenario expects 'refused'" || return 1
	sed 's/result: ok/result: EPERM/' "$scenario" >never.yaml
	scenario=./never.yaml
	fake unplug=refuse && ended 1 FAIL "agent block-state never had the result 'EPERM'" || return 1
	expect 0 "$rig" run normal-memory-stays --duration 10 --seed 7 --json >v || { cat v; return 1; }
	same refused "$(field v .details.counts.devices.unplug.refused)" 1
}
