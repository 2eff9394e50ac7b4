#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""trixie: a Debian trixie root for peers newer than this machine's, made once by mmdebstrap and kept.

  tests/interop/trixie.py          makes it unless it is there, and prints its path
It lies in .trixie/ of the source tree, under a name that says from which list (packaging/trixie) it was made, and appears
there whole or not at all. Mirror and network settings are those of this machine's own apt. A peer sees the root read-only,
with a /run, /tmp and the row's own folders of its own.
"""
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(TOP, ".trixie")
LIST = os.path.join(TOP, "packaging", "trixie")
SUITE = "trixie"
MAKING_TIME = 1500
KEPT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
FILES_ONLY = " files only"
# The machine's /usr, /etc and /var stay outside: everything but the kernel's file systems and the named folders is the root's.
ENTER = """set -e
root=$1 new=/run/root folders=$2
shift 2
mount -t tmpfs tmpfs /run
mkdir -p $new/usr $new/etc $new/var $new/dev $new/proc $new/sys $new/run $new/tmp $new/root
for name in usr etc var; do
	mount --bind "$root/$name" $new/$name
	mount -o remount,bind,ro $new/$name
done
for name in bin sbin lib lib64; do ln -s usr/$name $new/$name; done
for name in dev proc sys; do mount --rbind /$name $new/$name; done
for folder in $folders; do
	mkdir -p "$new$folder"
	mount --bind "$folder" "$new$folder"
done
exec chroot $new "$@"
"""


class Missing(Exception):
    """The root is not there or cannot be made."""


def packages():
    """(names to install, names of which only the files are taken)"""
    with open(LIST, encoding="utf-8") as file:
        lines = [line.split("#")[0].strip() for line in file]
    return ([line for line in lines if line and not line.endswith(FILES_ONLY)],
            [line[:-len(FILES_ONLY)] for line in lines if line.endswith(FILES_ONLY)])


def recipe():
    """How mmdebstrap is told to make it, but for mirror and place."""
    install, files_only = packages()
    unpack = [f'cd "$1/tmp" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download {name} && dpkg-deb --fsys-tarfile {name}_*.deb | '
              f'tar -x -C "$1" --keep-directory-symlink --skip-old-files && rm {name}_*.deb' for name in files_only]
    return ["mmdebstrap", "--quiet", "--variant=essential", "--format=directory", "--include=" + ",".join(install),
            '--aptopt=Acquire::Languages "none"', '--aptopt=Acquire::Retries "3"', *(f"--dpkgopt=path-exclude={glob}" for glob in KEPT_OUT),
            "--dpkgopt=force-unsafe-io", *("--customize-hook=" + line for line in unpack)]


def path():
    """Where the root of today's list and recipe lies, made or not."""
    digest = hashlib.sha256(json.dumps(recipe()).encode()).hexdigest()
    return os.path.join(FOLDER, f"{SUITE}-{digest[:12]}")


def root():
    """The root, which has to be there."""
    there = path()
    if not os.path.isdir(there):
        raise Missing(f"no trixie root at {there}: make it with tests/interop/trixie.py")
    return there


def enter(argv, folders, made=None):
    """argv as run in the root, in a mount namespace of its own; folders keep their paths, writable."""
    return ["unshare", "-m", "sh", "-c", ENTER, "sh", made or root(), " ".join(folders), *argv]


def output(argv, **more):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=MAKING_TIME,
                          check=False, **more)
    if done.returncode:
        raise Missing(f"{argv[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-1500:]}")
    return done.stdout.decode(errors="replace")


def mirror():
    """The mirror that this machine's Debian comes from."""
    with open("/etc/os-release", encoding="utf-8") as file:
        release = re.search(r"^VERSION_CODENAME=(\w+)", file.read(), re.M).group(1)
    targets = output(["apt-get", "indextargets", "--format", "$(CREATED_BY) $(RELEASE) $(COMPONENT) $(REPO_URI)"])
    for line in targets.splitlines():
        kind, name, component, uri = line.split(" ", 3)
        if (kind, name, component) == ("Packages", release, "main"):
            return uri.rstrip("/")
    raise Missing(f"apt here has no mirror of {release} main")


def network_settings():
    """This machine's settings of apt that say how to reach a mirror."""
    lines = output(["apt-config", "dump"]).splitlines()
    return [line for line in lines if re.match(r"Acquire::(http|https|Check|Retries|Proxy)\b\S* \"[^\"]+\";", line)]


def make(target, say):
    making = os.path.join(FOLDER, f"making-{os.getpid()}")
    begun = time.monotonic()
    say("trixie: making the root that newer peers run in, once")
    try:
        os.chmod(FOLDER, 0o755)
        output([*recipe(), *("--aptopt=" + line for line in network_settings()), SUITE, making, mirror()],
               env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        os.rename(making, target)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    say(f"trixie: made in {time.monotonic() - begun:.0f} s")


def ensure(say=lambda text: print(text, file=sys.stderr, flush=True)):
    """The root's path; makes it when it is not there, and removes those of older lists."""
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        target = path()
        for name in os.listdir(FOLDER):
            old = os.path.join(FOLDER, name)
            if old != target and os.path.isdir(old):
                shutil.rmtree(old, ignore_errors=True)
        if not os.path.isdir(target):
            make(target, say)
    return target


def main():
    try:
        print(ensure())
    except (Missing, OSError, subprocess.TimeoutExpired) as error:
        print(f"trixie: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
