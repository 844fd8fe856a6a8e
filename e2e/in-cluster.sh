# in-cluster.sh — Berth as its users run it: manifests/default on the hub's node.  lib.sh sources this when
# BERTH_IN_CLUSTER is set; the same names as there, where Berth is a process, so that cases run both ways.
# shellcheck shell=bash

BERTH_PODS=(-n berth-system -l app.kubernetes.io/name=berth-operator)

operator_start() {
	[ $# = 0 ] || { echo "operator_start: no flags in the cluster: $*" >&2; return 1; }
	operator_stop >/dev/null || true # of a case that broke off: its image may be another
	bed hub-node >/dev/null
	bed load-image "$ROOT/build/berth.oci.tar" hub >/dev/null
	kubectl apply -k "$ROOT/manifests/default" >/dev/null 2>&1
	kubectl rollout status -n berth-system deployment/berth-operator --timeout=90s >/dev/null
}
operator_stop() { # answers 0 if every replica came to its end by itself
	local pod rc=0
	[ -n "$(kubectl get deployment -n berth-system berth-operator -o name --ignore-not-found)" ] || return 0
	for pod in $(berth_pods); do
		kubectl logs -f -n berth-system "$pod" --tail=1 >"$TMP/end.$pod" 2>/dev/null &
	done
	kubectl delete -k "$ROOT/manifests/operator" >/dev/null
	kubectl wait --for=delete pod "${BERTH_PODS[@]}" --timeout=60s >/dev/null 2>&1 || rc=1
	wait
	for pod in "$TMP"/end.*; do
		grep -q 'msg=ended' "$pod" || { rc=1; tail -n 1 "$pod"; }
		rm "$pod"
	done
	return $rc
}
operator_log() { kubectl logs "${BERTH_PODS[@]}" --prefix --tail=-1; }
operator_get() { kubectl get --raw "/api/v1/namespaces/berth-system/pods/$(leader):9090/proxy$1"; }
berth_pods() { kubectl get pods "${BERTH_PODS[@]}" -o jsonpath='{.items[*].metadata.name}'; }

leader() { # the name of the pod that leads
	local holder
	holder=$(kubectl get lease -n berth-system berth-operator -o jsonpath='{.spec.holderIdentity}')
	echo "${holder%%_*}"
}
# processes NAME — their PIDs on this machine, of this bed's hub alone
processes() {
	local pid
	for pid in $(pgrep -x "$1"); do
		if grep -q "/berth-$BED-hub/" "/proc/$pid/cgroup" 2>/dev/null; then echo "$pid"; fi
	done
}
workers() { processes berth-worker | wc -l; }
