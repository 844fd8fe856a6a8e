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
knative    knative.dev/eventing/cmd/jobsink                   jobsink'

# The CRDs that hub and edges get, as folders of the OCM API module.
CRD_FOLDERS='cluster/v1 cluster/v1beta1 cluster/v1beta2 cluster/v1alpha1 work/v1 work/v1alpha1 addon/v1alpha1'

build_dir() { # [FAMILY]: where its programs are; without FAMILY those that a bed needs
	local hash files=("$HERE"/go/{etcd,kubernetes,ocm}/go.mod "$HERE"/go/{etcd,kubernetes,ocm}/go.sum "$HERE/lib/pause.c")
	[ -z "${1:-}" ] || files=("$HERE/go/$1"/go.{mod,sum})
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

build_pause() {
	local tmp
	[ ! -e "$BIN/pause.tar" ] || return 0
	tmp=$(mktemp -d)
	gcc -static -Os -s -o "$tmp/pause" "$HERE/lib/pause.c"
	printf 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n' >"$tmp/Dockerfile"
	{
		buildah --root "$tmp/root" --runroot "$tmp/run" --storage-driver vfs bud --isolation chroot \
			-t "$PAUSE_IMAGE" "$tmp" &&
			buildah --root "$tmp/root" --runroot "$tmp/run" --storage-driver vfs \
				push "$PAUSE_IMAGE" "oci-archive:$tmp/pause.tar:$PAUSE_IMAGE"
	} >"$BIN/.log" 2>&1 || { tail -n 15 "$BIN/.log" >&2; die 'cannot build the pause image'; }
	mv "$tmp/pause.tar" "$BIN/pause.tar"
	rm -rf "$tmp" "$BIN/.log"
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

build_family() { # FAMILY FOLDER
	build_programs "$2" "$(grep "^$1 " <<<"$EXTRAS")" 'about two minutes on two cores'
	[ "$1" != knative ] || build_knative_crds "$2"
}

build_extra() { # FAMILY
	local dir
	dir=$(build_dir "$1")
	build_locked "$dir" build_family "$1" "$dir"
}
