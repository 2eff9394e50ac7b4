# SPDX-License-Identifier: Apache-2.0
"""wireshark: what tshark, which nobody here wrote, makes of Adit's packets, with the keys of the key log.

Every suite that it can decrypt, of IKE and of ESP, in at least one row; IPv4 and IPv6, bare ESP and ESP in UDP, tunnel and
transport mode, and AH. Its ICVs are checked by tshark, too. NOT_OPENED says what it cannot do.
"""
import os

import families
import peers
from lab import expect, ping, run

# As proposals have them; each list is walked through by row after row.
IKE = ("aes128gcm16", "aes128-sha256", "aes192gcm12", "aes256-sha512", "aes256gcm8", "aes192-sha384", "aes128ccm16", "3des-sha1",
       "aes192ccm12", "aes128ctr-sha256", "aes256ccm8", "aes192ctr-sha384", "aes256-sha256_96", "aes256ctr-sha512")
ESP = ("aes128gcm16", "aes256-sha256", "aes192gcm12", "aes192-sha384", "aes256gcm8", "aes128-sha512", "aes128ctr-sha256", "3des-sha1",
       "aes192ctr-sha384", "null-sha256", "aes256ctr-sha512", "aes256-sha256_96", "aes256gcm16")
WAYS = ((4, "bare", "tunnel"), (6, "udp", "tunnel"), (4, "udp", "transport"), (6, "bare", "transport"), (4, "bare", "transport"),
        (6, "bare", "tunnel"), (4, "udp", "tunnel"))
NOT_OPENED = {  # by Wireshark 4.0; other rows, and scapy or vectors, are there for these
    "chacha20poly1305": "not in its lists of ciphers, of ESP and of IKE (it names the transform)",
    "aesxcbc, aescmac": "not in its lists of integrity algorithms",
    "ESP: aes…ccm…, aes…gmac, implicit IVs": "not in its list of ESP's ciphers",
    "ESP: sha1_160": "not in its list of ESP's integrity algorithms",
    "esn": "its table of SAs has no place for the high half of the number",
    "AH's ICV": "it has no keys for AH: dissected, not checked",
}


class Opened:
    """A capture as tshark sees it with the keys."""

    def __init__(self, capture, keys):
        self.capture, self.keys = capture, keys

    def fields(self, condition, field):
        text = run(["tshark", "-n", "-r", self.capture.path, "-o", "esp.enable_encryption_decode:TRUE",
                    "-o", "esp.enable_authentication_check:TRUE", "-Y", condition, "-T", "fields", "-e", field], timeout=30,
                   env={**os.environ, "WIRESHARK_CONFIG_DIR": self.keys})
        return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("Running as")]


def adits(lab, outer, *, child, **more):
    """Two Adits, of whom the first logs keys. Returns them and the capture."""
    keys = os.path.join(lab.dir, "keys")  # short enough for adit.keylog
    os.makedirs(keys, 0o700)
    a, b, capture = families.nodes(lab, families.OUTER[outer], outer)
    for node in (a, b):
        lab.packets_whole(node)
    one, two = peers.Adit(lab, a), peers.Adit(lab, b)
    trees = (peers.connection(a, b, initiator=True, child=child, **more), peers.connection(b, a, child=child, **more))
    for tree in trees:
        if "ah_proposals" in child:
            del tree["connections"]["gw"]["children"]["net"]["esp_proposals"]
    two.start(trees[1])
    one.start(trees[0], {"keylog": keys} if "ah_proposals" not in child else None)
    peers.bring_up(one, two)
    return one, two, capture, Opened(capture, keys)


def talk(one, two, mode):
    """Five pings to the protected address, or to the host itself."""
    if mode == "tunnel":
        ping(one.node, two.node, count=5)
        return
    text, code = one.node.command(["ping", "-c", "5", "-i", "0.05", "-W", "2", two.node.outer_address()], check=False)
    expect(code == 0, f"ping to the other host itself failed:\n{text}")


def end(one, two, capture):
    text, code = one.down()
    expect(code == 0, f"down: exit {code}\n{text}")
    two.wait_empty()
    capture.settle()
    capture.prove()


def child_of(mode, **more):
    hosts = {"local_ts": "dynamic", "remote_ts": "dynamic", "mode": "transport"}
    return {**(hosts if mode == "transport" else {}), **more}


def opened(lab, ike, esp, way):
    """tshark decrypts IKE_AUTH, the DELETE and the pings inside ESP, and finds every ICV right."""
    outer, encap, mode = way
    one, two, capture, shark = adits(lab, outer, ike=f"{ike}-prfsha256-x25519", esp=esp, child=child_of(mode),
                                     **({"encap": "yes"} if encap == "udp" else {}))
    talk(one, two, mode)
    end(one, two, capture)
    expect((capture.esp > 0, capture.esp_udp > 0) == (encap == "bare", encap == "udp"), f"{capture.esp} bare, {capture.esp_udp} in UDP")
    names = shark.fields("isakmp.exchangetype==35", "isakmp.id.data.fqdn")
    expect(any("a.example.org" in line for line in names) and any("b.example.org" in line for line in names), f"identities: {names}")
    expect(shark.fields("isakmp.exchangetype==37 && isakmp.typepayload==42", "frame.number"), "the DELETE is not seen")
    kind, request, reply = ("icmp.type", "8", "0") if outer == 4 else ("icmpv6.type", "128", "129")
    pings = shark.fields("esp && " + kind.partition(".")[0], kind)
    expect(pings.count(request) == 5 and pings.count(reply) == 5, f"inside ESP: {pings}")
    packets, good = shark.fields("esp", "frame.number"), shark.fields("esp.icv_good == 1", "frame.number")
    expect(len(packets) >= 10 and good == packets, f"ESP packets {packets}, of which it finds {good} authentic")


def ah(lab, outer, mode):
    """tshark dissects AH: the SPIs of both ends, numbers from 1 on, the ICV's length, and what is behind it."""
    one, two, capture, shark = adits(lab, outer, child=child_of(mode, ah_proposals="sha256"))
    capture.protected.clear()  # AH hides nothing
    spis = {int(child[key], 16) for child in one.installed() for key in ("spi-in", "spi-out")}
    talk(one, two, mode)
    end(one, two, capture)
    seen = shark.fields("ah", "ah.spi")
    expect({int(spi, 0) for spi in seen} == spis, f"SPIs {seen}, expected {spis}")
    sender = f"ip{'v6' if outer == 6 else ''}.src == {one.node.outer_address()}"
    numbers = [int(number) for number in shark.fields(f"ah && {sender}", "ah.sequence")]
    expect(numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 5, f"numbers {numbers}")
    icvs = {len(icv.replace(":", "")) // 2 for icv in shark.fields("ah", "ah.icv")}
    expect(icvs == {16 if outer == 4 else 20}, f"ICV and padding of {icvs} bytes")
    kind, request, reply = ("icmp.type", "8", "0") if outer == 4 else ("icmpv6.type", "128", "129")
    pings = shark.fields("ah && " + kind.partition(".")[0], kind)
    expect(pings.count(request) == 5 and pings.count(reply) == 5, f"inside AH: {pings}")


def rows():
    listed = []
    for number in range(max(len(IKE), len(ESP))):
        ike, esp, way = IKE[number % len(IKE)], ESP[number % len(ESP)], WAYS[number % len(WAYS)]
        listed.append((f"wireshark/{ike} {esp} {way[1]} {way[2]} over IPv{way[0]}",
                       lambda lab, i=ike, e=esp, w=way: opened(lab, i, e, w)))
    for outer in (4, 6):
        for mode in ("tunnel", "transport"):
            listed.append((f"wireshark/ah {mode} over IPv{outer}", lambda lab, o=outer, m=mode: ah(lab, o, m)))
    return listed
