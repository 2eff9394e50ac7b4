# SPDX-License-Identifier: Apache-2.0
"""rows: what runs in the virtual machine, by name."""
import os
import re
import sys
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))
import batch
import certificates
import lab
import matrix
import others
import peers
import room as room_module

PATIENCE = 6  # qemu computes what other machines have in hardware


def patient(predicate, timeout, what, step=0.1):
    return lab.wait_for(predicate, timeout * PATIENCE, what, step)


peers.wait_for = patient
batch.PATIENCE, batch.TRANSFER = PATIENCE, 32 << 10


def machine_prepare(trixie):
    """Once, before the first row."""
    others.machine_prepare(trixie)


class KernelsOwn:
    """A strongSwan with the kernel's IPsec."""

    def start(self, tree, charon=None, load=True):
        super().start(tree, {
            "load": "random nonce openssl sha1 sha2 hmac xcbc cmac kdf pem pkcs1 pkcs8 x509 pubkey constraints kernel-netlink "
                    "socket-default vici",
            # Else it takes no private number, sha256_96's, from anyone but strongSwan.
            "accept_private_algs": "yes",
            "plugins": {"vici": {"socket": self.uri()}}, **(charon or {})}, load)


class StrongSwan(KernelsOwn, peers.StrongSwan):
    pass


class StrongSwan6(KernelsOwn, peers.StrongSwan6):
    pass


def carry(one, two, capture):
    """Traffic both ways, and nothing of it in clear on the wire."""
    lab.ping(one.node, two.node)
    lab.ping(two.node, one.node)
    lab.transfer(one.node, two.node, size=1 << 20)
    capture.prove()


def adit_start(room, node, dataplane, tree, auth=None, remote=None):
    """Adit at a node; auth: (CA, certificate, key) in place of the tree's secret."""
    one = peers.Adit(room, node)
    one.tree, one.own = tree, {"dataplane": dataplane}
    if auth:
        one.own["credentials"] = certificates.folder(room, node, [auth[0]], [auth[1]], [auth[2]])
        tree.pop("secrets")
        certificates.pubkey(tree, node, remote, cert=auth[1])
    one.start(tree, one.own)
    return one


TRANSPORT = {"mode": "transport", "local_ts": "dynamic", "remote_ts": "dynamic"}


def pair_up(room, dataplane, initiates, other="strongswan", outer=4, inner=4, nat=False, ah=None, adit_child=None, **both):
    """Adit at node a; strongSwan, or Adit with another dataplane, at node b; up and named as their kernels name them."""
    a, b, capture = room_module.pair(room, outer, inner, nat, inside_first=initiates)

    def tree(*ends, initiator):
        made = peers.connection(*ends, initiator=initiator, **both)
        if ah:
            child = made["connections"]["gw"]["children"]["net"]
            del child["esp_proposals"]
            child["ah_proposals"] = ah
        return made
    if other == "strongswan":
        two = StrongSwan(room, b)
        two.start(tree(b, a, initiator=not initiates))
    else:
        two = adit_start(room, b, other, tree(b, a, initiator=not initiates))
    own = tree(a, b, initiator=initiates)
    own["connections"]["gw"]["children"]["net"].update(adit_child or {})
    one = adit_start(room, a, dataplane, own)
    peers.bring_up(*((one, two) if initiates else (two, one)), timeout=40)
    if both.get("child", {}).get("mode") == "transport":
        outer_is_inner(a, b)
    return one, two, capture


def outer_is_inner(*nodes):
    """Transport mode protects what the outer addresses themselves say."""
    for node in nodes:
        node.inner = node.outer


def strongswan(*args, **more):
    def row(room):
        carry(*pair_up(room, *args, **more))
    return row


def xfrm(node, what):
    return lab.run(["ip", "-n", node.ns, "xfrm", what])


def xfrm_settings(node, *words):
    """What the kernel was told of the SAs has those words, a count each."""
    text = xfrm(node, "state")
    for word, times in words:
        lab.expect(text.count(word) == times, f"{word} is there {text.count(word)} times, not {times}:\n{text}")


def killed(room):
    """A killed daemon's SAs go on; its next run drops what they protected, until there are new ones; an orderly end leaves nothing."""
    one, two, capture = pair_up(room, "xfrm", True)
    one.kill()
    lab.ping(one.node, two.node)
    one.start(one.tree, one.own)
    lab.expect("proto esp" not in xfrm(one.node, "state"), "SAs of the killed run are still there")
    lab.expect("tmpl" in xfrm(one.node, "policy"), "the policies of the killed run are gone")
    lab.expect(not lab.ping(one.node, two.node, count=1, check=False), "there is traffic without an SA")
    text, code = one.up(timeout=40)
    lab.expect(code == 0, f"up again: {text}")
    lab.ping(one.node, two.node)
    capture.prove()
    one.terminate()
    lab.expect("proto esp" not in xfrm(one.node, "state") and "tmpl" not in xfrm(one.node, "policy"), "something stays in the kernel")


def rebound(room):
    """The NAT box gives the peer another port: the kernel tells of it, and the SA follows."""
    one, two, capture = pair_up(room, "xfrm", False, nat=True)
    lab.ping(two.node, one.node)
    room.box.rebind()
    peers.wait_for(lambda: lab.ping(two.node, one.node, count=1, check=False), 10, "pings from behind the NAT box arrive again")
    lab.ping(one.node, two.node)
    xfrm_settings(one.node, ("sport 21", 1), ("dport 21", 1))
    capture.prove()


def marked(room):
    """An XFRM interface has the traffic, and nothing else has."""
    one, two, capture = pair_up(room, "xfrm", False, adit_child={"if_id_in": 42, "if_id_out": 42})
    lab.expect(not lab.ping(two.node, one.node, count=1, check=False), "traffic passes without the interface")
    room.ip(one.node.ns, "link add ipsec0 type xfrm dev lo if_id 42", "link set ipsec0 up",
            f"route add {two.node.net()} dev ipsec0")
    lab.ping(two.node, one.node)
    lab.ping(one.node, two.node)
    xfrm_settings(one.node, ("if_id 0x2a", 2))
    capture.prove()


def best(room):
    """dataplane = auto is the kernel's where it has one; windows and extended numbers are as configured."""
    one, two, capture = pair_up(room, "auto", True, esp="aes256-sha512-esn", adit_child={"replay_window": 1024})
    lab.expect("dataplane=xfrm" in one.log_text(), "auto is not xfrm")
    xfrm_settings(one.node, ("replay_window 1024", 1), ("esn context", 2))
    carry(one, two, capture)
    one.down()
    one.wait_empty()
    lab.expect("proto esp" not in xfrm(one.node, "state") and "tmpl" not in xfrm(one.node, "policy"), "something stays in the kernel")


SECRET = "a secret nobody guesses"
KINDS = ("rsa2048", "ecdsa256")
IKED_ENC = {"aes128-sha1": "auth hmac-sha1 enc aes-128", "aes256-sha1": "auth hmac-sha1 enc aes-256"}  # all that it does over PF_KEY
SWAN_ENC = {"aes128gcm16": "aes_gcm128", "aes256-sha256": "aes256-sha2_256"}


def credentials_make(logs):
    """CAs and certificates for the nodes, on the host before the machine boots: it would take a minute for an RSA key."""
    for kind in KINDS:
        place = types.SimpleNamespace(dir=os.path.join(logs, "certs", kind))
        os.makedirs(place.dir)
        ca = certificates.Ca(place, "Adit-CA", kind)
        for name in "ab":
            ca.issue(f"{name}.example.org", kind)


def credentials(room, kind):
    """(CA, certificate, key) for a and b, or None twice for a secret."""
    if kind == "psk":
        return None, None
    folder = os.path.join(os.path.dirname(room.logs), "certs", kind)
    return tuple([os.path.join(folder, f"Adit-CA-{end}") for end in ("ca.pem", f"{name}.example.org.pem", f"{name}.example.org.key")]
                 for name in "ab")


def libreswan(dataplane, initiates, root="", kind="psk", outer=4, inner=4, esp="aes128gcm16", mode="tunnel", encap=False, nat=False):
    def row(room):
        a, b, capture = room_module.pair(room, outer, inner, nat, inside_first=initiates)
        for_a, for_b = credentials(room, kind)
        two = others.Libreswan(room, b, root)
        conn = {"ikev2": "yes", "auto": "add", "left": b.outer_address(), "leftid": "@b.example.org", "rightid": "@a.example.org",
                "right": "%any" if nat and initiates else a.outer_address(), "type": mode, "rekey": "no", "ike": "aes_gcm128-sha2_256;dh31",
                "esp": SWAN_ENC[esp], "encapsulation": "yes" if encap else "auto", "leftupdown": "%disabled", "fragmentation": "yes"}
        if outer == 6:
            conn["hostaddrfamily"] = "ipv6"
        if mode == "tunnel":
            conn.update(leftsubnet=b.net(), rightsubnet=a.net())
        conn["authby"] = {"psk": "secret", "rsa2048": "rsa-sha2"}.get(kind, "ecdsa-sha2")
        if kind == "psk":
            two.start(conn, secret=SECRET)
        else:
            conn.update(leftcert="b", leftsendcert="always", rightca="%same")
            two.start(conn, pkcs12=others.pkcs12(room, *for_b, "b"))
        both = {"esp": esp, **({"encap": "yes"} if encap else {})}
        if mode == "transport":
            both["child"] = TRANSPORT
        one = adit_start(room, a, dataplane, peers.connection(a, b, initiator=initiates, **both), for_a, b)
        with_other(one, two, initiates, capture, mode)
    return row


def openiked(dataplane, initiates, root="", kind="psk", outer=4, inner=4, esp="aes128-sha1", mode="tunnel", encap=False, nat=False):
    def row(room):
        a, b, capture = room_module.pair(room, outer, inner, nat, inside_first=initiates)
        for_a, for_b = credentials(room, kind)
        both = {"ike": "aes256-sha256-ecp256", "esp": esp, **({"encap": "yes"} if encap else {})}
        if mode == "transport":
            both["child"] = TRANSPORT
        one = adit_start(room, a, dataplane, peers.connection(a, b, initiator=initiates, **both), for_a, b)
        two = others.OpenIked(room, b, root)
        ends = (b.outer_address(), a.outer_address()) if mode == "transport" else (b.net(), a.net())
        policy = (f"{mode} esp from {ends[0]} to {ends[1]} local {b.outer_address()} peer {a.outer_address()} "
                  "ikesa auth hmac-sha2-256 enc aes-256 prf hmac-sha2-256 group ecp256 "
                  f"childsa {IKED_ENC[esp]} srcid b.example.org dstid a.example.org " + (f'psk "{SECRET}"' if kind == "psk" else ""))
        two.start(policy, not initiates, *(for_b or ()))
        with_other(one, two, initiates, capture, mode)
    return row


def with_other(one, two, initiates, capture, mode):
    """Up by whoever initiates, traffic both ways, and down again."""
    if initiates:
        text, code = one.up(timeout=60)
        lab.expect(code == 0, f"up by adit: exit {code}\n{text}")
    else:
        two.up()
    one.wait_up(timeout=20)
    two.wait_up()
    if mode == "transport":
        outer_is_inner(one.node, two.node)
    carry(one, two, capture)
    if initiates or not two.down():  # libreswan sets up again what it was told to have and somebody else ended
        one.down()
    one.wait_empty()


def rows():
    table = {
        "xfrm xfrm": strongswan("xfrm", True, "xfrm"),
        "xfrm tun": strongswan("xfrm", True, "tun"),
        "tun xfrm ipv6 transport": strongswan("tun", True, "xfrm", outer=6, inner=6, child=TRANSPORT),
        "xfrm tun ah": strongswan("xfrm", True, "tun", ah="sha256"),
        "tun xfrm encap cbc": strongswan("tun", True, "xfrm", encap="yes", esp="aes256-sha256"),
        "xfrm xfrm nat": strongswan("xfrm", True, "xfrm", nat=True),
        "xfrm xfrm ipv6 cbc": strongswan("xfrm", True, "xfrm", outer=6, inner=6, esp="aes256-sha256"),
        "xfrm xfrm 4-in-6": strongswan("xfrm", True, "xfrm", outer=6, inner=4),
        "strongswan xfrm initiator": strongswan("xfrm", True),
        "strongswan xfrm responder esn": strongswan("xfrm", False, esp="aes256gcm16-esn"),
        "strongswan xfrm initiator nat": strongswan("xfrm", True, nat=True),
        "strongswan xfrm responder 6-in-4": strongswan("xfrm", False, inner=6),
        "strongswan xfrm initiator transport": strongswan("xfrm", True, child=TRANSPORT),
        "strongswan xfrm responder ah": strongswan("xfrm", False, ah="sha256"),
        "strongswan xfrm initiator ah transport ipv6": strongswan("xfrm", True, ah="sha384", outer=6, inner=6, child=TRANSPORT),
        "strongswan xfrm initiator auto esn": best,
        "strongswan xfrm initiator killed": killed,
        "strongswan xfrm responder rebound": rebound,
        "strongswan xfrm responder interface": marked,
        "strongswan tun initiator encap": strongswan("tun", True, encap="yes"),
        "strongswan tun responder esn": strongswan("tun", False, esp="aes256gcm16-esn"),
        "libreswan xfrm initiator psk": libreswan("xfrm", True),
        "libreswan xfrm responder transport": libreswan("xfrm", False, mode="transport"),
        "libreswan xfrm responder rsa ipv6": libreswan("xfrm", False, kind="rsa2048", outer=6, inner=6),
        "libreswan tun initiator ecdsa encap": libreswan("tun", True, kind="ecdsa256", encap=True, esp="aes256-sha256"),
        "libreswan tun responder psk": libreswan("tun", False),
        "openiked xfrm initiator psk": openiked("xfrm", True),
        "openiked xfrm responder ecdsa": openiked("xfrm", False, kind="ecdsa256", esp="aes256-sha1"),
        "openiked tun initiator rsa encap": openiked("tun", True, kind="rsa2048", encap=True),
        "openiked tun responder psk": openiked("tun", False, esp="aes256-sha1"),
        "libreswan-trixie xfrm initiator ecdsa": libreswan("xfrm", True, others.TRIXIE, kind="ecdsa256"),
        "libreswan-trixie tun responder psk": libreswan("tun", False, others.TRIXIE),
        "openiked-trixie xfrm responder psk": openiked("xfrm", False, others.TRIXIE),
        "openiked-trixie tun initiator ecdsa encap": openiked("tun", True, others.TRIXIE, kind="ecdsa256", encap=True),
    }
    return list(table.items())


def in_batch(action, version):
    def row(room):
        room.swan = StrongSwan6 if version else StrongSwan
        action(room)
    return row


def units(only):
    """[(name, what to do, names of the combinations in it)]: batches of the matrix, and rows."""
    combinations = [name for name in matrix.names(machine=True) if re.search(only, name)]
    found = [(label, in_batch(batch.action(names, dataplane), matrix.row_of(names[0])[1]), names)
             for label, names, dataplane in batch.batches(combinations)]
    return found + [(name, action, []) for name, action in rows() if re.search(only, name)]


def names(only):
    return [name for label, _, parts in units(only) for name in [*parts, label]]
