#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole packets between Adit and scapy, whose ESP and AH nobody here wrote: transport mode and tunnel mode, IPv4 and IPv6, with and
without extended sequence numbers; each takes what the other made, and Adit takes nothing that was changed on the way but what
routers change (RFC 4302 3.3.3.1, RFC 4303 2.2.1, 3.1). Needs the program modes_packet of the build folder.
"""
import argparse
import itertools
import os
import random
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("PYTHONWARNINGS", "ignore")
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert  # noqa: E402
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, RouterAlert  # noqa: E402
from scapy.layers.ipsec import AH, ESP, SecurityAssociation  # noqa: E402
from scapy.packet import Raw  # noqa: E402

random.seed(4302)
A, B = {4: "192.0.2.1", 6: "2001:db8::1"}, {4: "192.0.2.2", 6: "2001:db8::2"}
INTEGS = {"HMAC-SHA1-96": (2, 20), "SHA2-256-128": (12, 32), "SHA2-384-192": (13, 48), "SHA2-512-256": (14, 64)}
# A wrap of the low half, and numbers far beyond it.
NUMBERS = {0: [1, 2, 77777, (1 << 32) - 1], 1: [1, (1 << 32) - 1, 1 << 32, (1 << 32) + 5, 0x1234500000007]}


def rand(count):
    return bytes(random.getrandbits(8) for _ in range(count))


class Helper:
    def __init__(self, build):
        self.process = subprocess.Popen([os.path.join(build, "tests", "unit", "esp", "modes_packet")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        return self.process.wait(10)


class Way:
    """One direction of one SA, as both sides want it."""

    def __init__(self, protocol, mode, family, suite, esn):
        self.protocol, self.mode, self.family, self.suite, self.esn = protocol, mode, family, suite, esn
        self.spi = random.randrange(256, 1 << 32)
        self.bits, self.key, self.integ, self.integrity = 0, b"", 0, b""
        if suite == "gcm":
            self.bits, self.key = 128, rand(20)
        else:
            self.integ, length = INTEGS[suite]
            self.integrity = rand(length)
        if protocol == "esp" and suite != "gcm":
            self.bits, self.key = 256, rand(32)

    def words(self, seq):
        return (self.protocol, self.mode, self.family, self.bits, self.key.hex() or "-", self.integ, self.integrity.hex() or "-",
                f"{self.spi:x}", seq, self.esn)

    def outer(self):
        return (IP if self.family == 4 else IPv6)(src=A[self.family], dst=B[self.family])

    def scapy(self, seq):
        more = {}
        if self.integ:
            more.update(auth_algo=self.suite, auth_key=self.integrity)
        if self.protocol == "esp":
            more.update(crypt_algo="AES-GCM" if self.suite == "gcm" else "AES-CBC", crypt_key=self.key)
        if self.mode == "tunnel":
            more.update(tunnel_header=self.outer())
        return SecurityAssociation(AH if self.protocol == "ah" else ESP, spi=self.spi, seq_num=seq & 0xffffffff,
                                   esn_en=bool(self.esn), esn=seq >> 32, **more)

    def packet(self, length):
        """What the host sends, with right checksums and an identification, which AH wants."""
        head = self.outer() if self.mode == "transport" else IP(src="10.1.0.1", dst="10.2.0.1")
        if isinstance(head, IP):
            head.id = random.randrange(1, 1 << 16)
            head.flags = "DF"
        upper = random.choice([UDP(sport=1000, dport=53), TCP(sport=1, dport=22, flags="A")] + ([ICMP()] if self.family == 4 else []))
        return head.__class__(bytes(head / upper / Raw(rand(length))))

    def received(self, sealed):
        """As it comes from the wire: scapy wants whole IP packets."""
        if self.protocol == "ah":
            return (IP if self.family == 4 else IPv6)(sealed)
        outer = self.outer()
        if self.family == 4:
            outer.proto, outer.flags = 50, "DF"
        else:
            outer.nh = 50
        return outer.__class__(bytes(outer / Raw(sealed)))

    def sent(self, packet):
        """What Adit gets of a packet scapy made."""
        whole = bytes(packet)
        return whole if self.protocol == "ah" else whole[len(self.outer()):]


def same(way, one, other):
    """The packet, but for what transport mode of ESP makes up again: identification, hops, and what counts them."""
    one, other = bytearray(one), bytearray(other)
    if way.mode == "transport" and way.protocol == "esp":
        for packet in (one, other):
            for at in ((4, 5, 8, 10, 11) if way.family == 4 else (7,)):
                packet[at] = 0
    return one == other


def adit_to_scapy(helper, way):
    for seq, length in itertools.product(NUMBERS[way.esn], (0, 1, 2, 3, 40, 1200)):
        packet = way.packet(length)
        sealed = bytes.fromhex(helper.ask("send", *way.words(seq), bytes(packet).hex()))
        opened = way.scapy(seq).decrypt(way.received(sealed))
        assert same(way, bytes(opened), bytes(packet)), f"number {seq}, {length} bytes: scapy read something else"


def scapy_to_adit(helper, way):
    for seq, length in itertools.product(NUMBERS[way.esn], (0, 1, 2, 3, 40, 1200)):
        packet = way.packet(length)
        sealed = way.sent(way.scapy(seq).encrypt(packet.copy(), seq_num=seq & 0xffffffff))
        got = helper.ask("take", *way.words(seq - 1), sealed.hex())
        assert same(way, bytes.fromhex(got), bytes(packet)), f"number {seq}, {length} bytes: {got}"


def forged(helper, way):
    packet = way.packet(30)
    sealed = way.sent(way.scapy(9).encrypt(packet, seq_num=9))
    first = 8 if way.protocol == "esp" else len(way.outer()) + 12
    for _ in range(40):
        bad = bytearray(sealed)
        bad[random.randrange(first, len(sealed))] ^= 1 << random.randrange(8)
        assert helper.ask("take", *way.words(8), bad.hex()) == "INTEGRITY"
    assert helper.ask("take", *way.words(9), sealed.hex()) == "REPLAY"
    # Behind the window: with extended numbers it is taken for one of the next round, and is none.
    assert helper.ask("take", *way.words(73), sealed.hex()) == ("INTEGRITY" if way.esn else "REPLAY")
    if way.esn:  # the same low half in the next four thousand million
        wrong = way.sent(way.scapy(9 + (1 << 32)).encrypt(way.packet(30), seq_num=9))
        assert helper.ask("take", *way.words(8), wrong.hex()) == "INTEGRITY"


def hops_and_options(helper, way):
    """Routers count hops down and mark congestion; options that stay are authenticated."""
    head = way.outer()
    if way.family == 4:
        packet = IP(src=A[4], dst=B[4], id=7, options=[IPOption_Router_Alert()]) / UDP(sport=1, dport=2) / Raw(rand(20))
    else:
        packet = head / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / IPv6ExtHdrDestOpt() / UDP(sport=1, dport=2) / Raw(rand(20))
    packet = packet.__class__(bytes(packet))
    for seq in (1, 2):
        sealed = bytearray(way.sent(way.scapy(seq).encrypt(packet.copy(), seq_num=seq)))
        if way.family == 4:
            sealed[1], sealed[8] = 3, sealed[8] - 5
        else:
            sealed[0:4], sealed[7] = b"\x61\x23\x45\x67", sealed[7] - 5
        got = helper.ask("take", *way.words(seq - 1), sealed.hex())
        assert len(got) == 2 * len(packet), got
        got = bytes.fromhex(got)
        at = len(head)
        assert got[at:] == bytes(packet)[at:], "what is behind the fixed header has changed"
        made = bytes.fromhex(helper.ask("send", *way.words(seq), bytes(packet).hex()))
        assert bytes(way.scapy(seq).decrypt(way.received(made)))[at:] == bytes(packet)[at:]


def rows():
    for mode, family, esn in itertools.product(("tunnel", "transport"), (4, 6), (0, 1)):
        for protocol, suite in [("esp", "gcm")] + ([("esp", "SHA2-256-128")] if not esn else []) + [("ah", suite) for suite in INTEGS]:
            for action in (adit_to_scapy, scapy_to_adit, forged):
                yield action, (protocol, mode, family, suite, esn)
    for family, suite in itertools.product((4, 6), INTEGS):
        yield hops_and_options, ("ah", "transport", family, suite, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    helper = Helper(parser.parse_args().build)
    failed = count = 0
    for action, what in rows():
        count += 1
        name = f"{action.__name__} {what[0]} {what[1]} IPv{what[2]} {what[3]}{' esn' if what[4] else ''}"
        try:
            action(helper, Way(*what))
        except Exception as error:  # whatever it is, the row failed
            failed += 1
            print(f"FAILED {name}: {type(error).__name__}: {error}")
    if helper.close() != 0:
        failed += 1
        print("FAILED modes_packet did not end well")
    print(f"{count} rows, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
