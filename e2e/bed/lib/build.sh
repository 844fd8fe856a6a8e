# shellcheck shell=bash
# build.sh: the programs, from the pinned modules into the cache; and the pause image.
#
# The cache folder is named after the module files, so a change of version makes a new one and
# a finished one is never looked at again. Each program is put in place by rename: what is
# there is whole, and an interrupted build goes on where it stopped.

PAUSE_IMAGE=localhost/pause:1 # what containerd starts first in every pod

# <module folder> <package> <name>, in the order in which a bed needs them
PROGRAMS='etcd       go.etcd.io/etcd/server/v3                      etcd
kubernetes k8s.io/kubernetes/cmd/kube-apiserver           kube-apiserver
kubernetes k8s.io/kubernetes/cmd/kubectl                  kubectl
kubernetes k8s.io/kubernetes/cmd/kube-controller-manager  kube-controller-manager
kubernetes k8s.io/kubernetes/cmd/kube-scheduler           kube-scheduler
kubernetes k8s.io/kubernetes/cmd/kubelet                  kubelet
ocm        open-cluster-management.io/ocm/cmd/registration registration
ocm        open-cluster-management.io/ocm/cmd/placement   placement
ocm        open-cluster-management.io/ocm/cmd/work        work'

# What no bed needs to start, built by `bed build FAMILY` into a folder of its own.
EXTRAS='knative    knative.dev/eventing/cmd/apiserver_receive_adapter apiserver_receive_adapter
knative    knative.dev/eventing/cmd/jobsink                   jobsink
liqo       github.com/liqotech/liqo/cmd/liqo-controller-manager liqo-controller-manager
liqo       github.com/liqotech/liqo/cmd/crd-replicator        crd-replicator
liqo       github.com/liqotech/liqo/cmd/webhook               webhook
liqo       github.com/liqotech/liqo/cmd/virtual-kubelet       virtual-kubelet
fission    github.com/fission/fission/cmd/fission-bundle      fission-bundle
fission    github.com/fission/fission/cmd/fetcher             fetcher'

# The CRDs that hub and edges get, as folders of the OCM API module.
CRD_FOLDERS='cluster/v1 cluster/v1beta1 cluster/v1beta2 cluster/v1alpha1 work/v1 work/v1alpha1 addon/v1alpha1'

build_dir() { # [FAMILY]: where its programs are; without FAMILY those that a bed needs
	local hash files=("$HERE"/go/{etcd,kubernetes,ocm}/go.mod "$HERE"/go/{etcd,kubernetes,ocm}/go.sum "$HERE/lib/pause.c")
	[ -z "${1:-}" ] || mapfile -t files < <(find "$HERE/go/$1" -type f | sort)
	hash=$(cat "${files[@]}" | sha256sum)
	echo "${BERTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/berth}/${1:-bin}-${hash:0:12}"
}

extra_families() { awk '{ print $1 }' <<<"$EXTRAS" | sort -u; }

module_version() { # FAMILY MODULE: the version its go.mod asks for
	awk -v m="$2" '$1 == m || ($1 == "require" && $2 == m) { print $NF == "indirect" ? $(NF-2) : $NF; exit }' \
		"$HERE/go/$1/go.mod"
}

link_flags() { # FAMILY
	local v k=k8s.io/component-base/version
	printf -- '-s -w'
	case $1 in
	kubernetes)
		v=$(module_version kubernetes k8s.io/kubernetes)
		printf -- ' -X %s.gitVersion=%s -X %s.gitMajor=%s -X %s.gitMinor=%s' "$k" "$v" "$k" 1 "$k" "$(cut -d. -f2 <<<"$v")"
		printf -- ' -X k8s.io/client-go/pkg/version.gitVersion=%s' "$v" ;;
	ocm)
		v=$(module_version ocm open-cluster-management.io/ocm)
		printf -- ' -X open-cluster-management.io/ocm/pkg/version.versionFromGit=%s' "$v" ;;
	esac
}

build_program() { # FOLDER FAMILY PACKAGE NAME
	(cd "$HERE/go/$2" && CGO_ENABLED=0 go build -trimpath -ldflags "$(link_flags "$2")" -o "$1/.$4" "$3") &&
		mv "$1/.$4" "$1/$4"
}

build_programs() { # FOLDER TABLE NOTE
	local dir=$1 table=$2 family package name n=0 total start missing=()
	total=$(wc -l <<<"$table")
	while read -r _ _ name; do [ -x "$dir/$name" ] || missing+=("$name"); done <<<"$table"
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v go >/dev/null || die '"go" is missing, the programs are built from Go modules; "hack/deps --bed" says which'
	say "building ${#missing[@]} of $total programs from source: $3, this first time only"
	while read -r family package name; do
		n=$((n + 1))
		[ -x "$dir/$name" ] && continue
		start=$SECONDS
		printf '  %d of %d  %-25s ' "$n" "$total" "$name"
		build_program "$dir" "$family" "$package" "$name" 2>"$dir/.log" || {
			echo failed
			tail -n 15 "$dir/.log" >&2
			die "cannot build $name (whole log: $dir/.log)"
		}
		printf '%4d s\n' $((SECONDS - start))
	done <<<"$table"
	rm -f "$dir/.log"
}

build_crds() { # out of the API module that OCM was built with
	local api folder
	[ ! -d "$BIN/crds" ] || return 0
	api=$(cd "$HERE/go/ocm" && go mod download open-cluster-management.io/api &&
		go list -m -f '{{.Dir}}' open-cluster-management.io/api) || die 'cannot get the CRDs of OCM'
	rm -rf "$BIN/.crds"
	mkdir -p "$BIN/.crds/hub" "$BIN/.crds/edge"
	for folder in $CRD_FOLDERS; do install -m644 "$api/$folder"/*.crd.yaml "$BIN/.crds/hub/"; done
	mv "$BIN"/.crds/hub/*{clusterclaims,appliedmanifestworks}.crd.yaml "$BIN/.crds/edge/"
	mv "$BIN/.crds" "$BIN/crds"
}

build_image() { # PROGRAM PATH NAME ARCHIVE: nothing but the program, at that path in the image
	local tmp archive=$4 dir
	dir=$(dirname "$archive")
	tmp=$(mktemp -d)
	cp "$1" "$tmp/program"
	printf 'FROM scratch\nCOPY program %s\nENTRYPOINT ["%s"]\n' "$2" "$2" >"$tmp/Dockerfile"
	{
		buildah --root "$tmp/root" --runroot "$tmp/run" --storage-driver vfs bud --isolation chroot -t "$3" "$tmp" &&
			buildah --root "$tmp/root" --runroot "$tmp/run" --storage-driver vfs \
				push "$3" "oci-archive:$tmp/image.tar:$3"
	} >"$dir/.log" 2>&1 || { tail -n 15 "$dir/.log" >&2; die "cannot build the image $3"; }
	mv "$tmp/image.tar" "$archive"
	rm -rf "$tmp" "$dir/.log"
}

build_pause() {
	local tmp
	[ ! -e "$BIN/pause.tar" ] || return 0
	tmp=$(mktemp -d)
	gcc -static -Os -s -o "$tmp/pause" "$HERE/lib/pause.c"
	build_image "$tmp/pause" /pause "$PAUSE_IMAGE" "$BIN/pause.tar"
	rm -rf "$tmp"
}

build_locked() { # FOLDER COMMAND...: two that come at once wait for one build
	local dir=$1
	shift
	mkdir -p "$dir"
	{
		flock 8
		export GOTOOLCHAIN=auto # an older Go fetches the one that a go.mod asks for
		"$@"
	} 8>"$dir/.lock"
}

build_bed() {
	build_programs "$BIN" "$PROGRAMS" 'about ten minutes on two cores'
	build_crds
	build_pause
	touch "$BIN/complete"
}

# Everything a bed needs to start.
build() {
	[ -e "$BIN/complete" ] || build_locked "$BIN" build_bed
}

build_knative_crds() { # FOLDER: those that its programs watch, out of their own module
	local module kind
	[ ! -d "$1/crds" ] || return 0
	module=$(cd "$HERE/go/knative" && go list -m -f '{{.Dir}}' knative.dev/eventing) || die 'cannot get the CRDs of Knative'
	rm -rf "$1/.crds"
	mkdir "$1/.crds"
	for kind in jobsink eventpolicy; do install -m644 "$module/config/core/resources/$kind.yaml" "$1/.crds/"; done
	mv "$1/.crds" "$1/crds"
}

build_liqo_parts() { # FOLDER: CRDs, roles and webhook configurations of its own module; the virtual kubelet's image
	local chart
	[ ! -e "$1/virtual-kubelet.tar" ] || return 0
	chart=$(cd "$HERE/go/liqo" && go list -m -f '{{.Dir}}' github.com/liqotech/liqo) || die 'cannot get the chart of Liqo'
	chart=$chart/deployments/liqo
	mkdir -p "$1/crds" "$1/roles" "$1/webhooks"
	install -m644 "$chart"/charts/liqo-crds/crds/*.yaml "$1/crds/"
	install -m644 "$chart"/files/*-ClusterRole.yaml "$1/roles/"
	install -m644 "$chart"/templates/webhooks/*-webhook.yaml "$1/webhooks/"
	build_image "$1/virtual-kubelet" /usr/bin/virtual-kubelet "$LIQO_IMAGE" "$1/virtual-kubelet.tar"
}

build_fission_parts() { # FOLDER: CRDs of its own module; the image of the fetcher, which is in every pod of a pool
	local module
	[ ! -e "$1/fetcher.tar" ] || return 0
	module=$(cd "$HERE/go/fission" && go list -m -f '{{.Dir}}' github.com/fission/fission) || die 'cannot get the CRDs of Fission'
	mkdir -p "$1/crds"
	install -m644 "$module"/crds/v1/fission.io_{environments,fissiontenants,functions,httptriggers,packages,canaryconfigs,kuberneteswatchtriggers,messagequeuetriggers,timetriggers}.yaml "$1/crds/"
	build_program "$1" fission ./runtime runtime
	build_image "$1/runtime" /runtime "$RUNTIME_IMAGE" "$1/runtime.tar"
	build_image "$1/fetcher" /fetcher "$FETCHER_IMAGE" "$1/fetcher.tar"
}

build_family() { # FAMILY FOLDER
	build_programs "$2" "$(grep "^$1 " <<<"$EXTRAS")" 'some minutes on two cores'
	case $1 in
	knative) build_knative_crds "$2" ;;
	liqo) build_liqo_parts "$2" ;;
	fission) build_fission_parts "$2" ;;
	esac
}

build_extra() { # FAMILY
	local dir
	dir=$(build_dir "$1")
	build_locked "$dir" build_family "$1" "$dir"
}
