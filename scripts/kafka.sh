#!/usr/bin/env bash
# One Apache Kafka node on loopback for development and tests, from its Maven artifacts, on the Java that is here.
#
#   scripts/kafka.sh fetch                       the jars, once, into the cache; prints their folder
#   scripts/kafka.sh start [OPTIONS] DIR         starts a broker that keeps everything in DIR; prints its address
#       --set KEY=VALUE        a line of server.properties, only when DIR is new
#       --proxied HOST:PORT    a second listener that tells its clients to come back to HOST:PORT (`itself`: to where it
#                              listens), only when DIR is new
#       --user NAME=PASSWORD   somebody whom a listener with SCRAM-SHA-512 lets in, only when DIR is new
#       --owner PID            when that process ends, the broker is killed and DIR removed
#   scripts/kafka.sh stop|kill|pause|resume DIR  in good order · as by kill -9 · SIGSTOP · SIGCONT
#   scripts/kafka.sh stats DIR                   CPU seconds since the start and memory, as key=value words
#
# A DIR that was started before keeps its ports and its data. Files in DIR: server.properties, bootstrap (host:port),
# proxied (host:port behind --proxied), pid, broker.log. Exit: 0 done, 2 broken, with words on stderr.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"
cache="${WATTLEDGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wattledger}"
pom="$here/deploy/kafka/pom.xml"
# Another version for a trial, or where this one cannot be had: WATTLEDGER_KAFKA_VERSION=4.3.1, 4.2.1 or 4.1.1.
version=${WATTLEDGER_KAFKA_VERSION:-$(sed -n 's/.*<kafka.version>\(.*\)<.*/\1/p' "$pom")}
jars="$cache/kafka-$version"
start_seconds="${WATTLEDGER_KAFKA_START_SECONDS:-90}"
stop_seconds=30

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'kafka.sh: %s\n' "$*" >&2; exit 2; }

fetch() {
    if [ ! -e "$jars/ready" ]; then
        command -v mvn >/dev/null || fail "maven is missing: run make setup-kafka"
        mkdir -p "$jars"
        {
            flock 9
            if [ ! -e "$jars/ready" ]; then
                say "Fetching Apache Kafka $version once (43 MB, and 50 MB of prepared classes) into $jars"
                mvn -q -B -Dstyle.color=never -f "$pom" -Dkafka.version="$version" dependency:copy-dependencies \
                    -DoutputDirectory="$jars/jars" >&2 \
                    || fail "the jars of Kafka $version cannot be fetched"
                train
                touch "$jars/ready"
            fi
        } 9>"$jars/lock"
    fi
    echo "$jars/jars"
}

# Keeps the classes that a broker loads as the JVM has them in memory: a start then costs half the CPU. Without the archive,
# or on another Java than it was made with, a broker starts all the same.
train() {
    local folder
    folder=$(mktemp -d)
    sharing=(-XX:ArchiveClassesAtExit="$jars/classes.jsa")
    boot "$folder" ""
    finish TERM "$folder"
    rm -rf "$folder"
}

sharing=()
users=()
# Runs a class of Kafka's in place of this shell. Heap: small, as for development.
kafka_class() {
    local class_path="$jars/jars/*"
    if [ "${#sharing[@]}" = 0 ] && [ -s "$jars/classes.jsa" ]; then sharing=(-XX:SharedArchiveFile="$jars/classes.jsa"); fi
    exec java "${sharing[@]}" -Xmx"${WATTLEDGER_KAFKA_HEAP:-512m}" -XX:+UseG1GC -XX:MaxGCPauseMillis=20 \
        -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.dateTimeFormat="HH:mm:ss.SSS" \
        -Dorg.slf4j.simpleLogger.showThreadName=false -cp "$class_path" "$@"
}

# Whether a broker of DIR runs; the process must be that broker, not another that got its number.
runs() {
    local pid
    pid=$(cat "$1/pid" 2>/dev/null) || return 1
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$1/server.properties"
}

# Whether a thread of process $1 is left: after a kill the first is gone, and the ports are not, while others still end.
lives() {
    local threads=("/proc/$1/task/"*)
    [ -e "${threads[0]}" ] && { [ "${#threads[@]}" -gt 1 ] || ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }
}

# A loopback port on which nobody listens, below the range that the system gives to clients, so that no client
# takes it while the broker is down.
free_port() {
    local port
    for _ in {1..100}; do
        port=$((15000 + RANDOM % 17000))
        if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    fail "no free port found on 127.0.0.1"
}

# Writes DIR/server.properties with new ports and the lines of --set.
configure() {
    local folder="$1" advertised="$2" broker controller proxied listeners
    shift 2
    broker=$(free_port)
    controller=$(free_port)
    listeners="PLAINTEXT://127.0.0.1:$broker"
    local told="$listeners"
    if [ -n "$advertised" ]; then
        proxied=$(free_port)
        listeners+=",PROXIED://127.0.0.1:$proxied"
        if [ "$advertised" = itself ]; then advertised="127.0.0.1:$proxied"; fi
        told+=",PROXIED://$advertised"
        echo "127.0.0.1:$proxied" >"$folder/proxied"
    fi
    {
        sed "s|@FOLDER@|$folder|" "$here/deploy/kafka/server.properties"
        echo
        echo "listeners=$listeners,CONTROLLER://127.0.0.1:$controller"
        echo "advertised.listeners=$told"
        echo "controller.quorum.voters=1@127.0.0.1:$controller"
        printf '%s\n' "$@"
    } >"$folder/server.properties"
    rm -rf "$folder/data"
    local scram=() user
    for user in "${users[@]}"; do scram+=(--add-scram "SCRAM-SHA-512=[name=${user%%=*},password=${user#*=}]"); done
    (kafka_class kafka.tools.StorageTool format -t "$(cluster_id)" -c "$folder/server.properties" "${scram[@]}") \
        >"$folder/format.log" 2>&1 || { cat "$folder/format.log" >&2; fail "the storage cannot be formatted"; }
    echo "127.0.0.1:$broker" >"$folder/bootstrap"
}

# 16 bytes of chance in Kafka's spelling of an id; not beginning with a dash, which would look like an option.
cluster_id() { echo "W$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c2-22)"; }

launch() {
    local folder="$1"
    (
        trap '' HUP INT
        kafka_class kafka.Kafka "$folder/server.properties"
    ) </dev/null >"$folder/broker.log" 2>&1 &
    echo $! >"$folder/pid"
    disown
}

# Waits until transactions and groups can be coordinated, not just until the port is open: right after a start
# clients would be told COORDINATOR_LOAD_IN_PROGRESS for some seconds.
await_ready() {
    local folder="$1" deadline=$((SECONDS + start_seconds))
    until "$here/scripts/kafka-ready.sh" "$(cat "$folder/bootstrap")" 2>/dev/null; do
        # Not `runs`: on a busy machine the shell may not be the broker yet.
        lives "$(cat "$folder/pid")" || return 1
        [ "$SECONDS" -lt "$deadline" ] || return 2
        sleep 0.1
    done
}

# Kills the broker and removes DIR when process $2 ends; ends itself when the broker is stopped otherwise.
watch() {
    local folder="$1" owner="$2"
    (
        trap '' HUP INT
        tail --pid="$owner" -f /dev/null &
        tail=$!
        trap 'kill $tail 2>/dev/null; exit 0' TERM
        wait $tail || true
        if runs "$folder"; then
            pid=$(cat "$folder/pid")
            kill -9 "$pid"
            while lives "$pid"; do sleep 0.05; done
        fi
        rm -rf "$folder"
    ) </dev/null >/dev/null 2>&1 &
    echo $! >"$folder/watcher"
    disown
}

start() {
    local advertised="" owner="" folder="" settings=()
    while [ $# -gt 0 ]; do
        case "$1" in
            --set) settings+=("$2"); shift 2 ;;
            --proxied) advertised="$2"; shift 2 ;;
            --owner) owner="$2"; shift 2 ;;
            --user) users+=("$2"); shift 2 ;;
            -*) fail "unknown option $1" ;;
            *) folder="$1"; shift ;;
        esac
    done
    [ -n "$folder" ] || fail "start: which directory?"
    command -v java >/dev/null || fail "java is missing: run make setup-kafka"
    fetch >/dev/null
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd)
    if ! runs "$folder"; then
        boot "$folder" "$advertised" "${settings[@]}"
        if [ -n "$owner" ]; then watch "$folder" "$owner"; fi
    fi
    cat "$folder/bootstrap"
}

# Starts the broker of DIR. A new DIR gets other ports when the first choice was taken meanwhile.
boot() {
    local folder="$1" new="" outcome
    [ -e "$folder/bootstrap" ] || new=yes
    for _ in 1 2 3; do
        [ -z "$new" ] || configure "$@"
        launch "$folder"
        outcome=0
        await_ready "$folder" || outcome=$?
        case "$outcome" in
            0) return ;;
            2) kill -9 "$(cat "$folder/pid")"; fail "no answer within $start_seconds s, see $folder/broker.log" ;;
        esac
        [ -n "$new" ] && grep -q 'BindException\|Address already in use' "$folder/broker.log" || break
    done
    tail -n 20 "$folder/broker.log" >&2
    fail "the broker ended while it started, see $folder/broker.log"
}

# Sends signal $1 to the broker of DIR and waits for its end; the watcher goes first.
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
    kill -CONT "$pid" 2>/dev/null || true
    local deadline=$((SECONDS + stop_seconds))
    while lives "$pid"; do
        if [ "$SECONDS" -ge "$deadline" ]; then kill -9 "$pid" 2>/dev/null || true; fi
        sleep 0.05
    done
    rm -f "$folder/pid"
}

signal() {
    local folder
    folder=$(cd "$2" && pwd)
    runs "$folder" || fail "no broker of $2 runs"
    kill "-$1" "$(cat "$folder/pid")"
}

stats() {
    local folder pid fields
    folder=$(cd "$1" && pwd)
    runs "$folder" || fail "no broker of $1 runs"
    pid=$(cat "$folder/pid")
    # After the command's name in brackets: field 12 and 13 are user and system time in ticks.
    read -ra fields < <(sed 's/^.*) //' "/proc/$pid/stat")
    awk -v ticks=$((fields[11] + fields[12])) -v hertz="$(getconf CLK_TCK)" '
        /^VmRSS:/ { now = $2 } /^VmHWM:/ { most = $2 }
        END { printf "cpu_seconds=%.2f rss_kib=%d rss_max_kib=%d\n", ticks / hertz, now, most }' "/proc/$pid/status"
}

command="${1:-}"
[ $# -eq 0 ] || shift
case "$command" in
    fetch) fetch ;;
    start) start "$@" ;;
    stop) finish TERM "$1" ;;
    kill) finish KILL "$1" ;;
    pause) signal STOP "$1" ;;
    resume) signal CONT "$1" ;;
    stats) stats "$1" ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
esac
