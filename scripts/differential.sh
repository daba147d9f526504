#!/usr/bin/env bash
# Prices random pairs of tariff and session with wattledger and with each of two other engines; a difference that no
# class explains ends it with 1. The peers have crates and locks of their own, apart from the workspace.
#   scripts/differential.sh [PAIRS] [FIRST_SEED]
set -euo pipefail
cd "$(dirname "$0")/../tests/differential"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
# The peers want a newer compiler than we do, and build with ours.
cargo build --release --locked --ignore-rust-version --bin wattledger-differential
(cd ocpi-tariffs && cargo build --release --locked --ignore-rust-version --bin priced-ocpi-tariffs)
failed=0
for peer in ocpi-kit ocpi-tariffs; do
  "$CARGO_TARGET_DIR/release/wattledger-differential" "$peer" "${1:-20000}" "${2:-1}" || failed=1
done
exit "$failed"
