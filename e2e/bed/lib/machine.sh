# shellcheck shell=bash
# machine.sh: what stands for one computer: namespaces, cgroups, and the programs kept running.
#
# A machine is one process of the host, lib/init, the first one of a PID namespace with a network
# and a mount namespace. Killing it kills whatever runs inside, containers too, and their mounts
# go with it: a power cut is one signal, and nothing is left to be searched for.

start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; } # PID: tells a recycled one

machine_pid() { # CLUSTER: prints the PID of its machine, fails when that is off
	local pid start
	read -r pid start 2>/dev/null <"$STATE/$1/machine" || return 1
	[ "$(start_time "$pid")" = "$start" ] && echo "$pid"
}

machine_is_on() { machine_pid "$1" >/dev/null; }

machine_on() { # CLUSTER
	local dir="$STATE/$1" pid
	net_plug "$1"
	rm -rf "$dir/run"
	mkdir -p "$dir/run" "$dir/log"
	setsid nsenter --net="/run/netns/$(namespace "$1")" \
		unshare --pid --fork --mount --propagation private --mount-proc \
		"$HERE/lib/init" "$dir/run/init" </dev/null >"$dir/log/machine.log" 2>&1 9>&- &
	wait_for 10 "$1" machine 'its namespaces' test -e "$dir/run/init"
	pid=$(cut -d' ' -f1 "/proc/$!/task/$!/children")
	echo "$pid $(start_time "$pid")" >"$dir/machine"
	disown # or this shell would report the end of it
}

machine_off() { # CLUSTER: a power cut; finds also what an interrupted start left behind
	local ns pids
	ns=$(namespace "$1")
	net_unplug "$1"
	pids=$(ip netns pids "$ns" 2>/dev/null || true)
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
	while machine_is_on "$1" || [ -n "$(ip netns pids "$ns" 2>/dev/null)" ]; do sleep 0.1; done
	rm -f "$STATE/$1/machine"
	ip netns del "$ns" 2>/dev/null || true
}

inside() { # CLUSTER COMMAND...: runs it on that machine
	local pid
	pid=$(machine_pid "$1") || die "$1 is off"
	shift
	nsenter --target "$pid" --net --pid --mount "$@"
}

program() { # CLUSTER NAME COMMAND...: keeps it running there; log/NAME.log has what it says
	local c=$1 name=$2
	shift 2
	inside "$c" setsid --fork "$HERE/lib/keep" "$STATE/$c/run/$name" "$STATE/$c/log/$name.log" "$@" \
		</dev/null >>"$STATE/$c/log/$name.log" 2>&1 9>&-
}

program_stop() { # CLUSTER NAME
	inside "$1" "$HERE/lib/keep" --stop "$STATE/$1/run/$2"
}

keeps_ending() { # CLUSTER NAME
	[ "$(wc -l 2>/dev/null <"$STATE/$1/run/$2.ends" || echo 0)" -ge 3 ]
}

# The pods of an edge live below a cgroup of its own; what limits that limits them together.
cgroup() { echo "/berth-$BED-$1"; }

cgroup_folders() { # CLUSTER
	local d
	if [ "$(cgroup_version)" = 2 ]; then
		echo "/sys/fs/cgroup$(cgroup "$1")"
	else
		for d in /sys/fs/cgroup/*/; do
			[ ! -e "$d/cgroup.procs" ] || [ -L "${d%/}" ] || echo "${d%/}$(cgroup "$1")"
		done
	fi
}

cgroup_make() { # CLUSTER
	local d f
	if [ "$(cgroup_version)" = 2 ]; then
		echo '+cpu +cpuset +memory +pids' >/sys/fs/cgroup/cgroup.subtree_control
	fi
	for d in $(cgroup_folders "$1"); do
		mkdir -p "$d"
		for f in cpuset.cpus cpuset.mems; do # v1 leaves these empty, and then nothing may enter
			if [ "$(cgroup_version)" = 1 ] && [ -e "$d/$f" ]; then cat "$d/../$f" >"$d/$f"; fi
		done
	done
}

cgroup_remove() { # CLUSTER
	local d
	for d in $(cgroup_folders "$1"); do
		[ ! -d "$d" ] || find "$d" -depth -type d -exec rmdir {} +
	done
}

# On a node of their own, pods would not share the CPU with other clusters' control planes: here they go first.
cgroup_prefer() { # CLUSTER
	if [ "$(cgroup_version)" = 2 ]; then
		echo 10000 >"/sys/fs/cgroup$(cgroup "$1")/cpu.weight"
	else
		echo 102400 >"/sys/fs/cgroup/cpu$(cgroup "$1")/cpu.shares"
	fi
}

cgroup_limit() { # CLUSTER PERCENT|max, in percent of one CPU
	local quota=$1
	case $2 in max) quota=-1 ;; *) quota=$(($2 * 1000)) ;; esac
	if [ "$(cgroup_version)" = 2 ]; then
		echo "${quota/#-1/max} 100000" >"/sys/fs/cgroup$(cgroup "$1")/cpu.max"
	else
		echo 100000 >"/sys/fs/cgroup/cpu$(cgroup "$1")/cpu.cfs_period_us"
		echo "$quota" >"/sys/fs/cgroup/cpu$(cgroup "$1")/cpu.cfs_quota_us"
	fi
	echo "$2" >"$STATE/$1/cpu"
}
