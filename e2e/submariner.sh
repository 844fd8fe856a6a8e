# submariner.sh — Submariner's types on the bed's hub, and a stand-in for its add-on and its gateways; sourced behind
# e2e/lib.sh and e2e/faults/lib.sh, after use_bed.
#
# The types are Submariner's own, so the API server judges each object that Berth writes.  The stand-in writes what the add-on's
# controller and agent and the gateways write, with their types, reasons and messages as submariner-addon has them: the
# annotation and namespace of a cluster set, Cluster and Endpoint in the broker, conditions on the ManagedClusterAddOn.  No tunnel
# is made, and nothing here says that a real one would be.
# shellcheck shell=bash

SUBMARINER=github.com/submariner-io/submariner-operator@v0.13.0
SUBMARINER_SUM=h1:ex4HEZ6veWDnv3vSjpzJnsjORUVyYZMUY+hzU0RgZtY=
SUBMARINER_TYPES='submariner_io_brokers submariner_io_clusters submariner_io_endpoints'
SET=sea BROKER=sea-broker
BROKER_KEY=cluster.open-cluster-management.io/submariner-broker-ns
CLEANUP=submarineraddon.open-cluster-management.io/submariner-addon-cleanup

submariner_crds() { # prints them: they lie in the module as texts of a Go file
	local got type
	got=$(cd "$TMP" && go mod download -json "$SUBMARINER") && [ "$(jq -r .Sum <<<"$got")" = "$SUBMARINER_SUM" ] || return 1
	for type in $SUBMARINER_TYPES; do
		sed -n "/^\tDeploy_\(submariner_\)\?crds_${type}_yaml = \`/,/^\`/ { s/^\t.*\`//; s/^\`//; p }" \
			"$(jq -r .Dir <<<"$got")/pkg/embeddedyamls/yamls.go"
		echo ---
	done
}

submariner_install() {
	submariner_crds >"$TMP/submariner.yaml"
	kubectl apply --server-side --validate=false -f "$TMP/submariner.yaml" >/dev/null
	kubectl wait --for=condition=Established --timeout=30s crd/{brokers,clusters,endpoints}.submariner.io >/dev/null
	kubectl create namespace "$BROKER" >/dev/null
	jq -n --arg set "$SET" --arg key "$BROKER_KEY" --arg ns "$BROKER" '{apiVersion: "cluster.open-cluster-management.io/v1beta2",
		kind: "ManagedClusterSet", metadata: {name: $set, annotations: {($key): $ns}},
		spec: {clusterSelector: {selectorType: "ExclusiveClusterSetLabel"}}}' | kubectl apply --server-side -f - >/dev/null
}
into_set() { local c; for c in "$@"; do kubectl label managedcluster "$c" --overwrite "cluster.open-cluster-management.io/clusterset=$SET" >/dev/null; done; }

gateway_up() { # CLUSTER POD-RANGE SERVICE-RANGE
	jq -n --arg c "$1" --arg ns "$BROKER" --arg pods "$2" --arg services "$3" '{apiVersion: "v1", kind: "List", items: [
		{apiVersion: "submariner.io/v1", kind: "Cluster", metadata: {name: $c, namespace: $ns},
			spec: {cluster_id: $c, cluster_cidr: [$pods], service_cidr: [$services], global_cidr: [], color_codes: ["blue"]}},
		{apiVersion: "submariner.io/v1", kind: "Endpoint", metadata: {name: "\($c)-submariner-cable-\($c)-10-0-0-1", namespace: $ns},
			spec: {cluster_id: $c, cable_name: "submariner-cable-\($c)-10-0-0-1", hostname: "\($c)-node", subnets: [$pods, $services],
				private_ip: "10.0.0.1", public_ip: "192.0.2.1", nat_enabled: true, backend: "libreswan", backend_config: {}}}]}' |
		kubectl create -f - >/dev/null
}
has_addon() { kubectl get managedclusteraddon submariner -n "$1" -o name; }             # CLUSTER
in_broker() { kubectl get clusters.submariner.io,endpoints.submariner.io -n "$BROKER" -o json | jq -r --arg c "$1" '[.items[] | select(.spec.cluster_id == $c)] | length'; }

says() { # CLUSTER TYPE STATUS REASON MESSAGE: a condition of its add-on; at once, for what flaps must not last
	local path=/apis/addon.open-cluster-management.io/v1alpha1/namespaces/$1/managedclusteraddons/submariner
	hub PUT "$path/status" "$(hub GET "$path" | jq --arg t "$2" --arg s "$3" --arg r "$4" --arg m "$5" '
		.status.conditions = [(.status.conditions // [])[] | select(.type != $t)] + [{type: $t, status: $s, reason: $r,
			message: $m, lastTransitionTime: (now | todate)}]')" >/dev/null
}
reaches() { # CLUSTER PEER=HOW...: connected, or why not
	local c=$1 up='' down='' peer
	shift
	for peer in "$@"; do
		case ${peer#*=} in
		connected) up+="The connection between clusters \"$c\" and \"${peer%%=*}\" is established"$'\n' ;;
		*) down+="The connection between clusters \"$c\" and \"${peer%%=*}\" is not established (status=${peer#*=})"$'\n' ;;
		esac
	done
	up=$up$down
	if [ -z "$up" ]; then
		says "$c" SubmarinerConnectionDegraded True ConnectionsNotEstablished 'There are no connections on gateways'
	elif [ -n "$down" ]; then
		says "$c" SubmarinerConnectionDegraded True ConnectionsDegraded "${up%$'\n'}"
	else
		says "$c" SubmarinerConnectionDegraded False ConnectionsEstablished "${up%$'\n'}"
	fi
}
# The add-on's controller cleans up behind itself: it holds the add-on, and lets go of it.
addon_holds() { kubectl patch managedclusteraddon submariner -n "$1" --type=merge -p "{\"metadata\":{\"finalizers\":[\"$CLEANUP\"]}}" >/dev/null; }
addon_lets_go() {
	kubectl delete clusters.submariner.io,endpoints.submariner.io -n "$BROKER" --ignore-not-found "$1" "$1-submariner-cable-$1-10-0-0-1" >/dev/null 2>&1 || true
	kubectl patch managedclusteraddon submariner -n "$1" --type=merge -p '{"metadata":{"finalizers":null}}' >/dev/null
}

# ---- a way between two members, for real: network namespaces, and a route that stands or does not ----
# The stand-in for a member's node: what the work brings there runs in its namespace, and what it says becomes feedback.
HERE=sea-$$-a THERE=sea-$$-b PEER_HOST=10.2.0.7 PEER_PORT=7000 RESPONDER=''
way_up() {
	local ns
	ip netns add "$HERE"
	ip netns add "$THERE"
	ip link add cable netns "$HERE" type veth peer name cable netns "$THERE"
	ip -n "$HERE" addr add 192.0.2.1/30 dev cable
	ip -n "$THERE" addr add 192.0.2.2/30 dev cable
	ip -n "$THERE" addr add "$PEER_HOST/32" dev lo
	for ns in "$HERE" "$THERE"; do
		ip -n "$ns" link set lo up
		ip -n "$ns" link set cable up
	done
	ip netns exec "$THERE" "$BUILD/berth-benchmark" --respond "$PEER_PORT" --respond-seconds 300 >/dev/null 2>&1 &
	RESPONDER=$!
}
way_down() {
	[ -z "$RESPONDER" ] || kill "$RESPONDER" 2>/dev/null || true
	ip netns delete "$HERE" 2>/dev/null || true
	ip netns delete "$THERE" 2>/dev/null || true
}
route() { ip -n "$HERE" route "$1" 10.2.0.0/16 via 192.0.2.2; } # add|del
probe_of() { # CLUSTER: prints the work that carries the probe, once it is there
	kubectl get manifestworks -n "$1" -o json | jq -e '[.items[] | select(.metadata.name | startswith("berth-mesh-")) |
		select(.metadata.deletionTimestamp == null)][0] // empty'
}
no_probe() { ! probe_of "$1"; }
probe_runs() { # CLUSTER
	local work said rc=0 env
	work=$(probe_of "$1")
	mapfile -t env < <(jq -r '.spec.workload.manifests[] | select(.kind == "Pod").spec.containers[0].env[] | "\(.name)=\(.value)"' <<<"$work")
	said=$(ip netns exec "$HERE" env "${env[@]}" BERTH_OUTPUT=stdout "$BUILD/berth-benchmark" 2>/dev/null) || rc=$?
	jq --arg said "$said" --argjson rc "$rc" '.metadata.generation as $g | (now | todate) as $now |
		(.spec.workload.manifests | map(.kind) | index("Pod")) as $at | .spec.workload.manifests[$at].metadata as $pod |
		.status = {conditions: [{type: "Applied", status: "True", reason: "Applied", message: "", lastTransitionTime: $now, observedGeneration: $g}],
			resourceStatus: {manifests: [{conditions: [], resourceMeta: {ordinal: $at, group: "", version: "v1", kind: "Pod",
				resource: "pods", name: $pod.name, namespace: $pod.namespace}, statusFeedback: {values: [
				{name: "exitCode", fieldValue: {type: "Integer", integer: $rc}}, {name: "message", fieldValue: {type: "String", string: $said}}]}}]}}' \
		<<<"$work" | kubectl replace --subresource=status -f - >/dev/null
}
