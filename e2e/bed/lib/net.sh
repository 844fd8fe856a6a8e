# shellcheck shell=bash
# net.sh: addresses and cables.
#
# A bed has 10.X.0.0/16 for itself, X chosen free at its first `up`:
#   10.X.0.1        this host, at one end of the bed's only cable to it
#   10.X.0.(10+i)   cluster i: its API server and node      (hub: i = 1)
#   10.X.i.0/24     its services; the first is the API server's, also an address of the namespace
#   10.X.(128+i)/24 its pods
# X is above what Berth denies by default, kubeadm's 10.96.0.0/12: a plan may ask this host.
# All clusters hang on a bridge in a namespace of the bed, so the host sees one interface per bed.

NET_LAST=110 # the largest cluster number

net_choose() { # prints a free X; called with the lock held
	local i x first
	first=$(printf '%s' "$BED" | cksum | cut -d' ' -f1)
	for i in $(seq 0 78); do
		x=$((112 + (first + i) % 79))
		ip -4 route show table all | grep -q "\b10\.$x\." && continue
		grep -qsx "$x" "$STATE_ROOT"/*/net && continue
		echo "$x"
		return
	done
	die 'no free network between 10.112.0.0/16 and 10.190.0.0/16'
}

net_number() { # prints a free cluster number; called with the lock held
	local i=2
	while grep -qsx "$i" "$STATE"/*/number; do i=$((i + 1)); done
	[ $i -le $NET_LAST ] || die "a bed has at most $((NET_LAST - 1)) edges"
	echo "$i"
}

net_prefix() { echo "10.$(<"$STATE/net")"; }
number() { cat "$STATE/$1/number"; }
address() { echo "$(net_prefix).0.$((10 + $(number "$1")))"; }
service_net() { echo "$(net_prefix).$(number "$1").0/24"; }
service_ip() { echo "$(net_prefix).$(number "$1").1"; }
pod_net() { echo "$(net_prefix).$((128 + $(number "$1"))).0/24"; }
namespace() { echo "berth-$BED-$1"; }
switch() { echo "berth-$BED"; }

net_switch_on() {
	local s host
	s=$(switch) host="berth$(<"$STATE/net")"
	[ ! -e "/run/netns/$s" ] || return 0
	ip netns add "$s"
	ip -n "$s" link add br0 type bridge
	ip -n "$s" link set br0 up
	ip link add "$host" type veth peer name host netns "$s"
	ip -n "$s" link set host master br0 up
	ip addr add "$(net_prefix).0.1/24" dev "$host"
	ip link set "$host" up
}

net_switch_off() { # the cables go with the namespace
	ip link del "berth$(<"$STATE/net")" 2>/dev/null || true
	ip netns del "$(switch)" 2>/dev/null || true
}

net_plug() { # CLUSTER
	local ns s port mac
	ns=$(namespace "$1") s=$(switch) port="c$(number "$1")"
	mac=$(printf '02:00:0a:%02x:00:%02x' "$(<"$STATE/net")" "$(number "$1")") # the same after a revival
	ip netns add "$ns"
	ip -n "$s" link add "$port" type veth peer name eth0 address "$mac" netns "$ns"
	ip -n "$s" link set "$port" master br0 up
	ip -n "$ns" link set lo up
	ip -n "$ns" addr add "$(service_ip "$1")/32" dev lo
	ip -n "$ns" addr add "$(address "$1")/24" dev eth0
	ip -n "$ns" link set eth0 up
}

net_unplug() { # CLUSTER: from here on nobody hears it, not even a goodbye
	ip -n "$(switch)" link del "c$(number "$1")" 2>/dev/null || true
}
