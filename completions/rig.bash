# SPDX-License-Identifier: GPL-2.0-only
# bash completion for rig. Commands and options are read from `rig --help`, so they match the installed version.

# The commands that `rig --help` lists.
_rig_commands() {
	rig --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  *[^ ].*/\1/p' | grep -v '^rig$'
}

# The subcommands of a command: "build|check|list" in its usage line.
_rig_words() {
	rig "$1" --help 2>/dev/null | sed -n "s/^ *\(usage: \)\{0,1\}rig $1 \([^[]*|[^[]*\).*/\2/p" | head -n 1 |
		tr '|' '\n' | sed -n 's/^\([a-z][a-z-]*\).*/\1/p'
}

_rig_options() {
	# shellcheck disable=SC2086 # a command and its subcommand
	rig $1 --help 2>/dev/null | sed -n 's/^  \(-[a-zA-Z], \)\{0,1\}\(--[a-z-]*\)=\{0,1\}.*/\2/p'
	echo --help
}

# True if option $2 of command $1 takes a value.
_rig_takes_value() {
	# shellcheck disable=SC2086
	rig $1 --help 2>/dev/null | grep -q -e "^  \(-[a-zA-Z], \)\{0,1\}$2=" -e "^  $2, --[a-z-]*="
}

_rig_scenarios() {
	rig scenario list 2>/dev/null | sed -n 's/^\([a-z][a-z0-9-]*\)  .* s on .*/\1/p'
}

_rig_machines() {
	rig scenario list 2>/dev/null | sed -n 's/^[a-z].* s on \(.*\)/\1/p' | tr -d ',' | tr ' ' '\n' | sort -u
}

_rig_runs() {
	echo last
	rig list --json 2>/dev/null | sed -n 's/^    "run": "\(.*\)",$/\1/p'
}

_rig_nights() {
	rig nightly --list 2>/dev/null | sed 's/ .*//'
}

_rig() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]-} words=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_rig_commands) --help" -- "$cur")
		return
	fi
	case $prev in
	-m | --machine) words=$(_rig_machines) ;;
	-r | --results | --html) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
	--night) words=$(_rig_nights) ;;
	-s | --scenario) words=$(_rig_scenarios) ;;
	--accel) words="auto kvm tcg" ;;
	--on) words="here slurm" ;;
	--wait) words=$(_rig_nights) ;;
	--firmware) words="vof slof" ;;
	--mmu) words="radix hash" ;;
	--pages) words="4k 64k" ;;
	-*)
		if _rig_takes_value "$command" "$prev"; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		;;
	esac
	if [ -z "$words" ]; then
		case $command,$cur in
		*,-*)
			words=$(_rig_options "$command")
			[ -z "$(_rig_words "$command")" ] || words="$words $(_rig_options "$command ${COMP_WORDS[2]}")"
			;;
		run,* | history,*) words=$(_rig_scenarios) ;;
		compare,*) words="$(_rig_nights) last last~1" ;;
		show,* | explain,* | recheck,* | replay,* | report,* | coverage,*) words=$(_rig_runs) ;;
		*) [ "$COMP_CWORD" -eq 2 ] && words=$(_rig_words "$command") ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	# these commands also accept files
	case $command,$cur in
	*,-*) ;;
	run,* | scan,* | recheck,* | show,* | kernel,* | scenario,* | nightly,*)
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
		;;
	esac
}

complete -o filenames -F _rig rig
