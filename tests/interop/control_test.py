#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The control socket of aditd as the field's tools use it: strongSwan's swanctl, and VICI by hand where swanctl hides it.

Two aditd in namespaces; each command's shape, keys and exit code is judged. Debian 12 has no python3-vici, so the few
packets that swanctl does not show are made here from the protocol's description. Prints a line a check and at last
"N passed, N failed". Needs root.
"""
import argparse
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as lab_module
import peers
from lab import expect, wait_for
from vici import CONFIRM, EVENT, EVENT_UNKNOWN, REGISTER, REQUEST, UNKNOWN, UNREGISTER, Vici

ALGORITHMS = {"encryption": "AES_CBC", "integrity": "HMAC_SHA2_256_128", "aead": "AES_GCM_16", "prf": "PRF_HMAC_SHA2_256",
              "ke": "CURVE_25519"}
SESSIONS = 32  # CONTROL_SESSIONS_MAX


def has(text, *words):
    for word in words:
        expect(re.search(word, text, re.M), f"no “{word}” in:\n{text}")


def answers(result, code, *words):
    expect(result[1] == code, f"exit {result[1]}, not {code}:\n{result[0]}")
    has(result[0], *words)


def end(adit):
    if adit.status():
        expect(adit.command("down", "--all")[1] == 0, "adit down --all")
    adit.wait_empty()


# The checks: each gets the client and the gateway, and finds nothing up.

def version(client, _):
    """swanctl --version --daemon names aditd and its version"""
    answers(client.swanctl("--version", "--daemon", check=False), 0, r"\d+\.\d+\.\d+ aditd \(Linux")
    with Vici(client.socket) as vici:
        expect(set(vici.call("version")) == {"daemon", "version", "sysname", "release", "machine"}, "keys of version")


def initiate_and_terminate(client, gateway):
    """swanctl --initiate and --terminate by child, by connection and by number"""
    for way in ("--child", "--child-id", "--ike", "--ike-id"):
        answers(client.swanctl("--initiate", "--child", "net", check=False), 0, "Child SA net is up", "initiate completed successfully")
        sa = client.wait_up()
        (child,) = sa["child-sas"].values()
        name = {"--child": "net", "--child-id": child["uniqueid"], "--ike": "gw", "--ike-id": sa["uniqueid"]}[way]
        answers(client.swanctl("--terminate", way, name, check=False), 0, "terminate completed successfully")
        if "child" in way:  # the IKE SA stays
            for peer in (client, gateway):
                expect(len(peer.established()) == 1 and not peer.installed(), f"{way}: {peer.sas()}")
            end(client)
        client.wait_empty()
        gateway.wait_empty()


def refusals(client, gateway):
    """unknown names, numbers and a connection without an address are refused with words and exit code 1"""
    answers(client.swanctl("--initiate", "--child", "nix", check=False), 1, "initiate failed: no such connection or child")
    answers(client.swanctl("--initiate", "--ike", "nix", "--child", "net", check=False), 1, "initiate failed: no such connection")
    answers(client.swanctl("--initiate", "--child", "a" * 70, check=False), 1, "initiate failed: no such connection")
    answers(gateway.swanctl("--initiate", "--child", "net", check=False), 1, "initiate failed: .*remote_addrs")
    answers(client.swanctl("--terminate", "--ike", "gw", check=False), 1, "terminate failed: no matching SAs to terminate found")
    answers(client.swanctl("--terminate", "--ike-id", "99", check=False), 1, "terminate failed: no matching SAs")
    with Vici(client.socket) as vici:
        for message in ({"ike-id": "x"}, {"ike-id": "4294967297"}, {"child-id": "-1"}, {"ike": "gw", "timeout": "soon"}, {}):
            answer = vici.call("terminate", message)
            expect(answer["success"] == "no" and "number" in answer["errmsg"], f"terminate {message}: {answer}")


def list_sas(client, gateway):
    """swanctl --list-sas prints an SA whole; --raw, --pretty and filters work; both ends tell the same"""
    client.up()
    ours, theirs = client.wait_up(), gateway.wait_up()
    text = client.swanctl("--list-sas")
    has(text, r"^gw: #\d+, ESTABLISHED, IKEv2, [0-9a-f]{16}_i\* [0-9a-f]{16}_r$", r"^  local  'a\.example\.org' @ 10\.9\.0\.1\[\d+\]",
        r"^  remote 'b\.example\.org' @ 10\.9\.0\.2\[\d+\]", r"^  AES_GCM_16-128/PRF_HMAC_SHA2_256/CURVE_25519$", r"^  established \d+s ago",
        r"^  net: #\d+, reqid \d+, INSTALLED, TUNNEL, ESP:AES_GCM_16-128", r"^    in  [0-9a-f]{8}, +\d+ bytes, +\d+ packets",
        r"^    local  10\.1\.0\.0/24", r"^    remote 10\.2\.0\.0/24")
    expect("(null)" not in text, text)
    has(client.swanctl("--list-sas", "--pretty"), r"^  gw \{$", r"^    state = ESTABLISHED$", r"^      net-\d+ \{$")
    (child,), (other,) = ours["child-sas"].values(), theirs["child-sas"].values()
    expect(child["spi-in"] == other["spi-out"] and child["spi-out"] == other["spi-in"], "the Child SA's SPIs differ")
    expect((ours["initiator-spi"], ours["responder-spi"]) == (theirs["initiator-spi"], theirs["responder-spi"]), "the SPIs differ")
    expect(ours.get("initiator") == "yes" and "initiator" not in theirs, "who began")
    for words, there in ((["--ike", "gw"], True), (["--ike", "nix"], False), (["--ike-id", ours["uniqueid"]], True),
                         (["--ike-id", "999"], False), (["--child", "net"], True), (["--child", "nix"], False),
                         (["--child-id", child["uniqueid"]], True), (["--child-id", "999"], False)):
        found = bool(peers.raw_parse(client.swanctl("--list-sas", "--raw", *words)))
        expect(found == there, f"list-sas {words}: {found}")
    end(client)
    answers(client.swanctl("--list-sas", check=False), 0, r"\A\Z")


def traffic_counters(client, gateway):
    """packets through the tunnel are counted at both ends"""
    client.up()
    expect(lab_module.ping(client.node, gateway.node, count=3, check=False), "no ping through the tunnel")
    for peer in (client, gateway):
        (child,) = peer.wait_up()["child-sas"].values()
        expect(child["packets-in"] == "3" and child["packets-out"] == "3" and int(child["bytes-in"]) >= 3 * 84, f"{child}")
        expect(int(child["use-in"]) < 10, "use-in")
    end(client)


def list_conns(client, _):
    """swanctl --list-conns prints what is configured, without a word that is missing"""
    text = client.swanctl("--list-conns")
    has(text, r"^gw: IKEv2, no reauthentication, no rekeying", r"^  local:  10\.9\.0\.1$", r"^  remote: 10\.9\.0\.2$",
        r"^  local pre-shared key authentication:", r"^    id: a\.example\.org", r"^  net: TUNNEL, no rekeying",
        r"^    local:  10\.1\.0\.0/24", r"^    remote: 10\.2\.0\.0/24")
    expect("(null)" not in text, text)


def many_conns(client, _):
    """a list that does not fit into the session's queue at once comes whole"""
    tree = {"connections": dict(client.tree["connections"]), "secrets": client.tree["secrets"]}
    for number in range(4500):
        tree["connections"][f"conn{number:04}-{'x' * 50}"] = client.tree["connections"]["gw"]
    rewrite(client, tree)
    with Vici(client.socket) as vici:
        expect(vici.call("reload-settings") == {"success": "yes"}, "reload")
        vici.send(REGISTER, "list-conn")
        expect(vici.packet()[0] == CONFIRM, "register")
        vici.send(REQUEST, "list-conns")
        time.sleep(0.5)  # meanwhile its queue fills
        names = []
        while (packet := vici.packet())[0] == EVENT:
            names += packet[2]
        expect(len(names) == len(set(names)) == 4501, f"{len(names)} connections, {len(set(names))} different")
    rewrite(client, client.tree)
    expect(client.command("reload")[1] == 0, "reload")


def stats(client, _):
    """swanctl --stats prints every line, and counts SAs"""
    client.up()
    text = client.swanctl("--stats")
    has(text, r"^uptime: .+, since \w{3} \d+ [\d:]+ \d{4}$", r"^worker threads: \d+ total, \d+ idle", r"^job queues: \d+/\d+/\d+/\d+",
        r"^jobs scheduled: \d+", r"^IKE_SAs: 1 total, 0 half-open", r"^loaded plugins: .+")
    end(client)


def algorithms(client, _):
    """swanctl --list-algs names what proposals may name"""
    text = client.swanctl("--list-algs")
    for kind, name in ALGORITHMS.items():
        has(text, rf"^{kind}:$", rf"^  {name}\[libcrypto\]$")


def counters(client, gateway):
    """swanctl --counters counts a handshake at both ends"""
    def read(peer):
        return {key: int(value) for key, value in re.findall(r"^  (\S+) *: (\d+)$", peer.swanctl("--counters"), re.M)}
    before = read(client), read(gateway)
    client.up()
    after = read(client), read(gateway)
    for side, keys in enumerate((("ike-init-out-req", "ike-init-in-resp", "ike-auth-out-req", "ike-auth-in-resp"),
                                 ("ike-init-in-req", "ike-init-out-resp", "ike-auth-in-req", "ike-auth-out-resp"))):
        for key in keys:
            expect(after[side][key] == before[side][key] + 1, f"{key}: {before[side][key]}, then {after[side][key]}")
    end(client)


def events(client, _):
    """ike-updown, child-updown and log events reach who registered for them, in order and with their keys"""
    with Vici(client.socket) as vici:
        for name in ("ike-updown", "child-updown", "log"):
            vici.send(REGISTER, name)
            expect(vici.packet()[0] == CONFIRM, f"{name} is not confirmed")
        vici.send(REGISTER, "no-such-event")
        expect(vici.packet()[0] == EVENT_UNKNOWN, "an unknown event is confirmed")
        client.up()
        end(client)
        seen, logged = [], []
        while len(seen) < 4:
            _, name, message = vici.packet()
            if name == "log":
                logged.append(message["msg"])
            else:
                seen.append((name, message.get("up"), message["gw"]))
        expect([(name, up) for name, up, _ in seen] == [("ike-updown", "yes"), ("child-updown", "yes"), ("child-updown", None),
                                                        ("ike-updown", None)], f"{[entry[:2] for entry in seen]}")
        expect("child-sas" not in seen[0][2] and "child-sas" not in seen[3][2], "ike-updown has child-sas")
        for _, _, sa in seen[1:3]:
            expect([child["name"] for child in sa["child-sas"].values()] == ["net"], f"child-updown: {sa}")
        for _, _, sa in seen:
            expect(sa["uniqueid"] == seen[0][2]["uniqueid"] and sa["remote-host"] == "10.9.0.2", f"{sa}")
        expect(any("ike-up conn=gw" in line for line in logged), f"{logged}")
        vici.send(UNREGISTER, "log")
        while (packet := vici.packet())[0] == EVENT:
            pass
        expect(packet[0] == CONFIRM, "unregister")


def protocol(client, _):
    """unknown commands are told as such; a half-closed connection is served to its end; garbage closes only its own"""
    with Vici(client.socket) as vici, Vici(client.socket) as other:
        vici.send(REQUEST, "no-such-command")
        expect(vici.packet()[0] == UNKNOWN, "an unknown command is answered")
        vici.send(REQUEST, "version")
        vici.send(REQUEST, "stats")
        vici.socket.shutdown(socket.SHUT_WR)
        expect("daemon" in vici.packet()[2] and "uptime" in vici.packet()[2], "two requests, then half a close")
        expect(vici.socket.recv(1) == b"", "more than the answers")
        other.socket.sendall(b"\xff\xff\xff\xff\x00")
        expect(other.socket.recv(1) == b"", "a segment of 4 GB is waited for")
    client.swanctl("--stats")


def pieces(client, _):
    """a request that comes byte by byte is one request"""
    with Vici(client.socket) as vici:
        for byte in struct.pack("!I", 9) + b"\x00\x07version":
            vici.socket.sendall(bytes([byte]))
        expect(vici.packet()[2]["daemon"] == "aditd", "no answer")


def too_many(client, _):
    """of idle connections the longest silent makes room; where all listen, one more is closed at once, and room comes back"""
    held = [Vici(client.socket) for _ in range(SESSIONS)]
    held[-1].call("version")
    expect(client.command("version")[1] == 0, "idle connections lock it out")
    expect(held[0].socket.recv(1) == b"", "the longest silent is still there")
    held.pop(0).socket.close()
    for late in range(SESSIONS):
        if late == len(held):
            held.append(Vici(client.socket))
        held[late].send(REGISTER, "log")
        held[late].packet()
    with Vici(client.socket) as late:
        expect(late.socket.recv(1) == b"", "it is served")
    held.pop().socket.close()
    wait_for(lambda: client.command("version")[1] == 0, 2, "room for another connection")
    for vici in held:
        vici.socket.close()
    wait_for(lambda: client.command("version")[1] == 0, 2, "room when all have gone")


def deaf_client(client, _):
    """a client that registers for everything and reads nothing does not stop the others"""
    with Vici(client.socket) as vici:
        vici.send(REGISTER, "log")
        for _ in range(2000):
            vici.send(REQUEST, "stats")
            if not os_writable(vici.socket):
                break
        for _ in range(3):
            expect(client.up()[1] == 0, "up beside a deaf client")
            end(client)


def os_writable(sock):
    sock.settimeout(0.05)
    try:
        return sock.send(b"") == 0
    except OSError:
        return False


def unwelcome(client, _):
    """the socket is for root and its group alone"""
    mode = os.stat(client.socket)
    expect(mode.st_mode & 0o777 == 0o770 and mode.st_uid == 0, f"mode {mode.st_mode:o}")
    argv = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", client.binary("adit"), "--socket", client.socket, "status"]
    with open_folder(client.lab.dir):
        text, code = lab_module.run(argv, check=False)
    expect(code == 1 and "you may not talk to aditd" in text, f"exit {code}: {text}")


class open_folder:
    """A folder that others may pass through, meanwhile."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        os.chmod(self.path, 0o755)

    def __exit__(self, *_):
        os.chmod(self.path, 0o700)


def second_wait(client, gateway):
    """a second `up` while the first is under way waits for it, and neither says "is up" of what is not"""
    gateway.process.send_signal(signal.SIGSTOP)
    try:
        first = subprocess.Popen([client.binary("adit"), "--socket", client.socket, "up", "gw"], stdout=subprocess.DEVNULL)
        wait_for(lambda: "CONNECTING" in client.swanctl("--list-sas"), 5, "the first up is under way")
        text, code = client.command("up", "gw", "--timeout", "1")
        expect(code == 1 and "not up within the time given" in text, f"exit {code}: {text}")
    finally:
        gateway.process.send_signal(signal.SIGCONT)
    text, code = client.command("up", "gw", "--timeout", "10")
    expect(code == 0 and "gw/net is up." in text, f"exit {code}: {text}")
    expect(first.wait(10) == 0, "the first up failed")
    end(client)


def left_alone(client, gateway):
    """an `up` that is interrupted goes on in the background and can be taken down"""
    gateway.process.send_signal(signal.SIGSTOP)
    try:
        first = subprocess.Popen([client.binary("adit"), "--socket", client.socket, "up", "gw"], stdout=subprocess.DEVNULL)
        wait_for(lambda: "CONNECTING" in client.swanctl("--list-sas"), 5, "it is under way")
        first.send_signal(signal.SIGINT)
        first.wait(5)
        has(client.swanctl("--list-sas"), "CONNECTING")
        expect(client.command("down", "gw", "--force")[1] == 0, "down")
        client.wait_empty()
    finally:
        gateway.process.send_signal(signal.SIGCONT)
    end(client)


def rewrite(adit, tree, own=None):
    path = os.path.join(adit.lab.dir, f"{adit.node.name}-adit.conf")
    with open(path, encoding="utf-8") as file:
        head = re.match(r"adit \{.*?^\}\n", file.read(), re.S | re.M).group(0)
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + (own or "") + peers.settings_text(tree) + "\n")


def reload_good(client, _):
    """what a reload brings can be used at once, by SIGHUP, by adit and by swanctl"""
    for number, ask in enumerate((lambda: client.process.send_signal(signal.SIGHUP),
                                  lambda: answers(client.command("reload"), 0, "The configuration is read"),
                                  lambda: answers(client.swanctl("--reload-settings", check=False), 0))):
        tree = {"connections": {f"more{number}": client.tree["connections"]["gw"]}, "secrets": client.tree["secrets"]}
        rewrite(client, tree)
        ask()
        wait_for(lambda name=f"more{number}": f"{name}: IKEv2" in client.swanctl("--list-conns"), 3, "the new connection is listed")
        answers(client.command("up", f"more{number}"), 0)
        end(client)
    rewrite(client, client.tree)
    expect(client.command("reload")[1] == 0, "reload")


def reload_bad(client, _):
    """a reload of a bad file changes nothing, and says file, line, key and cure"""
    before = client.swanctl("--list-conns")
    client.up()
    rewrite(client, client.tree, "connections { gw { remote_adrs = 10.9.0.9 } }\n")
    answers(client.swanctl("--reload-settings", check=False), 1, r"a-adit\.conf:\d+: connections\.gw\.remote_adrs: .*remote_addrs")
    answers(client.command("reload"), 1, "stays as it was", r"a-adit\.conf:\d+: connections\.gw\.remote_adrs")
    client.process.send_signal(signal.SIGHUP)
    client.log_wait("config-error", times=3)
    expect(client.swanctl("--list-conns") == before, "the connections changed")
    client.wait_up()
    rewrite(client, client.tree)
    expect(client.command("reload")[1] == 0, "reload")
    end(client)


def command_json(client, _):
    """adit status --json and conns --json are JSON with list-sas' keys"""
    client.up()
    (entry,) = client.status()
    expect(entry["gw"]["state"] == "ESTABLISHED" and len(entry["gw"]["child-sas"]) == 1, f"{entry}")
    (entry,) = json.loads(client.command("conns", "--json", check=True))
    expect(entry["gw"]["children"]["net"]["mode"] == "TUNNEL", f"{entry}")
    end(client)


def no_daemon(client, _):
    """without a daemon adit exits with 3 and says how to start it"""
    text, code = lab_module.run([client.binary("adit"), "--socket", client.socket + "-nobody", "status"], check=False)
    expect(code == 3 and "aditd does not answer" in text, f"exit {code}: {text}")


def second_daemon(client, _):
    """a second daemon in the same place ends by itself and leaves the first one's socket"""
    text, code = client.node.command([client.binary("aditd"), "-c", os.path.join(client.lab.dir, "a-adit.conf")], check=False)
    expect(code == 1 and "another IKE daemon" in text, f"exit {code}: {text}")
    path = os.path.join(client.lab.dir, "second.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"adit {{ port = 501\n port_nat_t = 4501\n dataplane = null\n vici_socket = {client.socket}\n }}\n")
    text, code = client.node.command([client.binary("aditd"), "-c", path], check=False)
    expect(code == 1 and "another daemon answers on the control socket" in text, f"exit {code}: {text}")
    client.swanctl("--stats")


def after_kill(client, gateway):
    """after kill -9 a new daemon takes over the socket, and comes up"""
    client.up()
    client.kill()
    expect(os.path.exists(client.socket), "nothing is left behind: this proves nothing")
    client.start(client.tree)
    answers(client.command("up", "gw"), 0)
    wait_for(lambda: len(gateway.established()) == 1, 5, "the gateway has one SA")
    end(client)


def second_signal(client, gateway):
    """SIGTERM waits for the peer, a second one does not; a SIGHUP between changes nothing"""
    client.up()
    gateway.process.send_signal(signal.SIGSTOP)
    try:
        begun = time.monotonic()
        client.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        client.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        expect(client.alive(), "it did not wait for the peer")
        client.process.send_signal(signal.SIGTERM)
        expect(client.process.wait(2) == 0 and time.monotonic() - begun < 2, "the second signal is not heard")
        client.ended = True
    finally:
        gateway.process.send_signal(signal.SIGCONT)
    expect(not os.path.exists(client.socket), "the socket is left behind")
    client.start(client.tree)
    gateway.command("down", "--all", "--force")


CHECKS = [version, initiate_and_terminate, refusals, list_sas, traffic_counters, list_conns, many_conns, stats, algorithms, counters,
          events, protocol, pieces, too_many, deaf_client, unwelcome, second_wait, left_alone, reload_good, reload_bad, command_json,
          no_daemon, second_daemon, after_kill, second_signal]


def run_checks(lab, only):
    a, b, _ = lab.pair(False, False)
    client, gateway = peers.Adit(lab, a), peers.Adit(lab, b)
    client.tree, gateway.tree = peers.connection(a, b, initiator=True), peers.connection(b, a)
    passed = failed = 0

    def judge(action, words):
        nonlocal passed, failed
        try:
            action()
            passed += 1
            print(f"ok      {words}", flush=True)
        except Exception as error:  # a broken check is a failed check
            failed += 1
            print(f"FAILED  {words}\n        " + f"{type(error).__name__}: {error}".replace("\n", "\n        "), flush=True)

    for check in CHECKS:
        if not re.search(only, check.__name__):
            continue
        for peer in (gateway, client):
            if not peer.alive():
                peer.start(peer.tree)
        judge(lambda check=check: check(client, gateway), check.__doc__)
    judge(client.judge, "the client's daemon ends well, and no sanitizer spoke")
    judge(gateway.judge, "the gateway's daemon ends well, and no sanitizer spoke")
    if failed:
        for peer in (client, gateway):
            print(f"--- the end of {peer.log_name}\n" + peer.log_text()[-2000:])
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description="the control socket driven by swanctl")
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--build", default=os.path.join(top, "build"), help="build folder with aditd and adit")
    parser.add_argument("--only", metavar="REGEX", default="", help="only checks whose function's name matches")
    args = parser.parse_args()
    if os.geteuid():
        print("network namespaces need root\n0 passed, 1 failed")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="adit-control-") as logs:
        with lab_module.Lab("control", logs, os.path.abspath(args.build)) as lab:
            lab.stand_in = False
            passed, failed = run_checks(lab, args.only)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
