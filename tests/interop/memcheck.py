# SPDX-License-Identifier: Apache-2.0
"""memcheck: aditd as it is installed, under valgrind, where sanitizers do not see: into libnftables, libmnl and libcrypto, and
what is handed to the kernel uninitialized. An error, or a block that is lost, fails the row.
"""
import os
import re

import families
import peers
from lab import expect, ping, transfer

VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect,possible",
            "--show-leak-kinds=definite,indirect,possible", "--num-callers=25",
            f"--suppressions={os.path.join(os.path.dirname(os.path.abspath(__file__)), 'memcheck.supp')}"]


def silent(adit):
    """It has ended in order, with 0 therefore, and valgrind said nothing."""
    adit.terminate()
    said = re.findall(r"^==\d+==.*$", adit.log_text(), re.M)
    expect(not said, "valgrind says:\n" + "\n".join(said[:60]))


def up_and_down(lab, initiates):
    """A tunnel up, used, down, up again by the other end, reloaded, and an orderly end."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, start=False)
    adit.under = VALGRIND
    swan.start(swan.tree)
    adit.start(adit.tree)
    first, second = (adit, swan) if initiates else (swan, adit)
    if not initiates:
        swan.tree["connections"]["gw"]["remote_addrs"] = adit.node.outer_address()
        swan.terminate()
        swan.start(swan.tree)
    for _ in range(2):
        peers.bring_up(first, second)
        ping(adit.node, swan.node)
        transfer(swan.node, adit.node, size=1 << 18)
        text, code = first.down()
        expect(code == 0, f"down: exit {code}\n{text}")
        adit.wait_empty()
        swan.wait_empty()
    adit.command("reload", check=True)
    text, code = adit.command("up", "no-such-child")
    expect(code != 0, f"up of a child that is not there: {text}")
    silent(adit)
    capture.prove()


def ah_over_ipv6(lab):
    """AH by raw sockets over IPv6, and the other end's refusal of what it does not have."""
    a, b, capture = families.nodes(lab, families.OUTER[6], 6)
    capture.protected.clear()  # AH hides nothing
    one, two = peers.Adit(lab, a), peers.Adit(lab, b)
    trees = [peers.connection(a, b, initiator=True, child={"ah_proposals": "sha256-esn, aesxcbc"}),
             peers.connection(b, a, child={"ah_proposals": "aesxcbc-noesn"})]
    for tree in trees:
        del tree["connections"]["gw"]["children"]["net"]["esp_proposals"]
    one.under = two.under = VALGRIND
    two.start(trees[1])
    one.start(trees[0])
    peers.bring_up(one, two)
    ping(a, b)
    text, code = one.down()
    expect(code == 0, f"down: exit {code}\n{text}")
    two.wait_empty()
    silent(one)
    silent(two)


def rows():
    return [("memcheck/initiator", lambda lab: up_and_down(lab, True)), ("memcheck/responder", lambda lab: up_and_down(lab, False)),
            ("memcheck/ah over IPv6", ah_over_ipv6)]
