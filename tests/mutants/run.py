#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""mutants: planted faults, each of which the suite must catch.

A mutant is a file beside this one: what it plants in a sentence, the source file, and the text that is replaced by another
(docs in HACKING.md). The tree is copied into a folder of the build folder; one mutant after the other is planted there, what
depends on it built, and tests run until one fails: first the tests the mutant names (sim/… are scenarios), then those of its
room, then all unit tests, then the simulator. A mutant that no test minds has survived, and fails the run; so does one whose text is no longer
there or that does not compile. The last line is "N passed, N failed"; passed is caught.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
COPIED = ["meson.build", "meson_options.txt", "src", "docs", "examples", "packaging", "fuzz", "tests", "sim"]
SIMULATOR = "sim/adit-sim"
TEST_SECONDS = 120       # a fault that makes a test hang is caught too
SIMULATOR_SECONDS = 900
SAMPLE = 8               # of --sample: one file's first mutant after the other


class Broken(Exception):
    """The mutant itself is at fault."""


class Mutant:
    def __init__(self, path):
        self.name = path.stem
        head, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
        old, plus, new = body.partition("\n+++\n")
        keys = dict(re.findall(r"^(\w+): *(.*)$", head, re.M))
        self.words = " ".join(line.lstrip("# ") for line in head.splitlines() if line.startswith("#") and "SPDX" not in line)
        if not plus or "file" not in keys or not self.words:
            raise Broken(f"{path.name}: wants a '#' sentence, 'file:', '---', old text, '+++', new text")
        self.file, self.first = keys["file"], keys.get("first", "").split()
        self.old, self.new = old, new.rstrip("\n")

    def planted(self, text):
        if text.count(self.old) != 1:
            raise Broken(f"{self.file} holds its text {text.count(self.old)} times; it must be there once")
        return text.replace(self.old, self.new)

    def room(self):
        return self.file.split("/")[1] if self.file.startswith("src/") else self.file.split("/")[0]


class Tree:
    """A copy of the sources, built; touched files alone are built again."""

    def __init__(self, folder):
        self.top, self.build = folder / "tree", folder / "build"
        folder.mkdir(parents=True, exist_ok=True)
        self.top.mkdir(exist_ok=True)
        for name in COPIED:  # only what differs, so that the copy's build stays warm
            self.refresh(TOP / name, self.top / name)
        if not (self.build / "build.ninja").exists():
            shutil.rmtree(self.build, ignore_errors=True)
            self.command(["meson", "setup", str(self.build), str(self.top), "-Doptimization=1"], 120)
        done = self.command(["meson", "introspect", "--tests", str(self.build)], 60)
        tests = json.loads(done)
        self.tests = {test["name"]: test for test in tests if "adit:unit" in test["suite"]}
        self.scenarios = {test["name"]: test for test in tests if "adit:sim" in test["suite"]}

    @staticmethod
    def refresh(source, target):
        files = [source] if source.is_file() else [path for path in sorted(source.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
        wanted = set()
        for path in files:
            there = target if source.is_file() else target / path.relative_to(source)
            wanted.add(there)
            if there.exists() and there.read_bytes() == path.read_bytes():
                continue
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, there)
            shutil.copymode(path, there)
        for path in [path for path in target.rglob("*") if path.is_file() and path not in wanted] if target.is_dir() else []:
            path.unlink()

    @staticmethod
    def command(argv, timeout):
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False)
        text = done.stdout.decode(errors="replace")
        if done.returncode:
            raise Broken(f"{' '.join(argv[:3])} failed:\n" + "\n".join(text.splitlines()[-15:]))
        return text

    def make(self, programs):
        self.command(["ninja", "-C", str(self.build), *sorted(programs)], 1200)

    def program(self, test):
        return os.path.relpath(self.tests[test]["cmd"][0], self.build)

    def minds(self, test):
        """Whether a unit test program fails."""
        return not self.passes(self.tests[test]["cmd"], TEST_SECONDS)

    def passes(self, argv, timeout):
        try:
            done = subprocess.run(argv, cwd=self.build, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  timeout=timeout, check=False)
            return done.returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def first_to_mind(self, tests):
        """The first of the tests that fails, two at a time; None when all pass."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            waiting = {pool.submit(self.minds, test): test for test in tests}
            for done in concurrent.futures.as_completed(waiting):
                if done.result():
                    for other in waiting:
                        other.cancel()
                    return waiting[done]
        return None

    def catcher(self, mutant):
        """The name of what fails with the mutant planted, or None."""
        named = [test for test in self.tests if test in mutant.first]
        played = [test for test in self.scenarios if test in mutant.first]
        if len(named) + len(played) != len(mutant.first):
            raise Broken(f"'first' names a test that is not there: {mutant.first}")
        for test in played:
            self.make([SIMULATOR])
            if not self.passes(self.scenarios[test]["cmd"], SIMULATOR_SECONDS):
                return test
        room = [test for test in self.tests if test.split("/")[0] == mutant.room() and test not in named]
        rest = [test for test in self.tests if test not in named and test not in room]
        for step in filter(None, (named, room, rest)):
            self.make({self.program(test) for test in step})
            who = self.first_to_mind(step)
            if who:
                return who
        self.make([SIMULATOR])
        return None if self.passes([str(self.build / SIMULATOR)], SIMULATOR_SECONDS) else "simulator"


def one(tree, mutant):
    """(caught, by whom or why not)."""
    path = tree.top / mutant.file
    try:
        sound = path.read_text(encoding="utf-8")
        path.write_text(mutant.planted(sound), encoding="utf-8")
    except (OSError, Broken) as error:
        return False, f"BROKEN: {error}"
    try:
        who = tree.catcher(mutant)
        return who is not None, who or "SURVIVED"
    except (Broken, subprocess.TimeoutExpired) as error:
        return False, f"BROKEN: {error}"
    finally:
        path.write_text(sound, encoding="utf-8")


def sampled(mutants):
    """SAMPLE of them, spread over the files they are planted in."""
    by_file = {}
    for mutant in mutants:
        by_file.setdefault(mutant.file, []).append(mutant)
    firsts = [group[0] for group in by_file.values()]
    step = max(1, len(firsts) // SAMPLE)
    return firsts[::step][:SAMPLE]


def main():
    parser = argparse.ArgumentParser(description="plants faults, which the suite must catch")
    parser.add_argument("--build", default="build", help="build folder beside which the copy lives")
    parser.add_argument("--only", default="", metavar="REGEX", help="mutants by name")
    parser.add_argument("--sample", action="store_true", help=f"{SAMPLE} of them")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    mutants = [Mutant(path) for path in sorted(HERE.glob("*.mutant")) if re.search(args.only, path.stem)]
    if args.sample:
        mutants = sampled(mutants)
    if args.list:
        print("\n".join(f"{mutant.name}: {mutant.words}" for mutant in mutants))
        return 0
    tree = Tree(TOP / args.build / "mutants")
    passed = failed = 0
    named = {test for mutant in mutants for test in mutant.first}
    sound = [test for test in tree.tests if test in named or not args.sample]
    tree.make({tree.program(test) for test in sound} | {SIMULATOR})
    who = tree.first_to_mind(sound)
    if who:  # or every mutant would seem caught
        print(f"{who} fails without any mutant")
        failed += 1
    for number, mutant in enumerate(mutants if not failed else [], 1):
        begun = time.monotonic()
        caught, words = one(tree, mutant)
        passed, failed = passed + caught, failed + (not caught)
        print(f"{number}/{len(mutants)} {'caught' if caught else 'NOT CAUGHT'} {mutant.name}: {words} ({time.monotonic() - begun:.0f} s)", flush=True)
        if not caught:
            print(f"    {mutant.words}")
    print(f"{passed} passed, {failed + (not mutants)} failed")
    return 1 if failed or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
