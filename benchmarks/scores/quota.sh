# quota.sh — a cgroup of a measurement's own, version 1 or 2; sourced, never run.
# shellcheck shell=bash
GROUP=berth-scores-$$
PARTS=()

is_v2() { [ -e /sys/fs/cgroup/cgroup.controllers ]; }
group() { # the folder of it, or of its part
	if is_v2; then echo "/sys/fs/cgroup/$GROUP${1:+/$1}"; else echo "/sys/fs/cgroup/cpu/$GROUP${1:+/$1}"; fi
}
group_up() { # PART...
	local part
	PARTS=("$@")
	! is_v2 || echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
	mkdir "$(group)"
	[ $# -eq 0 ] || ! is_v2 || echo +cpu >"$(group)/cgroup.subtree_control"
	for part in "$@"; do mkdir "$(group "$part")"; done
}
group_down() { # whose processes may be just ending
	local part i
	for part in "${PARTS[@]}" ''; do
		for ((i = 0; i < 20; i++)); do
			[ -d "$(group "$part")" ] || break
			rmdir "$(group "$part")" 2>/dev/null || sleep 0.1
		done
	done
}
limit_cpu() { # PERCENT of a CPU
	if is_v2; then
		echo "$(($1 * 1000)) 100000" >"$(group)/cpu.max"
	else
		echo 100000 >"$(group)/cpu.cfs_period_us"
		echo $(($1 * 1000)) >"$(group)/cpu.cfs_quota_us"
	fi
}
# As a kubelet does of what a pod asks for.
weigh() { # PART THOUSANDTHS-OF-A-CPU
	local shares=$(($2 * 1024 / 1000))
	if is_v2; then
		echo $((1 + (shares - 2) * 9999 / 262142)) >"$(group "$1")/cpu.weight"
	else
		echo $shares >"$(group "$1")/cpu.shares"
	fi
}
# A subshell enters it, and then becomes the command: who kills the one kills the other.  "" is the group itself.
enter() { echo "$BASHPID" >"$(group "$1")/cgroup.procs"; } # PART
inside_of() { (enter "$1" && exec "${@:2}"); }           # PART COMMAND...
inside() { inside_of '' "$@"; }                          # COMMAND...
