# SPDX-License-Identifier: Apache-2.0
"""others: libreswan and OpenIKED as a row uses them. Both want the kernel's IPsec; each has a folder of its own for all it reads.

root: "" for the host's Debian, or a folder with another one, in which /tmp and the logs are the same as outside.
"""
import os
import subprocess

from lab import Failed, expect, run, wait_for

LIBEXEC = "/usr/libexec/ipsec"
TRIXIE = "/trixie"  # where machine_prepare() has it


class Other:
    """What both have: a node, a folder, a process."""
    label = ""
    patience = 60

    def __init__(self, room, node, root=""):
        self.room, self.node, self.root, self.process = room, node, root, None
        self.dir = os.path.join(room.dir, f"{node.name}-{self.label}")
        os.makedirs(self.dir, mode=0o700)

    def argv(self, *argv):
        return (["chroot", self.root] if self.root else []) + list(argv)

    def run(self, *argv, check=True, timeout=60):
        return run(["ip", "netns", "exec", self.node.ns, *self.argv(*argv)], timeout=timeout, check=check)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def spawn(self, argv):
        self.process = self.room.spawn(self.node, self.argv(*argv), f"{self.node.name}-{self.label}.log", private_run=False)

    def log_text(self):
        with open(os.path.join(self.room.logs, f"{self.node.name}-{self.label}.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def alive(self):
        if self.process.poll() is not None:
            raise Failed(f"{self.label} ended with {self.process.poll()}")
        return True


class Libreswan(Other):
    label = "libreswan"

    def start(self, conn, secret=None, pkcs12=None, ids=("b.example.org", "a.example.org")):
        """conn: keys of the connection gw; a secret, or a PKCS#12 file with certificate, key and CA, and the certificate's name."""
        nss = self.path("nss")
        for name in ("nss", "run", "d"):
            os.makedirs(self.path(name), exist_ok=True)
        self.run("certutil", "-N", "-d", f"sql:{nss}", "--empty-password")
        if pkcs12:
            self.run("pk12util", "-i", pkcs12, "-d", f"sql:{nss}", "-W", "secret", "-K", "")
            for line in self.run("certutil", "-L", "-d", f"sql:{nss}").splitlines():
                if "CA" in line and "u,u,u" not in line:
                    self.run("certutil", "-M", "-d", f"sql:{nss}", "-n", line.rsplit(None, 1)[0].strip(), "-t", "CT,,")
        self.write("secrets", f'@{ids[0]} @{ids[1]} : PSK "{secret}"\n' if secret else "")
        setup = {"dnssec-enable": "no", "uniqueids": "no", "virtual-private": "%v4:10.0.0.0/8,%v6:fd00::/8"}
        text = "config setup\n" + "".join(f"\t{key}={value}\n" for key, value in setup.items())
        text += "conn gw\n" + "".join(f"\t{key}={value}\n" for key, value in conn.items())
        config = self.write("ipsec.conf", text)
        self.spawn([f"{LIBEXEC}/pluto", "--nofork", "--stderrlog", "--config", config, "--nssdir", nss, "--secretsfile",
                    self.path("secrets"), "--rundir", self.path("run"), "--ipsecdir", self.path("d"), "--no-dnssec"])
        wait_for(lambda: self.alive() and os.path.exists(self.path("run/pluto.ctl")), self.patience, "pluto has its control socket")
        wait_for(lambda: self.alive() and self.whack("--status", check=False)[1] == 0, self.patience, "pluto answers")
        self.whack("--listen")
        self.run(f"{LIBEXEC}/addconn", "--config", config, "--ctlsocket", self.path("run/pluto.ctl"), "gw")

    def whack(self, *argv, **more):
        return self.run(f"{LIBEXEC}/whack", "--rundir", self.path("run"), *argv, **more)

    def up(self):
        text, code = self.whack("--initiate", "--name", "gw", check=False)
        expect(code == 0, f"whack --initiate: exit {code}\n{text}")

    def down(self):
        self.whack("--terminate", "--name", "gw")
        return True

    def wait_up(self):
        wait_for(lambda: "gw" in self.whack("--trafficstatus", check=False)[0], self.patience, "libreswan has its SA up")


class OpenIked(Other):
    label = "openiked"

    def start(self, policy, active, ca=None, cert=None, key=None):
        """policy: the words of one ikev2 policy; certificates of the node, or none."""
        for name in ("ca", "certs", "crls", "private", "pubkeys/fqdn", "pubkeys/ipv4"):
            os.makedirs(self.path(f"etc/{name}"), exist_ok=True)
        for source, target in ((ca, "ca/ca.crt"), (cert, "certs/own.crt"), (key, "private/local.key")):
            if source:
                with open(source, encoding="utf-8") as file:
                    self.write(f"etc/{target}", file.read())
        if not key:
            self.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.path("etc/private/local.key"))
        self.run("openssl", "pkey", "-in", self.path("etc/private/local.key"), "-pubout", "-out", self.path("etc/local.pub"))
        config = self.write("iked.conf", f"ikev2 \"gw\" {'active' if active else 'passive'} {policy}\n")
        self.config = config
        prepare = f'mount --bind {self.path("etc")} {self.root}/etc/iked && mount -t tmpfs tmpfs {self.root}/run && exec "$@"'
        self.process = self.room.spawn(self.node, ["unshare", "-m", "sh", "-c", prepare, "sh", *self.argv(
            "/usr/sbin/iked", "-dvv", "-f", config, "-s", self.path("sock"))], f"{self.node.name}-{self.label}.log", private_run=False)
        wait_for(lambda: self.alive() and os.path.exists(self.path("sock")), self.patience, "iked has its control socket")
        # Its last setting: an IKE_SA_INIT before that is answered and then forgotten.
        wait_for(lambda: self.alive() and "stickyaddress" in self.log_text(), self.patience, "iked has its configuration")

    def up(self):
        """It initiates by itself when it is active."""

    def down(self):
        return False

    def wait_up(self):
        wait_for(lambda: self.alive() and "ESP" in self.run("ikectl", "-s", self.path("sock"), "show", "sa", check=False)[0].upper(),
                 self.patience, "iked has its SA up")


def pkcs12(room, ca, cert, key, name):
    """A PKCS#12 file with everything, as libreswan's database takes it in."""
    target = os.path.join(room.dir, f"{name}.p12")
    run(["openssl", "pkcs12", "-export", "-in", cert, "-inkey", key, "-certfile", ca, "-name", name, "-caname", "CA", "-passout",
         "pass:secret", "-out", target], timeout=60)
    return target


def machine_prepare(trixie):
    """Users that their packages would have made, and the other Debian with our /tmp in it."""
    with open("/etc/passwd", "a", encoding="utf-8") as file:
        file.write("_iked:x:871:871::/var/empty:/usr/sbin/nologin\n")
    with open("/etc/group", "a", encoding="utf-8") as file:
        file.write("_iked:x:871:\n")
    os.makedirs("/var/empty", exist_ok=True)
    root = TRIXIE
    os.makedirs(root)
    os.makedirs("/tmp/trixie-layer/upper")
    os.makedirs("/tmp/trixie-layer/work")
    subprocess.run(["mount", "-t", "overlay", "-o", f"lowerdir={trixie},upperdir=/tmp/trixie-layer/upper,workdir=/tmp/trixie-layer/work",
                    "overlay", root], check=True)
    for place in ("tmp", "dev", "proc", "sys"):
        subprocess.run(["mount", "--rbind", f"/{place}", f"{root}/{place}"], check=True)
