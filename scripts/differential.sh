#!/usr/bin/env bash
# Prices random pairs of tariff and session with wattledger and with each of two other engines; a difference that no
# class explains ends it with 1. The peers have crates and locks of their own, apart from the workspace.
#   scripts/differential.sh [PAIRS] [FIRST_SEED]
set -euo pipefail
programs="$("$(dirname "$0")/peers.sh")"
failed=0
for peer in ocpi-kit ocpi-tariffs; do
  "$programs/wattledger-differential" "$peer" "${1:-20000}" "${2:-1}" || failed=1
done
exit "$failed"
