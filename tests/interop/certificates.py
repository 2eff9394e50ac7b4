# SPDX-License-Identifier: Apache-2.0
"""certificates: rows in which Adit and strongSwan authenticate each other by certificates that openssl made.

Each row makes its own CA, so that nothing expires between runs. Node a is Adit's, node b strongSwan's.
"""
import os
import re
import shutil

import peers
from lab import expect, run, transfer, wait_for
from scenarios import both_ping, leave, nothing_up, up_fails

KEYS = {
    "rsa2048": ["-newkey", "rsa:2048"], "rsa3072": ["-newkey", "rsa:3072"],
    "ecdsa256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ecdsa384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ecdsa521": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ed25519": ["-newkey", "ed25519"],
}


def openssl(*argv):
    text, code = run(["openssl", *argv], timeout=30, check=False)
    expect(code == 0, f"openssl {' '.join(argv[:2])}: {text}")


class Ca:
    """A CA, and what it issues, as PEM files in one folder."""

    def __init__(self, lab, name, key="ecdsa256", parent=None):
        self.dir, self.name, self.parent = lab.dir, name, parent
        self.cert, self.key = self.path("ca.pem"), self.path("ca.key")
        subject = f"/C=CH/O=Adit/CN={name}"
        extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign", "subjectKeyIdentifier=hash"]
        if parent:
            parent.sign(subject, KEYS[key], self.cert, self.key, extensions)
        else:
            added = [word for line in extensions for word in ("-addext", line)]
            openssl("req", "-x509", "-nodes", *KEYS[key], "-subj", subject, "-days", "30", "-keyout", self.key, "-out", self.cert, *added)

    def path(self, name):
        return os.path.join(self.dir, f"{self.name}-{name}")

    def sign(self, subject, key, cert_path, key_path, extensions, days="20"):
        request, ext = cert_path + ".csr", cert_path + ".ext"
        openssl("req", "-new", "-nodes", *key, "-subj", subject, "-keyout", key_path, "-out", request)
        with open(ext, "w", encoding="utf-8") as file:
            file.write("\n".join([*extensions, "authorityKeyIdentifier=keyid"]) + "\n")
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-set_serial", str(abs(hash(cert_path)) + 1),
                "-days", days, "-extfile", ext, "-out", cert_path)

    def issue(self, host, key="ecdsa256", san=None, more=(), days="20"):
        """(certificate, key) for a host; its name is also its identity."""
        cert, private = self.path(f"{host}.pem"), self.path(f"{host}.key")
        self.sign(f"/C=CH/O=Adit/CN={host}", KEYS[key], cert, private,
                  [f"subjectAltName=DNS:{san or host}", "keyUsage=critical,digitalSignature", *more], days)
        return cert, private


def folder(lab, node, anchors, ends, private):
    """x509, x509ca and private as swanctl has them."""
    top = os.path.join(lab.dir, f"{node.name}-swanctl")
    for name, files in (("x509ca", anchors), ("x509", ends), ("private", private)):
        os.makedirs(os.path.join(top, name), exist_ok=True)
        for path in files:
            target = os.path.join(top, name, os.path.basename(path).replace(".key", ".pem"))
            shutil.copyfile(path, target)
            os.chmod(target, 0o600)
    return top


def name_of(node):
    return f"{node.name}.example.org"


def pubkey(tree, node, remote, auth="pubkey", cert=None, remote_auth=None, **more):
    gw = tree["connections"]["gw"]
    gw["local"] = {"auth": auth, "id": name_of(node), **({"certs": os.path.basename(cert)} if cert else {})}
    gw["remote"] = {"auth": remote_auth or auth, "id": name_of(remote)}
    gw.update(more)


def start(lab, adit_initiates, *, adit_key="ecdsa256", swan_key="ecdsa256", intermediate=False, auth="pubkey", swan_auth=None, charon=None,
          nat=False, adit_more=None, swan_more=None, adit_ca=None, swan_trusts=None, adit_trusts=None, adit_issue=None, swan_issue=None,
          launch=True):
    """Both started with certificates of one CA (or of an intermediate each). Returns (Adit, StrongSwan, capture)."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=adit_initiates, nat=nat, start=False)
    root = Ca(lab, "root")
    adit_issuer = adit_ca or (Ca(lab, "inter-a", parent=root) if intermediate else root)
    swan_issuer = Ca(lab, "inter-b", parent=root) if intermediate else root
    a_cert, a_key = adit_issuer.issue(name_of(adit.node), adit_key, **(adit_issue or {}))
    b_cert, b_key = swan_issuer.issue(name_of(swan.node), swan_key, **(swan_issue or {}))
    inter_a = [adit_issuer.cert] if adit_issuer.parent else []
    inter_b = [swan_issuer.cert] if swan_issuer.parent else []
    if inter_a:  # a bundle: the further certificates are intermediates
        with open(a_cert, "a", encoding="utf-8") as file, open(adit_issuer.cert, encoding="utf-8") as more:
            file.write(more.read())
    credentials = folder(lab, adit.node, [(adit_trusts or root).cert], [a_cert], [a_key])
    folder(lab, swan.node, [(swan_trusts or root).cert, *inter_b], [b_cert], [b_key])
    pubkey(adit.tree, adit.node, swan.node, auth, a_cert, **(adit_more or {}))
    pubkey(swan.tree, swan.node, adit.node, swan_auth or auth, b_cert, **(swan_more or {}))
    if launch:
        swan.start(swan.tree, charon)
        adit.start(adit.tree, {"credentials": credentials})
    adit.credentials = credentials
    return adit, swan, capture


def up_and_carry(adit, swan, capture, adit_initiates):
    peers.bring_up(*((adit, swan) if adit_initiates else (swan, adit)))
    both_ping(adit, swan)
    transfer(adit.node, swan.node)
    leave(adit, swan, capture)


def key_row(adit_key, swan_key, adit_initiates):
    def row(lab):
        adit, swan, capture = start(lab, adit_initiates, adit_key=adit_key, swan_key=swan_key)
        up_and_carry(adit, swan, capture, adit_initiates)
    return row


def intermediates_initiator(lab):
    """Certificates of two intermediate CAs; only the root is trusted."""
    adit, swan, capture = start(lab, True, intermediate=True)
    up_and_carry(adit, swan, capture, True)


def intermediates_responder(lab):
    """The same, with strongSwan as initiator."""
    adit, swan, capture = start(lab, False, intermediate=True)
    up_and_carry(adit, swan, capture, False)


def pss(lab, adit_initiates=True):
    """RSA-PSS both ways, by constraint on both ends."""
    adit, swan, capture = start(lab, adit_initiates, adit_key="rsa3072", swan_key="rsa3072", auth="ike:rsa/pss-sha384")
    up_and_carry(adit, swan, capture, adit_initiates)


def pss_responder(lab):
    """The same, with strongSwan as initiator."""
    pss(lab, False)


def fragments_of(lab, adit_initiates):
    adit, swan, capture = start(lab, adit_initiates, adit_key="rsa3072", swan_key="rsa3072", intermediate=True, charon={"fragment_size": 700},
                                adit_more={"send_cert": "always"}, swan_more={"send_cert": "always"})
    peers.bring_up(*((adit, swan) if adit_initiates else (swan, adit)))
    expect("EF(" in swan.log_text(), "strongSwan neither sent nor saw a fragment")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def fragments_initiator(lab):
    """Chains too large for a datagram cross in fragments, both ways."""
    fragments_of(lab, True)


def fragments_responder(lab):
    """The same, with strongSwan as initiator."""
    fragments_of(lab, False)


def no_fragmentation(lab):
    """fragmentation = no at Adit: strongSwan sends no fragment either, and it works by IP fragments."""
    adit, swan, capture = start(lab, True, adit_more={"fragmentation": "no"}, charon={"fragment_size": 700})
    peers.bring_up(adit, swan)
    expect("EF(" not in swan.log_text(), "a fragment was sent")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def fragmentation_forced(lab):
    """fragmentation = force at Adit means yes: what fits goes whole, since strongSwan takes no message in one fragment."""
    adit, swan, capture = start(lab, True, adit_more={"fragmentation": "force"})
    peers.bring_up(adit, swan)
    expect("EF(1/1)" not in swan.log_text(), "a message in one fragment was sent")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def mixed_row(psk_at, adit_initiates):
    """One end proves itself by a shared key, the other by certificate."""
    def row(lab):
        adit, swan, capture = start(lab, adit_initiates, launch=False)
        one, other = (adit, swan) if psk_at == "adit" else (swan, adit)
        one.tree["connections"]["gw"]["local"] = {"auth": "psk", "id": name_of(one.node)}
        other.tree["connections"]["gw"]["remote"]["auth"] = "psk"
        swan.start(swan.tree)
        adit.start(adit.tree, {"credentials": adit.credentials})
        peers.bring_up(*((adit, swan) if adit_initiates else (swan, adit)))
        swan.log_wait(f"authentication of '{name_of(adit.node)}' with {'pre-shared key' if psk_at == 'adit' else 'ECDSA'}")
        both_ping(adit, swan)
        leave(adit, swan, capture)
    return row


def certificates_known(lab, adit_initiates):
    adit, swan, capture = start(lab, adit_initiates, launch=False)
    for end, other in ((adit, swan), (swan, adit)):
        cert = f"root-{name_of(other.node)}.pem"
        shutil.copyfile(os.path.join(lab.dir, cert), os.path.join(lab.dir, f"{end.node.name}-swanctl", "x509", cert))
        end.tree["connections"]["gw"]["remote"]["certs"] = cert
        end.tree["connections"]["gw"].update({"send_certreq": "no", "send_cert": "never"})
    swan.start(swan.tree)
    adit.start(adit.tree, {"credentials": adit.credentials})
    peers.bring_up(*((adit, swan) if adit_initiates else (swan, adit)))
    expect(not re.search(r"(IKE_SA_INIT|IKE_AUTH) .*\bCERT", swan.log_text()), "a certificate crossed, or was asked for")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def certificates_known_initiator(lab):
    """Each end has the other's certificate: none crosses, and none is asked for."""
    certificates_known(lab, True)


def certificates_known_responder(lab):
    """The same, with strongSwan as initiator."""
    certificates_known(lab, False)


def asked_for(lab, adit_initiates):
    adit, swan, capture = start(lab, adit_initiates)
    peers.bring_up(*((adit, swan) if adit_initiates else (swan, adit)))
    for words in ('received cert request for "C=CH, O=Adit, CN=root"', 'received end entity cert "C=CH, O=Adit, CN=a.example.org"',
                  'sending end entity cert "C=CH, O=Adit, CN=b.example.org"'):
        expect(words in swan.log_text(), f"strongSwan does not log “{words}”")
    asked = f"IKE_{'SA_INIT response 0' if adit_initiates else 'AUTH request 1'} [ "
    expect(re.search(rf"generating {re.escape(asked)}.*CERTREQ", swan.log_text()), "strongSwan did not ask for a certificate")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def asked_for_initiator(lab):
    """Each end asks for a certificate of its CA by CERTREQ, and gets one."""
    asked_for(lab, True)


def asked_for_responder(lab):
    """The same, with strongSwan as initiator."""
    asked_for(lab, False)


def lone_intermediate_at_strongswan(lab):
    """What Adit does is what strongSwan does: an intermediate in x509ca without its root vouches for nobody."""
    inter = Ca(lab, "inter-lone", parent=Ca(lab, "root-away"))
    adit, swan, _ = start(lab, True, adit_ca=inter, swan_trusts=inter)
    up_fails(adit, "AUTHENTICATION_FAILED")
    nothing_up(adit, swan)


def lone_intermediate_at_adit(lab):
    """The other way round, and named in cacerts it is trusted alone, which strongSwan has no word for."""
    inter = Ca(lab, "inter-lone", parent=Ca(lab, "root-away"))
    adit, swan, _ = start(lab, True, adit_trusts=inter, launch=False)
    swan_cert, swan_key = inter.issue(name_of(swan.node))
    folder(lab, swan.node, [], [swan_cert], [swan_key])
    swan.tree["connections"]["gw"]["local"]["certs"] = os.path.basename(swan_cert)
    swan.start(swan.tree)
    adit.tree["connections"]["gw"]["remote"]["cacerts"] = os.path.basename(inter.cert)
    adit.start(adit.tree, {"credentials": adit.credentials})
    peers.bring_up(adit, swan)
    both_ping(adit, swan)


def untrusted_by_adit(lab):
    """strongSwan's certificate comes from a CA that Adit does not trust: refused in words, and nothing is up."""
    stranger = Ca(lab, "stranger")
    adit, swan, _ = start(lab, True, adit_trusts=stranger)
    up_fails(adit, "leads to no CA that this connection trusts")
    nothing_up(adit, swan)


def untrusted_by_strongswan(lab):
    """Adit's certificate comes from a CA that strongSwan does not trust: Adit hears AUTHENTICATION_FAILED."""
    stranger = Ca(lab, "stranger")
    adit, swan, _ = start(lab, True, swan_trusts=stranger)
    up_fails(adit, "AUTHENTICATION_FAILED")
    nothing_up(adit, swan)


def expired(lab):
    """strongSwan's certificate has expired."""
    adit, swan, _ = start(lab, False, swan_issue={"days": "-1"})
    text, code = swan.up()
    expect(code != 0, f"strongSwan came up with an expired certificate\n{text}")
    wait_for(lambda: "has expired" in adit.log_text(), 5, "Adit says that a certificate has expired")
    nothing_up(adit, swan)


def wrong_name(lab):
    """strongSwan's certificate does not carry the identity it claims."""
    adit, swan, _ = start(lab, True, swan_issue={"san": "somebody.example.org"}, launch=False)
    swan.tree["connections"]["gw"]["local"]["id"] = name_of(swan.node)
    swan.start(swan.tree)
    adit.start(adit.tree, {"credentials": adit.credentials})
    text, code = adit.up()
    expect(code > 0, f"Adit came up with a certificate for somebody else\n{text}")
    nothing_up(adit, swan)


PAIRS = [("rsa2048", "rsa3072"), ("rsa3072", "ecdsa256"), ("ecdsa256", "ecdsa384"), ("ecdsa384", "ecdsa521"), ("ecdsa521", "ed25519"),
         ("ed25519", "rsa2048")]
ROWS = [intermediates_initiator, intermediates_responder, pss, pss_responder, fragments_initiator, fragments_responder, no_fragmentation,
        fragmentation_forced,
        certificates_known_initiator, certificates_known_responder, asked_for_initiator, asked_for_responder,
        lone_intermediate_at_strongswan, lone_intermediate_at_adit, untrusted_by_adit, untrusted_by_strongswan, expired, wrong_name]


def rows(stand_in=False):
    if stand_in:
        return []
    found = [(f"certificates/{adit} {swan} {'initiator' if first else 'responder'}", key_row(adit, swan, first))
             for adit, swan in PAIRS for first in (True, False)]
    found += [(f"certificates/psk at {end} {'initiator' if first else 'responder'}", mixed_row(end, first))
              for end in ("adit", "strongswan") for first in (True, False)]
    return found + [(f"certificates/{row.__name__.replace('_', ' ')}", row) for row in ROWS]
