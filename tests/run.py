#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""run: everything `make check` runs, counted honestly.

Builds twice (plain; clang with sanitizers and fuzz targets), runs each build's meson tests (unit tests, simulator, fuzz
smoke), the interoperability rows with both builds, the demonstration, the table of requirements and the toys of "How to
add". A test program's own cases are counted one by one where it prints them (cmocka does). What is skipped, what does not
build, and what ought to be there and is not, counts as failed. The last line is "N passed, N failed"; the exit code is 0 only when nothing failed.
"""
import argparse
import concurrent.futures
import functools
import glob
import json
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SUITES = ("unit", "sim")
TAIL = 60
FUZZ_SECONDS = 10
FUZZ_HOSTS = ("engine_fuzz", "handlers_fuzz")
FUZZ_IKE = ("wire_fuzz", "certs_fuzz") + FUZZ_HOSTS


class Count:
    def __init__(self):
        self.passed, self.failed, self.names = 0, 0, []

    def add(self, passed, failed, name):
        self.passed += passed
        self.failed += failed
        if failed:
            self.names.append(f"{name} ({failed})" if failed > 1 else name)


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


PARTS = []  # [what, seconds], for the end


def part(words):
    """Of a function that is a part of the run: how long it took is told at the end, under these words and its arguments."""
    def decorate(function):
        @functools.wraps(function)
        def timed(count, *args, **more):
            begun, there = time.monotonic(), len(PARTS)
            try:
                return function(count, *args, **more)
            finally:
                del PARTS[there:]  # what it called itself is in it
                PARTS.append((words.format(*args, "", ""), time.monotonic() - begun))
        return timed
    return decorate


def command(argv, timeout, quiet=True, env=None):
    """Exit code and output; the output is shown as it comes unless quiet."""
    try:
        done = subprocess.run(argv, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if quiet else None,
                              stderr=subprocess.STDOUT if quiet else None, timeout=timeout, check=False,
                              env={**os.environ, **(env or {})})
        return done.returncode, (done.stdout or b"").decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        return -1, (late.stdout or b"").decode(errors="replace") + f"\n[not done within {timeout} s]"
    except OSError as error:
        return -1, str(error)


def tail_print(text):
    for line in text.splitlines()[-TAIL:]:
        print(f"    | {line[:400]}")


@part("{0}")
def build(count, target, folder):
    say(f"{target}: building in {folder}/")
    variable = "BUILD_ASAN" if target == "build-asan" else "BUILD"
    code, text = command(["make", "--no-print-directory", target, f"{variable}={folder}"], 1200)
    count.add(code == 0, code != 0, target)
    if code:
        tail_print(text)
    return code == 0


def cases(entry):
    """(passed, failed) of one test program: its cases where it prints them, else one."""
    text = entry.get("stdout", "") + entry.get("stderr", "")
    good = entry["result"] in ("OK", "EXPECTEDFAIL")
    ran = [int(number) for number in re.findall(r"^\[==========\] .*?(\d+) test\(s\) run\.", text, re.M)]
    passed = [int(number) for number in re.findall(r"^\[  PASSED  \] (\d+) test\(s\)\.", text, re.M)]
    if not ran or len(ran) != len(passed):
        return (1, 0) if good else (0, 1)
    failed = sum(ran) - sum(passed)  # skipped ones are neither, and count as failed
    return sum(passed), failed if good else max(failed, 1)


@part("{0}: meson tests")
def meson_tests(count, folder, suites, slow, enter=list):
    """enter wraps a command that is to run elsewhere than on this machine as it is."""
    say(f"{folder}: meson tests")
    place = os.path.join(TOP, folder)
    code, text = command(enter(["meson", "introspect", "--tests", place]), 60)
    try:
        expected = {test["name"]: test for test in json.loads(text)}
    except ValueError:
        expected = {}
    for suite in suites:
        there = any(name.split(":", 1)[-1] == suite for test in expected.values() for name in test["suite"])
        count.add(0, 0 if there else 1, f"{folder}: no tests of suite {suite}")
    log = os.path.join(TOP, folder, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.unlink(log)
    code, text = command(enter(["meson", "test", "-C", place, "--no-rebuild", "--num-processes", "2", "-t", "4" if slow else "2"]), 1500,
                         env={"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"})
    results = {}
    if os.path.exists(log):
        with open(log, encoding="utf-8") as file:
            results = {entry["name"].split(" / ", 1)[-1]: entry for entry in map(json.loads, file)}
    before = count.passed, count.failed
    for name in expected.keys() - results.keys():
        count.add(0, 1, f"{folder}: {name} did not run")
    for name, entry in sorted(results.items()):
        passed, failed = cases(entry)
        count.add(passed, failed, f"{folder}: {name}")
        if failed:
            say(f"FAILED {folder}: {name} ({entry['result']}, {entry['duration']:.1f} s)")
            tail_print(entry.get("stdout", "") + entry.get("stderr", ""))
    if code and count.failed == before[1]:
        count.add(0, 1, f"{folder}: meson test exited with {code}")
        tail_print(text)
    say(f"{folder}: {len(results)} test programs, {count.passed - before[0]} passed, {count.failed - before[1]} failed")


def fuzz_words(folder, target):
    """The dictionary of a target: its own, else the rows of the registry where it speaks IKE."""
    own = os.path.join("fuzz", target.replace("_fuzz", ".dict"))
    if os.path.exists(os.path.join(TOP, own)):
        return [f"-dict={own}"]
    return [f"-dict={os.path.join(folder, 'fuzz', 'registry.dict')}"] if target in FUZZ_IKE else []


@part("{0}: fuzz targets")
def fuzz(count, folder, seconds):
    """Each target of fuzz/, its kept corpus first, then for a while, two at a time; one that is not there or finds anything failed."""
    targets = sorted(os.path.basename(path)[:-2] for path in glob.glob(os.path.join(TOP, "fuzz", "*_fuzz.c")))
    say(f"{folder}: {len(targets)} fuzz targets, {seconds} s each")
    if not targets:
        count.add(0, 1, "no fuzz targets")
    found = os.path.join(folder, "fuzz-found", "")
    os.makedirs(os.path.join(TOP, found), exist_ok=True)

    def one(target):
        kept, corpus = os.path.join("fuzz", "corpus", target[:-5]), os.path.join(folder, "fuzz-corpus", target)
        os.makedirs(os.path.join(TOP, corpus), exist_ok=True)
        if not os.path.isdir(os.path.join(TOP, kept)):
            return -1, f"{kept} is not there"
        # Entropic scheduling costs more than an input where an input may light up thousands of edges.
        return command([os.path.join(folder, "fuzz", target), f"-max_total_time={seconds}", f"-artifact_prefix={found}{target}-",
                        "-rss_limit_mb=2048", "-timeout=10", "-verbosity=0", "-print_final_stats=1", "-max_len=4096",
                        f"-entropic={0 if target in FUZZ_HOSTS else 1}"] + fuzz_words(folder, target) + [corpus, kept], seconds + 120)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for target, (code, text) in zip(targets, pool.map(one, targets)):
            runs = re.search(r"number_of_executed_units: (\d+)", text)
            good = code == 0 and runs and int(runs.group(1)) > 100
            count.add(int(bool(good)), int(not good), f"{folder}: fuzz/{target}")
            say(f"{'ok' if good else 'FAILED'} fuzz/{target}: {runs.group(1) if runs else 'no'} inputs")
            if not good:
                tail_print(text)
    handlers(count, folder)


def handlers(count, folder):
    """The kept corpus of handlers_fuzz reaches every handler there is (fuzz/reached.h). Functions of the engine without an
    input are told too; some have their code in others, or are for birth alone, so that they do not fail."""
    code, text = command([os.path.join(folder, "fuzz", "handlers_fuzz"), "-runs=0", "-print_coverage=1", "fuzz/corpus/handlers"], 300,
                         env={"ADIT_FUZZ_REACHED": "all"})
    total = re.search(r"^(\d+) handlers, (\d+) unreached$", text, re.M)
    functions = [re.match(r"(UN)?COVERED_FUNC: .*?\b(\w+) \S*/src/ike/\S*?(\w+\.c):", line) for line in text.splitlines()]
    functions = [match for match in functions if match]
    missing = {f"{match.group(3)}: {match.group(2)}" for match in functions if match.group(1)}
    good = code == 0 and total and functions
    count.add(int(bool(good)), int(not good), f"{folder}: handlers reached by the kept corpus")
    say(f"{'ok' if good else 'FAILED'} {total.group(0) if total else 'no handlers'}, {len(functions)} functions of the engine, "
        f"{len(missing)} unreached")
    for line in [line for line in text.splitlines() if line.startswith("UNREACHED")] + sorted(missing):
        print(f"    | {line}")
    if not total:
        tail_print(text)


def trixie_start():
    """Begins to make the root of the newer peers beside the build; the interoperability rows wait for it."""
    return subprocess.Popen(["/usr/bin/python3", os.path.join("tests", "interop", "trixie.py")], cwd=TOP, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL)


@part("{0}")
def in_trixie(count, folder):
    """The whole of it built, and its unit tests and simulator run, with what Debian trixie has: OpenSSL 3.5, its gcc."""
    say(f"{folder}: building in the trixie root")
    sys.path.insert(0, os.path.join(TOP, "tests", "interop"))
    import trixie  # pylint: disable=import-outside-toplevel

    def enter(argv):
        return trixie.enter(argv, [TOP])
    place = os.path.join(TOP, folder)
    code, text = 0, ""
    if not os.path.exists(os.path.join(place, "build.ninja")):
        code, text = command(enter(["meson", "setup", place, TOP]), 300)
    if not code:
        code, text = command(enter(["ninja", "-C", place]), 1200)
    count.add(code == 0, code != 0, f"{folder}: building in the trixie root")
    if code:
        tail_print(text)
    else:
        meson_tests(count, folder, SUITES, slow=False, enter=enter)


@part("{0}: rows {1} {2}")
def interop(count, folder, only, what="interop"):
    """The rows of tests/interop, or of tests/vm; one that nothing was heard of failed."""
    say(f"{folder}: rows of tests/{what}")
    results = os.path.join(TOP, folder, f"{what}-logs", "results.json")
    if os.path.exists(results):
        os.unlink(results)
    script = os.path.join("tests", what, "run.py")
    _, wanted = command(["/usr/bin/python3", script, "--list", "--only", only], 60)
    code, _ = command(["/usr/bin/python3", script, "--build", folder, "--only", only], 2400, quiet=False,
                      env={"ASAN_OPTIONS": "abort_on_error=0:exitcode=99", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"})
    rows = {}
    if os.path.exists(results):
        with open(results, encoding="utf-8") as file:
            rows = {row["name"]: row["passed"] for row in json.load(file)}
    before = count.failed
    for name in wanted.splitlines() or ["the rows cannot be listed"]:
        good = rows.get(name, False)
        count.add(good, not good, f"{folder}: {name}")
    if code and count.failed == before:
        count.add(0, 1, f"{folder}: tests/{what} exited with {code}")


@part("{0}")
def script(count, name, argv, timeout, env=None):
    say(name)
    code, text = command(argv, timeout, env=env)
    count.add(code == 0, code != 0, name)
    if code:
        tail_print(text)


@part("{0}")
def counted(count, name, argv, timeout):
    """A script whose last line is "N passed, N failed"."""
    say(name)
    code, text = command(argv, timeout)
    last = re.fullmatch(r"(\d+) passed, (\d+) failed", text.strip().rpartition("\n")[2])
    passed, failed = (int(number) for number in last.groups()) if last else (0, 1)
    if not passed or (code and not failed):
        failed = max(failed, 1)
    count.add(passed, failed, name)
    if failed:
        tail_print(text)
    say(f"{name}: {passed} passed, {failed} failed")


def main():
    parser = argparse.ArgumentParser(description="everything `make check` runs")
    parser.add_argument("--build", default="build")
    parser.add_argument("--build-asan", default="build-asan")
    parser.add_argument("--fuzz", type=int, metavar="SECONDS", help="nothing but the fuzz targets, so long each")
    args = parser.parse_args()
    begun, count = time.monotonic(), Count()
    if args.fuzz is not None:
        if build(count, "build-asan", args.build_asan):
            fuzz(count, args.build_asan, args.fuzz)
        return result(count, begun)
    if os.geteuid():
        say("not root: namespaces cannot be made, the interoperability rows and the demonstration will fail")
    trixie = trixie_start()
    script(count, "tests/requirements.py", ["/usr/bin/python3", "tests/requirements.py"], 60)
    built = build(count, "build", args.build)
    if built:
        meson_tests(count, args.build, SUITES, slow=False)
        script(count, "tests/toys/run.py", ["/usr/bin/python3", "tests/toys/run.py", "--build", args.build], 600)
        counted(count, "tests/secrets/run.py", ["/usr/bin/python3", "tests/secrets/run.py", "--build", args.build], 900)
        counted(count, "tests/mutants/run.py --sample",
                ["/usr/bin/python3", "tests/mutants/run.py", "--build", args.build, "--sample"], 1500)
    count.add(trixie.wait() == 0, trixie.returncode != 0, "tests/interop/trixie.py")
    if built:
        interop(count, args.build, "")
        for path in sorted(glob.glob(os.path.join(TOP, "tests", "interop", "*_test.py"))):
            script(count, os.path.relpath(path, TOP), ["/usr/bin/python3", path, "--build", os.path.join(TOP, args.build)], 300)
        interop(count, args.build, "", "vm")
        script(count, "every pair of the matrix", ["/usr/bin/python3", "tests/interop/matrix.py", *(
            os.path.join(args.build, f"{what}-logs", "results.json") for what in ("interop", "vm"))], 60)
        script(count, "tests/demo.sh", ["tests/demo.sh"], 120, {"BUILD": args.build})
        in_trixie(count, os.path.join(args.build, "trixie"))
    if build(count, "build-asan", args.build_asan):
        meson_tests(count, args.build_asan, SUITES, slow=True)
        fuzz(count, args.build_asan, FUZZ_SECONDS)
        interop(count, args.build_asan, "^single/(?!ss6/)")
    return result(count, begun)


def result(count, begun):
    for name, seconds in PARTS:
        print(f"{seconds / 60:6.1f} minutes  {name}")
    say(f"{(time.monotonic() - begun) / 60:.1f} minutes")
    for name in count.names:
        print(f"failed: {name}")
    print(f"{count.passed} passed, {count.failed} failed")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
