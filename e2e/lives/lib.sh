# lib.sh — lives in a case with a hub of its own; sourced behind benchmarks/hub/scale-lib.sh.
# shellcheck shell=bash

KEPT=${KEPT:-$OUT/lives}
mkdir -p "$KEPT"

lives() { # COMMAND OPTION...
	local command=$1
	shift
	"$ROOT/build/e2e/lives" "$command" --state "$(bed state)" --build "$BUILD" --keep "$KEPT" \
		--operator "$(bed kubeconfig hub --sa berth-system/berth-operator)" --worker "$(bed kubeconfig hub --sa berth-system/berth-worker)" \
		--restart "BED=$BED $ROOT/e2e/bed/bed restart-apiserver hub" "$@"
}
