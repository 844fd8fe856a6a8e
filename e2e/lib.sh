# lib.sh — what the demo and the cases share; sourced, never run.
#
# A case sets BED (its test bed), calls these, and ends with `finish`.  Every check prints one line:
#   ok   NAME        or        FAIL NAME: what was seen instead
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$ROOT/build}
export BED=${BED:-test}
bed() { "$ROOT/e2e/bed/bed" "$@"; }

TMP=$(mktemp -d)
OPERATOR_LOG=$TMP/operator.log
OPERATOR_PID=
PASSED=0 FAILED=0

on_exit() {
	operator_stop 2>/dev/null || true
	rm -rf "$TMP"
}
trap on_exit EXIT

# The hub of the bed, with the kubectl that the bed has built.
use_bed() {
	KUBECONFIG=$(bed kubeconfig hub)
	PATH="$("$ROOT/e2e/bed/bed" bin):$PATH"
	export KUBECONFIG PATH
}

ok() {
	PASSED=$((PASSED + 1))
	printf '  ok   %s\n' "$1"
}
fail() { # NAME SEEN
	FAILED=$((FAILED + 1))
	printf '  FAIL %s: %s\n' "$1" "${2:-}"
}
# check NAME COMMAND... — the command must succeed; its output is shown if it does not.
check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then ok "$name"; else fail "$name" "$(tail -n 5 <<<"$out")"; fi
}
# equal NAME WANTED SEEN
equal() { if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "wanted \"$2\", got \"$3\""; fi; }
# has NAME TEXT PART
has() { if [[ $2 == *"$3"* ]]; then ok "$1"; else fail "$1" "no \"$3\" in: ${2:0:600}"; fi; }

# What the edges are doing: often the reason.
show_edges() {
	local c
	kubectl get onb,manifestworks -A 2>&1 | sed 's/^/  /'
	kubectl get manifestworks -A -o json | jq -r '.items[] | .metadata.name as $n | .status.conditions[]? | "  \($n) \(.type)=\(.status) \(.reason): \(.message)"' 2>&1
	for c in $(bed status | awk 'NR > 2 && $2 == "on" { print $1 }'); do
		echo "  --- pods of $c"
		kubectl --kubeconfig "$(bed kubeconfig "$c")" get pods,events -A --request-timeout=5s 2>&1 | sed 's/^/  /'
	done
}

keep_log() { # FILE
	mkdir -p "$(dirname "$1")"
	operator_log >"$1" 2>&1
	echo "  --- end of the operator log, all of it is in $1"
	tail -n 40 "$1" | sed 's/^/  /'
}

finish() {
	[ "$FAILED" -eq 0 ] || show_edges
	[ "$FAILED" -eq 0 ] || keep_log "$BUILD/failed/$(basename "$(dirname "$0")").log"
	printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
	[ "$FAILED" -eq 0 ]
}

# until SECONDS COMMAND... — true as soon as the command is; quiet.
until_true() {
	local end=$((SECONDS + $1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.3
	done
}

# ---- the operator, as a process on this machine, with the rights of its own ServiceAccounts ----

operator_start() { # [FLAG...]
	operator_start_with "$(bed kubeconfig hub --sa berth-system/berth-operator)" \
		"$(bed kubeconfig hub --sa berth-system/berth-worker)" "$@"
}
operator_start_with() { # KUBECONFIG WORKER-KUBECONFIG [FLAG...]
	local operator=$1 worker=$2
	shift 2
	"${OPERATOR:-$BUILD/berth-operator}" --kubeconfig "$operator" --worker-kubeconfig "$worker" \
		--worker "$BUILD/berth-worker" --metrics-address "${METRICS:-127.0.0.1:0}" \
		${BERTH_WATCH_TRANSPORT:+--watch-transport "$BERTH_WATCH_TRANSPORT"} "$@" >>"$OPERATOR_LOG" 2>&1 &
	OPERATOR_PID=$!
}
operator_running() { [ -n "$OPERATOR_PID" ] && kill -0 "$OPERATOR_PID" 2>/dev/null; }
operator_stop() { # as an orderly shutdown; answers its exit code
	[ -n "$OPERATOR_PID" ] || return 0
	kill -TERM "$OPERATOR_PID" 2>/dev/null || true
	local rc=0
	wait "$OPERATOR_PID" || rc=$?
	OPERATOR_PID=
	return $rc
}
ends_well() { # NAME — an orderly shutdown ends with 0; never in a subshell: it is our child
	local rc=0
	operator_stop || rc=$?
	equal "$1: exit code" 0 "$rc"
}
operator_kill() { # as a power cut, workers too
	local children
	children=$(pgrep -P "$OPERATOR_PID" || true)
	# shellcheck disable=SC2086
	kill -KILL "$OPERATOR_PID" $children 2>/dev/null || true
	wait "$OPERATOR_PID" 2>/dev/null || true
	OPERATOR_PID=
}
workers() { pgrep -cP "${OPERATOR_PID:-1}" -x berth-worker || true; }

operator_log() { [ ! -e "$OPERATOR_LOG" ] || cat "$OPERATOR_LOG"; }
operator_get() { curl -s "http://$METRICS$1"; }

[ -z "${BERTH_IN_CLUSTER:-}" ] || . "$ROOT/e2e/in-cluster.sh"

worker_starts() { operator_log | grep -c 'msg="worker started"' || true; }

# ---- what Berth has on the hub ----

install_berth() {
	kubectl apply --server-side -k "$ROOT/manifests/crd" >/dev/null
	kubectl wait --for=condition=Established --timeout=30s crd/clusteronboardings.berth.dev \
		crd/onboardingplans.berth.dev crd/functionschedulers.berth.dev >/dev/null
	kubectl apply --server-side -k "$ROOT/manifests/rbac" >/dev/null
}
become_ready() { # ONBOARDING... — `kubectl wait` fails at once on one that is not there yet
	until_true 30 kubectl get onb "$@" && kubectl wait --for=condition=Ready --timeout=180s "${@/#/onb/}"
}
# condition ONBOARDING TYPE [FIELD] — status, or another field of it
condition() { kubectl get onb "$1" -o jsonpath="{.status.conditions[?(@.type==\"$2\")].${3:-status}}" 2>/dev/null; }
is_condition() { [ "$(condition "$1" "$2" "${4:-status}")" = "$3" ]; }
score() { kubectl get onb "$1" -o jsonpath="{.status.scores[?(@.name==\"${2:-overall}\")].value}"; }
measured() { kubectl get onb "$1" -o jsonpath="{.status.measurements[?(@.name==\"$2\")].value}"; }
decision() { # of the sample's Placement
	kubectl get placementdecisions -n functions -l cluster.open-cluster-management.io/placement=functions \
		-o jsonpath='{.items[*].status.decisions[*].clusterName}' 2>/dev/null
}
decided_for() { [ "$(decision)" = "$1" ]; }
# The sample's scheduler, about whose scores nobody is asked: no worker comes by the clock.
unverified() { sed 's/^    scoreName: berth$/&\n    verify: None/' "$ROOT/manifests/samples/scheduler.yaml"; }
scores_of() { kubectl get addonplacementscores -n "$1" -o name 2>/dev/null | wc -l; }
works_of() { kubectl get manifestworks -n "$1" -l app.kubernetes.io/managed-by=berth -o name 2>/dev/null | wc -l; }
no_works() { local c; for c in "$@"; do [ "$(works_of "$c")" = 0 ] || return 1; done; }
no_workers() { [ "$(workers)" -eq 0 ]; }
# Says of each plan that what is to be taken back is meant, however many clusters it is.
confirm_plans() {
	local plan
	for plan in $(kubectl get obp -o name); do
		kubectl annotate --overwrite "$plan" "berth.dev/confirm=$(kubectl get "$plan" -o jsonpath='{.metadata.uid}.{.metadata.generation}')"
	done
}
# Back to a hub without plans and schedulers; the operator, which must run, takes back what was done.
clear_berth() {
	kubectl delete obp,fsched --all --wait=false >/dev/null 2>&1 || true
	confirm_plans >/dev/null 2>&1 || true
}
is_clear() { # CLUSTER...
	[ -z "$(kubectl get obp,fsched -o name)" ] && is_undone "$@"
}
is_undone() { # CLUSTER... — no plan selects them, and nothing of one is left there
	local c
	for c in "$@"; do
		[ "$(condition "$c" Ready reason)" = NoPlan ] && [ "$(scores_of "$c")$(works_of "$c")" = 00 ] || return 1
	done
}
