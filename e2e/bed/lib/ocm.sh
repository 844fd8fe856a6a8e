# shellcheck shell=bash
# ocm.sh: Open Cluster Management on the hub, and its agents on the edges.
#
# The hub accepts nobody by itself (the feature gate ManagedClusterAutoApproval would accept every
# ManagedCluster, whoever made it): `add` and `accept` do what an administrator does with kubectl.

LEASE_SECONDS=3 # heartbeat; OCM calls a cluster Unknown after five of them

ocm_hub_keys() {
	pki_user hub berth-ocm system:masters
	pki_user hub bootstrap
	pki_sign hub tls /CN=registration-webhook serverAuth IP:127.0.0.1
}

ocm_hub_install() {
	kube hub apply --server-side --validate=false -f "$BIN/crds/hub" -f "$HERE/conf/hub.yaml" >/dev/null
	wait_for 30 hub kube-apiserver 'the CRDs to be served' \
		kube hub wait --for=condition=Established crd --all --timeout=15s
}

ocm_hub_start() {
	local pki="$STATE/hub/pki" common
	common=(--kubeconfig="$pki/berth-ocm.kubeconfig" --namespace=open-cluster-management-hub --disable-leader-election)
	mkdir -p "$pki/webhook"
	cp "$pki/tls.crt" "$pki/tls.key" "$pki/webhook/"
	program hub registration-webhook "$BIN/registration" webhook-server --port=9443 --certdir="$pki/webhook" \
		--kubeconfig="$pki/berth-ocm.kubeconfig" --feature-gates=DefaultClusterSet=true
	program hub registration-controller "$BIN/registration" controller "${common[@]}" \
		--feature-gates=DefaultClusterSet=true --listen=0.0.0.0:8443
	program hub placement-controller "$BIN/placement" controller "${common[@]}" --listen=0.0.0.0:8444
}

ocm_webhook_listens() { inside hub bash -c ': </dev/tcp/127.0.0.1/9443'; }
ocm_sets_exist() { kube hub get managedclustersets default global; }

ocm_hub_wait() {
	wait_for 60 hub registration-webhook 'the webhook of OCM to listen' ocm_webhook_listens
	ocm_webhooks | kube hub apply --server-side -f - >/dev/null
	wait_for 60 hub registration-controller 'the cluster sets default and global' ocm_sets_exist
}

ocm_webhooks() {
	ocm_webhook Mutating managedclustermutators mutate v1 managedcluster
	ocm_webhook Validating managedclustervalidators validate v1 managedcluster
	ocm_webhook Validating managedclustersetbindingvalidators validate v1beta2 managedclustersetbinding
}

ocm_webhook() { # KIND NAME VERB VERSION RESOURCE
	cat <<-END
		---
		apiVersion: admissionregistration.k8s.io/v1
		kind: $1WebhookConfiguration
		metadata: {name: $2.admission.cluster.open-cluster-management.io}
		webhooks:
		- name: $2.admission.cluster.open-cluster-management.io
		  clientConfig:
		    url: https://127.0.0.1:9443/$3-cluster-open-cluster-management-io-$4-$5
		    caBundle: $(base64 -w0 "$STATE/hub/pki/ca.crt")
		  rules:
		  - apiGroups: [cluster.open-cluster-management.io]
		    apiVersions: [$4]
		    operations: [CREATE, UPDATE]
		    resources: [$5s]
		  admissionReviewVersions: [v1]
		  sideEffects: None
	END
}

ocm_edge_install() { # CLUSTER
	kube "$1" apply --server-side --validate=false -f "$BIN/crds/edge" >/dev/null
	kube "$1" create namespace open-cluster-management-agent >/dev/null
}

ocm_edge_start() { # CLUSTER
	local dir="$STATE/$1" common
	common=(--spoke-cluster-name="$1" --kubeconfig="$dir/pki/admin.kubeconfig"
		--namespace=open-cluster-management-agent --disable-leader-election)
	mkdir -p "$dir/hub-kubeconfig"
	program "$1" registration-agent "$BIN/registration" agent "${common[@]}" --listen=0.0.0.0:8443 \
		--bootstrap-kubeconfig="$STATE/hub/pki/bootstrap.kubeconfig" --hub-kubeconfig-dir="$dir/hub-kubeconfig" \
		--cluster-healthcheck-period=5s
	program "$1" work-agent "$HERE/lib/when-there" "$dir/hub-kubeconfig/kubeconfig" \
		"$BIN/work" agent "${common[@]}" --listen=0.0.0.0:8444 --spoke-kubeconfig="$dir/pki/admin.kubeconfig" \
		--workload-source-driver=kube --workload-source-config="$dir/hub-kubeconfig/kubeconfig" --status-sync-interval=5s
}

ocm_requests() { # CLUSTER: prints its certificate requests that nobody has decided on
	kube hub get csr -l "open-cluster-management.io/cluster-name=$1" -o json |
		jq -r '.items[] | select(.status.conditions == null) | .metadata.name'
}

ocm_knocks() { # CLUSTER
	kube hub get managedcluster "$1" && [ -n "$(ocm_requests "$1")" ]
}

ocm_knock_wait() { # CLUSTER
	wait_for 60 "$1" registration-agent 'its request to join on the hub' ocm_knocks "$1"
	kube hub patch managedcluster "$1" --type=merge -p "{\"spec\":{\"leaseDurationSeconds\":$LEASE_SECONDS}}" >/dev/null
}

ocm_accept() { # CLUSTER
	local requests
	mapfile -t requests < <(ocm_requests "$1")
	[ ${#requests[@]} = 0 ] || kube hub certificate approve "${requests[@]}" >/dev/null
	kube hub patch managedcluster "$1" --type=merge -p '{"spec":{"hubAcceptsClient":true}}' >/dev/null
}

ocm_available() { # CLUSTER: with its own certificate, not in the memory of a namesake
	[ -s "$STATE/$1/hub-kubeconfig/tls.crt" ] &&
		kube hub wait --for=condition=ManagedClusterConditionAvailable "managedcluster/$1" --timeout=15s
}

ocm_available_wait() { # CLUSTER
	wait_for 90 "$1" registration-agent 'ManagedClusterConditionAvailable' ocm_available "$1"
}

ocm_clusters() { # prints NAME ACCEPTED AVAILABLE of each ManagedCluster
	kube hub get managedclusters --request-timeout=3s -o json 2>/dev/null | jq -r '.items[] |
		def is(t): first(.status.conditions[]? | select(.type == t) | .status) // "-";
		"\(.metadata.name) \(.spec.hubAcceptsClient) \(is("ManagedClusterConditionAvailable"))"'
}
