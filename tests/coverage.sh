# shellcheck shell=sh disable=SC2154 # rig, top and scratch are those of tests/run
# SPDX-License-Identifier: GPL-2.0-only
# Cases of tests/run about coverage (docs/coverage.md).

bad_coverage() {
	expect 2 "$rig" run dimm-storm --coverage --accel kvm 2>e && says e 'need TCG' &&
		expect 2 "$rig" run dimm-storm --coverage --launcher libvirt 2>e && says e 'that the rig starts itself' &&
		sed 's/^duration:/coverage: true\nduration:/' "$top/scenarios/dimm-storm.yaml" >always.yaml &&
		expect 77 "$rig" run ./always.yaml --accel kvm 2>e && says e 'need TCG' &&
		expect 2 "$rig" coverage 2>e && says e 'has coverage; record it' &&
		expect 2 "$rig" coverage no-such-run 2>e && says e 'no runs in' &&
		expect 2 "$rig" coverage --night last 2>e && says e 'no night' &&
		expect 2 "$rig" coverage --night 2026-01-01 x 2>e && says e 'exclude each other'
}

# reached FUNCTION: prints whether the last run reached FUNCTION under load: true or false
reached() {
	jq ".files[].functions[] | select(.name == \"$1\") | .load" "$RIG_RESULTS"/*/coverage.json
}

# covered MACHINE: a run with coverage has what its steps must reach, and not what they cannot; lcov reads its file
covered() {
	expect 0 "$rig" run dimm-remove-vs-sysfs --machine "$1" --duration 5 --coverage --json >v || { cat v; return 1; }
	same complete "$(field v .details.coverage.complete)" true &&
		same online "$(reached online_pages)" true && same remove "$(reached try_remove_memory)" true &&
		same offline "$(reached offline_pages)" true && same boot "$(reached kmem_cache_create_usercopy)" false || return 1
	expect 0 "$rig" coverage last >c && says c 'mm/memory_hotplug.c' && says c 'runs: 1, scenarios: 1' &&
		expect 0 "$rig" coverage --unreached --all >u && ! grep -q ' online_pages ' u &&
		expect 0 "$rig" coverage --rank >r && says r 'dimm-remove-vs-sysfs' &&
		expect 0 "$rig" coverage --html pages --lcov all.info && says pages/index.html '<code>' &&
		same functions "$(field v .details.coverage.reached)" "$(grep -c '^FNDA:1,' all.info)" || return 1
	cmp -s "$(echo "$RIG_RESULTS"/*/coverage.info)" all.info ||
		same functions "$(grep -c ^FN: "$RIG_RESULTS"/*/coverage.info)" "$(grep -c ^FN: all.info)" || return 1
	! command -v lcov >/dev/null ||
		{ lcov --summary "$RIG_RESULTS"/*/coverage.info >l 2>&1 && grep -q 'functions' l; } || { cat l; return 1; }
	# a damaged file is not a result
	echo '{}' >"$(echo "$RIG_RESULTS"/*/coverage.json)" && expect 2 "$rig" coverage last 2>e && says e damaged
}
