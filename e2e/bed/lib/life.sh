# shellcheck shell=bash
# life.sh: how the hub and the edges come, come back and go. Each step is in one of the other files.

clusters() { # all of them, the hub first
	local f
	[ ! -e "$STATE/hub/number" ] || echo hub
	for f in "$STATE"/*/number; do
		f=$(basename "$(dirname "$f")")
		case $f in hub | '*') ;; *) echo "$f" ;; esac
	done
}
edges() { clusters | grep -vx hub || true; }

bed_make() { # with the lock held
	mkdir -p "$STATE/images"
	limits_raise
	[ -e "$STATE/net" ] || net_choose >"$STATE/net"
	net_switch_on
}

cluster_make() { # NAME CPU, with the lock held
	mkdir -p "$STATE/$1"
	if [ "$1" = hub ]; then echo 1; else net_number; fi >"$STATE/$1/number"
	echo "$2" >"$STATE/$1/cpu"
}

hub_start() { # first time or revival
	machine_on hub
	control_plane hub
	! has_node hub || hub_node_start
	fact hub "API server answers: $STATE/hub/kubeconfig"
}

hub_node_start() {
	node_start hub
	kubelet_start hub
}

hub_node_up() {
	node_keys hub
	hub_node_start
}

hub_up() {
	locked cluster_make hub max
	cluster_keys hub
	ocm_hub_keys
	hub_start
	ocm_hub_install
	fact hub 'CRDs of OCM are served'
	if ! is_bare; then
		ocm_hub_start
		ocm_hub_wait
		fact hub 'OCM registration, placement and webhook run'
	fi
	touch "$STATE/hub/complete"
}

edge_start() { # NAME
	machine_on "$1"
	node_start "$1"
	control_plane "$1"
	kubelet_start "$1"
	fact "$1" 'API server answers'
}

edge_up() { # NAME CPU ACCEPT
	locked cluster_make "$1" "$2"
	cluster_keys "$1"
	node_keys "$1"
	edge_start "$1"
	ocm_edge_install "$1"
	until is_complete hub; do
		[ ! -e "$STATE/hub/failed" ] || die "$1: the hub did not start"
		sleep 0.3
	done
	ocm_edge_start "$1"
	node_wait "$1"
	fact "$1" "node is Ready${2:+, its pods get $(cpu_words "$2")}"
	ocm_knock_wait "$1"
	touch "$STATE/$1/complete"
	[ "$3" = yes ] || { fact "$1" "knocks; \"bed accept $1\" lets it in"; return 0; }
	ocm_accept "$1"
	ocm_available_wait "$1"
	fact "$1" 'joined the hub: Available'
}

cpu_words() { if [ "$1" = max ]; then echo 'all the CPU there is'; else echo "$1 % of one CPU"; fi; }

cluster_clear() { # NAME: nothing of it is left
	machine_off "$1"
	cgroup_remove "$1"
	rm -rf "${STATE:?}/$1"
}

revive() { # NAME
	locked net_switch_on
	if [ "$1" = hub ]; then
		hub_start
		is_bare || { ocm_hub_start; ocm_hub_wait; }
		! has_node hub || node_wait hub
		! has_fission || fission_up
	else
		edge_start "$1"
		ocm_edge_start "$1"
		node_wait "$1"
	fi
	! has_liqo "$1" || liqo_up "$1"
	fact "$1" 'is back'
}

ensure() { # NAME: makes it, revives it, or leaves it alone
	if ! is_complete "$1"; then
		[ ! -d "$STATE/$1" ] || cluster_clear "$1"
		if [ "$1" = hub ]; then hub_up; else edge_up "$1" max yes; fi
	elif ! machine_is_on "$1"; then
		revive "$1"
	fi
}
