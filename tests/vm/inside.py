#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""inside: runs the rows in the virtual machine and tells of each over the second serial line. Its first process.

Each row is a process of its own, with a time limit; its network namespaces are taken down whatever happens. Ends the machine.
"""
import argparse
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import rows as rows_module
from rows import batch
from rows import lab as lab_module

LINE = "/dev/ttyS1"
MARK = "@vm "
ROW_TIME = 240
COMBINATION_TIME = 20  # more for each combination of a batch
POWER_OFF = 0x4321FEDC
TEXT_MAX = 6000


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--logs", required=True)
    parser.add_argument("--trixie", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


def tell(**word):
    with open(LINE, "w", encoding="utf-8") as line:
        line.write(MARK + json.dumps(word) + "\n")


def row_run(args, name, action):
    """In the row's own process: exit code 0 when everything was as expected."""
    with lab_module.Lab(name, args.logs, args.build) as lab:
        lab.stand_in = False
        try:
            action(lab)
            for judge in lab.at_end:
                judge()
        except Exception as failure:  # a broken row is a failed row
            if not isinstance(failure, lab_module.Failed):
                traceback.print_exc(file=sys.stdout)
                return 1
            where = [f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in traceback.extract_tb(failure.__traceback__)[1:]]
            print(f"{' > '.join(where)}: {failure}")
            return 1
    return 0


def row_start(args, name, action, parts):
    """The row's process, forked: a new Python would take seconds to start here."""
    pipe, inner = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.dup2(inner, 1)
        os.dup2(inner, 2)
        os.closerange(3, 64)
        code = 70
        try:
            code = row_run(args, name, action)
            sys.stdout.flush()
        finally:
            os._exit(code)
    os.close(inner)
    os.set_blocking(pipe, False)
    return {"name": name, "pid": pid, "pipe": pipe, "begun": time.monotonic(), "text": b"", "time": ROW_TIME + COMBINATION_TIME * len(parts)}


def row_read(row):
    try:
        while part := os.read(row["pipe"], 65536):
            row["text"] += part
    except BlockingIOError:
        pass


def parts_tell(row):
    """What a batch has said of its combinations goes out at once; the rest of its text stays."""
    whole, _, part = row["text"].rpartition(b"\n")
    told, rest = batch.outcomes(whole.decode(errors="replace"))
    for word in told:
        tell(**{**word, "text": word["text"][:TEXT_MAX]})
    if told:
        row["text"] = (rest + "\n" if rest else "").encode() + part


def row_ended(row):
    """Whether a running row is over; ends it when its time is up."""
    row_read(row)
    parts_tell(row)
    pid, status = os.waitpid(row["pid"], os.WNOHANG)
    if not pid:
        if time.monotonic() - row["begun"] <= row["time"]:
            return False
        os.kill(row["pid"], signal.SIGKILL)
        _, status = os.waitpid(row["pid"], 0)
        row["text"] += f"\nkilled: not done within {row['time']} s".encode()
    row_read(row)
    os.close(row["pipe"])
    lab_module.namespaces_sweep(row["pid"])
    parts_tell(row)
    tell(name=row["name"], passed=status == 0, seconds=time.monotonic() - row["begun"],
         text=row["text"].decode(errors="replace")[-TEXT_MAX:])
    return True


def machine_prepare(args):
    """What an init does, as far as the rows want it."""
    os.environ.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", HOME="/root", LC_ALL="C.UTF-8")
    subprocess.run(["stty", "-F", LINE, "raw", "-echo"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "-o", "remount,rw", "/proc/sys"], check=False, stderr=subprocess.DEVNULL)
    rows_module.machine_prepare(args.trixie)


def rows_run(args):
    with open(os.path.join(args.logs, "only"), encoding="utf-8") as file:
        only = file.read()
    waiting = rows_module.units(only)
    running = []
    while waiting or running:
        while waiting and len(running) < args.jobs:
            running.append(row_start(args, *waiting.pop(0)))
        running = [row for row in running if not row_ended(row)]
        time.sleep(0.05)


def main():
    args = arguments()
    try:
        machine_prepare(args)
        tell(ready=f"Linux {os.uname().release}")
        rows_run(args)
        tell(end=True)
    except Exception:  # pylint: disable=broad-except
        for line in traceback.format_exc().splitlines():
            with open(LINE, "w", encoding="utf-8") as serial:
                serial.write(line + "\n")
    finally:
        os.sync()
        time.sleep(0.3)
        ctypes.CDLL(None).reboot(POWER_OFF)
    return 0


if __name__ == "__main__":
    sys.exit(main())
