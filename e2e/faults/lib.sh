# lib.sh — the fault proxy and the probe in a case; sourced behind e2e/lib.sh, after use_bed.
#
# A scene is a folder: kubeconfig (through the proxy), ctl and log of the proxy; told and said of the probe.
# shellcheck shell=bash

FAULTS=$ROOT/build/e2e/faults

jobs_end() { # a case that breaks off leaves nothing behind
	local pids
	pids=$(jobs -p)
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill $pids 2>/dev/null || true
}
trap 'jobs_end; on_exit' EXIT

proxy_start() { # SCENE [OPTION...]
	local dir=$1
	shift
	"$FAULTS" --control "$dir/ctl" --log "$dir/log" "$@" &
	echo $! >"$dir/proxy.pid"
	until_true 10 grep -q ' ready: ' "$dir/log"
}
ctl() { # SCENE LINE...
	local dir=$1
	shift
	"$FAULTS" ctl "$dir/ctl" "$@"
}
watch_start() { # SCENE [OPTION...]
	local dir=$1
	shift
	"$BUILD/e2e/watch" --kubeconfig "$dir/kubeconfig" "$@" >"$dir/told" 2>"$dir/said" &
	echo $! >"$dir/watch.pid"
}
stop() { # SCENE NAME — answers its exit code
	local pid
	pid=$(<"$1/$2.pid")
	kill -TERM "$pid" 2>/dev/null || true
	wait "$pid"
}

# The view that the probe was told, as "KEY RESOURCEVERSION" lines.
view() { # SCENE
	awk '$1 == "object" { at[$2] = $3 } $1 == "gone" { delete at[$2] } END { for (k in at) print k, at[k] }' "$1/told" | sort
}

# ---- the hub, asked directly: curl is ten times as fast as kubectl ----

hub() { # METHOD PATH [BODY [CONTENT-TYPE]]
	local pki
	pki=$(bed state)/hub/pki
	curl -sS --fail-with-body --cacert "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" -X "$1" \
		${3:+--data-binary "$3" -H "Content-Type: ${4:-application/json}"} "$(hub_url)$2"
}
hub_url() { sed -n 's/^ *server: //p' "$KUBECONFIG"; }
