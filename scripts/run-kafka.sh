#!/usr/bin/env bash
# Bills the demo's charging day on a fresh Apache Kafka on loopback, shows the summary and, unless ONCE=1, serves on.
# The broker ends with this script.
#
#   scripts/run-kafka.sh PROGRAM FOLDER SEED
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"
program="$1" folder="$2" seed="$3"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

"$here/scripts/kafka.sh" stop "$folder/broker" 2>/dev/null || true
rm -rf "$folder"
mkdir -p "$folder"
say "Starting Apache Kafka on loopback"
brokers=$("$here/scripts/kafka.sh" start --owner $$ "$folder/broker")
trap '"$here/scripts/kafka.sh" stop "$folder/broker"' EXIT
say "Kafka listens at $brokers"
"$program" topics create --kafka "$brokers" --partitions "${PARTITIONS:-4}" --data-dir "$folder/engine"
once=()
[ "${ONCE:-}" = 1 ] && once=(--once)
"$program" demo --data-dir "$folder/engine" --seed "$seed" "${once[@]}"
