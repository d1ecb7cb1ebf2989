# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # lib.sh sets what is used here
# Cases of tests/run: the lock graph in report, pages, mail, compare and history, over invented run folders.

# lock_run TIME NIGHT MACHINE CONTEXTS EDGE…: a run of tree "linus" that passed. An edge is [from, to] in the classes a, b, c.
# The name b stands for several locks if $ambiguous is 1.
ambiguous=0
lock_run() {
	folder=$RIG_RESULTS/$1-s-$3
	mkdir -p "$folder/locks" || return
	jq -n --arg night "$2" --arg machine "$3" '{version: 1, created: $night, scenario: "s", machine: $machine,
		kernel: {name: "6.1.1", source: "deb:linux-source-6.1"}, seed: 1,
		labels: {night: $night, cell: $machine, attempt: "1", tree: "linus"}}' >"$folder/run.json"
	echo '{"verdict": "PASS", "reasons": [], "reports": []}' >"$folder/verdict"
	contexts=$4
	shift 4
	printf '%s\n' "$@" | jq -s --argjson contexts "$contexts" --argjson b $((2 - ambiguous)) '{version: 1, cut: false,
		classes: [["a", 2], ["b", $b], ["c", 2]],
		edges: map([.[0], .[1], $contexts, []])}' | gzip >"$folder/locks/orders.json.gz"
}

first=20261101T220000Z
second=20261102T220000Z

# Two nights of a tree have one half of a cycle each; the second half was recorded on another machine.
two_nights() {
	lock_run 20261101T220100Z $first pc-q35 1 '[0, 1]' &&
		lock_run 20261102T220100Z $second pc-q35 1 '[0, 1]' '[0, 2]' &&
		lock_run 20261102T220200Z $second pseries 16 '[1, 0]'
}

new_orders() {
	two_nights || return
	"$rig" report >mail
	cat mail
	grep -q '^NEW LOCK ORDERS: 2, of which 2 in no tree before' mail && grep -q '^  b --> a in linus$' mail || return
	[ "$("$rig" report --json | jq -c '[.lock_orders[] | [.order, .tree, .anywhere]] | sort')" = \
		'[["a --> c","linus",true],["b --> a","linus",true]]' ] || return
	"$rig" report --html pages >/dev/null && grep -q '<h2 id="lock-orders">New lock orders</h2>' pages/index.html &&
		grep -qF 'b --&gt; a' pages/index.html || return
	# the first night of a tree has no new ones
	"$rig" report --night $first >mail && ! grep -q 'NEW LOCK ORDERS' mail || return
	"$rig" compare $first $second >compared
	cat compared
	grep -q '^lock orders of B that A does not have: 2$' compared &&
		[ "$("$rig" compare $first $second --json | jq -c '.lock_orders | sort')" = '["a --> c","b --> a"]' ]
}

cycle='v1:lock-cycle:a --> b'

# expects CODE COMMAND…: the exit code of rig COMMAND, whose output is in the file `answer`
expects() {
	wanted=$1
	shift
	code=0
	"$rig" "$@" >answer 2>&1 || code=$?
	[ $code -eq "$wanted" ] || { echo "rig $*: exit code $code, not $wanted:"; cat answer; }
	[ $code -eq "$wanted" ]
}

# The cycle is a finding: it has a history and can be a known issue. For each edge, the source is printed.
cycle_history() {
	two_nights && expects 1 locks cycles && grep -qxF "$cycle" answer || return
	grep -q '^  b --> a .*; source: recorder$' answer && ! grep -q '^  a --> b .*source' answer || return
	expects 1 locks cycles --json &&
		[ "$(jq -c '[.[0].edges[] | [.from, .sources]]' answer)" = '[["a",["lockdep"]],["b",["recorder"]]]' ] || return
	for word in "$cycle" 'a --> b'; do
		expects 0 history "$word" && grep -q '  first seen 2026-11-02T22:02:00Z  complete since' answer || return
	done
	expects 0 history "$cycle" --json &&
		[ "$(jq -c '[.signatures[0].runs, .signatures[0].machines, [.edges[].places | length]]' answer)" = \
			'[1,"pc-q35, pseries",[1,1]]' ] || { cat answer; return 1; }
	expects 0 history && grep -qF "  key        $cycle" answer || return
	expects 0 history --json && jq -e --arg cycle "$cycle" '.[] | select(.signature == $cycle)' answer || return
	expects 2 history 'v1:lock-cycle:a --> c' && grep -q 'matches no signature' answer || return
	expects 2 history "$cycle" --machine pseries || return
	cat >known.yaml <<-EOF
		issues:
		  - signature: "$cycle"
		    reason: both halves are below device_hotplug_lock
		    link: https://example.org/1
		    expires: 2999-01-01
	EOF
	expects 0 locks cycles --known known.yaml && grep -q '^  known: both halves' answer
}

# A cycle through a name that stands for several locks is counted, and printed only if it is asked for.
ambiguous_cycle() {
	ambiguous=1
	two_nights && expects 0 locks cycles && ! grep -qF "$cycle" answer &&
		grep -q ': 0 unguarded; 0 guarded or known; 1 through an ambiguous name, which --ambiguous prints;' answer || return
	expects 0 locks cycles --ambiguous && grep -qF "$cycle   (a name in it stands for several locks)" answer &&
		grep -q '1 through an ambiguous name; ' answer || return
	expects 0 locks cycles --json && same ambiguous "$(jq -c '[.[].ambiguous]' answer)" '[true]' || return
	expects 2 locks check --ambiguous && grep -q 'ambiguous is for `rig locks cycles`' answer || return
	expects 2 locks cycles --svg x.svg && grep -q 'svg is for `rig locks CLASS`' answer && [ ! -e x.svg ]
}
