#!/usr/bin/env bash
# Whether the Kafka broker at HOST:PORT coordinates transactions and groups: exit 0 if so, 1 if not yet.
#
# Asks as any client would, in four requests of Kafka's protocol (big-endian; a request is its size, then api key,
# version, correlation id, client id, body): FindCoordinator makes the two internal topics; DescribeTransactions wants
# every one of the 8 partitions of the transaction log loaded; InitProducerId the controller's first block of producer
# ids; OffsetFetch the groups' partition of one.
set -euo pipefail
address="$1"
exec 3<>"/dev/tcp/${address%:*}/${address##*:}"

hex() { od -An -v -tx1 | tr -d ' \n'; }
# Sends a request in hexadecimal, without its size, and prints the answer in the same form.
ask() {
    local size answer
    printf '%b' "$(printf '%08x%s' $((${#1} / 2)) "$1" | sed 's/../\\x&/g')" >&3
    size=$(timeout 5 head -c 4 <&3 | hex)
    [ -n "$size" ]
    answer=$(timeout 5 head -c $((16#$size)) <&3 | hex)
    echo "$answer"
}
text() { printf '%s' "$1" | hex; }
# api key, version, correlation id 1, client id "ready".
header() { printf '%04x%04x000000010005%s' "$1" "$2" "$(text ready)"; }

# FindCoordinator v1 for a key of each kind: correlation, throttle, error.
for kind in 00 01; do
    answer=$(ask "$(header 10 1)0005$(text ready)$kind")
    [ "${answer:16:4}" = 0000 ]
done

# DescribeTransactions v0 for eight names that hash to the eight partitions: each is unknown (105) where the
# coordinator is loaded, 14 to 16 where it is not. An answer begins with correlation, tags, throttle and the count + 1.
names=""
for digit in {0..7}; do names+="08$(text "ready-$digit")"; done
answer=$(ask "$(header 65 0)0009${names}00")
[ "$(grep -o "006908$(text ready-)3[0-7]" <<<"$answer" | wc -l)" = 8 ]

# OffsetFetch v5 of a group for no topic: correlation, throttle, no topics, error.
answer=$(ask "$(header 9 5)0005$(text ready)00000000")
[ "${answer:24:4}" = 0000 ]

# InitProducerId v1 without a name: correlation, throttle, error.
answer=$(ask "$(header 22 1)ffff0000ea60")
[ "${answer:16:4}" = 0000 ]
