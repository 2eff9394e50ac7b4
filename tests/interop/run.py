#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""run: the interoperability rows, each in a process of its own with a time limit, and an honest count.

  tests/interop/run.py                      all rows
  tests/interop/run.py --only REGEX         some of them
  tests/interop/run.py --list               their names
  tests/interop/run.py --stand-in           strongSwan at both ends: proves the rows, not Adit
Results go to LOGS/results.json; a row that fails prints its logs.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import batch
import certificates
import families
import lab as lab_module
import libreswan
import matrix
import memcheck
import modes
import narrow
import newer
import path_mtu
import peers
import scenarios
import trixie
import wireshark

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROW_TIME = 120
LOG_TAIL = 40
COMBINATION_TIME = 5  # more for each combination of a batch


def arguments():
    parser = argparse.ArgumentParser(description="interoperability rows against strongSwan and libreswan")
    parser.add_argument("--build", default=os.path.join(TOP, "build"), help="build folder with aditd and adit")
    parser.add_argument("--logs", help="where logs go (default: BUILD/interop-logs)")
    parser.add_argument("--only", metavar="REGEX", default="", help="only rows whose name matches")
    parser.add_argument("--jobs", type=int, default=2, help="rows at a time")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("--stand-in", action="store_true", help="strongSwan in Adit's place")
    parser.add_argument("--verbose", action="store_true", help="print a failing row's logs whole")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    return parser.parse_args()


def against(name, version, swan, action):
    """A row of the same name and a peer's version, run against that strongSwan."""
    def row(lab):
        lab.swan = swan
        action(lab)
    kind, rest = name.split("/", 1)
    return f"{kind}/{version}/{rest}", row


def rows_all(stand_in):
    """Rows against strongSwan 5.9.8, then those that are run against peers of trixie too, whose names say so."""
    found = scenarios.rows(stand_in) + certificates.rows(stand_in) + path_mtu.rows(stand_in) + modes.rows(stand_in)
    if stand_in:
        return found
    found += families.rows() + narrow.rows() + wireshark.rows() + memcheck.rows()
    again = newer.rows() + scenarios.rows() + certificates.rows() + path_mtu.rows() + modes.rows()
    return found + [against(name, "ss6", peers.StrongSwan6, action) for name, action in again] + libreswan.rows()


def units(args):
    """What runs in a process of its own, as (name, combinations): rows, and batches of the matrix."""
    combinations = [name for name in matrix.names(machine=False) if re.search(args.only, name)]
    rows = [(name, []) for name, _ in rows_all(args.stand_in) if re.search(args.only, name)]
    return [(name, part) for name, part, _ in batch.batches(combinations)] + rows


def needs_trixie(name):
    return re.search(r"/ss6/|^libreswan/", name)


def row_run(args):
    """In the row's own process: exit code 0 when everything was as expected."""
    parts = sys.stdin.read().splitlines()
    action = batch.action(parts) if parts else dict(rows_all(args.stand_in))[args.row]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with lab_module.Lab(args.row, args.logs, args.build) as lab:
        lab.stand_in, lab.swan = args.stand_in, peers.StrongSwan6 if "/ss6/" in args.row else peers.StrongSwan
        try:
            action(lab)
            for judge in lab.at_end:
                judge()
        except (lab_module.Failed, trixie.Missing) as failure:
            place = traceback.extract_tb(failure.__traceback__)
            where = [f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in place[1:]]
            print(f"{' > '.join(where)}: {failure}")
            return 1
        except Exception:  # a broken row is a failed row
            traceback.print_exc(file=sys.stdout)
            return 1
    return 0


def row_start(args, name, parts):
    argv = ["/usr/bin/python3", os.path.abspath(__file__), "--build", args.build, "--logs", args.logs, "--row", name]
    process = subprocess.Popen(argv + (["--stand-in"] if args.stand_in else []), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    process.stdin.write("\n".join(parts).encode())
    process.stdin.close()
    os.set_blocking(process.stdout.fileno(), False)
    return {"name": name, "parts": parts, "process": process, "begun": time.monotonic(), "text": b"",
            "time": ROW_TIME + COMBINATION_TIME * len(parts)}


def row_ended(row):
    """Whether a running row is over; ends it when its time is up."""
    row["text"] += row["process"].stdout.read() or b""
    code = row["process"].poll()
    late = time.monotonic() - row["begun"] > row["time"]
    if code is None and not late:
        return False
    if code is None:
        row["process"].kill()
        row["process"].wait()
        row["text"] += f"\nkilled: not done within {row['time']} s".encode()
        code = -1
    row["text"] += row["process"].stdout.read() or b""
    row["process"].stdout.close()
    lab_module.namespaces_sweep(row["process"].pid)
    row["seconds"] = time.monotonic() - row["begun"]
    row["passed"] = code == 0
    row["told"], row["text"] = batch.outcomes(row["text"].decode(errors="replace"))
    told = {part["name"] for part in row["told"]}
    row["told"] += [{"name": name, "passed": False, "seconds": 0, "text": "nothing was heard of it"} for name in row["parts"] if name not in told]
    return True


def logs_print(args, row):
    print("    " + row["text"].strip().replace("\n", "\n    "))
    folder = os.path.join(args.logs, row["name"].replace("/", "_").replace(" ", "_"))
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.endswith(".pcap") or os.path.isdir(os.path.join(folder, name)):
            continue
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        shown = lines if args.verbose else lines[-LOG_TAIL:]
        print(f"    --- {name} ({len(lines)} lines, {len(shown)} shown)")
        for line in shown:
            print(f"    | {line[:300]}")


def row_print(args, row):
    """A row, and before it the combinations that it ran: a line each."""
    for part in row["told"]:
        print(f"{'ok    ' if part['passed'] else 'FAILED'} {part['seconds']:5.1f} s  {part['name']}")
        if not part["passed"]:
            print("    " + part["text"].replace("\n", "\n    "))
    print(f"{'ok    ' if row['passed'] else 'FAILED'} {row['seconds']:5.1f} s  {row['name']}", flush=True)
    if not row["passed"]:
        logs_print(args, row)


def main():
    args = arguments()
    args.build = os.path.abspath(args.build)
    args.logs = os.path.abspath(args.logs or os.path.join(args.build, "interop-logs"))
    if args.row:
        return row_run(args)
    todo = units(args)
    names = [name for unit, parts in todo for name in [*parts, unit]]
    if args.list:
        print("\n".join(names))
        return 0
    if not names:
        print(f"no row matches {args.only}", file=sys.stderr)
        return 2
    missing = [path for path in ("src/daemon/aditd", "src/cli/adit") if not os.path.exists(os.path.join(args.build, path))]
    if missing and not args.stand_in:
        print(f"interop: not built in {args.build}: {', '.join(missing)}", file=sys.stderr)
        return 1
    os.makedirs(args.logs, exist_ok=True)
    if any(map(needs_trixie, names)):
        try:
            trixie.ensure()
        except (trixie.Missing, OSError, subprocess.TimeoutExpired) as error:
            print(f"interop: {error}; rows that need it will fail", flush=True)
    print(f"interop: {len(names)} rows, {sum(len(parts) for _, parts in todo)} of them combinations of the matrix", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs is ended below
    waiting, running, done = list(todo), [], []
    try:
        while waiting or running:
            while waiting and len(running) < args.jobs:
                running.append(row_start(args, *waiting.pop(0)))
            for row in [row for row in running if row_ended(row)]:
                running.remove(row)
                done += row["told"] + [row]
                row_print(args, row)
            time.sleep(0.05)
    finally:
        for row in running:
            row["process"].terminate()
        for row in running:
            try:
                row["process"].wait(10)
            except subprocess.TimeoutExpired:
                row["process"].kill()
            lab_module.namespaces_sweep(row["process"].pid)
    failed = [row["name"] for row in done if not row["passed"]]
    with open(os.path.join(args.logs, "results.json"), "w", encoding="utf-8") as file:
        json.dump([{key: row[key] for key in ("name", "passed", "seconds")} for row in done], file, indent=1)
    print(f"interop: {len(done) - len(failed)} passed, {len(failed)} failed")
    for name in failed:
        print(f"  failed: {name}")
    return 1 if failed or len(done) != len(names) else 0


if __name__ == "__main__":
    sys.exit(main())
