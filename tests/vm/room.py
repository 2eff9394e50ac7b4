# SPDX-License-Identifier: Apache-2.0
"""room: the machine room of a row in the virtual machine: two nodes, a wire between them that is watched, a NAT box perhaps.

As tests/interop/lab.py's, but the wire is a bridge of its own, since a tap at a node whose kernel does IPsec sees what was just
decrypted too, and addresses are of either family, outside and inside.
"""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "interop"))
import lab

OUTER = {4: ("10.9.0.1/24", "10.9.0.2/24"), 6: ("fd09::1/64", "fd09::2/64")}
INNER = {4: ("10.1.0.1/24", "10.2.0.1/24"), 6: ("fd01::1/64", "fd02::1/64")}
PRIVATE = ("192.168.7.2/24", "192.168.7.1")


class Node(lab.Node):
    def set_up(self):
        for address in (self.outer, self.inner):
            device = "eth0" if address == self.outer else "lo"
            self.lab.ip(self.ns, f"addr add {address} dev {device}{' nodad' if ':' in address else ''}")
        self.lab.ip(self.ns, "link set eth0 up")
        if self.gateway:
            self.lab.ip(self.ns, f"route add default via {self.gateway}")


class Wire:
    """The bridge between the nodes; a capture takes it for a node."""

    def __init__(self, room, one, two):
        self.name, self.ns = "wire", room.namespace("wire")
        for node, port in ((one, "p0"), (two, "p1")):
            room.cable(node.ns, node.port if hasattr(node, "port") else "eth0", self.ns, port)
        room.ip(self.ns, "link add br0 type bridge mcast_snooping 0", "link set p0 master br0", "link set p1 master br0",
                "link set p0 up", "link set p1 up", "link set br0 up")


class NatBox(lab.NatBox):
    """Masquerades the node behind it; its outer interface leads to the wire."""
    port = "out0"

    def __init__(self, room, inner):
        self.lab, self.ns, self.ports, self.address = room, room.namespace("nat"), 20000, "10.9.0.1"
        room.cable(inner.ns, "eth0", self.ns, "in0")
        self.outer = "10.9.0.1/24"

    def set_up(self):
        self.lab.ip(self.ns, "addr add 192.168.7.1/24 dev in0", "link set in0 up", f"addr add {self.outer} dev out0", "link set out0 up")
        self.lab.sysctl(self.ns, "net/ipv4/ip_forward", 1)
        self.rules()


class Capture(lab.Capture):
    """With IPv6 outside, AH, and fragments of what is protected."""

    def __init__(self, *args):
        super().__init__(*args)
        self.ah = 0

    def judge(self, frame):
        kind = struct.unpack_from("!H", frame, 12)[0]
        if kind == 0x86DD:
            self.judge_v6(frame)
        elif kind == 0x0800 and frame[23] == 51:
            self.ah += 1
        elif kind == 0x0800 and frame[23] in (17, 50) and struct.unpack_from("!H", frame, 20)[0] & 0x1FFF:
            pass  # the rest of a fragmented packet; its head was judged
        else:
            super().judge(frame)

    def judge_v6(self, frame):
        following, body = frame[20], frame[54:]
        if following == 50:
            self.esp += 1
        elif following == 51:
            self.ah += 1
        elif following == 17 and {500, 4500} & set(struct.unpack_from("!HH", body)):
            marked = 4500 in struct.unpack_from("!HH", body)
            if not marked or body[8:12] == bytes(4):
                self.ike += 1
            else:
                self.esp_udp += 1
        elif following not in (0, 58) or body[0] < 133 and following == 58:
            self.clear.append(frame[:80])

    def prove(self, esp=True):
        super().prove(esp=False)
        lab.expect(self.esp + self.esp_udp + self.ah > 0, "no protected packet was seen outside")


def pair(room, outer=4, inner=4, nat=False, inside_first=True):
    """Nodes a and b, their wire's capture, and the NAT box that a (inside_first) or b is behind."""
    addresses = [[OUTER[outer][0], None], [OUTER[outer][1], None]]
    if nat:
        addresses = [list(PRIVATE), [OUTER[4][1], None]] if inside_first else [[OUTER[4][1], None], list(PRIVATE)]
    a = Node(room, "a", addresses[0][0], INNER[inner][0], addresses[0][1])
    b = Node(room, "b", addresses[1][0], INNER[inner][1], addresses[1][1])
    if nat:
        room.box = box = NatBox(room, a if inside_first else b)
        wire = Wire(room, box, b if inside_first else a)
        box.set_up()
    else:
        wire = Wire(room, a, b)
    for node in (a, b):
        node.set_up()
        if not node.gateway:
            room.ip(node.ns, "route add default dev eth0", "route add ::/0 dev eth0 metric 1")
    capture = Capture(room, wire, "p1", ["10.1.0.0/16", "10.2.0.0/16", "fd01::/64", "fd02::/64"])
    room.captures.append(capture)
    capture.start()
    return a, b, capture
