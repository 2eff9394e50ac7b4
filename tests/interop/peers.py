# SPDX-License-Identifier: Apache-2.0
"""peers: Adit and strongSwan as a row uses them, behind one face.

Both read swanctl.conf's language, so one writer serves both; both speak VICI, so swanctl lists the SAs of both. Owns how
each is started, asked and ended; knows nothing of what a row expects.
"""
import json
import os
import re
import signal
import subprocess

from lab import Failed, expect, run, wait_for

CHARON = "/usr/lib/ipsec/charon"
SWANCTL = "/usr/sbin/swanctl"


def settings_text(tree, depth=0):
    """A tree of dicts as the settings language."""
    lines = []
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += ["\t" * depth + key + " {", settings_text(value, depth + 1), "\t" * depth + "}"]
        else:
            lines.append("\t" * depth + f"{key} = {value}")
    return "\n".join(line for line in lines if line)


def raw_parse(text):
    """What `swanctl --raw` prints, as a list of dicts, one an event."""
    events = []
    for line in text.splitlines():
        match = re.match(r"(list-\S+) event (\{.*\})$", line.strip())
        if match:
            events.append(raw_section(match.group(2)))
    return events


def raw_section(text):
    """`{name {key=value list=[a b]} …}` as nested dicts; a loop with a stack."""
    stack, at = [{}], 0
    token = re.compile(r"\s*(?:(\})|([^\s={}\[\]]+)\s*(?:=\[([^\]]*)\]|=([^\s{}]*)|(\{))|(\{))")
    while at < len(text):
        match = token.match(text, at)
        if not match:
            raise Failed(f"swanctl --raw printed what cannot be read: {text[at:at + 60]!r}")
        at = match.end()
        close, key, items, value, opened, _ = match.groups()
        if close:
            stack.pop()
        elif opened:
            stack[-1][key] = {}
            stack.append(stack[-1][key])
        elif items is not None:
            stack[-1][key] = items.split()
        elif value is not None:
            stack[-1][key] = value
        else:
            stack.append(stack[-1])
        if not stack:
            break
    return stack[0] if stack else {}


class Peer:
    """What both have: a node, a VICI socket, SAs to list."""
    label = ""

    def __init__(self, lab, node):
        self.lab, self.node, self.process = lab, node, None
        self.socket = os.path.join(lab.dir, f"{node.name}.vici")
        self.log_name = f"{node.name}-{self.label}.log"
        self.swanctl_conf = os.path.join(lab.dir, "swanctl-strongswan.conf")
        with open(self.swanctl_conf, "w", encoding="utf-8") as file:
            file.write("swanctl { load = random openssl pem pkcs1 x509 pubkey }\n")

    def uri(self):
        return f"unix://{self.socket}"

    def log_text(self):
        try:
            with open(os.path.join(self.lab.logs, self.log_name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def log_wait(self, words, timeout=5, times=1):
        wait_for(lambda: self.log_text().count(words) >= times, timeout, f"{self.label} logs “{words}”")

    def swanctl(self, *argv, timeout=15, check=True):
        return run([SWANCTL, *argv, "--uri", self.uri()], timeout=timeout, check=check,
                   env={**os.environ, "STRONGSWAN_CONF": self.swanctl_conf,
                        "SWANCTL_DIR": os.path.join(self.lab.dir, f"{self.node.name}-swanctl")})

    def answers(self):
        return self.swanctl("--list-sas", "--raw", check=False, timeout=5)[1] == 0

    def sas(self):
        """[(name, IKE SA as dict with child-sas)]"""
        return [pair for event in raw_parse(self.swanctl("--list-sas", "--raw")) for pair in event.items()]

    def established(self):
        return [sa for _, sa in self.sas() if sa.get("state") == "ESTABLISHED"]

    def installed(self):
        return [child for sa in self.established() for child in sa.get("child-sas", {}).values()
                if child.get("state") == "INSTALLED"]

    def wait_up(self, timeout=10, children=1):
        wait_for(lambda: len(self.installed()) == children, timeout, f"{self.label} has {children} Child SA(s) up")
        return self.established()[0]

    def wait_empty(self, timeout=10):
        wait_for(lambda: not self.sas(), timeout, f"{self.label} has no SA left; it has {self.sas()}")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9, and nothing else."""
        expect(self.alive(), f"{self.label} is gone already")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(5)

    def terminate(self):
        """Orderly end; the exit code has to be 0."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{self.label} does not end within 10 s of SIGTERM") from late
        expect(code == 0, f"{self.label} ended with {code} on SIGTERM")


class StrongSwan(Peer):
    """strongSwan of this machine's Debian."""
    label = "strongswan"
    version = "5.9.8"
    in_trixie = False

    def start(self, tree, charon=None, load=True):
        """tree: connections and secrets; charon: more keys of strongswan.conf's charon section."""
        directory = os.path.join(self.lab.dir, f"{self.node.name}-swanctl")
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "swanctl.conf"), "w", encoding="utf-8") as file:
            file.write(settings_text(tree) + "\n")
        log = os.path.join(self.lab.logs, self.log_name)
        conf = {
            "load": "random nonce openssl aes ccm ctr chapoly cmac xcbc sha1 sha2 hmac kdf pem pkcs1 pkcs8 x509 pubkey constraints kernel-libipsec "
                    "kernel-netlink socket-default vici",
            "threads": 16, "retransmit_timeout": 0.5, "retransmit_tries": 4, "retransmit_base": 1.4, "keep_alive": "5s",
            "filelog": {"log": {"path": log, "default": 1, "ike": 2, "append": "yes", "flush_line": "yes"}},
            "plugins": {"vici": {"socket": self.uri()}, "kernel-libipsec": {"allow_peer_ts": "yes"},
                        "kernel-netlink": {"fwmark": "!0x42"}, "socket-default": {"fwmark": "0x42"}},
            **(charon or {}),
        }
        conf_path = os.path.join(self.lab.dir, f"{self.node.name}-strongswan.conf")
        with open(conf_path, "w", encoding="utf-8") as file:
            file.write(settings_text({"charon": conf}) + "\n")
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.process = self.lab.spawn(self.node, [CHARON], f"{self.node.name}-charon.out", {"STRONGSWAN_CONF": conf_path},
                                      in_trixie=self.in_trixie)
        wait_for(self.ready, 10, "charon answers on its control socket")
        expect(f"(strongSwan {self.version}," in self.log_text(), f"charon is not strongSwan {self.version}")
        if load:
            self.load()

    def ready(self):
        expect(self.alive(), f"charon ended with {self.process.poll()}")
        return os.path.exists(self.socket) and self.answers()

    def load(self):
        self.swanctl("--load-all", "--noprompt")

    def up(self, child="net", timeout=10):
        return self.swanctl("--initiate", "--child", child, "--timeout", str(timeout), timeout=timeout + 5, check=False)

    def down(self, conn="gw", timeout=10):
        return self.swanctl("--terminate", "--ike", conn, "--timeout", str(timeout), timeout=timeout + 5, check=False)


class StrongSwan6(StrongSwan):
    """strongSwan of Debian trixie in its root; this machine's swanctl speaks to it."""
    version = "6.0.1"
    in_trixie = True


class Adit(Peer):
    label = "adit"

    def __init__(self, lab, node):
        super().__init__(lab, node)
        self.ended = False
        self.under = []  # what runs it, such as valgrind
        lab.at_end.append(self.judge)

    def judge(self):
        """After every row: aditd lives until it is told to end, ends well, and no sanitizer or broken requirement spoke."""
        if self.process and not self.ended:
            expect(self.alive(), f"aditd ended by itself with {self.process.poll()}")
            self.terminate()
        match = re.search(r"AddressSanitizer|LeakSanitizer|runtime error:|broken requirement", self.log_text())
        expect(not match, f"aditd's log has {match.group(0) if match else ''}")

    def kill(self):
        super().kill()
        self.ended = True

    def terminate(self):
        super().terminate()
        self.ended = True

    def binary(self, name):
        for path in (os.path.join(self.lab.build, "src", room, name) for room in ("daemon", "cli")):
            if os.path.exists(path):
                return path
        raise Failed(f"{name} is not built in {self.lab.build}")

    def start(self, tree, adit=None, wait=True):
        """tree: connections and secrets; adit: keys of adit.conf's own section."""
        own = {"vici_socket": self.socket, "dataplane": "tun", "retransmit_timeout": "500ms", "retransmit_tries": 4, **(adit or {})}
        self.ended = False
        path = os.path.join(self.lab.dir, f"{self.node.name}-adit.conf")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(settings_text({"adit": own, **tree}) + "\n")
        self.process = self.lab.spawn(self.node, [*self.under, self.binary("aditd"), "-n", "-c", path], self.log_name)
        if wait:
            wait_for(self.ready, 10, "aditd answers on its control socket")

    def ready(self):
        expect(self.process.poll() is None, f"aditd ended with {self.process.poll()}:\n{self.log_text()[-2000:]}")
        return os.path.exists(self.socket) and self.answers()

    def command(self, *argv, timeout=20, check=False):
        return run([self.binary("adit"), "--socket", self.socket, *argv], timeout=timeout, check=check)

    def up(self, child="net", timeout=10):
        return self.command("up", child, "--timeout", str(timeout), timeout=timeout + 5)

    def down(self, conn="gw", timeout=10):
        return self.command("down", conn, timeout=timeout + 5)

    def status(self):
        return json.loads(self.command("status", "--json", check=True))


class StandIn(StrongSwan):
    """strongSwan in Adit's place, to prove the rows themselves; it takes what it can of Adit's settings."""
    label = "standin"

    def start(self, tree, adit=None, wait=True):
        charon = {}
        if (adit or {}).get("cookie_threshold") == 0:
            charon["cookie_threshold"] = 1
        super().start(tree, charon)


def connection(local, remote, *, ike="aes128gcm16-prfsha256-x25519", esp="aes128gcm16", initiator=False, secret="a secret nobody guesses",
               child=None, remote_address=None, ids=None, **more):
    """The tree of one side: connection gw with child net, between two nodes."""
    local_id, remote_id = ids or (f"{local.name}.example.org", f"{remote.name}.example.org")
    return {
        "connections": {"gw": {
            "version": 2, "mobike": "no",
            "local_addrs": local.outer_address(),
            "remote_addrs": remote_address or (remote.outer_address() if initiator else "%any"),
            "proposals": ike, "rekey_time": 0, "reauth_time": 0,
            "local": {"auth": "psk", "id": local_id}, "remote": {"auth": "psk", "id": remote_id},
            "children": {"net": {"local_ts": local.net(), "remote_ts": remote.net(), "esp_proposals": esp, "rekey_time": 0,
                                 **(child or {})}},
            **more}},
        "secrets": {"ike-1": {"secret": f'"{secret}"', "id-1": local_id, "id-2": remote_id}},
    }


def pair_up(lab, *, adit_initiates, nat=False, ike=None, esp=None, both=None, adit=None, charon=None, adit_conn=None, peer_conn=None,
            start=True, protected=None):
    """The usual row: node a runs Adit, node b the strongSwan that the row is run against, started with matching connections, the wire watched.

    both, adit_conn and peer_conn add to connection(); adit and charon to the daemons' own sections. With nat the
    initiator is behind a NAT box. Returns (Adit, StrongSwan, box, capture).
    """
    a, b, box = lab.pair(nat, inside_first=adit_initiates)
    suite = {**(both or {}), **({"ike": ike} if ike else {}), **({"esp": esp} if esp else {})}
    one, two = (StandIn if lab.stand_in else Adit)(lab, a), lab.swan(lab, b)
    capture = lab.watch(b, protected or ["10.1.0.0/16", "10.2.0.0/16"])
    one.tree = connection(a, b, initiator=adit_initiates, **{**suite, **(adit_conn or {})})
    two.tree = connection(b, a, initiator=not adit_initiates, **{**suite, **(peer_conn or {})})
    one.adit, two.charon = adit, charon
    if start:
        two.start(two.tree, charon)
        one.start(one.tree, adit)
    return one, two, box, capture


def bring_up(initiator, responder, timeout=10):
    """up by the initiator; both ends have the SA. Returns the initiator's and the responder's IKE SA."""
    text, code = initiator.up(timeout=timeout)
    expect(code == 0, f"up by {initiator.label}: exit {code}\n{text}")
    return initiator.wait_up(), responder.wait_up()


def children_of(sa):
    return list(sa["child-sas"].values())
