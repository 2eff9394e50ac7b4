# SPDX-License-Identifier: Apache-2.0
"""matrix: suites, NAT and roles against strongSwan; every pair of two values of the axes occurs in at least one row, and
every other algorithm in both roles."""
import itertools

import peers
from lab import expect, expect_same, ping, transfer

AXES = {
    "ike": ("aes128gcm16", "aes256gcm16", "aes128-sha256", "aes256-sha256"),
    "esp": ("aes128gcm16", "aes256gcm16", "aes128-sha256", "aes256-sha256"),
    "group": ("x25519", "ecp256", "modp2048"),
    "prf": ("prfsha256", "prfsha384", "prfsha512"),
    "nat": ("direct", "nat", "encap"),
    "role": ("initiator", "responder"),
}
# Every other algorithm, each in two rows or more; the lists are of different lengths, so that most neighbours differ.
OTHERS = {
    "ike": ("aes192gcm12", "aes256gcm8", "aes128ccm16", "aes192ccm12", "aes256ccm8", "chacha20poly1305", "aes192-sha384",
            "aes256-sha512", "aes128-sha1", "aes128-aesxcbc", "aes256-aescmac", "3des-sha1", "aes128ctr-sha256",
            "aes192ctr-sha384", "aes256ctr-sha512"),
    "esp": ("chacha20poly1305", "aes192gcm12", "aes256gcm8", "aes128ccm16", "aes192ccm12", "aes256ccm8", "aes192-sha384",
            "aes256-sha512", "aes128-sha1", "aes128-aesxcbc", "aes256-aescmac", "3des-sha1", "aes128ctr-sha256",
            "aes192ctr-sha384", "aes256ctr-sha512", "null-sha256"),
    "group": ("x448", "ecp384", "ecp521", "ecp192", "ecp224", "ecp224bp", "ecp256bp", "ecp384bp", "ecp512bp", "modp1024",
              "modp1536", "modp3072", "modp4096", "modp6144", "modp8192", "modp1024s160", "modp2048s224", "modp2048s256"),
    "prf": ("prfaesxcbc", "prfaescmac", "prfsha1", "prfsha384", "prfsha512"),
    "nat": ("direct", "nat", "encap"),
    "role": ("initiator", "responder"),
}


def rows_of_others():
    """As many as the longest list is long, twice: once in either role."""
    count = max(len(values) for values in OTHERS.values())
    rows = []
    for number in range(2 * count):
        row = {axis: values[number % len(values)] for axis, values in OTHERS.items()}
        row["prf"] = OTHERS["prf"][(number + number // count) % len(OTHERS["prf"])]
        row["role"] = OTHERS["role"][(number + number // count) % 2]
        rows.append(row)
    return rows


def pairs_of(row):
    return set(itertools.combinations(sorted(row.items()), 2))


def rows_make():
    """Greedy: always the row that covers most pairs still missing; deterministic."""
    every = [dict(zip(AXES, values)) for values in itertools.product(*AXES.values())]
    missing = set().union(*(pairs_of(row) for row in every))
    rows = []
    while missing:
        best = max(every, key=lambda row: len(pairs_of(row) & missing))
        missing -= pairs_of(best)
        rows.append(best)
    return rows


def covered(rows):
    """(pairs that occur, pairs there are)"""
    total = set().union(*(pairs_of(dict(zip(AXES, values))) for values in itertools.product(*AXES.values())))
    return len(set().union(*(pairs_of(row) for row in rows)) & total), len(total)


def name_of(row):
    return "matrix/" + " ".join(row.values())


def suite_check(row, sa, who):
    cipher, keysize, integ = peers.NAMES[row["ike"]]
    wanted = {"encr-alg": cipher, "encr-keysize": keysize, "integ-alg": integ, "prf-alg": peers.NAMES[row["prf"]],
              "dh-group": peers.NAMES[row["group"]], "version": "2", "state": "ESTABLISHED"}
    seen = {key: sa.get(key) for key in wanted}
    expect(seen == wanted, f"{who}: IKE SA is {seen}, expected {wanted}")
    cipher, keysize, integ = peers.NAMES[row["esp"]]
    child = peers.children_of(sa)[0]
    wanted = {"encr-alg": cipher, "encr-keysize": keysize, "integ-alg": integ, "mode": "TUNNEL", "protocol": "ESP",
              "encap": "yes", "state": "INSTALLED"}
    seen = {key: child.get(key) for key in wanted}
    expect(seen == wanted, f"{who}: Child SA is {seen}, expected {wanted}")


def sides_agree(ours, theirs):
    """What the two lists must say of each other: SPIs crossed, selectors mirrored, identities, who initiated."""
    expect(ours["initiator-spi"] == theirs["initiator-spi"] and ours["responder-spi"] == theirs["responder-spi"],
           f"IKE SPIs differ: {ours} {theirs}")
    expect(ours.get("initiator") != theirs.get("initiator"), "both or neither say they initiated")
    expect((ours["local-id"], ours["remote-id"]) == (theirs["remote-id"], theirs["local-id"]), "identities differ")
    mine, other = peers.children_of(ours)[0], peers.children_of(theirs)[0]
    expect((mine["spi-in"], mine["spi-out"]) == (other["spi-out"], other["spi-in"]), f"ESP SPIs differ: {mine} {other}")
    expect((mine["local-ts"], mine["remote-ts"]) == (other["remote-ts"], other["local-ts"]), f"selectors differ: {mine} {other}")
    expect(mine["local-ts"] == ["10.1.0.0/24"] and mine["remote-ts"] == ["10.2.0.0/24"], f"selectors are {mine}")


def matrix_row(lab, row, number):
    initiates = row["role"] == "initiator"
    adit, swan, _, capture = peers.pair_up(
        lab, adit_initiates=initiates, nat=row["nat"] == "nat", ike=f"{row['ike']}-{row['prf']}-{row['group']}", esp=row["esp"],
        both={"encap": "yes"} if row["nat"] == "encap" else None, start=False)
    before = adit.node.network_state()
    swan.start(swan.tree)
    adit.start(adit.tree)
    first, second = (adit, swan) if initiates else (swan, adit)
    peers.bring_up(first, second)
    ours, theirs = adit.established()[0], swan.established()[0]
    suite_check(row, theirs, "strongSwan")
    suite_check(row, ours, "Adit")
    sides_agree(ours, theirs)
    inside = adit.node if initiates else swan.node
    if row["nat"] == "nat":
        key = "nat-remote" if initiates else "nat-local"
        expect(theirs.get(key) == "yes", f"strongSwan does not see the NAT: {theirs}")
        seen = (theirs if initiates else ours)["remote-host"]
        expect(seen == "10.9.0.1" and inside.outer_address() != seen, f"the inside peer is seen as {seen}")
    if row["nat"] == "encap":
        expect(theirs.get("nat-remote") == "yes", f"Adit does not force encapsulation: {theirs}")
    ping(adit.node, swan.node)
    ping(swan.node, adit.node)
    transfer(adit.node, swan.node)
    transfer(swan.node, adit.node)
    used = peers.children_of(swan.established()[0])[0]
    expect(int(used["bytes-in"]) > 4 << 20 and int(used["bytes-out"]) > 4 << 20, f"strongSwan counted {used}")
    used = peers.children_of(adit.established()[0])[0]
    expect(int(used["bytes-in"]) > 4 << 20 and int(used["bytes-out"]) > 4 << 20, f"Adit counted {used}")
    ender, other = (adit, swan) if number % 2 else (swan, adit)
    text, code = ender.down()
    expect(code == 0, f"down by {ender.label}: exit {code}\n{text}")
    ender.wait_empty(5)
    other.wait_empty(5)
    expect(not ping(adit.node, swan.node, count=1, check=False), "the ping still goes through after down")
    adit.terminate()
    expect_same(before, adit.node.network_state(), "Adit left something in the network's state")
    capture.prove()


def rows():
    return [(name_of(row), lambda lab, row=row, number=number: matrix_row(lab, row, number))
            for number, row in enumerate(rows_make() + rows_of_others())]
