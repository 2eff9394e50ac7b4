#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ESP packets between Adit and scapy, whose ESP nobody here wrote: each opens what the other sealed.

Every suite that scapy has, with and without extended sequence numbers, tunnel mode, many payload lengths; and what scapy sealed no longer opens when a bit of it
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
from scapy.layers.ipsec import ESP, AUTH_ALGOS, CRYPT_ALGOS, SecurityAssociation, _ESPPlain  # noqa: E402
from scapy.packet import Raw  # noqa: E402

random.seed(4303)
# As esp_proposals has it: scapy's names, bytes of key and salt, bytes of integrity key, bytes of ICV where scapy must be told.
AEADS = [(f"aes{bits}{mode}{icv}", f"AES-{mode.upper()}", None, bits // 8 + salt, 0, icv)
         for mode, salt in (("gcm", 4), ("ccm", 3)) for icv in (16, 12, 8) for bits in (128, 192, 256)
         if mode == "ccm" or icv == 16]  # scapy's GCM cannot be shortened
MACS = (("sha1", "HMAC-SHA1-96", 20), ("sha256", "SHA2-256-128", 32), ("sha384", "SHA2-384-192", 48),
        ("sha512", "SHA2-512-256", 64), ("aescmac", "AES-CMAC-96", 16))
CIPHERS = ([(f"aes{bits}", "AES-CBC", bits // 8) for bits in (128, 192, 256)] +
           [(f"aes{bits}ctr", "AES-CTR", bits // 8 + 4) for bits in (128, 192, 256)] +
           [("3des", "3DES", 24), ("null", "NULL", 0)])
SUITES = AEADS + [("chacha20poly1305", "CHACHA20-POLY1305", None, 36, 0, 16)] + [
    (f"{cipher}-{mac}", crypt, auth, key, mac_key, 0)
    for number, (cipher, crypt, key) in enumerate(CIPHERS) for turn, (mac, auth, mac_key) in enumerate(MACS)
    if number % len(MACS) == turn or cipher == "aes128" or mac == "sha256"]
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

    def __init__(self, suite, esn):
        self.suite, self.crypt, self.auth, key, integrity, self.icv = suite
        self.esn = esn
        self.key, self.integrity = rand(key), rand(integrity)
        self.spi = random.randrange(256, 1 << 32)

    def words(self):
        return self.suite, int(self.esn), self.key.hex() or "-", self.integrity.hex() or "-", f"{self.spi:x}"

    def scapy(self, seq):
        return SecurityAssociation(ESP, spi=self.spi, seq_num=seq & 0xffffffff, tunnel_header=OUTER, crypt_key=self.key or None,
                                   crypt_algo=self.crypt, crypt_icv_size=self.icv or None, esn_en=self.esn, esn=seq >> 32)

    def icv_of(self, seq, packet):
        """scapy's ESP leaves the high half of the number out of its MACs (RFC 4303 2.2.1), so that it is put there here."""
        if not self.auth:
            return b""
        mac = AUTH_ALGOS[self.auth].new_mac(self.integrity)
        mac.update(packet + (struct.pack(">I", seq >> 32) if self.esn else b""))
        return mac.finalize()[:AUTH_ALGOS[self.auth].icv_size]

    def seal(self, seq, packet):
        sealed = esp_bytes(self.scapy(seq).encrypt(packet))
        return sealed + self.icv_of(seq, sealed)

    def open(self, seq, packet):
        size = AUTH_ALGOS[self.auth].icv_size if self.auth else 0
        body, icv = packet[:len(packet) - size], packet[len(packet) - size:]
        assert icv == self.icv_of(seq, body), "ICV"
        return bytes(self.scapy(seq).decrypt(IP(bytes(IP(src="192.0.2.1", dst="192.0.2.2", proto=50) / Raw(body)))))

    def number(self):
        """A sequence number that a packet may have."""
        return random.randrange(1, 1 << 62) | 1 if self.esn else random.randrange(1, 1 << 32)


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
        seq = keys.number()
        payload = bytes(inner(length))
        sealed = bytes.fromhex(helper.ask("seal", *keys.words(), seq, payload.hex()))
        assert sealed[:8] == struct.pack(">II", keys.spi, seq & 0xffffffff), "header"
        assert keys.open(seq, sealed) == payload, f"{length} bytes: scapy read something else"


def scapy_to_adit(helper, keys):
    for length in list(range(0, 40)) + [1000, 1372]:
        seq = keys.number()
        packet = inner(length)
        before = seq - 1 if keys.esn else 0
        answer = helper.ask("open", *keys.words(), before, keys.seal(seq, packet).hex())
        assert answer == f"4 {bytes(packet).hex()}", f"{length} bytes: {answer}"


def forged_and_repeated(helper, keys):
    sealed = keys.seal(7, inner(30))
    for _ in range(40):
        at = random.randrange(8, len(sealed))
        bad = bytearray(sealed)
        bad[at] ^= 1 << random.randrange(8)
        assert helper.ask("open", *keys.words(), 0, bad.hex()) == "INTEGRITY", f"byte {at}"
    assert helper.ask("open", *keys.words(), 7, sealed.hex()) == "REPLAY"
    # What is behind the window is taken for one of the next high half with ESN (RFC 4303 A2.2).
    assert helper.ask("open", *keys.words(), 71, sealed.hex()) == ("INTEGRITY" if keys.esn else "REPLAY")
    assert helper.ask("open", *keys.words(), 70, sealed.hex()).startswith("4 ")


def wrong_high_half(helper, keys):
    """What was sealed under another high half than the receiver supposes does not open."""
    if keys.esn:
        seq = keys.number() | 1 << 33
        sealed = keys.seal(seq, inner(30)).hex()
        assert helper.ask("open", *keys.words(), seq - 1, sealed).startswith("4 ")
        assert helper.ask("open", *keys.words(), (seq ^ 1 << 33) - 1, sealed) == "INTEGRITY"


def wrong_padding(helper, keys):
    crypt = CRYPT_ALGOS[keys.crypt]
    plain = bytes(inner(30))
    pad = -(len(plain) + 2) % 16 + 16
    association = keys.scapy(9)
    for padding, wanted in ((bytes(range(1, pad + 1)), "4 "), (bytes(pad), "SYNTAX")):
        esp = _ESPPlain(spi=keys.spi, seq=9, iv=crypt.generate_iv(), data=plain, padding=padding, padlen=pad, nh=4)
        sealed = bytes(crypt.encrypt(association, esp, association.crypt_key, keys.icv or None, esn_en=keys.esn, esn=0))
        sealed += keys.icv_of(9, sealed)
        assert helper.ask("open", *keys.words(), 0, sealed.hex()).startswith(wanted), f"wanted {wanted}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    arguments = parser.parse_args()
    helper = Helper(arguments.build)
    failed = count = 0
    for suite, esn in ((suite, esn) for suite in SUITES for esn in (False, True)):
        for row in (adit_to_scapy, scapy_to_adit, forged_and_repeated, wrong_padding, wrong_high_half):
            count += 1
            name = f"{suite[0]}{' esn' if esn else ''} {row.__name__}"
            try:
                row(helper, Keys(suite, esn))
                print(f"ok {name}")
            except Exception as error:  # whatever it is, the row failed
                failed += 1
                print(f"FAILED {name}: {type(error).__name__}: {error}")
    if helper.close() != 0:
        failed += 1
        print("FAILED esp_packet did not end well")
    print(f"{count} rows, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
