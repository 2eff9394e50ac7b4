#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make demo: two aditd in network namespaces, a tunnel between them, traffic through it, and proof of what was on the wire.
#
#   client 10.9.0.2 ─── 10.9.0.1 gateway 10.1.0.1 ─── 10.1.0.10 host
#
# The configurations are those of examples/certificates as they are, with a CA and certificates that `adit pki` makes in
# .demo; each daemon has a /run of its own, so that the default control socket serves. KEEP=1 leaves everything up; `tests/demo.sh stop` ends that.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
aditd=$PWD/$build/src/daemon/aditd
adit=$PWD/$build/src/cli/adit
work=$PWD/.demo
megabytes=16
files=

say() { printf '%s\n' "$*"; }
title() { printf '\n== %s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# Ends what the state file names: processes by their number, then the namespaces.
take_down() {
	[ -f "$work/state" ] || return 0
	local kind what name
	while read -r kind what name; do
		case $kind in
		process)
			# only when the number still belongs to what was started
			if [ "$(cat "/proc/$what/comm" 2>/dev/null)" = "$name" ]; then
				kill "$what" 2>/dev/null || true
				for _ in $(seq 60); do [ -d "/proc/$what" ] || break; sleep 0.1; done
				[ ! -d "/proc/$what" ] || kill -9 "$what" 2>/dev/null || true
			fi ;;
		namespace) ip netns del "$what" 2>/dev/null || true ;;
		esac
	done < <(tac "$work/state")
	rm -f "$work/state"
}

finish() {
	local code=$?
	trap - EXIT
	trap '' INT TERM HUP # the end is not to be interrupted
	if [ $code -ne 0 ]; then
		for file in $files; do
			[ ! -s "$file" ] || { title "the end of $file"; tail -n 15 "$file"; }
		done
		take_down
		say
		case $code in
		130 | 143) say "demo: interrupted; everything is taken down again" ;;
		*) say "demo: FAILED; the logs are in $work" ;;
		esac
	elif [ "${KEEP:-0}" = 1 ]; then
		title "left up"
		say "enter the client:   nsenter -t $client_pid -m -n -r sh -c 'PATH=$(dirname "$adit"):\$PATH exec bash'   (then: adit status)"
		say "enter the gateway:  nsenter -t $gateway_pid -m -n -r sh -c 'PATH=$(dirname "$adit"):\$PATH exec bash'"
		say "end it:             tests/demo.sh stop"
	else
		take_down
		say; say "Everything is taken down again. KEEP=1 make demo leaves it up."
	fi
	exit $code
}

namespace() {
	ip netns add "$1"
	echo "namespace $1" >>"$work/state"
	ip -n "$1" link set lo up
}

# start NAMESPACE LOG COMMAND…: its process number in $started
start() {
	local ns=$1 log=$2
	shift 2
	ip netns exec "$ns" unshare -m sh -c 'mount -t tmpfs tmpfs /run && mkdir /run/adit && exec "$@"' sh "$@" >"$log" 2>&1 </dev/null &
	started=$!
	echo "process $started $(basename "$1")" >>"$work/state"
	files="$files $log"
}

in_client() { nsenter -t "$client_pid" -m -n -r "$@"; }
in_gateway() { nsenter -t "$gateway_pid" -m -n -r "$@"; }

wait_ready() {
	for _ in $(seq 100); do
		if "$1" "$adit" version >/dev/null 2>&1; then return 0; fi
		sleep 0.05
	done
	die "aditd in the ${1#in_} does not answer"
}

# A command as it is typed, and what it says.
typed() {
	local word line='$'
	for word; do
		case $word in *\ *) line="$line \"$word\"" ;; *) line="$line $word" ;; esac
	done
	say "$line"
	"$@"
}

# A CA, and a folder for each machine with all it needs; in .demo, so that what is typed is short.
make_certificates() {
	cd "$work"
	PATH=$(dirname "$adit"):$PATH
	typed adit pki ca --name "O=example, CN=example CA" --into ca
	typed adit pki server --san gateway.example.org --ca ca --into gateway
	typed adit pki client --san client.example.org --ca ca --into client
	cp ../examples/certificates/gateway.conf gateway/adit.conf
	cp ../examples/certificates/client.conf client/adit.conf
	[ -z "$(find . -path '*/private/*' ! -perm 600)" ] || die "a private key is open to others"
	typed adit check gateway/adit.conf
	typed adit check client/adit.conf
	cd - >/dev/null
}

# The number of captured packets that match a filter.
count() { tcpdump -n -r "$work/wire.pcap" "$@" 2>/dev/null | wc -l; }

stream='
import hashlib, os, socket, sys
role, address, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
digest = hashlib.sha256()
if role == "receive":
    server = socket.create_server((address, 7000))
    server.settimeout(20)
    stream = server.accept()[0]
    while size:
        part = stream.recv(min(size, 65536))
        if not part:
            sys.exit("the stream ended early")
        digest.update(part)
        size -= len(part)
    stream.sendall(b"x")
else:
    stream = socket.create_connection((address, 7000), 10)
    while size:
        part = os.urandom(min(size, 65536))
        digest.update(part)
        stream.sendall(part)
        size -= len(part)
    stream.settimeout(20)
    if stream.recv(1) != b"x":
        sys.exit("no receipt")
print(digest.hexdigest())
'

main() {
	[ "$(id -u)" = 0 ] || die "network namespaces need root"
	[ -x "$aditd" ] && [ -x "$adit" ] || die "not built: make build"
	if [ -f "$work/state" ]; then
		say "ending what an earlier demo left up"
		take_down
	fi
	mkdir -p "$work"
	rm -rf "${work:?}"/*
	client=adit-demo-$$-client gateway=adit-demo-$$-gateway host=adit-demo-$$-host
	: >"$work/state"
	trap finish EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP

	title "a CA, a gateway's certificate, a client's certificate"
	make_certificates

	title "three machines: client 10.9.0.2 — 10.9.0.1 gateway 10.1.0.1 — 10.1.0.10 host"
	namespace "$client"
	namespace "$gateway"
	namespace "$host"
	ip -n "$client" link add eth0 type veth peer name eth0 netns "$gateway"
	ip -n "$gateway" link add eth1 type veth peer name eth0 netns "$host"
	ip netns exec "$client" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6' # no chatter of its own
	ip netns exec "$gateway" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6'
	ip -n "$client" addr add 10.9.0.2/24 dev eth0
	ip -n "$gateway" addr add 10.9.0.1/24 dev eth0
	ip -n "$gateway" addr add 10.1.0.1/24 dev eth1
	ip -n "$host" addr add 10.1.0.10/24 dev eth0
	ip -n "$client" link set eth0 up
	ip -n "$gateway" link set eth0 up
	ip -n "$gateway" link set eth1 up
	ip -n "$host" link set eth0 up
	ip -n "$host" route add default via 10.1.0.1
	ip netns exec "$gateway" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	start "$client" "$work/capture.log" tcpdump -i eth0 -n -U --immediate-mode -Z root -B 32768 -s 96 -w "$work/wire.pcap"
	capture_pid=$started
	start "$gateway" "$work/gateway.log" "$aditd" -n -c "$work/gateway/adit.conf"
	gateway_pid=$started
	start "$client" "$work/client.log" "$aditd" -n -c "$work/client/adit.conf"
	client_pid=$started
	wait_ready in_gateway
	wait_ready in_client
	for _ in $(seq 100); do grep -q 'listening on' "$work/capture.log" && break; sleep 0.05; done
	say "aditd runs in the client (examples/certificates/client.conf) and in the gateway (examples/certificates/gateway.conf)"

	title "adit up home"
	in_client "$adit" up home

	title "ping from the client to the host behind the gateway"
	ip netns exec "$client" ping -n -c 4 -i 0.2 -W 2 10.1.0.10

	title "$megabytes MB over TCP through the tunnel, SHA-256 taken at both ends"
	ip netns exec "$host" /usr/bin/python3 -c "$stream" receive 10.1.0.10 $((megabytes << 20)) >"$work/received" 2>"$work/receiver.log" &
	receiver=$!
	echo "process $receiver python3" >>"$work/state"
	for _ in $(seq 100); do [ -z "$(ip netns exec "$host" ss -Hltn 'sport = :7000')" ] || break; sleep 0.05; done
	local begun=${EPOCHREALTIME/./}
	sent=$(ip netns exec "$client" /usr/bin/python3 -c "$stream" send 10.1.0.10 $((megabytes << 20)))
	local spent=$((${EPOCHREALTIME/./} - begun))
	wait "$receiver" || die "the receiver failed: $(cat "$work/receiver.log")"
	received=$(cat "$work/received")
	say "sent      $sent"
	say "received  $received"
	[ "$sent" = "$received" ] || die "the checksums differ"
	say "the same; $((megabytes * 8 * 1048576 / spent)) Mbit/s, encryption, capture and both ends on this machine"

	title "adit status, client"
	in_client "$adit" status
	title "adit status, gateway"
	in_gateway "$adit" status | tee "$work/status"
	grep -q client.example.org "$work/status" || die "the gateway does not say whom it authenticated"

	title "what was on the wire between them"
	sleep 0.3
	kill -TERM "$capture_pid"
	wait "$capture_pid" || true
	grep -q '^0 packets dropped by kernel' "$work/capture.log" || die "the capture lost packets: $(tail -n 1 "$work/capture.log")"
	local ike bytes other
	ike=$(count 'udp port 500 or (udp port 4500 and udp[8:4] = 0)')
	other=$(count 'not arp and not esp and not (udp port 500 or udp port 4500)')
	# bytes, since trains of packets that one call sends are seen as one here
	bytes=$(tcpdump -nr "$work/wire.pcap" 'esp or (udp port 4500 and udp[8:4] != 0)' 2>/dev/null | awk '{ sum += $NF } END { print sum + 0 }')
	say "$ike packets of IKE, $((bytes / 1048576)) MB of ESP, $other packets of anything else"
	[ "$bytes" -gt $((megabytes * 1048576)) ] || die "too little ESP for what was sent"
	[ "$other" -eq 0 ] || { tcpdump -n -r "$work/wire.pcap" -c 5 'not arp and not esp and not (udp port 500 or udp port 4500)'; die "something else was on the wire"; }

	title "seen"
	say "gateway.example.org and client.example.org proved by certificates of the new CA who they are, and an IKEv2 SA came up;"
	say "a host behind the gateway was reached through it, $megabytes MB arrived unchanged, and outside nothing but IKE and ESP"
	say "was to be seen. The configurations are those of examples/certificates; certificates, keys, this run's logs and the capture"
	say "are in $work/ (ca, gateway, client, *.log, wire.pcap)."
}

case ${1:-} in
'') main ;;
stop)
	[ -f "$work/state" ] || die "nothing is up"
	take_down
	say "ended" ;;
*) die "usage: tests/demo.sh [stop]" ;;
esac
