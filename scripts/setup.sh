#!/usr/bin/env bash
# Installs what building wattledger needs and is not there yet, and says so. `setup.sh kafka` installs what a real
# Kafka broker and the Python programs beside it need: Java 17, Maven, Python's venv.
set -euo pipefail

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("$2"); }
if [ "${1:-}" = kafka ]; then
    need java openjdk-17-jre-headless
    need mvn maven
    python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3 python3-venv)
else
    need cc build-essential
    need c++ build-essential
    need clang clang
    need pkg-config pkg-config
    ldconfig -p 2>/dev/null | grep -q 'libclang' || packages+=(libclang-dev)
    # For TLS to Kafka, which the tests build.
    pkg-config --exists openssl 2>/dev/null || packages+=(libssl-dev)
    command -v openssl >/dev/null || packages+=(openssl)
fi

if [ "${#packages[@]}" -gt 0 ]; then
    if ! command -v apt-get >/dev/null 2>&1; then
        say "Missing: ${packages[*]}. Install them with this system's package manager and run make again."
        exit 2
    fi
    say "Installing with apt-get: ${packages[*]}"
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >/dev/null
fi

if [ "${1:-}" = kafka ]; then exit 0; fi

if ! command -v cargo >/dev/null 2>&1; then
    say "Rust is missing. Install Rust 1.95 or newer with rustup (https://rustup.rs) and run make again."
    exit 2
fi
