#!/usr/bin/env bash
# Builds RocksDB's C++ once, into a cache outside the checkout that every profile links, and prints
# the folder of the archive. Takes about 10 minutes on two cores the first time.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n '/^name = "librocksdb-sys"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)
cache="${WATTLEDGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wattledger}"
folder="$cache/rocksdb-$version-$(uname -m)"

if [ ! -s "$folder/librocksdb.a" ]; then
    mkdir -p "$folder"
    {
        flock 9
        if [ ! -s "$folder/librocksdb.a" ]; then
            printf '\033[1m==>\033[0m Building RocksDB %s once (about 10 minutes on two cores) into %s\n' \
                "$version" "$folder" >&2
            env -u ROCKSDB_LIB_DIR -u ROCKSDB_STATIC CARGO_PROFILE_RELEASE_DEBUG=0 \
                cargo build --quiet --release --locked -p librocksdb-sys --target-dir "$folder/build" >&2
            archive=$(find "$folder/build" -name librocksdb.a -print -quit)
            strip --strip-debug "$archive"
            mv "$archive" "$folder/librocksdb.a.new"
            mv "$folder/librocksdb.a.new" "$folder/librocksdb.a"
            rm -rf "$folder/build"
        fi
    } 9>"$folder/lock"
fi
echo "$folder"
