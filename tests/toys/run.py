#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""toys: HACKING.md's "How to add", kept true.

Copies the tree into a folder of the build folder and adds, one after the other, a toy of each kind, as small as the design allows; says what
each one touched, and fails where that is more than PROMISES. Builds the copy with all of them, runs a test against each (beside this file)
and the unit tests of the rooms that got them, since a new row must not disturb the old ones. The last line is "N passed, N failed".
"""
import argparse
import difflib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
COPIED = ["meson.build", "meson_options.txt", "src", "docs", "examples", "packaging", "tests/vectors", "tests/toys"]
ROOMS = ["wire", "crypto", "config", "ike"]  # whose unit tests run with the toys in

# A file to copy, or a line to put behind the one that holds the marker, or a pair of words to change in that one.
TOYS = {
    "notify": [
        ("src/wire/registry.h", "#define NOTIFY_ROWS(X)", "\tX(TOY, 49999, 4, 4) \\"),
    ],
    "transform": [
        ("src/crypto/transform.c", "static const struct transform_row rows[] = {", '\tKE_DH(33, 80, 40, "toyke", "GOST3410_2012_256"),'),
        ("src/crypto/libcrypto_ke.c", "static const struct ke_name kes[] = {", '\t{ 33, KE_WEIERSTRASS, "EC", "brainpoolP320r1", 40 },'),
    ],
    "auth": [
        ("src/ike/auth/toy.c", None, None),
        ("src/ike/auth/toy.h", None, None),
        ("src/ike/meson.build", "ike = static_library('adit-ike',", "  'auth/toy.c',"),
        ("src/daemon/worker.c", '#include "auth/psk.h"', '#include "auth/toy.h"'),
        ("src/daemon/worker.c", "} auth_methods[] = {", "\t{ AUTH_KIND_TOY, AUTH_TOY, toy_sign, toy_verify, NULL, NULL },"),
        ("src/wire/registry.h", "#define AUTH_ROWS(X)", "\tX(TOY, 201) \\"),
        ("src/config/config.h", "enum auth_kind {", "\tAUTH_KIND_TOY = 100,"),
        ("src/config/build_auth.c", "} plain_kinds[] = {", '\t{ "toy", AUTH_KIND_TOY },'),
    ],
    "signature": [
        ("src/pki/toy.c", None, None),
        ("src/pki/toy.h", None, None),
        ("src/pki/meson.build", "  'algid.c', 'chain.c',", "  'toy.c',"),
        ("src/pki/schemes.c", '#include "schemes_in.h"', '#include "toy.h"'),
        # it is chosen by key and hash, "ike:ed25519-sha512"; the name is for people
        ("src/pki/schemes.c", '{ "rsa-sha1", AUTH_RSA_SIGNATURE',
         '\t{ "ed25519", AUTH_DIGITAL_SIGNATURE, KEY_ED25519, HASH_SHA2_512, false, 0, TOY_ALGID, toy_make, toy_check },'),
    ],
    "exchange": [
        ("src/ike/exchange/toy.c", None, None),
        ("src/ike/meson.build", "ike = static_library('adit-ike',", "  'exchange/toy.c',"),
        ("src/ike/rules.c", "static const struct rule rules[] = {",
         "\t{ EXCHANGE_TOY, true, PHASE_BIT(PHASE_UP), P(NONCE), 0, toy_request },"),
        ("src/ike/rules.c", "static const struct rule rules[] = {",
         "\t{ EXCHANGE_TOY, false, PHASE_BIT(PHASE_UP), P(NONCE), 0, toy_answered },"),
        ("src/ike/rules.h", "/* The steps, by file of exchange/. */", "exchange_step toy_send, toy_request, toy_answered;"),
        ("src/wire/registry.h", "#define EXCHANGE_ROWS(X)", "\tX(TOY, 240) \\"),
    ],
    "key": [
        ("src/config/keys.h", '"UDP port of IKE.")', '\tWORKS(ADIT_TOY, "adit.toy", COUNT, "", "", 0, 10, "Nothing.") \\'),
        ("src/config/defaults.h", "#define DEFAULT_ADIT_PORT ", '#define DEFAULT_ADIT_TOY "1"'),
    ],
}

# What HACKING.md says a toy takes: lines changed or added of files that were there, and new files (a header counts with its file).
PROMISES = {
    "notify": ({"src/wire/registry.h": 1}, 0),
    "transform": ({"src/crypto/transform.c": 1, "src/crypto/libcrypto_ke.c": 1}, 0),
    "auth": ({"src/daemon/worker.c": 2, "src/wire/registry.h": 1, "src/ike/meson.build": 1, "src/config/config.h": 1,
              "src/config/build_auth.c": 1}, 1),
    "signature": ({"src/pki/schemes.c": 2, "src/pki/meson.build": 1}, 1),
    "exchange": ({"src/ike/rules.c": 2, "src/ike/rules.h": 1, "src/wire/registry.h": 1, "src/ike/meson.build": 1}, 1),
    "key": ({"src/config/keys.h": 1, "src/config/defaults.h": 1}, 0),
}


def copy_tree(to):
    shutil.rmtree(to, ignore_errors=True)
    for name in COPIED + [f"tests/unit/{room}" for room in ROOMS]:
        source, target = TOP / name, to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    # What the toys do not reach is not built.
    text = (to / "meson.build").read_text()
    for old, new in ((", 'control', 'daemon', 'cli']", ", 'control', 'daemon']"), ("subdir('sim')\n", ""), ("  subdir('tests/sim')\n", ""),
                     ("subdir('fuzz')\n", ""), ("  foreach room : rooms\n    subdir('tests/unit'", f"  foreach room : {ROOMS}\n    subdir('tests/unit'")):
        assert text.count(old) == 1, f"meson.build: {text.count(old)} times {old!r}"
        text = text.replace(old, new)
    (to / "meson.build").write_text(text + "subdir('tests/toys')\n")


def edit(tree, path, marker, words):
    if marker is None:
        assert not (tree / path).exists(), f"{path} is there already"
        shutil.copy(HERE / path, tree / path)
        return
    lines = (tree / path).read_text().splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if marker in line]
    assert len(places) == 1, f"{path}: {len(places)} lines with {marker!r}"
    if isinstance(words, tuple):
        assert words[0] in lines[places[0]], f"{path}: no {words[0]!r} beside {marker!r}"
        lines[places[0]] = lines[places[0]].replace(*words)
    else:
        lines.insert(places[0] + 1, words + "\n")
    (tree / path).write_text("".join(lines))


def lines_touched(before, after):
    steps = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for what, a, b, c, d in steps if what != "equal")


def snapshot(tree):
    return {str(path.relative_to(tree)): path.read_text(errors="replace") for path in tree.rglob("*")
            if path.is_file() and path.suffix in (".c", ".h", ".build", ".dict")}


def add(tree, toy):
    """Adds it; whether it took no more than promised."""
    before = snapshot(tree)
    for path, marker, words in TOYS[toy]:
        edit(tree, path, marker, words)
    after = snapshot(tree)
    new = sorted(after.keys() - before.keys())
    touched = {path: lines_touched(before[path], after[path]) for path in before if before[path] != after[path]}
    said, files = PROMISES[toy]
    kept = len({os.path.splitext(path)[0] for path in new}) <= files and all(count <= said.get(path, 0) for path, count in touched.items())
    words = [f"{path} +{len(after[path].splitlines())} (new)" for path in new] + [f"{path} {count}" for path, count in sorted(touched.items())]
    print(f"{toy}: {sum(touched.values())} lines of {len(touched)} files, {len(new)} new files: {', '.join(words)}")
    if not kept:
        print(f"{toy}: more than promised")
    return kept


def command(argv, timeout):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def build(tree, folder):
    if not (folder / "build.ninja").exists():
        code, text = command(["meson", "setup", str(folder), str(tree), "-Doptimization=0", "-Ddebug=false"], 120)
        if code:
            return code, text
    return command(["ninja", "-C", str(folder), "-j2", "-k0"], 600)


def manual_has_key(tree, folder):
    """The manual page is made from the rows; without scdoc by the same program all the same."""
    code, text = command(["ninja", "-C", str(folder), "src/config/keys-doc"], 120)
    if code == 0:
        code, text = command([str(folder / "src" / "config" / "keys-doc"), str(tree / "docs" / "adit.conf.5.scd")], 20)
    return code == 0 and "toy" in text


def test(folder):
    """(passed, failed) of the test programs, their cases counted one by one; a toy whose test is not there failed."""
    passed = failed = 0
    code, text = command(["meson", "introspect", "--tests", str(folder)], 60)
    tests = {entry["name"]: entry["cmd"] for entry in json.loads(text)} if code == 0 else {}
    for name in sorted(tests.keys() | {f"toys/{toy}" for toy in TOYS}):
        try:
            code, text = command(tests[name], 120)
        except (KeyError, OSError, subprocess.TimeoutExpired) as error:
            code, text = -1, repr(error)
        good = sum(int(number) for number in re.findall(r"^\[  PASSED  \] (\d+) test", text, re.M))
        ran = sum(int(number) for number in re.findall(r"^\[=+\] .*?(\d+) test\(s\) run", text, re.M))
        bad = max(ran - good, 1 if code or not ran else 0)
        passed, failed = passed + good, failed + bad
        if bad:
            print(f"FAILED {name}\n" + "\n".join(f"    | {line}" for line in text.splitlines()[-25:]))
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description="HACKING.md's \"How to add\", tried")
    parser.add_argument("--build", default="build", help="the build folder that the copy is kept in")
    parser.add_argument("--keep", action="store_true", help="leave the copy there")
    args = parser.parse_args()
    work = pathlib.Path(args.build).resolve() / "toys"
    tree, folder = work / "tree", work / "build"
    copy_tree(tree)
    shutil.rmtree(folder, ignore_errors=True)
    kept = [add(tree, toy) for toy in TOYS]
    passed, failed = sum(kept), len(kept) - sum(kept)
    code, text = build(tree, folder)
    if code:
        print("\n".join(line for line in text.splitlines() if "error" in line or "FAILED" in line)[:8000] or text[-4000:])
        failed += 1
    for good, bad in (test(folder), (1, 0) if manual_has_key(tree, folder) else (0, 1)):
        passed, failed = passed + good, failed + bad
    if not args.keep:
        shutil.rmtree(work)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
