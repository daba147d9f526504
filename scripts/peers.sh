#!/usr/bin/env bash
# Builds what prices beside two other engines: ours, and each peer in a crate and a lock of its own. Prints where.
set -euo pipefail
cd "$(dirname "$0")/../tests/differential"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
# The peers want a newer compiler than we do, and build with ours.
for engine in . ocpi-kit ocpi-tariffs; do
  (cd "$engine" && cargo build --release --locked --ignore-rust-version --bins >&2)
done
echo "$CARGO_TARGET_DIR/release"
