#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""matrix: combinations of suite, group, IP versions, encapsulation, mode, role and dataplane, in which every two values of any
two axes meet. Owns the axes, the table made of them, and the judgement whether all of it passed; batch.py runs it.

  tests/interop/matrix.py RESULTS…          whether every pair occurred in what passed, by the results.json of both runners
  tests/interop/matrix.py                   the table, and how many pairs it holds
The values are what `swanctl --list-algs` of both peers has, with every plugin of their Debian packages, and Adit has too. strongSwan
5.9.8 and 6.0.1 do not differ in that. What Adit has and neither offers: implicit IVs, of which their proposals know no word. What
they offer and Adit does not have: Camellia, Serpent, Twofish, Blowfish, CAST, DES, RC2, MD5, their PRFs, MODP-768.
"""
import collections
import itertools
import json
import re
import sys

AES = ("aes128", "aes192", "aes256")
MODES = ("gcm16", "gcm12", "gcm8", "ccm16", "ccm12", "ccm8")
AEADS = tuple(key + mode for mode in MODES for key in AES) + ("chacha20poly1305",)
GMACS = tuple(key + "gmac" for key in AES)
CIPHERS = AES + tuple(key + "ctr" for key in AES) + ("3des",)
INTEGS = ("sha256", "sha384", "sha512", "sha1", "sha1_160", "aesxcbc", "aescmac")
NONE = "none"  # what a combined mode has for an integrity algorithm
AXES = {
    "ike": AEADS + CIPHERS,
    "ike-integ": INTEGS + (NONE,),
    "prf": ("prfsha256", "prfsha384", "prfsha512", "prfsha1", "prfaesxcbc", "prfaescmac"),
    "group": ("x25519", "x448", "ecp256", "ecp384", "ecp521", "ecp192", "ecp224", "ecp224bp", "ecp256bp", "ecp384bp", "ecp512bp",
              "modp1024", "modp1536", "modp2048", "modp3072", "modp4096", "modp6144", "modp8192", "modp1024s160", "modp2048s224",
              "modp2048s256"),
    "esp": AEADS + CIPHERS + ("null",) + GMACS,
    "esp-integ": INTEGS + ("sha256_96", NONE),
    "ip": ("4-in-4", "6-in-4", "4-in-6", "6-in-6"),
    "encap": ("nat", "forced", "bare"),
    "mode": ("tunnel", "transport"),
    "role": ("initiator", "responder"),
    "dataplane": ("tun", "xfrm"),
}
VERSIONS = {"": "5.9.8", "ss6/": "6.0.1"}
# What the peer's own kernel-libipsec does not do, so that it meets the peer's kernel, in the virtual machine of tests/vm.
KERNELS_OWN = {("esp", name) for name in GMACS} | {("esp-integ", "sha256_96"), ("encap", "bare"), ("mode", "transport"),
                                                   ("dataplane", "xfrm")}


def why_not(one, other):
    """Why two values of different axes cannot meet; else "". The one place where that is said."""
    for (axis, value), (axis2, value2) in ((one, other), (other, one)):
        if axis in ("ike", "esp") and axis2 == axis + "-integ" and (value in AEADS + GMACS) != (value2 == NONE):
            return "a combined mode goes without an integrity algorithm, and any other with one"
        if (axis, value) == ("mode", "transport") and axis2 == "ip" and value2 in ("6-in-4", "4-in-6"):
            return "transport mode has but one IP header"
    return ""


def pairs_all():
    """Every pair that is to occur, in a fixed order."""
    return [(one, other) for (axis, values), (axis2, values2) in itertools.combinations(AXES.items(), 2)
            for one in ((axis, value) for value in values) for other in ((axis2, value) for value in values2)
            if not why_not(one, other)]


def reasons():
    """How many pairs cannot be, by reason."""
    items = [(axis, value) for axis, values in AXES.items() for value in values]
    return collections.Counter(why_not(one, other) for one, other in itertools.combinations(items, 2)
                               if one[0] != other[0] and why_not(one, other))


def pairs_of(row):
    return set(itertools.combinations(row.items(), 2))


def in_machine(values):
    """Whether a combination with these values is for the virtual machine."""
    return any(value in KERNELS_OWN for value in values)


def fits(row, candidate):
    return not any(why_not(chosen, candidate) for chosen in row.items())


def row_make(pair, axes, missing, used):
    """A combination with that pair and as many others that are missing as can be seen from axis to axis."""
    row = dict(pair)
    for axis in sorted(axes, key=lambda name: -len(axes[name])):
        if axis not in row:
            fitting = [value for value in axes[axis] if fits(row, (axis, value))]
            row[axis] = max(fitting, key=lambda value: (
                sum(pair_key((axis, value), other) in missing for other in row.items()), -used[axis, value]))
    for item in row.items():
        used[item] += 1
    return {axis: row[axis] for axis in AXES}


ORDER = {axis: number for number, axis in enumerate(AXES)}


def pair_key(one, other):
    return (one, other) if ORDER[one[0]] < ORDER[other[0]] else (other, one)


def table():
    """The combinations: those for the virtual machine first, which hold what cannot occur outside; then the rest. Deterministic."""
    outside = {axis: [value for value in values if (axis, value) not in KERNELS_OWN] for axis, values in AXES.items()}
    missing = dict.fromkeys(pairs_all())
    rows = []
    for axes, wanted in ((AXES, in_machine), (outside, lambda pair: True)):
        used = collections.Counter()
        # Longest lists of partners first: what is left rides along with them.
        for pair in sorted((pair for pair in missing if wanted(pair)), key=lambda pair: -sum(len(axes[axis]) for axis, _ in pair)):
            if pair in missing:
                rows.append(row_make(pair, axes, missing, used))
                for done in pairs_of(rows[-1]):
                    missing.pop(done, None)
    if missing:
        raise ValueError(f"{len(missing)} pairs are in no combination")
    return rows


def name_of(row, version=""):
    return f"matrix/{version}" + " ".join(row.values())


def row_of(name):
    """The combination of such a name, or None; and which peer's."""
    match = re.fullmatch(r"matrix/(ss6/)?(\S+(?: \S+)*)", name)
    values = match.group(2).split(" ") if match else ()
    if len(values) != len(AXES) or any(value not in AXES[axis] for axis, value in zip(AXES, values)):
        return None, ""
    return dict(zip(AXES, values)), match.group(1) or ""


def names(machine):
    """Names of all combinations that run in the virtual machine, or outside."""
    rows = [row for row in table() if in_machine(row.items()) == machine]
    return [name_of(row, version) for version in VERSIONS for row in rows]


def missing_of(passed, version):
    """The pairs that occur in none of the combinations, by their names, that passed against that peer."""
    met = set()
    for name in passed:
        row, peer = row_of(name)
        if row and peer == version:
            met |= pairs_of(row)
    return [pair for pair in pairs_all() if pair not in met]


def main():
    if len(sys.argv) == 1:
        rows = table()
        print("\n".join(name_of(row) for row in rows))
        machine = sum(in_machine(row.items()) for row in rows)
        print(f"{len(rows)} combinations, {machine} of them in the virtual machine; {len(pairs_all())} pairs", file=sys.stderr)
        for reason, count in reasons().items():
            print(f"{count} pairs cannot be: {reason}", file=sys.stderr)
        return 0
    passed, failed = [], 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            passed += [row["name"] for row in json.load(file) if row["passed"]]
    for version, number in VERSIONS.items():
        missing = missing_of(passed, version)
        print(f"matrix: strongSwan {number}: {len(pairs_all()) - len(missing)} of {len(pairs_all())} pairs occurred in what passed")
        for one, other in missing[:40]:
            print(f"  not: {one[0]} {one[1]} with {other[0]} {other[1]}")
        failed += len(missing)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
