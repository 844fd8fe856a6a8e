# shellcheck shell=bash
# cluster.sh: a control plane, and a node that runs pods: on edges, and on a hub that was asked to have one.

BED_USER=berth-bed # whose calls the audit log leaves out

kube() { # CLUSTER ARGS...: kubectl there, as the bed
	local c=$1
	shift
	"$BIN/kubectl" --kubeconfig "$STATE/$c/pki/$BED_USER.kubeconfig" --request-timeout=20s "$@"
}

is_complete() { [ -e "$STATE/$1/complete" ]; } # all its steps are done; an interrupted one is made anew
api_answers() {
	timeout 1 bash -c ": </dev/tcp/$(address "$1")/443" && kube "$1" get --raw /readyz
}

cluster_keys() { # CLUSTER
	pki_authority "$1"
	pki_server "$1"
	pki_user "$1" "$BED_USER" system:masters
	pki_user "$1" admin system:masters
	pki_user "$1" system:kube-controller-manager
	pki_user "$1" system:kube-scheduler
	ln -sf pki/admin.kubeconfig "$STATE/$1/kubeconfig"
}

audit_policy() { # prints the path of it: the one in conf, with bodies if asked for
	local policy="$HERE/conf/audit-policy.yaml"
	if [ -e "$STATE/audit-bodies" ]; then
		awk '{ print } /^rules:/ {
			print "- level: RequestResponse"
			print "  verbs: [create, update, patch, delete]"
			print "  users: [\"system:serviceaccount:berth-system:berth-operator\", \"system:serviceaccount:berth-system:berth-worker\"]"
		}' "$policy" >"$STATE/hub/audit-policy.yaml"
		policy="$STATE/hub/audit-policy.yaml"
	fi
	echo "$policy"
}

apiserver_start() { # CLUSTER [FLAG...]
	local dir="$STATE/$1" pki="$STATE/$1/pki" audit=()
	[ "$1" != hub ] || audit=(--audit-policy-file="$(audit_policy)"
		--audit-log-path="$dir/audit.log" --audit-log-maxsize=1000)
	program "$1" kube-apiserver "$BIN/kube-apiserver" \
		--etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 --secure-port=443 \
		--advertise-address="$(address "$1")" --endpoint-reconciler-type=none \
		--service-cluster-ip-range="$(service_net "$1")" --authorization-mode=RBAC,Node \
		--enable-admission-plugins=NodeRestriction --allow-privileged=true --profiling=false \
		--tls-cert-file="$pki/server.crt" --tls-private-key-file="$pki/server.key" --client-ca-file="$pki/ca.crt" \
		--requestheader-client-ca-file="$pki/ca.crt" --requestheader-allowed-names=nobody \
		--kubelet-client-certificate="$pki/$BED_USER.crt" --kubelet-client-key="$pki/$BED_USER.key" \
		--kubelet-preferred-address-types=InternalIP \
		--service-account-issuer=https://kubernetes.default.svc \
		--service-account-signing-key-file="$pki/sa.key" --service-account-key-file="$pki/sa.pub" "${audit[@]}" "${@:2}"
}

apiserver_wait() { # CLUSTER
	wait_for 60 "$1" kube-apiserver 'the API server to answer' api_answers "$1"
}

control_plane() { # CLUSTER: starts it and returns when it answers
	local dir="$STATE/$1" pki="$STATE/$1/pki"
	program "$1" etcd "$BIN/etcd" --name="$1" --data-dir="$dir/etcd" --unsafe-no-fsync --log-level=warn
	apiserver_start "$1"
	apiserver_wait "$1"
	! is_bare || return 0
	program "$1" kube-controller-manager "$BIN/kube-controller-manager" --leader-elect=false \
		--kubeconfig="$pki/system-kube-controller-manager.kubeconfig" --bind-address=127.0.0.1 --profiling=false \
		--use-service-account-credentials=true --service-account-private-key-file="$pki/sa.key" \
		--root-ca-file="$pki/ca.crt" --cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key"
	program "$1" kube-scheduler "$BIN/kube-scheduler" --leader-elect=false --bind-address=127.0.0.1 \
		--profiling=false --kubeconfig="$pki/system-kube-scheduler.kubeconfig"
}

has_node() { [ -e "$STATE/$1/pki/system-node-$1.kubeconfig" ]; }
node_keys() { pki_user "$1" "system:node:$1" system:nodes; }

node_config() { # CLUSTER
	local dir="$STATE/$1" snapshotter=overlayfs
	[ "$(stat -fc %T "$dir")" != overlayfs ] || snapshotter=native # overlay does not go on overlay
	mkdir -p "$dir/cni"
	cat >"$dir/containerd.toml" <<-END
		version = 2
		root = "$dir/containerd"
		state = "/run/containerd"
		disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs",
		  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
		[grpc]
		  address = "$dir/containerd.sock"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "$PAUSE_IMAGE"
		  restrict_oom_score_adj = true # where CAP_SYS_RESOURCE is missing, no sandbox starts without it
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "$CNI_PLUGINS"
		    conf_dir = "$dir/cni"
		  [plugins."io.containerd.grpc.v1.cri".containerd]
		    snapshotter = "$snapshotter"
	END
	cat >"$dir/cni/pods.conflist" <<-END
		{"cniVersion": "0.4.0", "name": "pods", "plugins": [{
		  "type": "bridge", "bridge": "pods", "isGateway": true,
		  "ipam": {"type": "host-local", "dataDir": "/run/cni", "routes": [{"dst": "0.0.0.0/0"}],
		           "ranges": [[{"subnet": "$(pod_net "$1")"}]]}}]}
	END
	cat >"$dir/kubelet.yaml" <<-END
		apiVersion: kubelet.config.k8s.io/v1beta1
		kind: KubeletConfiguration
		authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $dir/pki/ca.crt}}
		authorization: {mode: Webhook}
		cgroupDriver: cgroupfs
		cgroupRoot: $(cgroup "$1")
		containerRuntimeEndpoint: unix://$dir/containerd.sock
		failCgroupV1: false
		failSwapOn: false
		podLogsDir: $dir/pods
		evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
	END
}

node_start() { # CLUSTER
	local dir="$STATE/$1"
	cgroup_make "$1"
	[ "$1" = hub ] || cgroup_prefer "$1" # the hub's pods measure nothing
	cgroup_limit "$1" "$(<"$dir/cpu")"
	node_config "$1"
	program "$1" containerd containerd --config "$dir/containerd.toml" --log-level warn
	wait_for 20 "$1" containerd 'containerd to answer' images_load "$1"
}

kubelet_start() { # CLUSTER
	local dir="$STATE/$1"
	program "$1" kubelet "$BIN/kubelet" --config="$dir/kubelet.yaml" --root-dir="$dir/kubelet" \
		--cert-dir="$dir/pki/kubelet" --kubeconfig="$dir/pki/system-node-$1.kubeconfig" \
		--hostname-override="$1" --node-ip="$(address "$1")" --v=1
}

node_wait() { # CLUSTER
	wait_for 60 "$1" kubelet 'the node to be Ready' \
		kube "$1" wait --for=condition=Ready "node/$1" --timeout=15s
}

image_load() { # CLUSTER ARCHIVE
	ctr --address "$STATE/$1/containerd.sock" --namespace k8s.io images import "$2" >/dev/null
}

images_load() { # CLUSTER: all that were ever loaded into the bed, the pause image first of all
	local archive
	for archive in "$BIN/pause.tar" "$STATE"/images/*; do
		[ ! -e "$archive" ] || image_load "$1" "$archive" || return
	done
}
