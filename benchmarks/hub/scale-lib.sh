# scale-lib.sh — what the scale measurements share; sourced, never run.
#
# Each has a bare hub of its own ($BED-scale), the fleet as its clusters, and the operator as a process; it prints checks like
# an end-to-end case, and its figures.  What it leaves (JSON, CSV, SVG) goes to $OUT.  KEEP=1 leaves the hub running.
# shellcheck shell=bash disable=SC2034
. "$(dirname "${BASH_SOURCE[0]}")/../../e2e/lib.sh"
export BED="$BED-scale"
OUT=${OUT:-$ROOT/build/bench}
mkdir -p "$OUT"
METRICS=127.0.0.1:$((20000 + RANDOM % 10000))
FLEET_PID='' FLEET_CONFIG='' SAMPLER_PID=''

scale_end() {
	[ -z "$FLEET_PID" ] || kill "$FLEET_PID" 2>/dev/null || true
	sampler_stop
	[ -z "$OPERATOR_PID" ] || operator_kill
	[ -n "${KEEP:-}" ] || bed down >/dev/null 2>&1 || true
	on_exit
}
trap scale_end EXIT

figure() { printf '       %-66s %s\n' "$1" "$2"; } # WHAT VALUE
calculate() { awk "BEGIN { printf \"${2:-%.1f}\", $1 }"; } # EXPRESSION [FORMAT]
less() { awk "BEGIN { exit !($1) }"; } # COMPARISON

hub_fresh() { # FLAG... of bed up
	bed down >/dev/null 2>&1 || true
	bed up --bare "$@" >/dev/null
	use_bed
	FLEET_CONFIG=$(bed state)/hub/pki/berth-bed.kubeconfig # what it does is left out of the audit log
	install_berth
}

# ---- the clusters ----
fleet_start() { # CLUSTERS FLAG...
	local n=$1
	shift
	: >"$TMP/fleet.err" # here, for what an earlier fleet said would be read before this one has begun
	"$BUILD/berth-fleet" --kubeconfig "$FLEET_CONFIG" --clusters "$n" --hub self --quick --in-flight 64 --progress 30 "$@" \
		>"$TMP/fleet.out" 2>"$TMP/fleet.err" &
	FLEET_PID=$!
}
fleet_has_joined() { grep -q 'all clusters have joined' "$TMP/fleet.err"; }
fleet_join() { # CLUSTERS FLAG...
	fleet_start "$@"
	check "$1 virtual clusters join" until_true $((180 + $1 / 5)) fleet_has_joined
	figure 'seconds until all had joined' "$(sed -n 's/.*have joined.* seconds=//p' "$TMP/fleet.err")"
}
fleet_stop() {
	kill "$FLEET_PID"
	wait "$FLEET_PID" || true
	FLEET_PID=
}
fleet_count() { sed -n "s/^  $1  *\([0-9]*\)\$/\1/p" "$TMP/fleet.out"; } # ROW, once it has ended

# ---- the operator ----
metric() { curl -s "http://$METRICS/metrics" | awk -v name="$1" '$1 == name { print $2 }'; } # NAME{LABELS}
is_metric() { [ "$(metric "$1")" = "$2" ]; }
memory_kib() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$OPERATOR_PID/status"; } # VmRSS|VmHWM
cpu_seconds() { metric process_cpu_seconds_total; }
plan_apply() { unverified | kubectl apply --server-side -f "$ROOT/manifests/samples/plan.yaml" -f - >/dev/null; } # nobody is there to ask
all_ready() { is_metric 'berth_onboardings{ready="true"}' "$1"; } # CLUSTERS
# An operator that lost its Lease ends, and is started again as a kubelet would: that is said, and counted in RESTARTS.
RESTARTS=0
become_all_ready() { # CLUSTERS
	local end=$((SECONDS + 300 + $1))
	until all_ready "$1" || [ $SECONDS -ge $end ]; do
		if ! operator_running; then
			figure 'the operator has ended and is started again' "$(sed -n 's/.*level=error msg="\([^"]*\)".*/\1/p' "$OPERATOR_LOG" | tail -n 1)"
			RESTARTS=$((RESTARTS + 1))
			operator_start
		fi
		sleep 0.2
	done
	check "all $1 become Ready" all_ready "$1"
}
sum_metrics() { curl -s "http://$METRICS/metrics" | awk -v name="$1" 'index($1, name "{") == 1 || $1 == name { n += $2 } END { print n + 0 }'; }

# Each second: seconds, resident MiB, depth of the work queue, Ready onboardings.
sampler_start() { # FILE
	(
		start=$SECONDS
		echo 'seconds,rss_mib,queue_depth,ready'
		while sleep 1; do
			curl -s -m 5 "http://$METRICS/metrics" | awk -v t=$((SECONDS - start)) '
				$1 == "process_resident_memory_bytes" { rss = $2 / 1048576 }
				/^workqueue_depth/ { depth += $2 }
				$1 == "berth_onboardings{ready=\"true\"}" { ready = $2 }
				END { if (rss) printf "%d,%.1f,%d,%d\n", t, rss, depth, ready }' || true # it may not listen yet
		done
	) >"$1" &
	SAMPLER_PID=$!
}
sampler_stop() {
	[ -n "$SAMPLER_PID" ] || return 0
	kill "$SAMPLER_PID" 2>/dev/null || true
	wait "$SAMPLER_PID" 2>/dev/null || true
	SAMPLER_PID=
}

# within NAME MIB KIB CLUSTERS FEW-KIB FEW — a memory budget for 10,000 clusters.  With fewer it is not judged: what each of them took
# more than the first few is printed, and drawn out to there, but a peak is not in proportion.
within() {
	local each at
	each=$(calculate "($3 - $5) / ($4 - $6)" %.4f)
	at=$(calculate "($3 + $each * (10000 - $4)) / 1024")
	figure "$1: MiB with $6, with $4; bytes per cluster" "$(calculate "$5 / 1024"), $(calculate "$3 / 1024"); $(calculate "$each * 1024" %d)"
	if [ "$4" -ge 10000 ]; then
		check "$1: $at MiB with $4 clusters, at most $2" less "$at <= $2"
	else
		figure "$1: MiB with 10,000, drawn out; budget" "$at; $2"
	fi
}

show_steps() { # of the first onboardings: often the reason
	kubectl get onb -o json | jq -r 'limit(5; .items[]) | .metadata.name as $n | .status.steps[]? | "  \($n) \(.name) \(.state) \(.reason): \(.message)"' 2>&1
}
finish() {
	[ "$FAILED" -eq 0 ] || show_steps
	if [ "$FAILED" -gt 0 ] && [ -s "$OPERATOR_LOG" ]; then
		echo '  --- end of the operator log'
		tail -n 25 "$OPERATOR_LOG" | sed 's/^/  /'
		cp "$OPERATOR_LOG" "$OUT/operator.log"
	fi
	printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
	[ "$FAILED" -eq 0 ]
}
