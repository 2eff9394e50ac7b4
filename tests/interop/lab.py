# SPDX-License-Identifier: Apache-2.0
"""lab: network namespaces, a NAT box, packet capture and traffic for the interoperability rows.

Owns what a row needs of the machine and takes it down again on any exit: namespaces (named after the process), processes
(they die with us), sockets. Knows nothing of IKE; peers.py does. Must never touch the network of the machine itself: every
interface is made inside a namespace. Everything is bounded in time.
"""
import atexit
import contextlib
import ctypes
import difflib
import hashlib
import ipaddress
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import trixie

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
SOL_PACKET = 263
PACKET_STATISTICS = 6
PACKET_IGNORE_OUTGOING = 23
SO_RCVBUFFORCE = 33
IP_MTU_DISCOVER = 10
ETH_P_ALL = 3
PREFIX = "aio"


class Failed(Exception):
    """What a row expected and did not see."""


def expect(condition, message):
    if not condition:
        raise Failed(message)


def wait_for(predicate, timeout, what, step=0.05):
    """The first true value of predicate, or Failed after timeout seconds."""
    end = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"not within {timeout:g} s: {what}")
        time.sleep(step)


def run(argv, timeout=10, check=True, env=None, stdin=None):
    """Runs a command; its output (both streams) as text, with the exit code as second value when check is off."""
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, env=env,
                              input=stdin, stdin=None if stdin else subprocess.DEVNULL, check=False)
        text, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        text, code = (late.stdout or b"").decode(errors="replace") + f"\n[killed after {timeout} s]", -1
    if check and code != 0:
        raise Failed(f"{' '.join(argv)}: exit {code}\n{text}")
    return text if check else (text, code)


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def inside(ns):
    """The calling thread is in that network namespace meanwhile; sockets made here stay there."""
    with open("/proc/thread-self/ns/net", "rb") as back, open(f"/run/netns/{ns}", "rb") as there:
        if LIBC.setns(there.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            if LIBC.setns(back.fileno(), CLONE_NEWNET):
                os._exit(70)


class Node:
    """A namespace with one outer interface, eth0, and a protected address on its loopback."""

    def __init__(self, lab, name, outer, inner, gateway=None):
        self.lab, self.name, self.outer, self.inner, self.gateway = lab, name, outer, inner, gateway
        self.ns = lab.namespace(name)

    def outer_address(self):
        return self.outer.split("/")[0]

    def address(self):
        return self.inner.split("/")[0]

    def net(self):
        return str(ipaddress.ip_interface(self.inner).network)

    def set_up(self):
        self.lab.sysctl(self.ns, "net/ipv6/conf/eth0/disable_ipv6", 1)
        self.lab.ip(self.ns, f"addr add {self.outer} dev eth0", "link set eth0 up", f"addr add {self.inner} dev lo")
        if self.gateway:
            self.lab.ip(self.ns, f"route add default via {self.gateway}")

    def command(self, argv, **more):
        return run(["ip", "netns", "exec", self.ns] + argv, **more)

    def network_state(self):
        """Interfaces, routes, rules and nftables, to compare before and after."""
        return "\n".join(self.command(argv.split()) for argv in (
            "ip -o -4 addr", "ip route show table all", "ip rule", "ip -6 rule", "nft list ruleset"))


class Lab:
    """One row's machine room. Use as a context manager."""

    def __init__(self, row, logs, build):
        self.logs = os.path.join(logs, row.replace("/", "_").replace(" ", "_"))
        shutil.rmtree(self.logs, ignore_errors=True)
        os.makedirs(self.logs)
        self.build, self.row = build, row
        self.dir = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
        self.namespaces, self.processes, self.captures = [], [], []
        self.at_end = []
        atexit.register(self.close)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for capture in self.captures:
            capture.stop()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        for ns in self.namespaces:
            namespace_delete(ns)
        self.namespaces, self.processes, self.captures = [], [], []
        shutil.rmtree(self.dir, ignore_errors=True)

    def namespace(self, name):
        ns = f"{PREFIX}{os.getpid()}-{name}"
        run(["ip", "netns", "add", ns])
        self.namespaces.append(ns)
        run(["ip", "-n", ns, "link", "set", "lo", "up"])
        for key in ("all", "default"):
            self.sysctl(ns, f"net/ipv4/conf/{key}/rp_filter", 0)
        return ns

    def sysctl(self, ns, path, value):
        run(["ip", "netns", "exec", ns, "sh", "-c", f"echo {value} > /proc/sys/{path}"])

    def ip(self, ns, *lines):
        run(["ip", "-n", ns, "-batch", "-"], stdin=("\n".join(lines) + "\n").encode())

    def packets_whole(self, node):
        """What the node sends together (UDP_SEGMENT) passes its wire, and so a capture, packet by packet."""
        self.ip(node.ns, "link set eth0 gso_max_segs 1")

    def cable(self, ns_a, if_a, ns_b, if_b):
        self.ip(ns_a, f"link add {if_a} type veth peer name {if_b} netns {ns_b}")

    def spawn(self, node, argv, log, env=None, private_run=True, in_trixie=False):
        """A long-running process in a node, with a /run of its own; it dies with this process. in_trixie: in the trixie root."""
        out = open(os.path.join(self.logs, log), "ab")
        if in_trixie:
            argv = trixie.enter(argv, [self.dir, self.logs])
        elif private_run:
            argv = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh"] + argv
        process = subprocess.Popen(["ip", "netns", "exec", node.ns] + argv, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=out, env={**os.environ, **(env or {})}, preexec_fn=die_with_parent,
                                   start_new_session=True)
        out.close()
        self.processes.append(process)
        return process

    def pair(self, nat, inside_first):
        """Two nodes, a and b, joined directly or with a NAT box that a (inside_first) or b is behind."""
        if not nat:
            a = Node(self, "a", "10.9.0.1/24", "10.1.0.1/24")
            b = Node(self, "b", "10.9.0.2/24", "10.2.0.1/24")
            self.cable(a.ns, "eth0", b.ns, "eth0")
            a.set_up()
            b.set_up()
            return a, b, None
        private = ("192.168.7.2/24", "192.168.7.1")
        public = ("10.9.0.2/24", None)
        a = Node(self, "a", (private if inside_first else public)[0], "10.1.0.1/24", (private if inside_first else public)[1])
        b = Node(self, "b", (public if inside_first else private)[0], "10.2.0.1/24", (public if inside_first else private)[1])
        box = NatBox(self, a if inside_first else b, b if inside_first else a)
        a.set_up()
        b.set_up()
        return a, b, box

    def watch(self, node, protected, interface="eth0", name=""):
        capture = Capture(self, node, interface, protected, name)
        self.captures.append(capture)
        capture.start()
        return capture


class NatBox:
    """Masquerades what comes from inside, always with other ports; rebind() forgets every mapping."""

    def __init__(self, lab, inner_node, outer_node):
        self.lab, self.ns = lab, lab.namespace("nat")
        lab.cable(inner_node.ns, "eth0", self.ns, "in0")
        lab.cable(outer_node.ns, "eth0", self.ns, "out0")
        lab.ip(self.ns, "addr add 192.168.7.1/24 dev in0", "link set in0 up", "addr add 10.9.0.1/24 dev out0", "link set out0 up")
        lab.sysctl(self.ns, "net/ipv4/ip_forward", 1)
        self.ports = 20000
        self.address = "10.9.0.1"
        self.rules()

    def rules(self):
        run(["ip", "netns", "exec", self.ns, "nft", "-f", "-"], stdin=(
            "table ip nat\ndelete table ip nat\n"
            "table ip nat { chain post { type nat hook postrouting priority srcnat;\n"
            f" oifname \"out0\" meta l4proto udp masquerade to :{self.ports}-{self.ports + 999}\n"
            " oifname \"out0\" masquerade;\n }\n}\n").encode())

    def rebind(self, address=None):
        """Other ports from now on and no memory of the old ones; with address, another public address too."""
        self.ports += 1000
        self.rules()
        if address:
            self.lab.ip(self.ns, f"addr del {self.address}/24 dev out0", f"addr add {address}/24 dev out0")
            self.address = address
        with inside(self.ns), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:
            # nfnetlink: subsystem 1 (ctnetlink), message 2 (delete); without attributes it flushes the table
            netlink.send(struct.pack("=IHHIIBBH", 20, 1 << 8 | 2, 5, 1, 0, 0, 0, 0))
            error = struct.unpack_from("=i", netlink.recv(4096), 16)[0]
            if error:
                raise OSError(-error, "conntrack flush")


def expect_same(before, after, what):
    """Two texts are equal; their difference otherwise."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=0)
    expect(before == after, f"{what}:\n" + "\n".join(lines))


class Capture(threading.Thread):
    """Everything that passes an outer interface, as a pcap file, and a judgement of each packet.

    Outside there may be ARP, IPv6 housekeeping, ESP, UDP of IKE and ESP, and ICMP errors between outer addresses.
    Anything else is clear text that should not be there. A packet the kernel dropped for us spoils the proof and fails it.
    """

    def __init__(self, lab, node, interface, protected, name=""):
        super().__init__(daemon=True)
        self.protected = [ipaddress.ip_network(net) for net in protected]
        self.path = os.path.join(lab.logs, f"{node.name}-{interface}{'-' if name else ''}{name}.pcap")
        self.ike, self.esp_udp, self.esp, self.clear, self.frames = 0, 0, 0, [], 0
        self.ignored = set()
        self.sa_inits = []
        self.ending = False
        with inside(node.ns):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
            self.socket.bind((interface, ETH_P_ALL))
        self.socket.settimeout(0.1)
        self.pcap = open(self.path, "wb")
        self.pcap.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

    def run(self):
        while True:
            try:
                frame = self.socket.recv(65535)
            except TimeoutError:
                if self.ending:
                    return
                continue
            except OSError:
                return
            now = time.time()
            self.pcap.write(struct.pack("=IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
            self.frames += 1
            self.judge(frame)

    def inner(self, address):
        return any(address in net for net in self.protected)

    def judge(self, frame):
        kind = struct.unpack_from("!H", frame, 12)[0]
        if kind in (0x0806, 0x86DD) and (kind == 0x0806 or frame[20] in (0, 58)):
            return
        if kind != 0x0800:
            self.clear.append(frame[:80])
            return
        packet = frame[14:]
        protocol, header = packet[9], (packet[0] & 15) * 4
        source, target = ipaddress.ip_address(packet[12:16]), ipaddress.ip_address(packet[16:20])
        if protocol in (50, 51):
            self.esp += 1
        elif protocol == 17 and len(packet) >= header + 8:
            ports = struct.unpack_from("!HH", packet, header)
            if any(port in self.ignored for port in ports):
                return
            body = packet[header + 8:]
            if 500 in ports:
                self.ike += 1
                if len(body) >= 28 and body[18] == 34:
                    self.sa_inits.append(body)
            elif 4500 in ports:
                if body[:4] == bytes(4):
                    self.ike += 1
                elif len(body) > 8:
                    self.esp_udp += 1
            else:
                self.clear.append(frame[:80])
        elif protocol == 1 and packet[header] in (3, 11, 12) and not self.inner(source) and not self.inner(target):
            return
        else:
            self.clear.append(frame[:80])

    def stop(self):
        if self.ending:
            return
        self.ending = True
        if self.is_alive():
            self.join(5)
        received, dropped = struct.unpack("=II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self.lost = dropped
        self.socket.close()
        self.pcap.close()

    def settle(self):
        """Returns once what was on the wire before the call has been judged."""
        before = -1
        while before != self.frames:
            before = self.frames
            time.sleep(0.15)

    def prove(self, esp=True):
        """Nothing in clear was seen, and (esp) protected packets were."""
        self.stop()
        expect(self.lost == 0, f"the capture itself lost {self.lost} packets")
        expect(not self.clear, f"{len(self.clear)} clear packets outside, the first: {self.clear[0].hex() if self.clear else ''}")
        if esp:
            expect(self.esp + self.esp_udp > 0, "no protected packet was seen outside")
        expect(self.ike > 0, "no IKE was seen outside")


def namespace_delete(ns):
    for pid in run(["ip", "netns", "pids", ns], check=False)[0].split():
        if pid.isdigit():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
    run(["ip", "netns", "del", ns], check=False)


def namespaces_sweep(pid):
    """Deletes what a row's process of that pid left behind when it was killed."""
    for line in run(["ip", "netns", "list"]).splitlines():
        name = line.split()[0] if line.split() else ""
        if name.startswith(f"{PREFIX}{pid}-"):
            namespace_delete(name)
    with contextlib.suppress(OSError):
        for entry in os.listdir(tempfile.gettempdir()):
            if entry.startswith(f"{PREFIX}{pid}-"):
                shutil.rmtree(os.path.join(tempfile.gettempdir(), entry), ignore_errors=True)


def ping(source, target, count=3, address=None, check=True, size=56):
    """Pings from one node's protected address to the other's; every answer has to come back.

    All go out at once: once it has an answer, ping waits for the rest no longer than its interval, and machines are slow.
    """
    text, code = source.command(["ping", "-n", "-q", "-c", str(count), "-l", str(count), "-i", "2", "-W", "2", "-s", str(size), "-I",
                                 source.address(), address or target.address()], check=False,
                                timeout=5 + 3 * count)
    good = code == 0 and f" {count} received" in text
    if check:
        expect(good, f"ping {source.name} → {target.name} failed:\n{text}")
    return good


def ping_until(source, target, timeout, what):
    wait_for(lambda: ping(source, target, count=1, check=False), timeout, what, step=0.2)


def receive_digest(listener, size, timeout, result):
    try:
        listener.settimeout(timeout)
        with listener.accept()[0] as stream:
            stream.settimeout(timeout)
            digest, left = hashlib.sha256(), size
            while left:
                part = stream.recv(min(left, 1 << 16))
                if not part:
                    raise Failed(f"the stream ended {left} bytes early")
                digest.update(part)
                left -= len(part)
            stream.sendall(digest.digest())
            result.append(digest.digest())
    except (OSError, Failed) as error:
        result.append(error)


def transfer(source, target, size=4 << 20, timeout=30, midway=None, hosts=None, df=True):
    """Moves size bytes over TCP between the protected addresses; both ends' SHA-256 must agree. Returns bytes a second.

    df: over IPv4 its packets may not be fragmented, as is usual.
    """
    own, address = hosts or (source.address(), target.address())
    data = random.Random(size ^ int(time.time())).randbytes(size)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with inside(target.ns):
        listener = socket.create_server((address, 0), family=family)
    port, result = listener.getsockname()[1], []
    receiver = threading.Thread(target=receive_digest, args=(listener, size, timeout, result), daemon=True)
    receiver.start()
    begun = time.monotonic()
    try:
        with inside(source.ns):
            stream = socket.socket(family)
        with stream:
            stream.settimeout(timeout)
            stream.bind((own, 0))
            if not df:
                stream.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, 0)
            stream.connect((address, port))
            half = len(data) // 2
            stream.sendall(data[:half])
            if midway:
                midway()
            stream.sendall(data[half:])
            answer = b""
            while len(answer) < 32:
                part = stream.recv(32 - len(answer))
                if not part:
                    break
                answer += part
    except OSError as error:
        raise Failed(f"TCP {source.name} → {target.name}: {error}; receiver: {result}") from error
    finally:
        receiver.join(timeout)
        listener.close()
    digest = hashlib.sha256(data).digest()
    expect(result == [digest] and answer == digest, f"TCP {source.name} → {target.name}: checksums differ: {result}")
    return size / (time.monotonic() - begun)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class ClearProbe:
    """Hand-made clear UDP packets from one node's wire to the other's protected address, and whether they arrive."""

    def __init__(self, source, target, claimed=None):
        self.source, self.target = source, target
        self.claimed = claimed or source.address()
        with inside(target.ns):
            self.listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.listener.bind((target.address(), 0))
        self.listener.settimeout(0.5)
        self.port = self.listener.getsockname()[1]

    def mac(self, node):
        return bytes.fromhex(node.command(["cat", "/sys/class/net/eth0/address"]).strip().replace(":", ""))

    def arrives(self, tries=3):
        body = b"clear probe"
        udp = struct.pack("!HHHH", 4711, self.port, 8 + len(body), 0) + body
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, socket.inet_aton(self.claimed),
                           socket.inet_aton(self.target.address()))
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        with inside(self.source.ns):
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            raw.bind(("eth0", 0x0800))
        with raw:
            for _ in range(tries):
                raw.send(self.mac(self.target) + self.mac(self.source) + b"\x08\x00" + head + udp)
        try:
            return self.listener.recv(100) == body
        except TimeoutError:
            return False

    def drain(self):
        self.listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.listener.recv(100)
        self.listener.settimeout(0.5)
