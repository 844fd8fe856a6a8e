# shellcheck shell=bash
# fission.sh: Fission on the hub: executor and router as programs there, pools as pods on the nodes of the hub, virtual ones too.
#
# In static mode, for one namespace. There is no build manager, so a Package is released by whoever makes it, and no storage: its
# code is in the Package. The runtime that the pods have is a program of the bed's own (go/runtime), which answers any call with the
# name of its node. The CRDs are those of the module.

FETCHER_IMAGE=localhost/fission-fetcher:1
RUNTIME_IMAGE=localhost/fission-runtime:1
FISSION_NAMESPACE=functions-bed # where the executor looks
FISSION_EXECUTOR=28888 FISSION_ROUTER=28889

has_fission() { [ -e "$STATE/hub/fission" ]; }

fission_program() { # NAME FLAG... with the variables of both in front
	local name=$1
	shift
	program hub "fission-$name" env KUBECONFIG="$STATE/hub/pki/admin.kubeconfig" POD_NAMESPACE=fission \
		FISSION_DEFAULT_NAMESPACE="$FISSION_NAMESPACE" FISSION_RESOURCE_NAMESPACES="$FISSION_NAMESPACE" FISSION_TENANCY_MODE=static \
		FETCHER_IMAGE="$FETCHER_IMAGE" FETCHER_IMAGE_PULL_POLICY=IfNotPresent RUNTIME_IMAGE_PULL_POLICY=IfNotPresent \
		SERVICEACCOUNT_CHECK_ENABLED=true FINALIZER_ENABLED=false POD_READY_TIMEOUT=60s ENABLE_FUNCTION_SERVICES=false \
		ROUTER_ROUND_TRIP_TIMEOUT=50ms ROUTER_ROUNDTRIP_TIMEOUT_EXPONENT=2 ROUTER_ROUND_TRIP_KEEP_ALIVE_TIME=30s \
		ROUTER_ROUND_TRIP_DISABLE_KEEP_ALIVE=false ROUTER_ROUND_TRIP_MAX_RETRIES=10 DEBUG_ENV=false USE_ENCODED_PATH=false \
		ROUTER_ENDPOINTSLICE_CACHE_MODE=off "$@"
}

fission_start() { # first time or revival
	fission_program executor METRICS_ADDR=127.0.0.1:28080 "$FISSION/fission-bundle" --executorPort "$FISSION_EXECUTOR"
	fission_program router METRICS_ADDR=127.0.0.1:28081 "$FISSION/fission-bundle" --routerPort "$FISSION_ROUTER" \
		--routerInternalPort $((FISSION_ROUTER + 1)) --executorUrl "http://127.0.0.1:$FISSION_EXECUTOR"
}

fission_answers() { inside hub curl -sf "http://127.0.0.1:$1"; } # PORT/PATH

fission_wait() { # one that cannot start stays, and listens nowhere
	wait_for 60 hub fission-executor 'the executor to be ready' fission_answers "$FISSION_EXECUTOR/readyz"
	wait_for 60 hub fission-router 'the router to be ready' fission_answers "$FISSION_ROUTER/router-healthz"
}

fission_install() {
	kube hub apply --server-side --validate=false -f "$FISSION/crds" >/dev/null
	wait_for 60 hub kube-apiserver 'the CRDs of Fission to be served' kube hub wait --for=condition=Established crd --all --timeout=15s
	kube hub create namespace fission >/dev/null
	kube hub create namespace "$FISSION_NAMESPACE" >/dev/null
	touch "$STATE/hub/fission"
}

# Every node gets both images, those of edges too: their virtual nodes have the pods of the pool.
fission_images() {
	local name
	for name in hub $(edges); do
		has_node "$name" && machine_is_on "$name" || continue
		image_load "$name" "$FISSION/fetcher.tar"
		image_load "$name" "$FISSION/runtime.tar"
	done
}

fission_up() {
	has_fission || fission_install
	fission_images
	fission_start
	fission_wait
	fact hub 'Fission is ready'
}
