# knative.sh — Knative's JobSink beside the bed's hub; sourced behind e2e/lib.sh, after use_bed.  It runs without the
# controller that would write its status.  Its ports are fixed, so it has an address of its own on the bed's network.
# shellcheck shell=bash

JOBSINK_NET=berth-$BED-knative
JOBSINK_ADDRESS=$(sed -nE 's|^ *server: .*/([0-9.]+)\.[0-9]+(:.*)?$|\1.200|p' "$KUBECONFIG") # behind those of the bed's clusters
JOBSINK=http://$JOBSINK_ADDRESS:8080/berth-system/berth-worker
JOBSINK_PID=
JOBSINK_JOBS=(-n berth-system -l sinks.knative.dev/job-sink-name=berth-worker)
JOBSINK_PODS=(-n berth-system -l app.kubernetes.io/name=berth-worker)

jobsink_leave() {
	[ -z "$JOBSINK_PID" ] || kill -KILL "$JOBSINK_PID" 2>/dev/null || true
	[ -z "$JOBSINK_PID" ] || wait "$JOBSINK_PID" 2>/dev/null || true
	ip netns del "$JOBSINK_NET" 2>/dev/null || true
}
jobsink_net() {
	jobsink_leave # of a case that broke off
	ip netns add "$JOBSINK_NET"
	ip -n "berth-$BED" link add knative type veth peer name eth0 netns "$JOBSINK_NET"
	ip -n "berth-$BED" link set knative master br0 up
	ip -n "$JOBSINK_NET" addr add "$JOBSINK_ADDRESS/24" dev eth0
	ip -n "$JOBSINK_NET" link set lo up
	ip -n "$JOBSINK_NET" link set eth0 up
}
jobsink_install() {
	local name
	bed build knative >/dev/null
	kubectl apply --server-side -f "$(bed bin knative)/crds" >/dev/null
	kubectl wait --for=condition=Established --timeout=30s crd/jobsinks.sinks.knative.dev crd/eventpolicies.eventing.knative.dev >/dev/null
	kubectl create namespace knative-eventing --dry-run=client -o yaml | kubectl apply --server-side -f - >/dev/null
	for name in config-logging config-observability config-features; do
		kubectl create configmap -n knative-eventing $name --dry-run=client -o yaml | kubectl apply --server-side -f - >/dev/null
	done
	# Its Jobs stay for ten seconds instead of thirty: that they go is what somebody waits for here.
	kubectl kustomize "$ROOT/manifests/knative" | sed 's/ttlSecondsAfterFinished: .*/ttlSecondsAfterFinished: 10/' |
		kubectl apply --server-side -f - >/dev/null
	kubectl patch jobsink -n berth-system berth-worker --subresource=status --type=merge \
		-p "{\"status\": {\"address\": {\"name\": \"http\", \"url\": \"$JOBSINK\"}}}" >/dev/null
	jobsink_net
}
jobsink_start() {
	SYSTEM_NAMESPACE=knative-eventing CONFIG_LOGGING_NAME=config-logging CONFIG_OBSERVABILITY_NAME=config-observability \
		METRICS_DOMAIN=knative.dev/internal/eventing POD_NAME=jobsink nsenter --net="/run/netns/$JOBSINK_NET" \
		"$(bed bin knative)/jobsink" --kubeconfig "$KUBECONFIG" >>"$TMP/jobsink.log" 2>&1 &
	JOBSINK_PID=$!
}
jobsink_answers() { curl -s -o /dev/null "$JOBSINK"; }
jobsink_stop() {
	kill -TERM "$JOBSINK_PID"
	wait "$JOBSINK_PID" 2>/dev/null || true
	JOBSINK_PID=
}
# Of JobSink's Jobs.  A JobSink that is interrupted, by its own end or its client's, between a Job and the Secret with its
# event leaves a Pod that waits for that Secret until its deadline: nothing runs there.
no_pod_runs() {
	local secrets
	secrets=$(kubectl get secrets "${JOBSINK_JOBS[@]}" -o json | jq -c '[.items[].metadata.name]')
	[ -z "$(kubectl get pods "${JOBSINK_PODS[@]}" -o json | jq -r --argjson secrets "$secrets" '.items[]
		| select(.status.phase == "Running" or (.status.phase == "Pending"
			and (.metadata.labels["batch.kubernetes.io/job-name"] | IN($secrets[])))) | .metadata.name')" ]
}
