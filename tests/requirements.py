#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which requirements of which RFC are obeyed where, and tested where.

A line of src that obeys a MUST carries a tag, RFC7296 2.3 (no space after RFC); a test that would fail without it names the same section, in
either spelling. Prints a table; exits 1 when a tag of src has no test, and ends with "N passed, N failed".
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECTION = re.compile(r"\b(?:[0-9]{1,2}|[A-D][0-9]?)(?:\.[0-9]+)*(?![\w.])")
TAG = re.compile(r"RFC([0-9]{4})((?:,? " + SECTION.pattern + r")+)")
LOOSE = re.compile(r"RFC ?([0-9]{4})((?:,? " + SECTION.pattern + r")+)")


def tags(folders, pattern):
    found = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".c", ".h", ".py") or path.name == "requirements.py":
                continue
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                for rfc, sections in pattern.findall(line):
                    for section in SECTION.findall(sections):
                        found.setdefault((int(rfc), section), []).append(f"{path.relative_to(ROOT)}:{number}")
    return found


def order(key):
    return key[0], [int(part) if part.isdigit() else 0 for part in key[1].split(".")]


def main():
    obeyed = tags(["src"], TAG)
    tested = tags(["tests", "sim", "fuzz"], LOOSE)
    failed = 0
    for key in sorted(obeyed, key=order):
        places = tested.get(key, [])
        failed += not places
        print(f"RFC {key[0]} {key[1]}")
        print(f"    obeyed  {', '.join(obeyed[key])}")
        print(f"    tested  {', '.join(places[:6]) + (f' and {len(places) - 6} more' if len(places) > 6 else '') if places else 'NOWHERE'}")
    print(f"{len(obeyed) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
