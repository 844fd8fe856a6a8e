# shellcheck shell=bash
# liqo.sh: Liqo on the hub and on edges: the hub consumes, the edges provide.
#
# The controllers run as processes, with Liqo's own networking off: the kernels that this is made for may lack WireGuard and
# Geneve. Plain routes between the clusters' pods stand in for it. The virtual kubelets are pods on the hub's node, as Liqo
# makes them. CRDs, roles and webhook configurations are those of the module; what its chart fills in is filled in here. Edges
# get no webhook: nothing that is shown here needs one there.

LIQO_IMAGE=localhost/virtual-kubelet:1
LIQO_WEBHOOK_PORT=9444 # 9443 is the webhook's of OCM

has_liqo() { [ -e "$STATE/$1/liqo" ]; }

liqo_roles() { # the cluster roles of the chart that the controllers bind or ask for
	local role
	for role in remote-controlplane virtual-kubelet-local virtual-kubelet-remote virtual-kubelet-remote-clusterwide; do
		cat <<-END
			---
			apiVersion: rbac.authorization.k8s.io/v1
			kind: ClusterRole
			metadata: {name: liqo-$role, labels: {app.kubernetes.io/name: $role}}
		END
		cat "$LIQO/roles/liqo-$role-ClusterRole.yaml"
	done
}

liqo_objects() { # CLUSTER: what it has from the chart on either side
	cat <<-END
		---
		apiVersion: v1
		kind: Namespace
		metadata: {name: liqo}
		---
		apiVersion: v1
		kind: ConfigMap
		metadata: {name: liqo-clusterid-configmap, namespace: liqo, labels: {app.kubernetes.io/name: clusterid-configmap}}
		data: {CLUSTER_ID: $1}
	END
	liqo_roles
}

# The service has no pods: the API server reaches the webhook as a process beside it.
liqo_hub_objects() {
	cat <<-END
		---
		apiVersion: v1
		kind: Secret
		metadata:
		  name: liqo-webhook-certs
		  namespace: liqo
		  labels: {liqo.io/webhook: "true"}
		  annotations: {liqo.io/webhook-service-name: liqo-webhook}
		type: opaque
		---
		apiVersion: v1
		kind: Service
		metadata: {name: liqo-webhook, namespace: liqo}
		spec: {type: ExternalName, externalName: localhost}
		---
		apiVersion: node.k8s.io/v1
		kind: RuntimeClass
		metadata: {name: liqo}
		handler: runc
		---
		apiVersion: offloading.liqo.io/v1beta1
		kind: VkOptionsTemplate
		metadata: {name: virtual-kubelet-default, namespace: liqo}
		spec:
		  replicas: 1
		  createNode: true
		  disableNetworkCheck: false
		  containerImage: $LIQO_IMAGE
		  metricsEnabled: false
		  extraArgs: [--enable-apiserver-support=true]
		  reflectorsConfig:
		    pod: {workers: 2}
		    service: {workers: 1, type: DenyList}
		    endpointslice: {workers: 1}
		    ingress: {workers: 1, type: DenyList}
		    configmap: {workers: 1, type: DenyList}
		    secret: {workers: 1, type: DenyList}
		    serviceaccount: {workers: 1}
		    persistentvolumeclaim: {workers: 1}
		    event: {workers: 1, type: DenyList}
	END
}

liqo_webhooks() { # the chart's configurations, their few values put in
	sed -e '/{{-/d' -e 's/{{ include "liqo.prefixedName" [^}]*}}/liqo-webhook/' -e 's/{{ .Release.Namespace }}/liqo/' \
		-e "s/{{ .Values.webhook.port }}/$LIQO_WEBHOOK_PORT/" -e 's/{{ .Values.webhook.failurePolicy }}/Fail/' \
		"$LIQO/webhooks/liqo-$1-webhook.yaml"
}

liqo_program() { # CLUSTER NAME FLAG...
	local c=$1 name=$2
	shift 2
	program "$c" "liqo-$name" env KUBECONFIG="$STATE/$c/pki/admin.kubeconfig" POD_NAMESPACE=liqo POD_NAME="$name" "$@"
}

liqo_start() { # CLUSTER: first time or revival
	local common=(--cluster-id="$1" --metrics-address=0)
	liqo_program "$1" controller-manager "$LIQO/liqo-controller-manager" "${common[@]}" --liqo-namespace=liqo \
		--health-probe-address=127.0.0.1:8091 --networking-enabled=false --default-limits-enforcement=None \
		--default-node-resources=cpu=4,ephemeral-storage=20Gi,memory=8Gi,pods=110 \
		--api-server-address-override="https://$(address "$1"):443" --enable-api-server-ip-remapping=false \
		--foreign-cluster-ping-interval=3s
	[ "$1" = hub ] || return 0
	liqo_program hub crd-replicator "$LIQO/crd-replicator" "${common[@]}"
	# It writes its certificate to a fixed place below /tmp and reads it below TMPDIR: both are a folder of its own.
	liqo_program hub webhook TMPDIR=/tmp unshare --mount bash -c 'mkdir -p /run/liqo && mount --bind /run/liqo /tmp && exec "$@"' - \
		"$LIQO/webhook" "${common[@]}" --liqo-namespace=liqo --secret-name=liqo-webhook-certs \
		--webhook-port="$LIQO_WEBHOOK_PORT" --health-probe-address=127.0.0.1:8092 --enable-leader-election=false \
		--vk-options-default-template=liqo/virtual-kubelet-default
}

liqo_answers() { inside "$1" curl -sf http://127.0.0.1:8091/readyz; } # CLUSTER

liqo_webhook_listens() { inside hub bash -c ": </dev/tcp/127.0.0.1/$LIQO_WEBHOOK_PORT"; }
liqo_webhooks_are_signed() { # every configuration of it has an authority
	kube hub get mutatingwebhookconfiguration,validatingwebhookconfiguration -l liqo.io/webhook=true -o json |
		jq -e '[.items[].webhooks[].clientConfig | .caBundle // ""] | length > 0 and all(. != "")'
}

liqo_wait() { # CLUSTER
	wait_for 60 "$1" liqo-controller-manager 'the controllers of Liqo to be ready' liqo_answers "$1"
	[ "$1" = hub ] || return 0
	wait_for 60 hub liqo-webhook 'the webhook of Liqo to listen' liqo_webhook_listens
	wait_for 60 hub liqo-webhook 'the webhook of Liqo to be known' liqo_webhooks_are_signed
}

liqo_routes() { # between the hub's pods and those of each edge
	local edge
	for edge in $(edges); do
		has_liqo "$edge" && machine_is_on "$edge" && machine_is_on hub || continue
		inside hub ip route replace "$(pod_net "$edge")" via "$(address "$edge")"
		inside "$edge" ip route replace "$(pod_net hub)" via "$(address hub)"
	done
}

liqo_install() { # CLUSTER
	kube "$1" apply --server-side --validate=false -f "$LIQO/crds" >/dev/null
	wait_for 60 "$1" kube-apiserver 'the CRDs of Liqo to be served' \
		kube "$1" wait --for=condition=Established crd --all --timeout=15s
	liqo_objects "$1" | kube "$1" apply --server-side -f - >/dev/null
	if [ "$1" = hub ]; then
		liqo_hub_objects | kube hub apply --server-side -f - >/dev/null
		image_load hub "$LIQO/virtual-kubelet.tar"
		{ liqo_webhooks mutating; echo ---; liqo_webhooks validating; } | kube hub apply --server-side -f - >/dev/null
	fi
	touch "$STATE/$1/liqo"
}

liqo_up() { # CLUSTER
	has_liqo "$1" || liqo_install "$1"
	liqo_start "$1"
	liqo_routes
	liqo_wait "$1"
	fact "$1" 'Liqo is ready'
}
