#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""run: rows that want a kernel with IPsec, in a virtual machine: Debian's kernel under qemu, without KVM.

  tests/vm/run.py --build build             all rows
  tests/vm/run.py --only REGEX              some of them
  tests/vm/run.py --list                    their names
One boot runs all rows (inside.py, in the machine); each row is a process of its own with a time limit. What the machine says
of a row comes over a serial line; what it does not say counts as failed. Logs and the kernel's console are under LOGS.
"""
import argparse
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import image
import rows as rows_module

MEMORY = "3G"
BOOT_TIME = 120
MARK = "@vm "
CONSOLE_TAIL = 40


def arguments():
    parser = argparse.ArgumentParser(description="rows in a virtual machine: kernel IPsec, libreswan, OpenIKED")
    parser.add_argument("--build", default=os.path.join(TOP, "build"), help="build folder with aditd and adit")
    parser.add_argument("--logs", help="where logs go (default: BUILD/vm-logs)")
    parser.add_argument("--images", help="where kernel and peers are kept (default: BUILD/vm)")
    parser.add_argument("--only", metavar="REGEX", default="", help="only rows whose name matches")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("--time", type=int, default=2200, help="seconds for all rows")
    parser.add_argument("--jobs", type=int, default=2, help="rows at a time")
    parser.add_argument("--verbose", action="store_true", help="print a failing row's logs whole")
    return parser.parse_args()


def machine(args, only):
    """argv of qemu, after fetching and making whatever it needs."""
    tree, version = image.kernel(args.images)
    peers, trixie = image.peers(args.images), image.trixie(args.images)
    initramfs = image.initramfs(args.images, tree, version, os.path.join(HERE, "init.sh"))
    inside = ["/usr/bin/python3", os.path.join(HERE, "inside.py"), "--build", args.build, "--logs", args.logs,
              "--trixie", trixie, "--jobs", str(args.jobs)]
    with open(os.path.join(args.logs, "only"), "w", encoding="utf-8") as file:
        file.write(only)
    for word in inside + [TOP, args.build, args.images, args.logs]:
        if re.search(r"[\s,:\"]", word):
            raise image.ImageError(f"a path that the kernel's command line cannot carry: {word}")
    append = ["console=ttyS0", "quiet", "panic=-1", "mitigations=off", "audit=0", "random.trust_cpu=on", "cryptomgr.notests",
              "vm_layers=peers,kernel", f"vm_bind={TOP},{args.build},{args.images}", f"vm_out={args.logs}", f"vm_run={','.join(inside)}"]
    shares = []
    for tag, path in (("host", "/"), ("peers", peers), ("kernel", tree), ("out", args.logs)):
        only_read = "" if tag == "out" else ",readonly=on"
        shares += ["-virtfs", f"local,path={path},mount_tag={tag},security_model=none,multidevs=remap{only_read}"]
    return ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", MEMORY,
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-nic", "none",
            "-kernel", os.path.join(tree, "boot", f"vmlinuz-{version}"), "-initrd", initramfs, "-append", " ".join(append),
            "-device", "virtio-rng-pci",
            *shares, "-serial", f"file:{os.path.join(args.logs, 'console')}", "-serial", "stdio"]


class Machine:
    """A running qemu and what it said, line by line."""

    def __init__(self, argv):
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = b""

    def lines(self, end):
        """Lines as they come, until the machine ends; None when end has passed."""
        while True:
            while b"\n" in self.text:
                line, _, self.text = self.text.partition(b"\n")
                yield line.decode(errors="replace").rstrip("\r")
            left = end() - time.monotonic()
            if left <= 0:
                yield None
                return
            if self.selector.select(min(left, 1)):
                part = self.process.stdout.read()
                if part == b"":
                    return
                self.text += part or b""

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


def tail_print(path, verbose):
    if not os.path.isfile(path):
        return
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    shown = lines if verbose else lines[-CONSOLE_TAIL:]
    print(f"    --- {os.path.basename(path)} ({len(lines)} lines, {len(shown)} shown)")
    for line in shown:
        print(f"    | {line[:300]}")


def row_print(args, row):
    print(f"{'ok    ' if row['passed'] else 'FAILED'} {row['seconds']:5.1f} s  {row['name']}", flush=True)
    if row["passed"]:
        return
    print("    " + row["text"].strip().replace("\n", "\n    "))
    folder = os.path.join(args.logs, row["name"].replace("/", "_").replace(" ", "_"))
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if not name.endswith(".pcap"):
            tail_print(os.path.join(folder, name), args.verbose)
    sys.stdout.flush()


def run(args, names):
    """Boots and listens; the rows that were told of."""
    begun, done = time.monotonic(), []
    vm = Machine(machine(args, args.only))
    booted = False
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        for line in vm.lines(lambda: begun + (args.time if booted else BOOT_TIME)):
            if line is None:
                print(f"vm: not {'done' if booted else 'up'} within {time.monotonic() - begun:.0f} s; ended")
                break
            if not line.startswith(MARK):
                print(f"vm: {line}")
                continue
            word = json.loads(line[len(MARK):])
            if "ready" in word:
                booted = True
                print(f"vm: {word['ready']} after {time.monotonic() - begun:.1f} s", flush=True)
            elif "name" in word:
                done.append(word)
                row_print(args, word)
            elif "end" in word:
                break
    finally:
        vm.stop()
    if len(done) != len(names):
        tail_print(os.path.join(args.logs, "console"), args.verbose)
    print(f"vm: {time.monotonic() - begun:.0f} s")
    return done


def main():
    args = arguments()
    names = rows_module.names(args.only)
    if args.list:
        print("\n".join(names))
        return 0
    args.build = os.path.realpath(args.build)
    args.logs = os.path.realpath(args.logs or os.path.join(args.build, "vm-logs"))
    args.images = os.path.realpath(args.images or os.path.join(args.build, "vm"))
    if not names:
        print(f"no row matches {args.only}", file=sys.stderr)
        return 2
    shutil.rmtree(args.logs, ignore_errors=True)
    os.makedirs(args.logs)
    os.makedirs(args.images, exist_ok=True)
    rows_module.credentials_make(args.logs)
    try:
        if any("/ss6/" in name for name in names):
            rows_module.lab.trixie.ensure()
        done = run(args, names)
    except (image.ImageError, rows_module.lab.trixie.Missing) as error:
        print(f"vm: {error}")
        done = []
    good = {row["name"] for row in done if row["passed"]}
    failed = [name for name in names if name not in good]
    with open(os.path.join(args.logs, "results.json"), "w", encoding="utf-8") as file:
        json.dump([{"name": name, "passed": name in good} for name in names], file, indent=1)
    print(f"vm: {len(names) - len(failed)} passed, {len(failed)} failed")
    for name in failed:
        print(f"  failed: {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
