#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""secrets: no branch and no index in our own code depends on a key.

Builds secrets_test with -Dmemcheck=true and runs it under valgrind: all keys are undefined to memcheck, which reports each jump and each
address that depends on one (outside libcrypto). A second run with a planted leak must be reported, or the first one shows nothing. The last
line is "N passed, N failed".
"""
import argparse
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REPORTED = 9


def valgrind(program, *argv):
    """Its exit code and words."""
    done = subprocess.run(["valgrind", "-q", f"--error-exitcode={REPORTED}", "--track-origins=no", "--num-callers=20",
                           f"--suppressions={TOP}/tests/secrets/libcrypto.supp", program, *argv],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description="poisoned keys under valgrind")
    parser.add_argument("--build", default=os.path.join(TOP, "build"), help="the copy is built beside it, in secrets/")
    folder = os.path.join(os.path.abspath(parser.parse_args().build), "secrets")
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        subprocess.run(["meson", "setup", folder, TOP, "-Dmemcheck=true", "-Doptimization=2"], check=True, stdout=subprocess.DEVNULL)
    target = "tests/secrets/secrets_test"
    built = subprocess.run(["ninja", "-C", folder, target], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if built.returncode:
        print(built.stdout.decode(errors="replace") + "\n0 passed, 1 failed")
        return 1
    program, passed, failed = os.path.join(folder, target), 0, 0
    for words, argv, wanted in (("no branch or index of ours depends on a key", [], 0), ("a planted one is reported", ["--leak"], REPORTED)):
        code, text = valgrind(program, *argv)
        good = code == wanted
        passed, failed = passed + good, failed + (not good)
        print(f"{'ok' if good else 'FAILED'} {words}")
        if not good:
            print(text)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
