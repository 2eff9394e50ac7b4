# SPDX-License-Identifier: Apache-2.0
"""rows: what runs in the virtual machine, by name."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "interop"))
import certificates
import lab
import others
import peers
import room as room_module

PATIENCE = 4  # qemu computes what other machines have in hardware


def patient(predicate, timeout, what, step=0.1):
    return lab.wait_for(predicate, timeout * PATIENCE, what, step)


peers.wait_for = patient


def machine_prepare(trixie):
    """Once, before the first row."""
    others.machine_prepare(trixie)


class StrongSwan(peers.StrongSwan):
    """With the kernel's IPsec."""

    def start(self, tree, charon=None, load=True):
        super().start(tree, {
            "load": "random nonce openssl sha1 sha2 hmac xcbc cmac kdf pem pkcs1 pkcs8 x509 pubkey constraints kernel-netlink "
                    "socket-default vici",
            "plugins": {"vici": {"socket": self.uri()}}, **(charon or {})}, load)


def carry(one, two, capture):
    """Traffic both ways, and nothing of it in clear on the wire."""
    lab.ping(one.node, two.node)
    lab.ping(two.node, one.node)
    lab.transfer(one.node, two.node, size=1 << 20)
    capture.prove()


def adit_start(room, node, remote, dataplane, initiates, auth=None, **both):
    """Adit at a node, with the tree that peers.connection() makes; auth: (CA, certificate, key), or the secret."""
    one = peers.Adit(room, node)
    tree = peers.connection(node, remote, initiator=initiates, **both)
    own = {"dataplane": dataplane}
    if auth:
        own["credentials"] = certificates.folder(room, node, [auth[0]], [auth[1]], [auth[2]])
        tree.pop("secrets")
        certificates.pubkey(tree, node, remote, cert=auth[1])
    one.start(tree, own)
    return one


def strongswan(dataplane, initiates, other="strongswan", outer=4, inner=4, nat=False, **both):
    """Adit at node a; strongSwan, or Adit with another dataplane, at node b."""
    def row(room):
        a, b, capture = room_module.pair(room, outer, inner, nat, inside_first=initiates)
        if other == "strongswan":
            two = StrongSwan(room, b)
            two.start(peers.connection(b, a, initiator=not initiates, **both))
        else:
            two = adit_start(room, b, a, other, not initiates, **both)
        one = adit_start(room, a, b, dataplane, initiates, **both)
        peers.bring_up(*((one, two) if initiates else (two, one)), timeout=40)
        carry(one, two, capture)
    return row


SECRET = "a secret nobody guesses"
IKED_ENC = {"aes128-sha1": "auth hmac-sha1 enc aes-128", "aes256-sha1": "auth hmac-sha1 enc aes-256"}  # all that it does over PF_KEY
SWAN_ENC = {"aes128gcm16": "aes_gcm128", "aes256-sha256": "aes256-sha2_256"}


def credentials(room, kind):
    """(CA, certificate, key) for a and b, or None twice for a secret."""
    if kind == "psk":
        return None, None
    ca = certificates.Ca(room, "Adit-CA", kind)
    return tuple((ca.cert, *ca.issue(f"{name}.example.org", kind)) for name in "ab")


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
            both["child"] = {"mode": mode, "local_ts": "dynamic", "remote_ts": "dynamic"}
        one = adit_start(room, a, b, dataplane, initiates, for_a, **both)
        with_other(one, two, initiates, capture, mode)
    return row


def openiked(dataplane, initiates, root="", kind="psk", outer=4, inner=4, esp="aes128-sha1", mode="tunnel", encap=False, nat=False):
    def row(room):
        a, b, capture = room_module.pair(room, outer, inner, nat, inside_first=initiates)
        for_a, for_b = credentials(room, kind)
        both = {"ike": "aes256-sha256-ecp256", "esp": esp, **({"encap": "yes"} if encap else {})}
        if mode == "transport":
            both["child"] = {"mode": mode, "local_ts": "dynamic", "remote_ts": "dynamic"}
        one = adit_start(room, a, b, dataplane, initiates, for_a, **both)
        two = others.OpenIked(room, b, root)
        ends = (b.outer_address(), a.outer_address()) if mode == "transport" else (b.net(), a.net())
        policy = (f"{mode} esp from {ends[0]} to {ends[1]} local {b.outer_address()} peer {a.outer_address()} "
                  "ikesa auth hmac-sha2-256 enc aes-256 prf hmac-sha2-256 group ecp256 "
                  f"childsa {IKED_ENC[esp]} srcid b.example.org dstid a.example.org " + (f'psk "{SECRET}"' if kind == "psk" else ""))
        two.start(policy, not initiates, *(for_b or ()))
        with_other(one, two, initiates, capture, mode)
    return row


def with_other(one, two, initiates, capture, mode):
    """Up by whoever initiates, traffic both ways, and down by Adit."""
    if initiates:
        text, code = one.up(timeout=60)
        lab.expect(code == 0, f"up by adit: exit {code}\n{text}")
    else:
        two.up()
    one.wait_up(timeout=20)
    two.wait_up()
    if mode == "transport":
        for node in (one.node, two.node):  # what is protected are the outer addresses themselves
            node.inner = node.outer
    carry(one, two, capture)
    one.down()
    one.wait_empty()


def rows():
    table = {
        "xfrm xfrm": strongswan("xfrm", True, "xfrm"),
        "xfrm tun encap": strongswan("xfrm", True, "tun", encap="yes"),
        "tun xfrm encap cbc": strongswan("tun", True, "xfrm", encap="yes", esp="aes256-sha256"),
        "xfrm xfrm nat": strongswan("xfrm", True, "xfrm", nat=True),
        "xfrm xfrm ipv6 cbc": strongswan("xfrm", True, "xfrm", outer=6, inner=6, esp="aes256-sha256"),
        "xfrm xfrm 4-in-6": strongswan("xfrm", True, "xfrm", outer=6, inner=4),
        "strongswan xfrm initiator": strongswan("xfrm", True),
        "strongswan xfrm responder esn": strongswan("xfrm", False, esp="aes256gcm16-esn"),
        "strongswan xfrm initiator nat": strongswan("xfrm", True, nat=True),
        "strongswan xfrm responder 6-in-4": strongswan("xfrm", False, inner=6),
        "strongswan tun initiator encap": strongswan("tun", True, encap="yes"),
        "strongswan tun responder encap": strongswan("tun", False, encap="yes"),
        "libreswan xfrm initiator psk": libreswan("xfrm", True),
        "libreswan xfrm responder rsa ipv6": libreswan("xfrm", False, kind="rsa2048", outer=6, inner=6),
        "libreswan tun initiator ecdsa encap": libreswan("tun", True, kind="ecdsa256", encap=True, esp="aes256-sha256"),
        "libreswan tun responder psk encap": libreswan("tun", False, encap=True),
        "openiked xfrm initiator psk": openiked("xfrm", True),
        "openiked xfrm responder ecdsa": openiked("xfrm", False, kind="ecdsa256", esp="aes256-sha1"),
        "openiked tun initiator rsa encap": openiked("tun", True, kind="rsa2048", encap=True),
        "openiked tun responder psk encap": openiked("tun", False, encap=True, esp="aes256-sha1"),
        "libreswan-trixie xfrm initiator ecdsa": libreswan("xfrm", True, others.TRIXIE, kind="ecdsa256"),
        "libreswan-trixie tun responder psk encap": libreswan("tun", False, others.TRIXIE, encap=True),
        "openiked-trixie xfrm responder psk": openiked("xfrm", False, others.TRIXIE),
        "openiked-trixie tun initiator ecdsa encap": openiked("tun", True, others.TRIXIE, kind="ecdsa256", encap=True),
    }
    return list(table.items())
