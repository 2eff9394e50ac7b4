# SPDX-License-Identifier: Apache-2.0
"""families: IPv6 outside and inside, mixed families, and bare ESP, with traffic.

Against strongSwan, whose kernel-libipsec does ESP in UDP alone; bare ESP between two Adits (wireshark.py opens what is on the
wire then).
"""
import ipaddress

import peers
from lab import Capture, Node, expect, ping, transfer

OUTER = {4: ("10.9.0.1/24", "10.9.0.2/24"), 6: ("fd09::1/64", "fd09::2/64")}
INNER = {4: ("10.1.0.1/24", "10.2.0.1/24"), 6: ("fd01::1/64", "fd02::1/64")}


class EitherNode(Node):
    """A node whose addresses may be of either family; spare: a further protected address."""

    def __init__(self, lab, name, outer, inner, spare=None):
        super().__init__(lab, name, outer, inner)
        self.spare = spare

    def set_up(self):
        lines = []
        for interface, address in (("eth0", self.outer), ("lo", self.inner), ("lo", self.spare)):
            if address:
                lines.append(f"addr add {address} dev {interface}{' nodad' if ':' in address else ''}")
        self.lab.sysctl(self.ns, "net/ipv6/conf/eth0/accept_dad", 0)
        self.lab.ip(self.ns, *lines, "link set eth0 up")


class EitherCapture(Capture):
    """Judges IPv6 too: neighbour discovery, multicast housekeeping, IKE and ESP; anything else is clear text."""

    def judge(self, frame):
        if frame[12:14] != b"\x86\xdd":
            super().judge(frame)
            return
        packet = frame[14:]
        protocol, body = packet[6], packet[40:]
        if protocol in (50, 51):
            self.esp += 1
        elif protocol == 17 and 500 in (int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big")):
            self.ike += 1
        elif protocol == 17 and 4500 in (int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big")):
            if body[8:12] == bytes(4):
                self.ike += 1
            elif len(body) > 17:
                self.esp_udp += 1
        elif protocol == 58 and body[0] in (133, 134, 135, 136) or protocol == 0:
            return
        elif protocol == 58 and not self.inner(ipaddress.ip_address(packet[8:24])) and body[0] in (1, 2, 3, 4):
            return
        else:
            self.clear.append(frame[:120])


def nodes(lab, outer, inner, both=False):
    spare = INNER[10 - inner] if both else (None, None)
    a, b = (EitherNode(lab, name, outer[i], INNER[inner][i], spare[i]) for i, name in enumerate("ab"))
    lab.cable(a.ns, "eth0", b.ns, "eth0")
    a.set_up()
    b.set_up()
    protected = [str(ipaddress.ip_interface(address).network) for family in INNER.values() for address in family]
    capture = EitherCapture(lab, b, "eth0", protected)
    lab.captures.append(capture)
    capture.start()
    return a, b, capture


def selectors(a, b):
    """local_ts and remote_ts of a, and of b, when there are spare addresses."""
    mine, theirs = (f"{node.net()}, {ipaddress.ip_interface(node.spare).network}" for node in (a, b))
    return {"local_ts": mine, "remote_ts": theirs}, {"local_ts": theirs, "remote_ts": mine}


def traffic(a, b):
    ping(a, b)
    ping(b, a)
    ping(a, b, size=3000)
    transfer(a, b)
    transfer(b, a)


def against_strongswan(lab, outer, inner, initiates):
    a, b, capture = nodes(lab, OUTER[outer], inner)
    adit, swan = peers.Adit(lab, a), peers.StrongSwan(lab, b)
    swan.start(peers.connection(b, a, initiator=not initiates))
    adit.start(peers.connection(a, b, initiator=initiates))
    peers.bring_up(*((adit, swan) if initiates else (swan, adit)))
    traffic(a, b)
    capture.settle()
    capture.prove()
    expect(capture.esp == 0 and capture.esp_udp > 0, "strongSwan asked for ESP in UDP")


def two_adits(lab, outer, inner, *, both=False):
    a, b, capture = nodes(lab, outer, inner, both)
    one, two = peers.Adit(lab, a), peers.Adit(lab, b)
    of_a, of_b = selectors(a, b) if both else ({}, {})
    two.start(peers.connection(b, a, child=of_b))
    one.start(peers.connection(a, b, initiator=True, child=of_a))
    peers.bring_up(one, two)
    return a, b, capture


def bare(lab, outer, inner, both=False):
    a, b, capture = two_adits(lab, OUTER[outer], inner, both=both)
    traffic(a, b)
    if both:
        for node in (a, b):
            node.inner, node.spare = node.spare, node.inner
        traffic(a, b)
    capture.settle()
    capture.prove()
    expect(capture.esp > 0 and capture.esp_udp == 0, f"{capture.esp} packets of bare ESP, {capture.esp_udp} in UDP")


def link_local(lab, encap):
    """Peers whose only addresses are link-local; the initiator names the interface, as the address means nothing without."""
    a, b, capture = nodes(lab, ("fe80::9:1/64", "fe80::9:2/64"), 4)
    one, two = peers.Adit(lab, a), peers.Adit(lab, b)
    more = {"encap": "yes"} if encap else {}
    two.start(peers.connection(b, a, **more))
    one.start(peers.connection(a, b, initiator=True, remote_address="fe80::9:2%eth0", **more))
    peers.bring_up(one, two)
    expect("fe80::9:2%eth0" in one.swanctl("--list-conns"), "the interface is not shown")
    traffic(a, b)
    capture.settle()
    capture.prove()
    expect((capture.esp > 0, capture.esp_udp > 0) == (not encap, encap), f"{capture.esp} packets of bare ESP, {capture.esp_udp} in UDP")


def rows():
    listed = [(f"families/link-local {'in UDP' if encap else 'bare'}", lambda lab, e=encap: link_local(lab, e)) for encap in (False, True)]
    for outer in (4, 6):
        for inner in (4, 6):
            for initiates in (True, False):
                if (outer, inner) != (4, 4):
                    listed.append((f"families/strongswan {inner}-in-{outer} {'initiator' if initiates else 'responder'}",
                                   lambda lab, o=outer, i=inner, n=initiates: against_strongswan(lab, o, i, n)))
            listed.append((f"families/bare {inner}-in-{outer}", lambda lab, o=outer, i=inner: bare(lab, o, i)))
        listed.append((f"families/bare both-in-{outer}", lambda lab, o=outer: bare(lab, o, 4, True)))
    return listed
