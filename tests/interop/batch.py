# SPDX-License-Identifier: Apache-2.0
"""batch: many combinations of matrix.py in one run of both daemons, one after the other, and what became of each.

A street has two nodes and a router between them. Each node has addresses of both families there, and others that the router
masquerades, so that every combination of IP versions and NAT finds its ends there. Both daemons are started once, with a
connection for each combination: identities, a secret, proposals and selectors of its own. Each is brought up by whoever
initiates, compared at both ends with what was asked for, carries traffic, and is ended, now by one side, now by the other.
"""
import contextlib
import ipaddress
import json
import os
import re
import socket
import struct
import time

import matrix
import peers
from families import EitherCapture
from lab import Failed, NatBox, Node, checksum, expect, expect_same, inside, run, transfer, wait_for
from vici import Vici

SIZE = 170  # combinations, and so connections; each has a third byte of its inner addresses
MARK = "@combination "
PATIENCE = 1.0  # how much slower than usual a machine may be
PROBES = (8, 64, 1200)  # bytes of the pings each way
TRANSFER = 256 << 10
LINES = 20  # of each log that a failure shows
OPEN = {"a": ("10.8.0.2", "fd08::2"), "b": ("10.9.0.2", "fd09::2")}
HIDDEN = {"a": ("192.168.7.2", "fd07::2"), "b": ("192.168.8.2", "fd87::2")}
MASKED = {"a": ("10.9.0.1", "fd09::1"), "b": ("10.8.0.1", "fd08::1")}  # what the other end sees of whoever is hidden
NAMES = {  # as proposals write them → as list-sas prints them
    "none": None, "sha1": "HMAC_SHA1_96", "sha1_160": "HMAC_SHA1_160", "sha256": "HMAC_SHA2_256_128", "sha256_96": "HMAC_SHA2_256_96",
    "sha384": "HMAC_SHA2_384_192", "sha512": "HMAC_SHA2_512_256", "aesxcbc": "AES_XCBC_96", "aescmac": "AES_CMAC_96",
    "x25519": "CURVE_25519", "x448": "CURVE_448", "ecp192": "ECP_192", "ecp224": "ECP_224", "ecp256": "ECP_256",
    "ecp384": "ECP_384", "ecp521": "ECP_521", "ecp224bp": "ECP_224_BP", "ecp256bp": "ECP_256_BP", "ecp384bp": "ECP_384_BP",
    "ecp512bp": "ECP_512_BP", "modp1024": "MODP_1024", "modp1536": "MODP_1536", "modp2048": "MODP_2048",
    "modp3072": "MODP_3072", "modp4096": "MODP_4096", "modp6144": "MODP_6144", "modp8192": "MODP_8192",
    "modp1024s160": "MODP_1024_160", "modp2048s224": "MODP_2048_224", "modp2048s256": "MODP_2048_256",
    "prfsha1": "PRF_HMAC_SHA1", "prfsha256": "PRF_HMAC_SHA2_256", "prfsha384": "PRF_HMAC_SHA2_384",
    "prfsha512": "PRF_HMAC_SHA2_512", "prfaesxcbc": "PRF_AES128_XCBC", "prfaescmac": "PRF_AES128_CMAC",
}


def cipher_of(word):
    """A cipher as list-sas names it, and its key's size."""
    match = re.fullmatch(r"aes(\d+)(?:(gcm|ccm)(\d+)|(ctr)|(gmac))?", word)
    if not match:
        return {"3des": "3DES_CBC", "null": "NULL", "chacha20poly1305": "CHACHA20_POLY1305"}[word], None
    size, mode, icv, ctr, gmac = match.groups()
    return f"AES_{mode.upper()}_{icv}" if mode else "AES_CTR" if ctr else "NULL_AES_GMAC" if gmac else "AES_CBC", size


class StreetNode(Node):
    """A node with every address it may be asked for; inner ones by number."""

    def __init__(self, lab, name):
        super().__init__(lab, name, OPEN[name][0] + "/24", None)

    def set_up(self, count):
        lines = [f"addr add {address}/{64 if ':' in address else 24} dev eth0" for address in OPEN[self.name] + HIDDEN[self.name]]
        lines += ["link set eth0 up"]
        lines += [f"addr add {inner(self.name, family, number)} dev lo" for number in range(count) for family in (4, 6)]
        self.lab.sysctl(self.ns, "net/ipv6/conf/eth0/accept_dad", 0)
        lines += [f"route add default via {address}" for address in MASKED["b" if self.name == "a" else "a"]]
        self.lab.ip(self.ns, *lines)

    def network_state(self):
        """Without what link-local addresses bring, which appear when they please."""
        return "\n".join(line for line in super().network_state().splitlines() if "fe80:" not in line and "ff00:" not in line)


class Router(NatBox):
    """Between the nodes; masquerades hidden addresses, always with other ports."""
    name = "router"

    def __init__(self, lab, a, b):
        self.lab, self.ns = lab, lab.namespace(self.name)
        for node, interface in ((a, "in0"), (b, "out0")):
            lab.cable(node.ns, "eth0", self.ns, interface)
        for interface in ("in0", "out0"):
            lab.sysctl(self.ns, f"net/ipv6/conf/{interface}/accept_dad", 0)
        lab.ip(self.ns, "addr add 10.8.0.1/24 dev in0", "addr add fd08::1/64 dev in0", "addr add 192.168.7.1/24 dev in0",
               "addr add fd07::1/64 dev in0", "addr add 10.9.0.1/24 dev out0", "addr add fd09::1/64 dev out0",
               "addr add 192.168.8.1/24 dev out0", "addr add fd87::1/64 dev out0", "link set in0 up", "link set out0 up")
        lab.sysctl(self.ns, "net/ipv4/ip_forward", 1)
        lab.sysctl(self.ns, "net/ipv6/conf/all/forwarding", 1)
        self.ports = 20000
        self.rules()

    def rules(self):
        hidden = " ".join(f"{family} saddr {{ {', '.join(addresses)} }} meta l4proto udp masquerade to :{self.ports}-{self.ports + 9999};\n"
                          for family, addresses in (("ip", (HIDDEN["a"][0], HIDDEN["b"][0])), ("ip6", (HIDDEN["a"][1], HIDDEN["b"][1]))))
        run(["ip", "netns", "exec", self.ns, "nft", "-f", "-"], stdin=(
            "table inet nat { chain post { type nat hook postrouting priority srcnat;\n" + hidden + "}\n}\n").encode())


def inner(name, family, number):
    side = 1 if name == "a" else 2
    return f"10.{side}.{number}.1/24" if family == 4 else f"fd0{side}:0:0:{number:x}::1/64"


def ping(node, source, target, sizes=PROBES, timeout=2.0):
    """How many pings of the node were answered with what they had said. Without a process, which a slow machine takes long for."""
    four = ":" not in source
    asked, answered = (8, 0) if four else (128, 129)
    with inside(node.ns):
        raw = socket.socket(socket.AF_INET if four else socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMP if four else socket.IPPROTO_ICMPV6)
    with raw:
        raw.bind((source, 0))
        raw.connect((target, 0))
        waiting = {struct.pack("!HH", os.getpid() & 0xFFFF, number) + os.urandom(size) for number, size in enumerate(sizes)}
        for body in sorted(waiting, key=len):
            raw.send(struct.pack("!BBH", asked, 0, checksum(bytes([asked, 0, 0, 0]) + body) if four else 0) + body)
        end = time.monotonic() + timeout * PATIENCE
        while waiting and (left := end - time.monotonic()) > 0:
            raw.settimeout(left)
            with contextlib.suppress(TimeoutError):
                data = raw.recv(65536)
                data = data[(data[0] & 15) * 4:] if four else data
                if data[0] == answered:
                    waiting.discard(data[4:])
    return len(sizes) - len(waiting)


class Combination:
    """One line of the table at its place in a street: its connection at both ends, and what it must look like."""

    def __init__(self, name, number):
        self.name, self.number, self.conn = name, number, f"c{number}"
        self.row, _ = matrix.row_of(name)
        self.inner, self.outer = (int(digit) for digit in re.findall(r"\d", self.row["ip"]))
        self.adit_initiates = self.row["role"] == "initiator"
        self.nat, self.transport = self.row["encap"] == "nat", self.row["mode"] == "transport"

    def initiator(self):
        return "a" if self.adit_initiates else "b"

    def address(self, end, seen_by=None):
        """The outer address of an end, as itself or the other end sees it."""
        own = OPEN
        if self.nat and end == self.initiator():
            own = MASKED if seen_by and seen_by != end else HIDDEN
        return own[end][self.outer == 6]

    def selector(self, end):
        return str(ipaddress.ip_interface(inner(end, self.inner, self.number)).network)

    def inside_address(self, end, seen_by):
        return self.address(end, seen_by) if self.transport else inner(end, self.inner, self.number).split("/")[0]

    def words(self, *axes):
        return "-".join(self.row[axis] for axis in axes if self.row[axis] != matrix.NONE)

    def settings(self, end):
        """(name, connection, secret) for one end."""
        other = "b" if end == "a" else "a"
        ids = {name: f"{self.conn}.{name}.example.org" for name in "ab"}
        child = {"esp_proposals": self.words("esp", "esp-integ"), "rekey_time": 0}
        if self.transport:
            child.update(mode="transport", local_ts="dynamic", remote_ts="dynamic")
        else:
            child.update(local_ts=self.selector(end), remote_ts=self.selector(other))
        conn = {"version": 2, "mobike": "no", "local_addrs": self.address(end), "rekey_time": 0, "reauth_time": 0,
                "remote_addrs": "%any" if self.nat and other == self.initiator() else self.address(other),
                "proposals": self.words("ike", "ike-integ", "prf", "group"),
                "local": {"auth": "psk", "id": ids[end]}, "remote": {"auth": "psk", "id": ids[other]},
                "children": {self.conn: child}}
        if self.row["encap"] == "forced":
            conn["encap"] = "yes"
        return conn, {"secret": f'"the secret of {self.conn}"', "id-1": ids["a"], "id-2": ids["b"]}

    def suite_check(self, sa, who):
        cipher, size = cipher_of(self.row["ike"])
        wanted = {"encr-alg": cipher, "encr-keysize": size, "integ-alg": NAMES[self.row["ike-integ"]], "version": "2",
                  "prf-alg": NAMES[self.row["prf"]], "dh-group": NAMES[self.row["group"]], "state": "ESTABLISHED"}
        seen = {key: sa.get(key) for key in wanted}
        expect(seen == wanted, f"{who}: IKE SA is {seen}, expected {wanted}")
        children = peers.children_of(sa)
        expect(len(children) == 1, f"{who} has {len(children)} Child SAs")
        cipher, size = cipher_of(self.row["esp"])
        wanted = {"encr-alg": cipher, "encr-keysize": size, "integ-alg": NAMES[self.row["esp-integ"]], "protocol": "ESP",
                  "mode": self.row["mode"].upper(), "encap": None if self.row["encap"] == "bare" else "yes", "state": "INSTALLED"}
        seen = {key: children[0].get(key) for key in wanted}
        expect(seen == wanted, f"{who}: Child SA is {seen}, expected {wanted}")

    def sides_agree(self, ours, theirs):
        """What the two lists must say of each other: SPIs crossed, selectors mirrored, identities, who initiated."""
        expect(ours["initiator-spi"] == theirs["initiator-spi"] and ours["responder-spi"] == theirs["responder-spi"],
               f"IKE SPIs differ: {ours} {theirs}")
        expect((ours.get("initiator") == "yes", theirs.get("initiator") == "yes") == (self.adit_initiates, not self.adit_initiates),
               "the wrong one says it initiated")
        ids = (f"{self.conn}.a.example.org", f"{self.conn}.b.example.org")
        expect((ours["local-id"], ours["remote-id"]) == (theirs["remote-id"], theirs["local-id"]) == ids, "identities differ")
        mine, other = peers.children_of(ours)[0], peers.children_of(theirs)[0]
        expect((mine["spi-in"], mine["spi-out"]) == (other["spi-out"], other["spi-in"]), f"ESP SPIs differ: {mine} {other}")
        if not self.transport:
            expect((mine["local-ts"], mine["remote-ts"]) == (other["remote-ts"], other["local-ts"]) ==
                   ([self.selector("a")], [self.selector("b")]), f"selectors: {mine} {other}")
        if self.nat or self.row["encap"] == "forced":
            key = "nat-local" if self.nat and not self.adit_initiates else "nat-remote"
            expect(theirs.get(key) == "yes", f"strongSwan does not see the NAT: {theirs}")
        expect((ours["remote-host"], theirs["remote-host"]) == (self.address("b", "a"), self.address("a", "b")),
               f"hosts: {ours['remote-host']} {theirs['remote-host']}")


class Talk:
    """A daemon's control socket, held open."""

    def __init__(self, peer):
        self.peer, self.vici = peer, Vici(peer.socket, timeout=40 * PATIENCE)

    def sas(self):
        return [sa for event in self.vici.stream("list-sas", "list-sa") for sa in event.values()]

    def up(self, conn):
        answer = self.vici.call("initiate", {"ike": conn, "child": conn, "timeout": str(int(15000 * PATIENCE))})
        expect(answer.get("success") == "yes", f"{self.peer.label} does not bring it up: {answer.get('errmsg')}")

    def down(self, conn):
        answer = self.vici.call("terminate", {"ike": conn, "timeout": str(int(10000 * PATIENCE))})
        expect(answer.get("success") == "yes", f"{self.peer.label} does not end it: {answer.get('errmsg')}")

    def up_wait(self):
        def there():
            sas = self.sas()
            good = len(sas) == 1 and [child["state"] for child in peers.children_of(sas[0])] == ["INSTALLED"]
            return sas[0] if good else None
        return wait_for(there, 5 * PATIENCE, f"{self.peer.label} has one SA up", 0.02)

    def empty_wait(self):
        wait_for(lambda: not self.sas(), 5 * PATIENCE, f"{self.peer.label} has no SA left", 0.02)

    def clear(self):
        """After a combination that failed."""
        for sa in self.sas():
            self.vici.call("terminate", {"ike-id": sa["uniqueid"], "force": "yes", "timeout": "3000"})
        self.empty_wait()


class Batch:
    """A street, both daemons in it, and the combinations."""

    def __init__(self, lab, names, dataplane="tun"):
        expect(len(names) <= SIZE, f"{len(names)} combinations do not fit a batch")
        self.lab, self.parts = lab, [Combination(name, number) for number, name in enumerate(names)]
        self.a, self.b = StreetNode(lab, "a"), StreetNode(lab, "b")
        self.router = Router(lab, self.a, self.b)
        for node in (self.a, self.b):
            node.set_up(len(names))
        self.capture = EitherCapture(lab, self.router, "out0", ["10.1.0.0/16", "10.2.0.0/16", "fd01::/32", "fd02::/32"])
        lab.captures.append(self.capture)
        self.capture.start()
        self.adit, self.swan = (peers.StandIn if lab.stand_in else peers.Adit)(lab, self.a), lab.swan(lab, self.b)
        self.before = self.a.network_state()
        self.swan.start(self.tree("b"))
        self.adit.start(self.tree("a"), {"dataplane": dataplane})
        self.ours, self.theirs = Talk(self.adit), Talk(self.swan)
        self.carried = set()

    def tree(self, end):
        tree = {"connections": {}, "secrets": {}}
        for part in self.parts:
            tree["connections"][part.conn], tree["secrets"][f"ike-{part.conn}"] = part.settings(end)
        return tree

    def run(self, part):
        first, second = (self.ours, self.theirs) if part.adit_initiates else (self.theirs, self.ours)
        first.up(part.conn)
        first.up_wait()
        second.up_wait()
        ours, theirs = self.ours.sas()[0], self.theirs.sas()[0]
        part.suite_check(theirs, "strongSwan")
        part.suite_check(ours, "Adit")
        part.sides_agree(ours, theirs)
        self.traffic(part)
        ender, other = (self.ours, self.theirs) if part.number % 2 else (self.theirs, self.ours)
        ender.down(part.conn)
        ender.empty_wait()
        other.empty_wait()

    def traffic(self, part):
        udp, bare = self.capture.esp_udp, self.capture.esp
        # The pings come last, so that the ends of the streams are through before the SA is ended: strongSwan would send them in clear.
        if not part.transport and part.words("esp", "esp-integ") not in self.carried:
            self.carried.add(part.words("esp", "esp-integ"))
            hosts = [part.inside_address(name, "a") for name in "ab"]
            transfer(self.a, self.b, TRANSFER, hosts=hosts)
            transfer(self.b, self.a, TRANSFER, hosts=hosts[::-1])
        for node, other in ((self.a, "b"), (self.b, "a")):
            hosts = part.inside_address(node.name, node.name), part.inside_address(other, node.name)
            came = ping(node, *hosts)
            if came != len(PROBES):
                counts = [{key: child[key] for key in ("packets-in", "packets-out")} for talk in (self.ours, self.theirs)
                          for child in map(lambda sa: peers.children_of(sa)[0], talk.sas())]
                raise Failed(f"{came} of {len(PROBES)} pings came back, {hosts[0]} → {hosts[1]}; Adit and strongSwan counted {counts}")
        for talk in (self.ours, self.theirs):
            used = peers.children_of(talk.sas()[0])[0]
            expect(int(used["packets-in"]) >= 2 * len(PROBES) and int(used["packets-out"]) >= 2 * len(PROBES),
                   f"{talk.peer.label} counted {used}")
        seen = self.capture.esp_udp - udp, self.capture.esp - bare
        expect(not seen[part.row["encap"] != "bare"], f"{seen[0]} packets of ESP in UDP, {seen[1]} bare")

    def finish(self):
        """Nothing is left over, and nothing of it all was in clear."""
        for talk in (self.ours, self.theirs):
            talk.empty_wait()
        for part in [part for part in self.parts if not part.transport][-1:]:
            hosts = [part.inside_address(name, "a") for name in "ab"]
            expect(not ping(self.a, *hosts, timeout=1), "a ping goes through after the end")
        self.adit.terminate()
        self.swan.terminate()
        expect_same(self.before, self.a.network_state(), "Adit left something in the network's state")
        self.capture.settle()
        self.capture.prove()


def say(name, begun, failure=""):
    print(MARK + json.dumps({"name": name, "passed": not failure, "seconds": time.monotonic() - begun, "text": str(failure)}), flush=True)


def action(names, dataplane="tun"):
    """What a runner calls with a laboratory: tells of each combination as it ends, and fails for what is wrong with all of it."""
    def row(lab):
        batch = Batch(lab, names, dataplane)
        for part in batch.parts:
            begun, failure = time.monotonic(), ""
            said = {peer: len(peer.log_text()) for peer in (batch.adit, batch.swan)}
            try:
                batch.run(part)
            except (Failed, OSError, EOFError, KeyError) as error:
                failure = f"{part.conn}: {type(error).__name__}: {error}" + "".join(
                    f"\n| {line[:240]}" for peer, before in said.items() for line in peer.log_text()[before:].splitlines()[-LINES:])
            say(part.name, begun, failure)
            if failure:
                batch.ours.clear()
                batch.theirs.clear()
        batch.finish()
    return row


def batches(names):
    """[(label, names, dataplane)]: even shares, each of one peer and dataplane; neighbours in the table go to different ones."""
    found = []
    for version in matrix.VERSIONS:
        for dataplane in matrix.AXES["dataplane"]:
            mine = [name for name in names if matrix.row_of(name)[1] == version and name.endswith(dataplane)]
            count = -(-len(mine) // SIZE)
            found += [(f"matrix/{version}{dataplane} batch {number + 1}", mine[number::count], dataplane) for number in range(count)]
    return found


def outcomes(text):
    """What a batch said of its combinations, and the rest of what it said."""
    told, rest = [], []
    for line in text.splitlines():
        if line.startswith(MARK):
            told.append(json.loads(line[len(MARK):]))
        else:
            rest.append(line)
    return told, "\n".join(rest)
