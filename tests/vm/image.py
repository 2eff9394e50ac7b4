# SPDX-License-Identifier: Apache-2.0
"""image: what the virtual machine boots: Debian's kernel, an initramfs, and the peers that this host cannot run.

Everything is fetched by apt and mmdebstrap into BUILD/vm and unpacked there; nothing of it is installed. The machine's root is
the host's own, read-only, with these folders laid over it. What is there already is used again.
"""
import glob
import os
import shutil
import subprocess

KERNEL_PACKAGE = "linux-image-amd64"
PEERS = ("libreswan", "openiked")
TRIXIE = "trixie"
TRIXIE_PACKAGES = "libreswan,openiked,openssl,iproute2"
# Loaded from the initramfs, all that the rows want: later the machine loads none, because looking for one takes it a second.
MODULES = (
    "crc32c_generic", "virtio_pci", "9pnet_virtio", "9p", "overlay", "veth", "bridge", "tun",
    "xfrm_user", "xfrm_interface", "af_key", "esp4", "esp6", "ah4", "ah6", "xfrm4_tunnel", "xfrm6_tunnel", "udp_tunnel", "ip6_udp_tunnel",
    "nf_conntrack_netlink", "nf_tables", "nft_chain_nat", "nft_masq", "nft_ct", "nft_reject", "nft_reject_inet", "nft_fib_inet", "nft_socket", "nft_xfrm", "nft_limit",
    "nft_log", "aesni_intel", "ghash_clmulni_intel", "gcm", "ccm", "ctr", "ecb", "cmac", "xcbc", "sha512_generic", "chacha20poly1305", "chacha_generic", "poly1305_generic", "des_generic", "seqiv", "echainiv", "authenc",
    "authencesn", "ghash_generic", "drbg")
LINKS = ("bin", "sbin", "lib", "lib64")
FETCH_TIME = 900


class ImageError(Exception):
    """Something could not be fetched or made."""


def command(argv, cwd, timeout=FETCH_TIME):
    try:
        done = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                              check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"})
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ImageError(f"{' '.join(argv)}: {error}") from error
    text = done.stdout.decode(errors="replace")
    if done.returncode:
        raise ImageError(f"{' '.join(argv)}: exit {done.returncode}\n{text[-2000:]}")
    return text


def tree_make(path):
    """An empty tree with /bin, /lib … as links into /usr, as the host has them; a package's own files follow the links."""
    for link in LINKS:
        os.makedirs(os.path.join(path, "usr", link), exist_ok=True)
        os.symlink(f"usr/{link}", os.path.join(path, link))


def unpack(debs, path):
    """Packages unpacked into a tree that is there whole or not at all."""
    partial = path + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    tree_make(partial)
    for deb in debs:
        command(["sh", "-c", 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"', "sh", deb, partial], ".")
    return partial


def kernel(folder):
    """The tree with Debian's kernel and its modules, and the kernel's version."""
    path = os.path.join(folder, "kernel")
    if not os.path.isdir(path):
        depends = command(["apt-cache", "depends", "--important", KERNEL_PACKAGE], folder)
        names = [line.split()[-1] for line in depends.splitlines() if "Depends: linux-image-" in line]
        if not names:
            raise ImageError(f"{KERNEL_PACKAGE} names no kernel; is apt-get update needed?")
        fetch = os.path.join(folder, "fetch-kernel")
        shutil.rmtree(fetch, ignore_errors=True)
        os.makedirs(fetch)
        command(["apt-get", "download", "-q", names[0]], fetch)
        partial = unpack(glob.glob(os.path.join(fetch, "*.deb")), path)
        version = os.listdir(os.path.join(partial, "usr/lib/modules"))[0]
        command(["depmod", "-b", partial, version], folder)
        os.rename(partial, path)
        shutil.rmtree(fetch)
    return path, os.listdir(os.path.join(path, "usr/lib/modules"))[0]


def peers(folder):
    """The tree with libreswan and OpenIKED and whatever of theirs the host has not."""
    path = os.path.join(folder, "peers")
    if not os.path.isdir(path):
        fetch = os.path.join(folder, "fetch-peers")
        os.makedirs(os.path.join(fetch, "partial"), exist_ok=True)
        for name in PEERS:  # one by one: they conflict, with each other and with strongSwan
            command(["apt-get", "install", "--download-only", "--reinstall", "-y", "-q", "--no-install-recommends",
                     "-o", f"Dir::Cache::archives={fetch}", "-o", "Debug::NoLocking=1", name], folder)
        os.rename(unpack(sorted(glob.glob(os.path.join(fetch, "*.deb"))), path), path)
        shutil.rmtree(fetch)
    return path


def trixie(folder):
    """A root of Debian trixie with its libreswan and OpenIKED."""
    path = os.path.join(folder, TRIXIE)
    if not os.path.isdir(path):
        partial = path + ".partial"
        shutil.rmtree(partial, ignore_errors=True)
        command(["mmdebstrap", "--variant=minbase", f"--include={TRIXIE_PACKAGES}", TRIXIE, partial], folder)
        os.rename(partial, path)
    return path


def modules_ordered(tree, version):
    """The files of MODULES and of all they need, in an order that loads; a loop with a stack."""
    base = os.path.join(tree, "usr/lib/modules", version)
    needs = {}
    with open(os.path.join(base, "modules.dep"), encoding="utf-8") as file:
        for line in file:
            name, _, after = line.partition(":")
            needs[name] = after.split()
    by_name = {os.path.basename(path).split(".")[0].replace("-", "_"): path for path in needs}
    order, stack = [], [by_name[name] for name in reversed(MODULES) if name in by_name]
    while stack:
        path = stack[-1]
        missing = [need for need in needs[path] if need not in order]
        if missing:
            stack += missing
        else:
            stack.pop()
            if path not in order:
                order.append(path)
    return [(path, os.path.join(base, path)) for path in order]


def cpio_entry(name, mode, data=b""):
    """One entry of a `newc` archive."""
    head = "070701" + "".join(f"{value:08X}" for value in (
        0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0))
    entry = head.encode() + name.encode() + b"\0"
    entry += bytes(-len(entry) % 4) + data
    return entry + bytes(-len(entry) % 4)


def initramfs(folder, tree, version, init):
    """busybox, init.sh and the modules that lead to the host's files."""
    busybox = shutil.which("busybox")
    if not busybox:
        raise ImageError("no busybox (package busybox-static)")
    parts = [cpio_entry(name, 0o040755) for name in ("bin", "modules")]
    order = []
    for path, file in modules_ordered(tree, version):
        order.append(os.path.basename(path))
        if path.endswith((".xz", ".zst")):
            tool = {"xz": "xz", "zst": "zstd"}[path.rsplit(".", 1)[1]]
            data = subprocess.run([tool, "-dc", file], stdout=subprocess.PIPE, check=True).stdout
            order[-1] = order[-1].rsplit(".", 1)[0]
        else:
            with open(file, "rb") as module:
                data = module.read()
        parts.append(cpio_entry(f"modules/{order[-1]}", 0o100644, data))
    parts.append(cpio_entry("modules/order", 0o100644, ("\n".join(order) + "\n").encode()))
    for name, source in (("bin/busybox", busybox), ("init", init)):
        with open(source, "rb") as file:
            parts.append(cpio_entry(name, 0o100755, file.read()))
    parts.append(cpio_entry("TRAILER!!!", 0))
    path = os.path.join(folder, "initramfs")
    with open(path, "wb") as file:
        file.write(b"".join(parts))
    return path
