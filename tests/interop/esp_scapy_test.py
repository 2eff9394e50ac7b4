#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ESP packets between Adit and scapy, whose ESP nobody here wrote: each opens what the other sealed.

Both suites with every key length, tunnel mode, many payload lengths; and what scapy sealed no longer opens when a bit of it
is flipped, when it comes twice, or when its padding is wrong. Needs the program esp_packet of the build folder.
"""
import argparse
import os
import random
import struct
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("PYTHONWARNINGS", "ignore")
from scapy.layers.inet import IP, UDP, ICMP  # noqa: E402
from scapy.layers.ipsec import ESP, AUTH_ALGOS, CRYPT_ALGOS, SecurityAssociation  # noqa: E402
from scapy.packet import Raw  # noqa: E402

random.seed(4303)
SUITES = [("gcm", bits) for bits in (128, 192, 256)] + [("cbc", bits) for bits in (128, 192, 256)]
OUTER = IP(src="192.0.2.1", dst="192.0.2.2")


def rand(count):
    return bytes(random.getrandbits(8) for _ in range(count))


class Helper:
    def __init__(self, build):
        self.process = subprocess.Popen([os.path.join(build, "tests", "unit", "esp", "esp_packet")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        return self.process.wait(10)


class Keys:
    """One direction of one SA, as both sides want it."""

    def __init__(self, suite, bits):
        self.suite, self.bits = suite, bits
        self.key = rand(bits // 8 + (4 if suite == "gcm" else 0))
        self.integrity = rand(32) if suite == "cbc" else b""
        self.spi = random.randrange(256, 1 << 32)

    def words(self):
        return self.suite, self.bits, self.key.hex(), self.integrity.hex() or "-", f"{self.spi:x}"

    def scapy(self, seq):
        more = {}
        if self.suite == "cbc":
            more = {"auth_algo": "SHA2-256-128", "auth_key": self.integrity}
        return SecurityAssociation(ESP, spi=self.spi, seq_num=seq, tunnel_header=OUTER, crypt_key=self.key,
                                   crypt_algo="AES-GCM" if self.suite == "gcm" else "AES-CBC", **more)


def inner(length):
    if length < 8:
        return IP(src="10.1.0.1", dst="10.2.0.1", proto=253) / Raw(rand(length))
    upper = UDP(sport=1000, dport=53) if length % 2 else ICMP()
    return IP(src="10.1.0.1", dst="10.2.0.1") / upper / Raw(rand(length - 8))


def esp_bytes(packet):
    """The ESP packet without its outer header."""
    return bytes(packet)[20:]


def adit_to_scapy(helper, keys):
    for length in list(range(0, 40)) + [1000, 1372]:
        seq = random.randrange(1, 1 << 32)
        payload = bytes(inner(length))
        sealed = bytes.fromhex(helper.ask("seal", *keys.words(), seq, payload.hex()))
        assert sealed[:8] == struct.pack(">II", keys.spi, seq), "header"
        packet = IP(bytes(IP(src="192.0.2.1", dst="192.0.2.2", proto=50) / Raw(sealed)))
        assert bytes(keys.scapy(seq).decrypt(packet)) == payload, f"{length} bytes: scapy read something else"


def scapy_to_adit(helper, keys):
    for length in list(range(0, 40)) + [1000, 1372]:
        seq = random.randrange(1, 1 << 32)
        packet = inner(length)
        sealed = esp_bytes(keys.scapy(seq).encrypt(packet))
        assert helper.ask("open", *keys.words(), 0, sealed.hex()) == f"4 {bytes(packet).hex()}", f"{length} bytes"


def forged_and_repeated(helper, keys):
    sealed = esp_bytes(keys.scapy(7).encrypt(inner(30)))
    for _ in range(40):
        at = random.randrange(8, len(sealed))
        bad = bytearray(sealed)
        bad[at] ^= 1 << random.randrange(8)
        assert helper.ask("open", *keys.words(), 0, bad.hex()) == "INTEGRITY", f"byte {at}"
    assert helper.ask("open", *keys.words(), 7, sealed.hex()) == "REPLAY"
    assert helper.ask("open", *keys.words(), 71, sealed.hex()) == "REPLAY"
    assert helper.ask("open", *keys.words(), 70, sealed.hex()).startswith("4 ")


def wrong_padding(helper, keys):
    crypt = CRYPT_ALGOS["AES-GCM" if keys.suite == "gcm" else "AES-CBC"]
    association = keys.scapy(9)
    plain = bytes(inner(30))
    pad = -(len(plain) + 2) % 16 + 16
    for padding, wanted in ((bytes(range(1, pad + 1)), "4 "), (bytes(pad), "SYNTAX")):
        esp = ESP(spi=keys.spi, seq=9, data=crypt.generate_iv() + plain + padding + bytes([pad, 4]))
        sealed = encrypt_raw(association, crypt, keys, esp)
        assert helper.ask("open", *keys.words(), 0, sealed.hex()).startswith(wanted), f"wanted {wanted}"


def encrypt_raw(association, crypt, keys, esp):
    """What scapy's ESP encryption does, with the padding as it is given."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    iv, plain = esp.data[:crypt.iv_size], esp.data[crypt.iv_size:]
    head = struct.pack(">II", esp.spi, esp.seq)
    if keys.suite == "gcm":
        return head + iv + AESGCM(keys.key[:-4]).encrypt(keys.key[-4:] + iv, plain, head)
    encryptor = Cipher(algorithms.AES(keys.key), modes.CBC(iv)).encryptor()
    made = ESP(spi=esp.spi, seq=esp.seq, data=iv + encryptor.update(plain) + encryptor.finalize())
    return bytes(AUTH_ALGOS["SHA2-256-128"].sign(made, keys.integrity))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    arguments = parser.parse_args()
    helper = Helper(arguments.build)
    failed = count = 0
    for suite, bits in SUITES:
        for row in (adit_to_scapy, scapy_to_adit, forged_and_repeated, wrong_padding):
            count += 1
            try:
                row(helper, Keys(suite, bits))
                print(f"ok {suite}-{bits} {row.__name__}")
            except Exception as error:  # whatever it is, the row failed
                failed += 1
                print(f"FAILED {suite}-{bits} {row.__name__}: {type(error).__name__}: {error}")
    if helper.close() != 0:
        failed += 1
        print("FAILED esp_packet did not end well")
    print(f"{count} rows, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
