#!/usr/bin/env bash
# Fuzzes every target (or those named) for SECONDS each, on the stable compiler: coverage is what
# rustc's own passes count, no sanitizer. What is new goes to a folder of its own beside the build;
# a find is written to fuzz/artifacts/TARGET and ends the script with 1.
#   SECONDS_EACH=60 scripts/fuzz.sh [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
# `cargo fuzz run TARGET` on a nightly compiler works as well.
seconds="${SECONDS_EACH:-60}"
host="$(rustc -vV | sed -n 's/^host: //p')"
build="${FUZZ_TARGET_DIR:-fuzz/target}"
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
cargo build --manifest-path fuzz/Cargo.toml --release --target "$host" --target-dir "$build"
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  mapfile -t targets < <(cd fuzz/fuzz_targets && for file in *.rs; do echo "${file%.rs}"; done)
fi
failed=0
for target in "${targets[@]}"; do
  program="$build/$host/release/$target"
  [ -x "$program" ] || continue
  mkdir -p "$build/found/$target" "fuzz/artifacts/$target"
  printf '\033[1m==>\033[0m %s, %s s\n' "$target" "$seconds"
  "$program" "$build/found/$target" "fuzz/corpus/$target" -max_total_time="$seconds" -rss_limit_mb=512 \
    -timeout=10 -max_len=65536 -artifact_prefix="fuzz/artifacts/$target/" -print_final_stats=1 2>&1 |
    grep -E '^(stat::|#[0-9]+.*DONE|SUMMARY|==|thread|.*panicked|assertion| *(left|right):)' || true
  [ -z "$(ls -A "fuzz/artifacts/$target")" ] || failed=1
done
exit "$failed"
