# SPDX-License-Identifier: Apache-2.0
"""libreswan: rows in which Adit and libreswan of Debian trixie authenticate each other in IKE_AUTH, and no more.

libreswan leaves ESP to the kernel. Where the kernel has none, as on the machines this is made for, pluto authenticates,
agrees on a Child SA, fails to install it and takes everything down: TEMPORARY_FAILURE to an initiator, a DELETE to a
responder. So a row says `ike_auth`, asserts that each end logs that it authenticated the other and how, and carries no traffic.
"""
import os
import re

import certificates
import peers
import trixie
from lab import expect, run, wait_for

LIBEXEC = "/usr/libexec/ipsec"
NICKNAME = "own"
P12_PASSWORD = "only for the way into the NSS database"
# What pluto logs of each key, when it has verified a signature of it.
SIGNATURES = {
    "rsa2048": "2048-bit RSASSA-PSS with SHA2_", "rsa3072": "3072-bit RSASSA-PSS with SHA2_", "ecdsa256": "P-256 ECDSA with SHA2_256",
    "ecdsa384": "P-384 ECDSA with SHA2_384", "ecdsa521": "P-521 ECDSA with SHA2_512",
}
AUTHBY = {"psk": "secret", "rsa": "rsasig", "ecd": "ecdsa"}
PSS = "ike:rsa/pss-sha256-sha384-sha512"  # Adit's demand of an RSA peer


class Libreswan(peers.Peer):
    """pluto in the trixie root, with a configuration and an NSS database of its own."""
    label = "libreswan"

    def path(self, name):
        return os.path.join(self.lab.dir, f"{self.node.name}-pluto-{name}")

    def tool(self, *argv, check=True, timeout=15):
        return run(trixie.enter(list(argv), [self.lab.dir, self.lab.logs]), check=check, timeout=timeout)

    def credentials(self, cert, key, trusted, intermediates=()):
        """Its own certificate with those above it, and the CAs it trusts, into the NSS database."""
        chain, p12 = self.path("chain.pem"), self.path("own.p12")
        with open(chain, "w", encoding="utf-8") as file:
            for path in intermediates:
                with open(path, encoding="utf-8") as part:
                    file.write(part.read())
        certificates.openssl("pkcs12", "-export", "-in", cert, "-inkey", key, "-name", NICKNAME, "-passout", f"pass:{P12_PASSWORD}",
                             "-out", p12, *(["-certfile", chain] if intermediates else []))
        database = "sql:" + self.path("nss")
        self.tool("pk12util", "-i", p12, "-d", database, "-W", P12_PASSWORD)
        self.tool("certutil", "-A", "-n", "trusted", "-t", "CT,,", "-d", database, "-i", trusted)

    def database_make(self):
        os.makedirs(self.path("nss"))
        self.tool("certutil", "-N", "-d", "sql:" + self.path("nss"), "--empty-password")

    def start(self, conn, secrets=""):
        """conn: keys of its connection gw."""
        os.makedirs(self.path("run"))
        for name, text in (("conf", "config setup\n\nconn gw\n" + "".join(f"\t{key}={value}\n" for key, value in conn.items())),
                           ("secrets", secrets)):
            with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
        self.process = self.lab.spawn(
            self.node, [f"{LIBEXEC}/pluto", "--nofork", "--stderrlog", "--config", self.path("conf"), "--nssdir", self.path("nss"),
                        "--rundir", self.path("run"), "--secretsfile", self.path("secrets"), "--nhelpers", "0", "--no-dnssec"],
            self.log_name, in_trixie=True)
        for words in ("Starting Pluto (Libreswan Version 5.2 ", '"gw": oriented IKEv2 connection', "loading secrets from"):
            self.log_wait(words, timeout=15)

    def initiate(self):
        self.tool(f"{LIBEXEC}/whack", "--ctlsocket", os.path.join(self.path("run"), "pluto.ctl"), "--name", "gw",
                  "--initiate", "--asynchronous")

    def end(self):
        expect("ASSERTION FAILED" not in self.log_text().upper(), "an assertion of pluto failed")
        self.terminate()


def connection(local, remote, adit_initiates, kind, suite):
    """libreswan's side of peers.connection(): the same identities, selectors and suite."""
    return {
        "keyexchange": "ikev2", "authby": AUTHBY[kind[:3]],
        "left": local.outer_address(), "leftid": "@" + certificates.name_of(local), "leftsubnet": local.net(), "leftupdown": "%disabled",
        "right": "%any" if adit_initiates else remote.outer_address(), "rightid": "@" + certificates.name_of(remote),
        "rightsubnet": remote.net(),
        **({"leftcert": NICKNAME, "rightca": "%same"} if kind != "psk" else {}),
        **({} if suite == "default" else {"ike": "aes_gcm128-sha2_256-dh31", "esp": "aes_gcm128"}), "auto": "add",
    }


def start(lab, kind, adit_initiates, *, suite=None, intermediate=False, libreswan_trusts=None, adit_trusts=None,
          secret="a secret nobody guesses"):
    """Both started; kind is psk or the kind of both ends' keys. Returns (Adit, Libreswan)."""
    a, b, _ = lab.pair(False, True)
    adit, libre = peers.Adit(lab, a), Libreswan(lab, b)
    adit.tree = peers.connection(a, b, initiator=adit_initiates, **({"ike": suite, "esp": suite} if suite else {}))
    conn = connection(b, a, adit_initiates, kind, suite)
    libre.database_make()
    if kind == "psk":
        libre.start(conn, f'@{certificates.name_of(b)} @{certificates.name_of(a)} : PSK "{secret}"\n')
        adit.start(adit.tree)
        return adit, libre
    root = certificates.Ca(lab, "root")
    issuer_a, issuer_b = ((certificates.Ca(lab, name, parent=root) for name in ("inter-a", "inter-b")) if intermediate else (root, root))
    a_cert, a_key = issuer_a.issue(certificates.name_of(a), kind)
    b_cert, b_key = issuer_b.issue(certificates.name_of(b), kind)
    if intermediate:
        with open(a_cert, "a", encoding="utf-8") as file, open(issuer_a.cert, encoding="utf-8") as more:
            file.write(more.read())
        conn |= {"sendca": "all", "rightca": "\"C=CH, O=Adit, CN=root\""}
    folder = certificates.folder(lab, a, [(adit_trusts or root).cert], [a_cert], [a_key])
    libre.credentials(b_cert, b_key, (libreswan_trusts or root).cert, [issuer_b.cert] if intermediate else [])
    certificates.pubkey(adit.tree, a, b, cert=a_cert, remote_auth=PSS if kind.startswith("rsa") else None)
    libre.start(conn)
    adit.start(adit.tree, {"credentials": folder})
    return adit, libre


def each_knows_the_other(adit, libre, adit_initiates, how):
    """Both say that they authenticated the other, pluto also by what; then both end in good order."""
    if adit_initiates:
        text, _ = adit.up()
        expect(re.search("the peer made no Child SA|gw/net is up", text), f"up by Adit says\n{text}")
    else:
        libre.initiate()
    own = "responder" if adit_initiates else "initiator"
    wait_for(lambda: re.search(rf"{own} established IKE SA; authenticated peer .*{re.escape(how)}", libre.log_text()), 10,
             f"pluto logs that it authenticated Adit: {how}")
    expect(f"'@{certificates.name_of(adit.node)}'" in libre.log_text(), "pluto does not log Adit's identity")
    adit.log_wait(f"remote_id={certificates.name_of(libre.node)}")
    expect(re.search(rf"ike-up conn=gw .*remote_id={re.escape(certificates.name_of(libre.node))}", adit.log_text()),
           "Adit does not log pluto's identity")
    if not adit_initiates:
        adit.log_wait("child-up conn=gw child=net")
    adit.terminate()
    libre.end()


def auth_row(kind, adit_initiates, **more):
    def row(lab):
        adit, libre = start(lab, kind, adit_initiates, **more)
        each_knows_the_other(adit, libre, adit_initiates, SIGNATURES.get(kind, "using authby=secret"))
    return row


def wrong_secret(lab):
    """Another secret at libreswan: it refuses Adit, which hears AUTHENTICATION_FAILED."""
    adit, libre = start(lab, "psk", True, secret="another secret")
    certificates.up_fails(adit, "AUTHENTICATION_FAILED")
    expect("authenticated peer" not in libre.log_text(), "pluto authenticated a peer with another secret")
    libre.end()


def untrusted_by_libreswan(lab):
    """libreswan does not trust the CA of Adit's certificate: Adit hears AUTHENTICATION_FAILED."""
    adit, libre = start(lab, "rsa2048", True, libreswan_trusts=certificates.Ca(lab, "stranger"))
    certificates.up_fails(adit, "AUTHENTICATION_FAILED")
    expect("authenticated peer" not in libre.log_text(), "pluto authenticated a peer of a CA it does not trust")
    libre.end()


def untrusted_by_adit(lab):
    """Adit does not trust the CA of libreswan's certificate, and says so; libreswan initiates and hears AUTHENTICATION_FAILED."""
    adit, libre = start(lab, "ecdsa256", False, adit_trusts=certificates.Ca(lab, "stranger"))
    libre.initiate()
    libre.log_wait("AUTHENTICATION_FAILED", timeout=10)
    adit.log_wait("leads to no CA that this connection trusts")
    expect("ike-up" not in adit.log_text(), "Adit took a certificate of a CA it does not trust")
    libre.end()


ROWS = [wrong_secret, untrusted_by_libreswan, untrusted_by_adit]


def rows():
    found = [(f"libreswan/ike_auth {what} {'initiator' if first else 'responder'}", auth_row(kind, first, **more))
             for what, kind, more in [("psk", "psk", {}), *((kind, kind, {}) for kind in SIGNATURES),
                                      ("default proposals", "psk", {"suite": "default"}),
                                      ("intermediates", "rsa3072", {"intermediate": True})]
             for first in (True, False)]
    return found + [(f"libreswan/{row.__name__.replace('_', ' ')}", row) for row in ROWS]
