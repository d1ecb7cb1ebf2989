# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# A libvirt host of our own, without systemd: virtlogd and libvirtd with sockets, settings and state in $host.
# They run as a session's daemons do; where we are root, in a user namespace, as user 1000 of it. Who reads this
# has tests/lib.sh's harness.

# libvirt puts a socket eight folders down, and a socket's path has 107 bytes: a short one
host=$(mktemp -d "${TMPDIR:-/tmp}/rXXXXXX")
# what cases use; the rig takes the first for a host that does not have our files
# shellcheck disable=SC2034
uri="qemu+unix:///session?socket=$host/run/libvirt/libvirt-sock"

# What libvirt finds out of the emulators takes it seconds; it knows when that is out of date.
host_cache=${XDG_CACHE_HOME:-$HOME/.cache}/hotplug-rig/libvirt

# The folders that a session's daemon and its clients look for; words for env.
host_env="XDG_RUNTIME_DIR=$host/run XDG_CONFIG_HOME=$host/c XDG_DATA_HOME=$host/data"

# Words before a command that make a user of root.
become() {
	[ "$(id -u)" -ne 0 ] || echo unshare --user --map-user=1000 --map-group=1000
}

as_user() {
	# shellcheck disable=SC2046,SC2086 # words
	env $host_env HOME="$host" XDG_CACHE_HOME="$host_cache" $(become) "$@"
}

# Whoever waits for a lock or a pipe of ours does not wait for a daemon's end.
daemon() {
	as_user "$@" -d -p "$host/$1.pid" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
}

# Only a shell that ends by itself runs its EXIT trap.
host_trap() {
	trap host_stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# A folder for what does not outlive the host, in memory as /run is where there is a system: libvirt writes there with each step.
fast_folder() {
	if memory=$(mktemp -d /dev/shm/rXXXXXX 2>/dev/null); then
		ln -s "$memory" "$1"
	else
		mkdir "$1"
	fi
}

host_start() {
	[ -d "$host/run" ] || fast_folder "$host/run" || return 1
	mkdir -p "$host/c/libvirt" "$host/data" "$host_cache" || return 1
	chmod 700 "$host/run"
	printf '%s\n' 'security_driver = "none"' 'cgroup_controllers = [ ]' 'stdio_handler = "logd"' \
		>"$host/c/libvirt/qemu.conf"
	PATH=$PATH:/usr/sbin
	[ -s "$host/virtlogd.pid" ] && [ -d "/proc/$(cat "$host/virtlogd.pid")" ] ||
		daemon virtlogd || return 1
	daemon libvirtd
}

# host_down SIGNAL: the daemon alone; guests go on
host_down() {
	pid=$(cat "$host/libvirtd.pid")
	kill "-$1" "$pid"
	timeout 10 tail --pid="$pid" -f /dev/null
	rm -f "$host/libvirtd.pid" "$host/run/libvirt/libvirt-sock" "$host/run/libvirt/libvirt-admin-sock"
}

# What cases asked for has gone with them; what they left on the host goes now.
host_stop() {
	for domain in $(virsh -q -c "$uri" list --name --all 2>/dev/null); do
		virsh -q -c "$uri" destroy "$domain"
	done >/dev/null 2>&1
	virsh -q -c "$uri" pool-destroy hotplug-rig >/dev/null 2>&1
	for file in "$host/libvirtd.pid" "$host/virtlogd.pid"; do
		[ -s "$file" ] && kill "$(cat "$file")" && timeout 10 tail --pid="$(cat "$file")" -f /dev/null
	done 2>/dev/null
	rm -rf "$(readlink -f "$host/run")" "$host" "$scratch"
}

# A host can be had here, or the reason why not.
host_can() {
	for program in libvirtd virtlogd virsh; do
		PATH=$PATH:/usr/sbin command -v $program >/dev/null ||
			{ echo "$program is not installed: make deps"; return 1; }
	done
	[ "$(id -u)" -ne 0 ] || unshare --user --map-user=1000 true 2>/dev/null ||
		{ echo 'as root this needs user namespaces, which this host forbids'; return 1; }
}

# The name of the rig's domain, once it runs and STATE is reached: the guest has said hello, or plugs.
domain_in() {
	for _ in $(seq 400); do
		if grep -qs "\"to\": *\"$1\"" "$RIG_RESULTS"/*/journal; then
			virsh -q -c "$uri" list --name | grep '^rig-' && return 0
		fi
		pause 0.1
	done
	echo "the run did not reach '$1'" >&2
	return 1
}

# Nothing of the rig's is on the host.
nothing_left() {
	"$rig" doctor --connect "$uri" --json >left || return 1
	same 'what is left' "$(field left '[.left[] | select(.kind != "pool")] | length')" 0 || cat left
}
