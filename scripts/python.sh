#!/usr/bin/env bash
# Makes the Python environment of examples/python once, in the cache, and prints its interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=examples/python/requirements.txt
cache="${WATTLEDGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wattledger}"
wanted=$(sha256sum "$requirements" | cut -c1-12)
folder="$cache/python-$wanted"

if [ ! -e "$folder/complete" ]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "python.sh: Python's venv is missing: run make setup-kafka" >&2; exit 2; }
    mkdir -p "$folder"
    {
        flock 9
        if [ ! -e "$folder/complete" ]; then
            printf '\033[1m==>\033[0m Installing %s once into %s\n' "$(tr '\n' ' ' <"$requirements")" "$folder" >&2
            python3 -m venv "$folder/venv" >&2
            "$folder/venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
            touch "$folder/complete"
        fi
    } 9>"$folder/lock"
fi
echo "$folder/venv/bin/python"
