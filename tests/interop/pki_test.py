#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `adit pki` makes, judged by the openssl command and by strongSwan's pki.

Every check is a line; the last line is "N passed, N failed". Needs no root and no daemon.
"""
import argparse
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

TYPES = [["--type", "rsa"], ["--type", "rsa", "--bits", "4096"], ["--type", "ecdsa"], ["--type", "ecdsa", "--bits", "384"],
         ["--type", "ecdsa", "--bits", "521"], ["--type", "ed25519"], ["--type", "ed448"]]
PASSPHRASE, KEY_PASSPHRASE = "correct horse", "battery staple"
passed, failed = 0, 0


class Wrong(Exception):
    pass


def run(*argv, code=0):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
                          start_new_session=True)  # without a terminal to ask
    text = done.stdout.decode(errors="replace")
    if code is not None and done.returncode != code:
        raise Wrong(f"{' '.join(argv)}: exit {done.returncode}\n{text}")
    return text


def has(text, *patterns):
    for pattern in patterns:
        if not re.search(pattern, text, re.S):
            raise Wrong(f"no {pattern!r} in\n{text}")


def lacks(text, *patterns):
    for pattern in patterns:
        if re.search(pattern, text, re.S):
            raise Wrong(f"{pattern!r} in\n{text}")


class Folder:
    """A working folder with a CA in it."""

    def __init__(self, adit, top, name):
        self.adit_path, self.dir = adit, os.path.join(top, name)
        os.mkdir(self.dir)
        for file, words in (("pass", PASSPHRASE), ("keypass", KEY_PASSPHRASE), ("wrong", "wrong")):
            with open(self.path(file), "w", encoding="utf-8") as out:
                out.write(words + "\n")

    def path(self, name):
        return os.path.join(self.dir, name)

    def pki(self, *argv, code=0):
        os.chdir(self.dir)
        return run(self.adit_path, "pki", *argv, code=code)

    def ca(self, *more):
        return self.pki("ca", "--name", "C=CH, O=Beispiel Zürich, CN=example CA", *more)


def x509(path):
    return run("openssl", "x509", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus,esc_ctrl", "-in", path)


def verify(f, path, *more, code=0):
    return run("openssl", "verify", "-x509_strict", "-check_ss_sig", "-policy_check", *more, "-CAfile", f.path("ca.pem"), f.path(path), code=code)


def swan_verify(f, path, *more, code=0):
    return run("pki", "--verify", "--in", f.path(path), "--cacert", f.path("ca.pem"), *more, code=code)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def every_type(f):
    for number, kind in enumerate(TYPES):
        f.ca("--force", *kind)
        for leaf in ("server", "client"):
            name = f"{leaf}{number}.example.org"
            f.pki(leaf, "--san", name, *kind)
            has(verify(f, f"{name}.pem", "-purpose", "sslserver" if leaf == "server" else "sslclient"), "OK")
            if "ed448" in kind:
                continue
            has(swan_verify(f, f"{name}.pem"), "certificate trusted, lifetimes valid")
            has(run("pki", "--print", "--in", f.path(f"{name}.pem")), name, "example CA")
            has(run("pki", "--print", "--type", "priv", "--in", f.path(f"{name}-key.pem")), "privkey:")
        if "rsa" in kind:
            run("openssl", "rsa", "-check", "-noout", "-in", f.path("ca-key.pem"))
        run("openssl", "pkey", "-noout", "-in", f.path("ca-key.pem"))


def ca_extensions(f):
    """RFC 5280 4.2.1.2, 4.2.1.3, 4.2.1.9"""
    f.ca()
    has(x509(f.path("ca.pem")), "Version: 3", "Basic Constraints: critical\n +CA:TRUE\n", "Key Usage: critical\n +Certificate Sign, CRL Sign\n",
        "Subject Key Identifier", "Beispiel Zürich", r"Public-Key: \(3072 bit\)")
    lacks(x509(f.path("ca.pem")), "Extended Key Usage", "pathlen")
    shape = run("openssl", "asn1parse", "-in", f.path("ca.pem"))
    has(shape, "PRINTABLESTRING +:CH", "UTF8STRING +:Beispiel", "PRINTABLESTRING +:example CA", "UTCTIME")
    has(run("pki", "--print", "--in", f.path("ca.pem")), "flags: +CA CRLSign self-signed")
    if mode(f.path("ca-key.pem")) != 0o600 or mode(f.path("ca.pem")) != 0o644:
        raise Wrong("modes of the CA's files")


def server_extensions(f):
    """RFC 5280 4.1.2.2, 4.2.1.1, RFC 4945 5.1.3.2"""
    f.ca()
    f.pki("server", "--san", "gw.example.org", "--san", "192.0.2.1", "--san", "2001:db8::1")
    text = x509(f.path("gw.example.org.pem"))
    has(text, "TLS Web Server Authentication, 1.3.6.1.5.5.8.2.2", "Key Usage: critical\n +Digital Signature\n", "CA:FALSE",
        "DNS:gw.example.org", "IP Address:192.0.2.1", "DNS:192.0.2.1", "IP Address:2001:DB8:0:0:0:0:0:1", "DNS:2001:db8::1",
        "Authority Key Identifier", "Subject: CN=gw.example.org")
    lacks(text, "TLS Web Client")
    serial = run("openssl", "x509", "-noout", "-serial", "-in", f.path("gw.example.org.pem")).strip().split("=")[1]
    if not 26 <= len(serial) <= 32:
        raise Wrong(f"serial {serial}")
    has(verify(f, "gw.example.org.pem", "-purpose", "sslserver", "-verify_hostname", "gw.example.org"), "OK")
    has(verify(f, "gw.example.org.pem", "-verify_ip", "192.0.2.1"), "OK")
    verify(f, "gw.example.org.pem", "-purpose", "sslclient", code=2)
    has(run("pki", "--print", "--in", f.path("gw.example.org.pem")), "serverAuth", "ikeIntermediate")


def client_extensions(f):
    f.ca()
    f.pki("client", "--san", "carol@example.org", "--name", "C=CH, O=example, CN=Carol")
    text = x509(f.path("carol@example.org.pem"))
    has(text, "TLS Web Client Authentication", "email:carol@example.org", "Subject: C=CH,O=example,CN=Carol")
    lacks(text, "TLS Web Server", "1.3.6.1.5.5.8.2.2")
    f.pki("client", "--name", "dave.example.org")
    has(x509(f.path("dave.example.org.pem")), "DNS:dave.example.org")


def validity(f):
    """RFC 5280 4.1.2.5"""
    f.ca("--days", "20000")
    has(run("openssl", "asn1parse", "-in", f.path("ca.pem")), "UTCTIME.*GENERALIZEDTIME")
    f.pki("server", "--san", "a.example.org", "--days", "10")
    run("openssl", "x509", "-checkend", str(9 * 86400), "-noout", "-in", f.path("a.example.org.pem"))
    run("openssl", "x509", "-checkend", str(11 * 86400), "-noout", "-in", f.path("a.example.org.pem"), code=1)
    f.ca("--days", "5", "--force")  # and nothing outlives its CA
    f.pki("server", "--san", "b.example.org")
    run("openssl", "x509", "-checkend", str(6 * 86400), "-noout", "-in", f.path("b.example.org.pem"), code=1)


def intermediate(f):
    f.ca()
    f.pki("intermediate", "--name", "Inter")
    has(x509(f.path("Inter.pem")), "CA:TRUE, pathlen:0")
    f.pki("server", "--san", "gw.example.org", "--ca", "Inter.pem", "--ca-key", "Inter-key.pem")
    has(verify(f, "gw.example.org.pem", "-untrusted", f.path("gw.example.org.pem")), "OK")  # the chain is in the file
    verify(f, "gw.example.org.pem", code=2)
    has(swan_verify(f, "gw.example.org.pem", "--cacert", f.path("Inter.pem")), "certificate trusted")
    has(f.pki("intermediate", "--name", "Third", "--ca", "Inter.pem", "--ca-key", "Inter-key.pem", code=1), "path length is 0")
    has(f.pki("server", "--san", "x.example.org", "--ca", "gw.example.org.pem", "--ca-key", "gw.example.org-key.pem", code=1),
        "not one of a CA")
    has(f.pki("server", "--san", "x.example.org", "--ca-key", "Inter-key.pem", code=1), "does not belong")


def requests(f):
    f.ca()
    for number, kind in enumerate(TYPES):
        name = f"r{number}.example.org"
        f.pki("request", "--san", name, "--san", "192.0.2.7", "--purpose", "server", *kind)
        has(run("openssl", "req", "-verify", "-noout", "-text", "-in", f.path(f"{name}-request.pem")), "verify OK", f"DNS:{name}", "DNS:192.0.2.7")
        if "ed448" not in kind:
            has(run("pki", "--print", "--type", "pkcs10", "--in", f.path(f"{name}-request.pem"), code=None), "(?i)req|pkcs10|usage|subject")
        text = f.pki("sign", f"{name}-request.pem", "--purpose", "server")
        has(text, f"for: CN={name}; {name}; 192.0.2.7; 192.0.2.7\n")  # what a request asked for is seen when it is granted
        has(verify(f, f"{name}.pem", "-purpose", "sslserver", "-verify_ip", "192.0.2.7"), "OK")


def foreign_requests(f):
    """Requests that openssl and strongSwan made; nothing but names is taken from them."""
    f.ca()
    run("openssl", "req", "-new", "-nodes", "-newkey", "rsa:2048", "-keyout", f.path("o-key.pem"), "-out", f.path("o.csr"), "-subj", "/CN=o.example.org",
        "-addext", "subjectAltName=DNS:o.example.org", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign")
    f.pki("sign", "o.csr")
    text = x509(f.path("o.example.org.pem"))
    has(text, "CA:FALSE", "TLS Web Client", "DNS:o.example.org")
    lacks(text, "Certificate Sign")
    run("openssl", "req", "-new", "-nodes", "-newkey", "rsa:1024", "-keyout", f.path("w-key.pem"), "-out", f.path("w.csr"), "-subj", "/CN=w.example.org")
    has(f.pki("sign", "w.csr", code=1), "too weak")
    run("openssl", "req", "-in", f.path("o.csr"), "-outform", "DER", "-out", f.path("broken.csr"))
    with open(f.path("broken.csr"), "r+b") as file:
        file.seek(-5, os.SEEK_END)
        byte = file.read(1)
        file.seek(-5, os.SEEK_END)
        file.write(bytes([byte[0] ^ 1]))
    has(f.pki("sign", "broken.csr", code=1), "not signed by its own key")


def crls(f):
    """RFC 5280 5.1.2.1, 5.2.1, 5.2.3, 5.3.1"""
    f.ca()
    f.pki("crl")
    crl = f.path("ca-crl.pem")
    has(run("openssl", "crl", "-noout", "-text", "-in", crl, "-CAfile", f.path("ca.pem")), "verify OK", "No Revoked", "CRL Number: *\n +1\n",
        "Authority Key Identifier", "Version 2")
    for name in ("a", "b"):
        f.pki("server", "--san", f"{name}.example.org")
    f.pki("revoke", "a.example.org.pem", "--reason", "key-compromise")
    text = run("openssl", "crl", "-noout", "-text", "-in", crl, "-CAfile", f.path("ca.pem"))
    has(text, "verify OK", "Key Compromise", "CRL Number: *\n +2\n")
    f.pki("crl", "--days", "7")
    has(run("openssl", "crl", "-noout", "-text", "-in", crl, "-CAfile", f.path("ca.pem")), "verify OK", "Key Compromise", "CRL Number: *\n +3\n")
    has(verify(f, "a.example.org.pem", "-crl_check", "-CRLfile", crl, code=2), "certificate revoked")
    has(verify(f, "b.example.org.pem", "-crl_check", "-CRLfile", crl), "OK")
    has(swan_verify(f, "a.example.org.pem", "--crl", crl, code=None), "revoked")
    has(swan_verify(f, "b.example.org.pem", "--crl", crl), "certificate trusted")
    has(f.pki("revoke", "a.example.org.pem", code=1), "revoked already", "the CRL is as it was")
    other = f.path("other")
    f.pki("ca", "--name", "other", "--into", other)
    f.pki("server", "--san", "c.example.org", "--into", other)
    has(f.pki("revoke", os.path.join(other, "x509", "c.example.org.pem"), code=1), "did not issue")
    has(f.pki("revoke", "b.example.org.pem", "--reason", "boredom", code=2), "--reason is")
    f.pki("revoke", "b.example.org.pem")
    text = run("openssl", "crl", "-noout", "-text", "-in", crl, "-CAfile", f.path("ca.pem"))
    if text.count("Serial Number") != 2 or text.count("X509v3 CRL Reason Code") != 1:  # "unspecified" is left out
        raise Wrong(text)


def bundles(f):
    f.ca()
    f.pki("client", "--san", "carol@example.org")
    p12 = f.path("carol@example.org.p12")
    for more, cipher, mac in (([], "PBES2, PBKDF2, AES-256-CBC.*hmacWithSHA256", "MAC: sha256"),
                              (["--legacy", "--force"], "pbeWithSHA1And3-KeyTripleDES-CBC", "MAC: sha1")):
        f.pki("pkcs12", "carol@example.org", "--passphrase-file", "pass", *more)
        text = run("openssl", "pkcs12", "-info", "-nodes", "-in", p12, "-passin", f"pass:{PASSPHRASE}")
        has(text, cipher, mac, "friendlyName: carol@example.org", "BEGIN PRIVATE KEY")
        if text.count("BEGIN CERTIFICATE") != 2:
            raise Wrong("a bundle is certificate and CA")
        lacks(text, "PBE-SHA1-RC2" if not more else "PBES2")
        run("openssl", "pkcs12", "-noout", "-in", p12, "-passin", "pass:wrong", code=1)
        if mode(p12) != 0o600:
            raise Wrong("the bundle's mode")
        has(f.pki("show", p12), "PKCS#12 bundle; --key-passphrase-file")
        text = f.pki("show", p12, "--key-passphrase-file", "pass")
        has(text, "PKCS#12 bundle", "Private key", "Certificate of a client.*carol@example.org", "Certificate of a root CA")
        has(f.pki("show", p12, "--key-passphrase-file", "wrong", code=1), "passphrase is wrong")
        has(f.pki("show", "ca.pem", "--key-passphrase-file", "pass"), "root CA")
    f.pki("server", "--san", "gw.example.org")
    has(f.pki("pkcs12", "--cert", "gw.example.org.pem", "--key", "carol@example.org-key.pem", "--out", "x.p12", "--passphrase-file", "pass", code=1),
        "does not belong")
    has(f.pki("pkcs12", "carol@example.org", "--force", code=1), "--passphrase-file")


def passphrases(f):
    f.ca("--passphrase-file", "keypass")
    has(run("openssl", "asn1parse", "-in", f.path("ca-key.pem")), "PBES2", "hmacWithSHA256", "aes-256-cbc")
    run("openssl", "pkey", "-noout", "-in", f.path("ca-key.pem"), "-passin", f"pass:{KEY_PASSPHRASE}")
    has(f.pki("server", "--san", "a.example.org", code=1), "--key-passphrase-file")
    has(f.pki("server", "--san", "a.example.org", "--key-passphrase-file", "wrong", code=1), "passphrase is wrong")
    f.pki("server", "--san", "a.example.org", "--key-passphrase-file", "keypass")
    has(verify(f, "a.example.org.pem"), "OK")
    has(f.pki("ca", "--name", "x", "--passphrase", "geheim", code=2), "everybody could read")


def nothing_overwritten(f):
    f.ca()
    with open(f.path("ca-key.pem"), "rb") as file:
        before = file.read()
    has(f.pki("ca", "--name", "x", code=1), "is there already; --force")
    os.unlink(f.path("ca.pem"))
    has(f.pki("ca", "--name", "x", code=1), "ca-key.pem is there already")
    with open(f.path("ca-key.pem"), "rb") as file:
        if file.read() != before or os.path.exists(f.path("ca.pem")):
            raise Wrong("something was written")
    f.ca("--reuse-key")
    f.pki("server", "--san", "a.example.org")
    has(verify(f, "a.example.org.pem"), "OK")
    if [name for name in os.listdir(f.dir) if ".pem." in name]:
        raise Wrong("something was left over")


def swanctl_folders(f):
    top = f.path("swanctl")
    f.pki("ca", "--name", "root", "--into", top)
    f.pki("server", "--san", "gw.example.org", "--into", top)
    f.pki("client", "--san", "carol@example.org", "--into", top)
    f.pki("pkcs12", "carol@example.org", "--passphrase-file", "pass", "--into", top)
    f.pki("revoke", os.path.join(top, "x509", "carol@example.org.pem"), "--into", top)
    want = {"x509ca/ca.pem", "private/ca-key.pem", "x509/gw.example.org.pem", "private/gw.example.org-key.pem", "x509/carol@example.org.pem",
            "private/carol@example.org-key.pem", "pkcs12/carol@example.org.p12", "x509crl/ca-crl.pem"}
    have = {os.path.relpath(os.path.join(folder, name), top) for folder, _, names in os.walk(top) for name in names}
    if have != want:
        raise Wrong(f"{have ^ want}")
    if mode(os.path.join(top, "private")) != 0o700:
        raise Wrong("private/ is open")
    f.pki("client", "--name", "../../such evil", "--into", top)
    if not [name for name in os.listdir(os.path.join(top, "x509")) if name.endswith("evil.pem")]:
        raise Wrong("a name left its folder")


def what_fails_leaves_no_folders(f):
    for argv in (["server", "--san", "x.example.org", "--ca", "nosuch"], ["revoke", "x", "--ca", "nosuch"], ["crl"], ["pkcs12", "x", "--passphrase-file", "pass"],
                 ["ca", "--name", "x", "--bits", "7"]):
        code = 2 if "--bits" in argv else 1
        f.pki(*argv, "--into", f.path("q"), code=code)
        if os.path.exists(f.path("q")):
            raise Wrong(f"{argv}: {os.listdir(f.path('q'))}")


def a_folder_for_each_machine(f):
    """The CA stays where it is; a server's or client's folder has all it needs, and the next step is printed."""
    ca, gateway, inter = f.path("home"), f.path("gateway"), f.path("inter")
    f.pki("ca", "--name", "root", "--into", ca)
    text = f.pki("server", "--san", "gw.example.org", "--ca", ca, "--into", gateway)
    has(text, "CA: .*gateway/x509ca/ca.pem", r"next: in .*gateway/adit.conf, in the section local:\n  auth = pubkey\n  id = gw.example.org\n")
    have = {os.path.relpath(os.path.join(folder, name), gateway) for folder, _, names in os.walk(gateway) for name in names}
    if have != {"x509ca/ca.pem", "x509/gw.example.org.pem", "private/gw.example.org-key.pem"}:
        raise Wrong(f"{have}")
    if mode(os.path.join(gateway, "private", "gw.example.org-key.pem")) != 0o600:
        raise Wrong("the key is open")
    with open(os.path.join(gateway, "x509ca", "ca.pem"), encoding="utf-8") as copy, open(os.path.join(ca, "x509ca", "ca.pem"), encoding="utf-8") as file:
        if copy.read() != file.read():
            raise Wrong("the copy is another one")
    text = f.pki("client", "--name", "C=CH, CN=carol", "--ca", ca, "--into", gateway)
    has(text, r'id = "C=CH, CN=carol"')
    lacks(text, "CA:")  # it is there already
    f.pki("ca", "--name", "second")
    has(f.pki("server", "--san", "x.example.org", "--into", gateway, "--ca", "ca.pem", "--ca-key", "ca-key.pem", code=1), "is another CA's")
    f.pki("intermediate", "--name", "inter", "--ca", ca, "--into", ca)
    f.pki("server", "--san", "y.example.org", "--into", inter, "--ca", os.path.join(ca, "x509ca", "inter.pem"), "--ca-key",
          os.path.join(ca, "private", "inter-key.pem"))
    if os.path.exists(os.path.join(inter, "x509ca")):  # its root is what peers have to trust
        raise Wrong("an intermediate was put where trusted CAs are")


def shown(f):
    f.ca("--type", "ecdsa")
    f.pki("server", "--san", "gw.example.org", "--san", "192.0.2.1")
    f.pki("request", "--san", "r.example.org")
    f.pki("revoke", "gw.example.org.pem", "--reason", "superseded")
    text = f.pki("show", "ca.pem", "gw.example.org.pem", "r.example.org-request.pem", "ca-crl.pem", "ca-key.pem")
    has(text, "Certificate of a root CA", "ECDSA, 256 bits", "Certificate of a server", "192.0.2.1 \\(address\\)", "days left",
        "Request for a certificate", "by its own key", "superseded", "Private key, not encrypted")
    hexed = run("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", f.path("gw.example.org.pem")).strip().split("=")[1].lower()
    has(text, hexed)
    secret = run("openssl", "pkey", "-noout", "-text", "-in", f.path("ca-key.pem")).split("priv:")[1].split("pub:")[0]
    lacks(text.replace(":", ""), re.sub(r"[\s:]", "", secret)[2:32])
    for kind in ("x509", ):
        run("openssl", kind, "-in", f.path("ca.pem"), "-outform", "DER", "-out", f.path("ca.der"))
        has(f.pki("show", "ca.der"), "root CA")
    has(f.pki("show", "pass", code=1), "holds no certificate")
    has(f.pki("show", "nothing", code=1), "No such file")


def usage(f):
    has(f.pki("--help"), "adit pki pkcs12")
    for name in ("ca", "intermediate", "server", "client", "request", "sign", "revoke", "crl", "pkcs12", "show"):
        has(f.pki(name, "--help"), f"Usage: adit pki {name}", "--help")
    for argv in ([], ["nonsense"], ["ca"], ["server"], ["sign"], ["revoke"], ["show"], ["pkcs12"], ["ca", "--name", "x", "--type", "dsa"],
                 ["ca", "--name", "x", "--bits", "1024"], ["ca", "--name", "x", "--days", "0"], ["ca", "--name", "x", "extra"],
                 ["ca", "--name"], ["ca", "--legacy"], ["crl", "--days", "x"], ["sign", "x", "--purpose", "fun"]):
        f.pki(*argv, code=2)
    has(f.pki("server", "--san", "a.example.org", code=1), "adit pki ca")
    has(f.pki("ca", "--name", "CN=a, XX=b", code=1), "write it like")
    f.ca()
    has(f.pki("server", "--san", "a b", code=1), "no host name, IP address")


CHECKS = [every_type, ca_extensions, server_extensions, client_extensions, validity, intermediate, requests, foreign_requests, crls, bundles,
          passphrases, nothing_overwritten, swanctl_folders, what_fails_leaves_no_folders, a_folder_for_each_machine, shown, usage]


def main():
    global passed, failed
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    adit = os.path.abspath(os.path.join(args.build, "src", "cli", "adit"))
    top = tempfile.mkdtemp(prefix="adit-pki-")
    for check in CHECKS:
        if args.only not in check.__name__:
            continue
        try:
            check(Folder(adit, top, check.__name__))
            passed += 1
            print(f"ok {check.__name__}", flush=True)
        except (Wrong, OSError, subprocess.TimeoutExpired, IndexError) as wrong:
            failed += 1
            print(f"FAILED {check.__name__}: {wrong}", flush=True)
    os.chdir("/")
    shutil.rmtree(top)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
