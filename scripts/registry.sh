#!/usr/bin/env bash
# One schema registry on loopback for tests: Apicurio, with Confluent's API, from its Maven artifact, on the Java that is here.
#
#   scripts/registry.sh fetch                      the program, once, into the cache (142 MB); prints its folder
#   scripts/registry.sh start [--owner PID] DIR    starts one that keeps everything in DIR; prints its address
#       --owner PID            when that process ends, the registry is killed and DIR removed
#   scripts/registry.sh stop|kill DIR              in good order · as by kill -9
#
# A DIR that was started before keeps its port and its data. Files in DIR: port, pid, log. Exit: 0 done, 2 broken, with
# words on stderr.
set -euo pipefail
version=2.6.13.Final
cache="${WATTLEDGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wattledger}"
home="$cache/apicurio-$version"
start_seconds=120
stop_seconds=20

fail() { printf 'registry.sh: %s\n' "$*" >&2; exit 2; }

fetch() {
    if [ ! -e "$home/complete" ]; then
        command -v mvn >/dev/null || fail "maven is missing"
        mkdir -p "$home"
        {
            flock 9
            if [ ! -e "$home/complete" ]; then
                printf '\033[1m==>\033[0m Fetching Apicurio Registry %s once (142 MB) into %s\n' "$version" "$home" >&2
                mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
                    -Dartifact="io.apicurio:apicurio-registry-app:$version:tar.gz:all" -DoutputDirectory="$home" >&2 \
                    || fail "Apicurio Registry $version cannot be fetched"
                tar -xzf "$home"/apicurio-registry-app-*.tar.gz -C "$home"
                rm "$home"/apicurio-registry-app-*.tar.gz
                touch "$home/complete"
            fi
        } 9>"$home/lock"
    fi
    echo "$home"
}

# Whether a registry of DIR runs; the process must be that one, not another that got its number.
runs() {
    local pid
    pid=$(cat "$1/pid" 2>/dev/null) || return 1
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "-Dfolder=$1"
}

# The default program keeps its data in memory; an H2 file keeps them. Port 0 takes a free one.
launch() {
    local folder="$1" port="$2"
    : >"$folder/log"
    (
        trap '' HUP INT
        REGISTRY_DATASOURCE_URL="jdbc:h2:file:$folder/data;WRITE_DELAY=0" exec java -Xmx512m -Dfolder="$folder" \
            -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port="$port" \
            -jar "$home/apicurio-registry-app-$version-runner.jar"
    ) </dev/null >>"$folder/log" 2>&1 &
    echo $! >"$folder/pid"
    disown
}

# Kills the registry and removes DIR when process $2 ends.
watch() {
    local folder="$1" owner="$2"
    (
        trap '' HUP INT
        tail --pid="$owner" -f /dev/null &
        tail=$!
        trap 'kill $tail 2>/dev/null; exit 0' TERM
        wait $tail || true
        if runs "$folder"; then kill -9 "$(cat "$folder/pid")"; fi
        rm -rf "$folder"
    ) </dev/null >/dev/null 2>&1 &
    echo $! >"$folder/watcher"
    disown
}

start() {
    local owner="" folder=""
    while [ $# -gt 0 ]; do
        case "$1" in
            --owner) owner="$2"; shift 2 ;;
            -*) fail "unknown option $1" ;;
            *) folder="$1"; shift ;;
        esac
    done
    [ -n "$folder" ] || fail "start: which directory?"
    command -v java >/dev/null || fail "java is missing"
    fetch >/dev/null
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd)
    if ! runs "$folder"; then
        launch "$folder" "$(cat "$folder/port" 2>/dev/null || echo 0)"
        await "$folder"
        if [ -n "$owner" ]; then watch "$folder" "$owner"; fi
    fi
    echo "http://127.0.0.1:$(cat "$folder/port")/apis/ccompat/v7"
}

await() {
    local folder="$1" deadline=$((SECONDS + start_seconds)) port=""
    while [ -z "$port" ]; do
        sleep 0.1
        port=$(sed -n 's/.*Listening on: http:[^ ]*:\([0-9]*\).*/\1/p' "$folder/log")
        if [ -z "$port" ] && ! kill -0 "$(cat "$folder/pid")" 2>/dev/null; then
            tail -n 20 "$folder/log" >&2
            fail "the registry ended while it started, see $folder/log"
        fi
        [ "$SECONDS" -lt "$deadline" ] || fail "no answer within $start_seconds s, see $folder/log"
    done
    echo "$port" >"$folder/port"
}

# Sends signal $1 to the registry of DIR and waits for its end; the watcher goes first.
finish() {
    local signal="$1" folder pid watcher
    folder=$(cd "$2" 2>/dev/null && pwd) || return 0
    if watcher=$(cat "$folder/watcher" 2>/dev/null); then
        kill "$watcher" 2>/dev/null || true
        rm -f "$folder/watcher"
    fi
    runs "$folder" || return 0
    pid=$(cat "$folder/pid")
    kill "-$signal" "$pid"
    local deadline=$((SECONDS + stop_seconds))
    while runs "$folder"; do
        if [ "$SECONDS" -ge "$deadline" ]; then kill -9 "$pid"; fi
        sleep 0.05
    done
    rm -f "$folder/pid"
}

command="${1:-}"
[ $# -eq 0 ] || shift
case "$command" in
    fetch) fetch ;;
    start) start "$@" ;;
    stop) finish TERM "$1" ;;
    kill) finish KILL "$1" ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
esac
