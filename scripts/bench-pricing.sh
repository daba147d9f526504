#!/usr/bin/env bash
# What a session costs to price, beside the two serious engines in Rust: instructions (callgrind), CPU time (best of
# nine batches, of the thread that prices) and allocations, each engine in a program of its own with a lock of its own.
# Sessions, tariffs and what they come to are the same; where they are not, it ends with 1.
#   scripts/bench-pricing.sh
set -euo pipefail
command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 1; }
build="$("$(dirname "$0")/peers.sh")"
found="$(mktemp -d)"
trap 'rm -rf "$found"' EXIT
programs=(measured measured-ocpi-kit measured-ocpi-tariffs)
for program in "${programs[@]}"; do
  "$build/$program" time
done >"$found/times"
for program in "${programs[@]}"; do
  "$build/$program" list | while read -r name; do
    collected="$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*counted::counted*' \
      "$build/$program" count "$name" 2>&1 | sed -n 's/.*Collected : //p')"
    echo "$name|$collected"
  done
done >"$found/counts"
# A count is of 100 times: src/counted.rs.
awk -F'|' '
  BEGIN { printf "%-13s %-30s %-6s %14s %12s %12s %12s %s\n", "engine", "session", "from", "instructions", "best", "median", "allocations", "total" }
  NR == FNR { count[$1 "|" $2 "|" $3] = $4 / 100; next }
  {
    event = $2 == "event"; name = $1 "|" $2 "|" $3
    printf "%-13s %-30s %-6s %14.0f %9.1f ns %9.1f ns %12d %s\n", $1, event ? "event: " $3 : $2, event ? "" : $3, count[name], $4, $5, $6, $7
    if ($7 != "") { if (!($2 in total)) total[$2] = $7; if (total[$2] - $7 > 0.015 || $7 - total[$2] > 0.015) wrong = 1 }
    if (!event) { best[name] = $4; seen[$2 "|" $3] = 1 }
  }
  END {
    print ""
    for (session in seen)
      printf "%-37s %5.1f times ocpi-kit, %5.1f times ocpi-tariffs\n", session, best["ocpi-kit|" session] / best["wattledger|" session], best["ocpi-tariffs|" session] / best["wattledger|" session]
    if (wrong) { print "the engines do not come to the same"; exit 1 }
  }' "$found/counts" "$found/times"
