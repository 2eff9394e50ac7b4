# SPDX-License-Identifier: Apache-2.0
"""path_mtu: long certificate chains over a path of 1280 bytes that drops every IP fragment.

Nothing larger than the path gets through but by IKE fragmentation (RFC 7383). Node a is Adit's, node b strongSwan's. Each
row proves first that the path is what it says.
"""
import fcntl
import os
import shutil
import socket
import struct

import certificates
import peers
from lab import expect, inside, run
from scenarios import both_ping, leave

MTU = 1280
LEVELS = 3  # intermediates above each end's certificate
PROBE_PORT = 40000
# before defragmentation, which has priority -400
DROP_FRAGMENTS = """table ip path {
	chain in {
		type filter hook prerouting priority -450;
		ip frag-off & 0x3fff != 0 counter drop
	}
}
"""


def arrives(source, target, size):
    """Whether a UDP datagram of so many payload bytes, which may be fragmented, comes through."""
    with inside(target.ns):
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind((target.outer_address(), PROBE_PORT))
    with inside(source.ns):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with listener, sender:
        listener.settimeout(0.5)
        sender.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: IP_PMTUDISC_DONT
        sender.sendto(bytes(size), (target.outer_address(), PROBE_PORT))
        try:
            return len(listener.recv(65535)) == size
        except TimeoutError:
            return False


def narrow(lab, one, two):
    for node in (one, two):
        lab.ip(node.ns, f"link set eth0 mtu {MTU}")
        lab.packets_whole(node)
    for node, other in ((one, two), (two, one)):
        expect(arrives(other, node, 2 * MTU), "no datagram in IP fragments arrives even before they are dropped: the probe proves nothing")
        node.command(["nft", "-f", "-"], stdin=DROP_FRAGMENTS.encode())
        expect(arrives(other, node, MTU - 28), "a datagram as large as the path does not arrive")
        expect(not arrives(other, node, MTU - 27), "a datagram larger than the path arrives")


def key_of(lab, level):
    """An RSA-4096 key for a CA of that level; made once for all rows of a build folder, as making one takes many seconds."""
    folder = os.path.join(lab.build, "interop-keys")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, f"rsa4096-{level}.pem")
    with open(path + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096", "-out", path + ".new"], timeout=90)
            os.rename(path + ".new", path)
    return path


def ca_make(lab, name, level, parent=None):
    key = key_of(lab, level)
    certificates.KEYS[key] = ["-key", key]
    ca = certificates.Ca(lab, name, key=key, parent=parent)
    shutil.copyfile(key, ca.key)
    return ca


def chain(lab, root, name, host):
    """(certificate, key, intermediates from the root down) of a host below LEVELS intermediates with RSA-4096."""
    issuers = [root]
    for level in range(1, LEVELS + 1):
        issuers.append(ca_make(lab, f"{name}{level}", level, issuers[-1]))
    cert, key = issuers[-1].issue(host, "rsa2048")
    return cert, key, [issuer.cert for issuer in issuers[1:]]


def ip_packets(path):
    """Every IPv4 packet of a capture file."""
    with open(path, "rb") as file:
        data = file.read()
    at = 24
    while at < len(data):
        length = struct.unpack_from("=I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        if frame[12:14] == b"\x08\x00":
            yield frame[14:]


def nothing_fragmented(capture):
    sizes = []
    for packet in ip_packets(capture.path):
        expect(struct.unpack_from("!H", packet, 6)[0] & 0x3FFF == 0, "an IP fragment was sent")
        sizes.append(len(packet))
    expect(max(sizes) <= MTU, f"a packet of {max(sizes)} bytes was sent")


def cross(lab, adit_initiates):
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=adit_initiates, start=False)
    narrow(lab, adit.node, swan.node)
    capture.settle()
    root = ca_make(lab, "root", 0)
    a_cert, a_key, a_chain = chain(lab, root, "a", certificates.name_of(adit.node))
    b_cert, b_key, b_chain = chain(lab, root, "b", certificates.name_of(swan.node))
    with open(a_cert, "a", encoding="utf-8") as bundle:
        for path in a_chain:
            with open(path, encoding="utf-8") as more:
                bundle.write(more.read())
    credentials = certificates.folder(lab, adit.node, [root.cert], [a_cert], [a_key])
    certificates.folder(lab, swan.node, [root.cert, *b_chain], [b_cert], [b_key])
    for end, other, cert in ((adit, swan, a_cert), (swan, adit, b_cert)):
        certificates.pubkey(end.tree, end.node, other.node, cert=cert, send_cert="always")
    swan.start(swan.tree)
    adit.start(adit.tree, {"credentials": credentials})
    capture = lab.watch(swan.node, ["10.1.0.0/16", "10.2.0.0/16"], name="narrow")
    peers.bring_up(*((adit, swan) if adit_initiates else (swan, adit)), timeout=20)
    for cert in (*a_chain, *b_chain):
        expect(f"CN={os.path.basename(cert).removesuffix('-ca.pem')}" in swan.log_text(), f"{os.path.basename(cert)} was not used")
    expect("received fragment #3 of" in swan.log_text(), "strongSwan did not get a message in three fragments or more")
    expect("splitting IKE message" in swan.log_text(), "strongSwan did not send a message in fragments")
    both_ping(adit, swan)
    leave(adit, swan, capture)
    nothing_fragmented(capture)


def initiator(lab):
    """Adit initiates; both chains have three RSA-4096 intermediates, and no IP fragment was needed."""
    cross(lab, True)


def responder(lab):
    """The same, with strongSwan as initiator."""
    cross(lab, False)


def rows(stand_in=False):
    if stand_in:
        return []
    return [(f"path mtu {MTU}/{row.__name__}", row) for row in (initiator, responder)]
