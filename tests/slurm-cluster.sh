# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A Slurm cluster on the loopback of this host, without systemd and without privileges: munged, slurmctld, and a slurmd for
# each node (`slurmd -N`). Everything is in one folder, and only processes that were started here are ended.
#
#	cluster_up DIR [NODES [CPUS [MEMORY]]]	starts the cluster and waits until it is up; exports SLURM_CONF
#	cluster_kill NODE; cluster_start NODE	kills a node by SIGKILL; starts it again
#	cluster_down				ends the jobs, then the daemons
#
# With CLUSTER_DATABASE=1 it has slurmdbd and MariaDB, for sacct; otherwise the job completion log

cluster_dir=

# cluster_daemon NAME WORD…: starts a program that stays in the foreground.
cluster_daemon() {
	local name=$1
	shift
	"$@" >>"$cluster_dir/$name.out" 2>&1 </dev/null &
	echo $! >"$cluster_dir/$name.process"
	disown
}

# cluster_await SECONDS WHAT COMMAND…: waits until COMMAND succeeds
cluster_await() {
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "no answer in time: $what"; tail -n 3 "$cluster_dir"/*.out "$cluster_dir"/*.log; return 1; }
		timeout 0.05 tail -f /dev/null || :
	done
}

# cluster_ports N: prints the first of N consecutive ports that are not in use
cluster_ports() {
	local port used
	used=$(awk 'FNR > 1 && $4 == "0A" { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
	for _ in $(seq 100); do
		local taken=
		port=$((20000 + RANDOM % 10000))
		for i in $(seq 0 "$1"); do
			grep -qix "$(printf '%04X' $((port + i)))" <<<"$used" && taken=1
		done
		[ "$taken" ] || { echo $port; return 0; }
	done
	return 1
}

# cluster_config NODES CPUS MEMORY: writes slurm.conf
cluster_config() {
	local port
	port=$(cluster_ports $(($1 + 1))) || return 1
	cat <<-EOF
		ClusterName=rig
		SlurmctldHost=localhost(127.0.0.1)
		SlurmctldPort=$port
		AuthType=auth/munge
		AuthInfo=socket=$cluster_dir/munge.socket,cred_expire=${CLUSTER_REQUEUE_WAIT:-8}
		SlurmUser=$(id -un)
		SlurmdUser=$(id -un)
		StateSaveLocation=$cluster_dir/state
		SlurmdSpoolDir=$cluster_dir/spool.%n
		SlurmctldPidFile=$cluster_dir/slurmctld.pid
		SlurmdPidFile=$cluster_dir/slurmd.%n.pid
		SlurmctldLogFile=$cluster_dir/slurmctld.log
		SlurmdLogFile=$cluster_dir/slurmd.%n.log
		SlurmdParameters=config_overrides
		CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
		MailProg=/bin/true
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU_Memory
		SchedulerParameters=sched_interval=1,batch_sched_delay=1,sched_min_interval=100000,bf_interval=5
		ProctrackType=proctrack/linuxproc
		ReturnToService=2
		MaxArraySize=${CLUSTER_ARRAY_MAX:-1001}
		MaxJobCount=${CLUSTER_JOBS_MAX:-10000}
		MinJobAge=${CLUSTER_JOB_AGE:-60}
		SlurmdTimeout=${CLUSTER_NODE_TIMEOUT:-10}
		KillWait=5
		PreemptType=preempt/partition_prio
		PreemptMode=REQUEUE
		NodeName=n[1-$1] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + $1))] CPUs=$2 RealMemory=$3
		PartitionName=night Nodes=n[1-$1] Default=YES MaxTime=INFINITE State=UP PriorityTier=1
		PartitionName=urgent Nodes=n[1-$1] MaxTime=INFINITE State=UP PriorityTier=10
		PartitionName=short Nodes=n[1-$1] MaxTime=1 State=UP PriorityTier=1
		PartitionName=closed Nodes=n[1-$1] MaxTime=INFINITE State=UP AllowGroups=root
	EOF
	if [ "${CLUSTER_DATABASE:-}" ]; then
		echo "AccountingStorageType=accounting_storage/slurmdbd"
		echo "AccountingStorageHost=127.0.0.1"
		echo "AccountingStoragePort=$CLUSTER_DATABASE"
		echo "AccountingStoragePass=$cluster_dir/munge.socket"
		echo "JobAcctGatherType=jobacct_gather/none"
	else
		echo "JobCompType=jobcomp/filetxt"
		echo "JobCompLoc=$cluster_dir/jobcomp"
	fi
}

# cluster_database: starts MariaDB on the loopback and slurmdbd, for sacct. Must be called before the controller starts.
cluster_database() {
	local port
	port=$(cluster_ports 2) || return 1
	mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$cluster_dir/database" --auth-root-authentication-method=normal \
		--skip-test-db >"$cluster_dir/database.out" 2>&1 || return 1
	cluster_daemon mariadbd mariadbd --no-defaults --user="$(id -un)" --datadir="$cluster_dir/database" --bind-address=127.0.0.1 \
		--port="$port" --socket="$cluster_dir/database.socket" --pid-file="$cluster_dir/database.pid" --innodb-buffer-pool-size=64M
	cluster_await 30 mariadbd mariadb --no-defaults --socket="$cluster_dir/database.socket" -u root -e 'CREATE DATABASE slurm' || return 1
	cat >"$cluster_dir/slurmdbd.conf" <<-EOF
		AuthType=auth/munge
		AuthInfo=socket=$cluster_dir/munge.socket
		DbdHost=localhost
		DbdAddr=127.0.0.1
		DbdPort=$((port + 1))
		SlurmUser=$(id -un)
		PidFile=$cluster_dir/slurmdbd.pid
		LogFile=$cluster_dir/slurmdbd.log
		StorageType=accounting_storage/mysql
		StorageHost=127.0.0.1
		StoragePort=$port
		StorageUser=root
		StorageLoc=slurm
	EOF
	chmod 600 "$cluster_dir/slurmdbd.conf"
	CLUSTER_DATABASE=$((port + 1))
}

cluster_accounting() {
	cluster_daemon slurmdbd slurmdbd -D
	cluster_await 60 slurmdbd sacctmgr -n show cluster && sacctmgr -i add cluster rig >"$cluster_dir/sacctmgr.out" 2>&1
}

cluster_controller() {
	cluster_daemon slurmctld slurmctld -D -f "$SLURM_CONF"
}

# cluster_start NODE [WORD…]: starts the slurmd of NODE; WORDs are put before the command
cluster_start() {
	local node=$1
	shift
	cluster_daemon "$node" "$@" slurmd -D -N "$node" -f "$SLURM_CONF"
}

cluster_all_idle() {
	[ "$(sinfo -h -N -p night -t idle,mixed,allocated -o %N | sort -u | wc -l)" -eq "$cluster_nodes" ]
}

cluster_up() {
	cluster_nodes=${2:-3}
	mkdir -p "$1/state" && cluster_dir=$(cd "$1" && pwd) || return 1
	export SLURM_CONF=$cluster_dir/slurm.conf
	(umask 077 && head -c 128 /dev/urandom >"$cluster_dir/munge.key")
	if [ "${CLUSTER_DATABASE:-}" ]; then
		cluster_database || return 1
	fi
	cluster_config "$cluster_nodes" "${3:-4}" "${4:-4000}" >"$SLURM_CONF" || return 1
	# newer versions need cgroups otherwise; for older ones this value is an error
	case $(slurmd -V) in
	*' 2'[0-2].*) ;;
	*) echo 'CgroupPlugin=disabled' >"$cluster_dir/cgroup.conf" ;;
	esac
	cluster_daemon munged munged -F --force --key-file="$cluster_dir/munge.key" --socket="$cluster_dir/munge.socket" \
		--pid-file="$cluster_dir/munged.pid" --log-file="$cluster_dir/munged.log" --seed-file="$cluster_dir/munged.seed"
	cluster_await 20 munged test -S "$cluster_dir/munge.socket" || return 1
	if [ "${CLUSTER_DATABASE:-}" ]; then
		cluster_accounting || return 1
	fi
	cluster_controller
	for n in $(seq "$cluster_nodes"); do
		cluster_start "n$n"
	done
	cluster_await 30 'the nodes' cluster_all_idle
}

# cluster_steps [NODE]: prints the pids of slurmstepd, which hold the jobs, of all nodes or of one. They outlive their
# slurmd.
cluster_steps() {
	local p
	for p in $(pgrep -x slurmstepd); do
		# shellcheck disable=SC2010 # links of descriptors
		if ls -l "/proc/$p/fd" 2>/dev/null | grep -qF "$cluster_dir/slurmd.${1:-n}"; then
			echo "$p"
		fi
	done
}

# cluster_kill NAME [SIGNAL]: sends SIGNAL to the daemon NAME
cluster_kill() {
	local pid
	pid=$(cat "$cluster_dir/$1.process" 2>/dev/null) || return 0
	rm -f "$cluster_dir/$1.process"
	kill "-${2:-KILL}" "$pid" 2>/dev/null
	timeout 10 tail --pid="$pid" -f /dev/null || kill -KILL "$pid"
}

# cluster_lose NODE: kills the slurmd of NODE and all of its jobs, as if the node had lost power
cluster_lose() {
	local step child
	cluster_kill "$1"
	for step in $(cluster_steps "$1"); do
		# shellcheck disable=SC2013 # words of one line
		for child in $(cat "/proc/$step/task/$step/children" 2>/dev/null); do
			kill -KILL "$child"
		done
		kill -KILL "$step"
	done
}

cluster_no_job() {
	[ -z "$(squeue -h -t pending,running,suspended,completing)" ]
}

# cluster_empty: succeeds if no job is left
cluster_empty() {
	timeout 10 scancel -u "$(id -un)" 2>/dev/null
	cluster_await 40 'the end of all jobs' cluster_no_job
	# a node that Slurm has drained
	scontrol update "NodeName=n[1-$cluster_nodes]" State=RESUME 2>/dev/null || :
}

cluster_down() {
	local step process
	[ "$cluster_dir" ] || return 0
	[ ! -e "$cluster_dir/slurmctld.process" ] || cluster_empty
	for step in $(cluster_steps); do
		kill -KILL "$step" 2>/dev/null
	done
	# slurmdbd writes to the database until it ends, and slurmctld to slurmdbd
	cluster_kill slurmctld TERM
	cluster_kill slurmdbd TERM
	for process in "$cluster_dir"/*.process; do
		process=$(basename "$process" .process)
		[ "$process" = munged ] || cluster_kill "$process" TERM
	done
	cluster_kill munged TERM
	cluster_dir=
}
