# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# A libvirt host for the tests, without systemd: virtlogd and libvirtd with sockets, settings and state in $host.
# They run as session daemons; if this is root, in a user namespace, as its user 1000. Needs tests/lib.sh.

# a short path: libvirt adds eight folders for a socket, whose path is limited to 107 bytes
host=$(mktemp -d "${TMPDIR:-/tmp}/rXXXXXX")
# The URI for the cases. Because of qemu+unix the rig assumes that the host cannot access local files.
# shellcheck disable=SC2034
uri="qemu+unix:///session?socket=$host/run/libvirt/libvirt-sock"

# libvirt's cache of emulator capabilities: probing takes seconds. libvirt detects when it is outdated.
host_cache=${XDG_CACHE_HOME:-$HOME/.cache}/hotplug-rig/libvirt

# The folders of a session daemon and its clients; arguments for env.
host_env="XDG_RUNTIME_DIR=$host/run XDG_CONFIG_HOME=$host/c XDG_DATA_HOME=$host/data"

# Prints the words that, before a command, run it as another user if this is root.
become() {
	[ "$(id -u)" -ne 0 ] || echo unshare --user --map-user=1000 --map-group=1000
}

as_user() {
	# shellcheck disable=SC2046,SC2086 # words
	env $host_env HOME="$host" XDG_CACHE_HOME="$host_cache" $(become) "$@"
}

# A daemon must not inherit descriptors, because it would keep the test's locks and pipes open.
daemon() {
	as_user "$@" -d -p "$host/$1.pid" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
}

# A shell that a signal kills does not run its EXIT trap, so exit on signals.
host_trap() {
	trap host_stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# The daemons' runtime folder. It is in memory, like /run, because libvirt writes there at each step.
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

# host_down SIGNAL: ends libvirtd by SIGNAL; guests continue
host_down() {
	pid=$(cat "$host/libvirtd.pid")
	kill "-$1" "$pid"
	timeout 10 tail --pid="$pid" -f /dev/null
	rm -f "$host/libvirtd.pid" "$host/run/libvirt/libvirt-sock" "$host/run/libvirt/libvirt-admin-sock"
}

# Removes what the cases left on the host, and stops the daemons.
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

# Succeeds if the daemons can run here; otherwise prints the reason and fails.
host_can() {
	for program in libvirtd virtlogd virsh; do
		PATH=$PATH:/usr/sbin command -v $program >/dev/null ||
			{ echo "$program is not installed: make deps"; return 1; }
	done
	[ "$(id -u)" -ne 0 ] || unshare --user --map-user=1000 true 2>/dev/null ||
		{ echo 'running as root requires user namespaces, which this host does not allow'; return 1; }
}

# domain_in STATE: waits until the run has reached STATE, and prints the name of its domain.
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

# Checks that no object of the rig is left on the host, except the pool.
nothing_left() {
	"$rig" doctor --connect "$uri" --json >left || return 1
	same 'what is left' "$(field left '[.left[] | select(.kind != "pool")] | length')" 0 || cat left
}
