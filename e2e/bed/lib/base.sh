# shellcheck shell=bash
# base.sh: words on the screen, waiting, locks, and what the machine must offer.

say() { printf '%s\n' "$*"; }
die() { printf 'bed: %s\n' "$*" >&2; exit 1; }
fact() { printf '%4d s  %-10s %s\n' "$SECONDS" "$1" "$2"; } # CLUSTER WHAT-HAPPENED

# Failure in words: the end of the log that tells why, and where the rest is.
die_with_log() { # CLUSTER PROGRAM WHAT
	local log="$STATE/$1/log/$2.log"
	printf '\nbed: %s: %s. The last lines of its log:\n' "$1" "$3" >&2
	tail -n 8 "$log" 2>/dev/null | cut -c1-300 | sed 's/^/    /' >&2
	printf 'bed: whole log: %s\nbed: "%s down" clears the bed away\n' "$log" "$0" >&2
	exit 1
}

# Tries COMMAND until it succeeds; gives up after SECONDS, or when PROGRAM has ended three times.
wait_for() { # SECONDS CLUSTER PROGRAM WHAT COMMAND...
	local end=$((SECONDS + $1)) cluster=$2 program=$3 what=$4
	shift 4
	until "$@" >/dev/null 2>&1; do
		! keeps_ending "$cluster" "$program" || die_with_log "$cluster" "$program" "$program keeps ending"
		[ $SECONDS -lt $end ] || die_with_log "$cluster" "$program" "waited in vain for: $what"
		sleep 0.3
	done
}

locked() { # COMMAND...: one at a time in this state folder, whatever the bed
	mkdir -p "$STATE_ROOT"
	{
		flock 9
		"$@"
	} 9<"$STATE_ROOT"
}

# A cluster takes up to twenty inotify instances, and the kernel's default is 128 for all of root's
# programs together: raised while there are beds, put back when the last one goes.
INOTIFY=/proc/sys/fs/inotify/max_user_instances

limits_raise() { # with the lock held
	local before
	before=$(<$INOTIFY)
	[ "$before" -lt 1024 ] || return 0
	echo "$before" >"$STATE_ROOT/inotify"
	echo 1024 >$INOTIFY
	say "fs.inotify.max_user_instances raised from $before to 1024 while there are beds"
}

limits_restore() { # with the lock held
	[ -z "$(find "$STATE_ROOT" -mindepth 1 -maxdepth 1 -type d)" ] && [ -e "$STATE_ROOT/inotify" ] || return 0
	cat "$STATE_ROOT/inotify" >$INOTIFY
	rm "$STATE_ROOT/inotify"
}

# On cgroup v1 each controller is a hierarchy of its own, on v2 there is one for all.
cgroup_version() {
	if [ "$(stat -fc %T /sys/fs/cgroup 2>/dev/null)" = cgroup2fs ]; then echo 2; else echo 1; fi
}

cannot_run() {
	printf 'bed: this machine cannot run the bed: %s\n' "$1" >&2
	printf 'bed: what works without it: KUBECONFIG=FILE make demo, on a hub that exists\n' >&2
	exit 1
}

check_machine() {
	local p missing=()
	[ "$(uname -s)" = Linux ] || cannot_run 'it is not Linux'
	[ "$(id -u)" = 0 ] || cannot_run 'it needs root for network namespaces, cgroups and containerd (try sudo)'
	for p in ip nsenter unshare setsid flock openssl jq containerd ctr runc buildah gcc; do
		command -v "$p" >/dev/null || missing+=("$p")
	done
	[ -x "$CNI_PLUGINS/bridge" ] || missing+=("$CNI_PLUGINS/bridge")
	[ ${#missing[@]} = 0 ] || cannot_run "missing: ${missing[*]} (\"hack/deps --bed\" installs them)"
	unshare --net --pid --fork --mount true 2>/dev/null ||
		cannot_run 'the kernel does not let us make namespaces (inside a container? it must be privileged)'
	if [ "$(cgroup_version)" = 2 ]; then
		grep -qw cpu /sys/fs/cgroup/cgroup.controllers || cannot_run 'cgroup v2 without the cpu controller'
	else
		[ -d /sys/fs/cgroup/cpu ] || cannot_run 'cgroup v1 without the cpu controller'
	fi
	# A cluster's machine has these folders for itself (see lib/init), so nothing of ours may live there.
	for p in "$STATE_ROOT" "$BIN"; do
		case $p/ in /run/* | /var/run/* | /var/lib/* | /var/log/*)
			cannot_run "$p cannot be used: choose another folder with BERTH_STATE or BERTH_CACHE" ;;
		esac
	done
}
