#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""seeds: inputs of handlers_fuzz written down by hand, for handlers that mutation alone is long in finding.

    fuzz/seeds.py FOLDER    writes them there, fuzz/corpus/handlers as a rule

A new handler that no input reaches (the check names it) gets one here. The language is that of handlers_fuzz.c: a pair of hosts at a stage,
then moves.
"""
import os
import struct
import sys

PSK, CERT, COOKIE = range(3)
UP = 8  # the last stage
I, R = 0, 0x80
DELIVER, CHANGE, INVENT, MEMORY, SETTLE, PASS, JOBS, RELEASE, COMMAND, LOSE, REPEAT, READDRESS, LOOK = 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15
SA_INIT, AUTH, CREATE_CHILD, INFO = range(4)
RESPONSE = 0x40
P_SA, P_KE, P_CERTREQ, P_NONCE, P_DELETE, P_VENDOR, P_TSI, P_TSR, P_CP = 33, 34, 38, 40, 42, 43, 44, 45, 47


def run(length):
    """A run of bytes with its length before it."""
    assert len(length) < 0xf0
    return bytes([len(length)]) + length


def start(kind, stage):
    return bytes([kind + 3 * stage])


def move(what, side=I, *rest):
    return bytes([what | side]) + b"".join(bytes([part]) if isinstance(part, int) else part for part in rest)


def edits(*each):
    return bytes([len(each)]) + b"".join(each)


def add(kind, body):
    return bytes([0, kind]) + run(body)


def notify(number, data=b"", spi=None):
    return bytes([1, 4 if spi else 0]) + struct.pack(">H", number) + (struct.pack(">I", spi) if spi else b"") + run(data)


def overwrite(index, at, data):
    return bytes([8 | index << 4]) + struct.pack(">H", at) + run(data)


def invent(side, exchange, *each, response=0):
    return move(INVENT, side, exchange | response, edits(*each))


def change(side, *each):
    return move(CHANGE, side, edits(*each))


ESP = bytes.fromhex("00000024010304030000100103 00000c0100001480 0e0080 0300000804000013 0000000805000000".replace(" ", ""))
TS = bytes.fromhex("01000000 07000010 0000ffff 0a020000 0a0200ff".replace(" ", ""))
CP = bytes.fromhex("01000000 00010000".replace(" ", ""))
VENDOR, NONCE = b"vendor", bytes(range(32))
EXTRA = (add(P_VENDOR, VENDOR), add(P_CP, CP), notify(16384))
CHILD = (add(P_SA, ESP), add(P_NONCE, NONCE), add(P_KE, b"\0\x1f\0\0" + NONCE), add(P_TSI, TS), add(P_TSR, TS))
ELSEWHERE = bytes.fromhex("0b0000000b0000ff")

SEEDS = {
    "certreq-in-sa-init": start(PSK, 0) + change(I, add(P_CERTREQ, b"\4" + bytes(20)), add(P_VENDOR, VENDOR)) + move(SETTLE, I, 15),
    "extras-in-auth-request": start(PSK, 2) + change(I, *EXTRA) + move(SETTLE, I, 15),
    "extras-in-auth-response": start(PSK, 3) + change(R, *EXTRA) + move(SETTLE, I, 15),
    "modes-in-auth-request": start(PSK, 2) + change(I, notify(16391), notify(16394)) + move(SETTLE, I, 15),
    "modes-in-auth-response": start(PSK, 3) + change(R, notify(16391), notify(16394)) + move(SETTLE, I, 15),
    "create-child": start(PSK, UP) + invent(R, CREATE_CHILD, *CHILD, *EXTRA) + invent(I, CREATE_CHILD, *CHILD, *EXTRA) + move(SETTLE, I, 15),
    "rekey-unknown": start(PSK, UP) + invent(R, CREATE_CHILD, *CHILD, notify(16393, b"", 0x11223344)) + move(SETTLE, I, 15),
    "info-request": start(PSK, UP) + invent(R, INFO, *EXTRA) + invent(I, INFO, *EXTRA),
    "info-response": start(PSK, UP) + move(COMMAND, I, 0x41) + move(DELIVER, I) + change(R, *EXTRA) + move(SETTLE, I, 15),
    "auth-failed-told": start(PSK, UP) + invent(R, INFO, notify(24)),
    "update-fails": start(COOKIE, UP) + move(JOBS, I, 0x21) + move(COMMAND, R, 0xc1) + move(LOOK, R) + move(SETTLE, I, 15),
    "update": start(COOKIE, UP) + move(COMMAND, R, 0xc5) + move(LOOK, R) + move(PASS, I, 4) + move(SETTLE, I, 15),
    "keepalive": start(COOKIE, UP) + move(PASS, I, 3) + move(SETTLE, I, 15) + move(PASS, I, 3),
    "other-cipher": start(PSK, 0) + change(I, overwrite(0, 14, b"\0\x0c")) + move(SETTLE, I, 15),
    "other-address": start(PSK, 0) + move(LOSE, I) + move(READDRESS, R, 0x33)
    + invent(R, SA_INIT, add(P_SA, bytes.fromhex("00000028010100030300000c01000014800e00800300000802000005000000080400001f")),
             add(P_KE, b"\0\x1f\0\0" + NONCE), add(P_NONCE, NONCE)),
    "no-selector": start(PSK, 2) + change(I, overwrite(5, 12, ELSEWHERE)) + move(SETTLE, I, 15),
    "no-selector-in-answer": start(PSK, 3) + change(R, overwrite(3, 12, ELSEWHERE)) + move(SETTLE, I, 15),
    "opaque-ports": start(PSK, 2) + change(I, overwrite(5, 8, b"\xff\xff\0\0")) + move(SETTLE, I, 15),
    "spoilt": start(PSK, UP) + move(COMMAND, I, 0x41) + change(I, b"\x06\xff") + move(PASS, I, 2) + move(SETTLE, I, 15),
    "no-memory": start(PSK, UP) + move(MEMORY, R, 0) + invent(R, INFO, *EXTRA) + move(MEMORY, R, 255) + invent(R, INFO, *EXTRA),
    "no-memory-for-an-answer": start(PSK, UP) + move(COMMAND, I, 0x41) + move(DELIVER, I) + move(MEMORY, I, 2) + move(DELIVER, R)
    + move(MEMORY, I, 255) + move(PASS, I, 2) + move(SETTLE, I, 15),
    "vendor-in-sa-init-response": start(PSK, 1) + change(R, add(P_VENDOR, VENDOR)) + move(SETTLE, I, 15),
    "syntax-told": start(PSK, UP) + move(COMMAND, I, 0x41) + move(DELIVER, I) + change(R, notify(7)) + move(SETTLE, I, 15),
    "remove-fails": start(PSK, UP) + move(JOBS, I, 0x22) + move(COMMAND, I, 0x41) + move(SETTLE, I, 15),
    "query-fails": start(PSK, UP) + move(JOBS, I, 0x23) + move(PASS, I, 2) + move(PASS, I, 2) + move(SETTLE, I, 15),
    "late-job": start(PSK, 2) + move(JOBS, I, 0x40) + move(SETTLE, I, 3) + move(PASS, I, 4) + move(JOBS, I, 0) + move(RELEASE, R),
    "late-install": start(PSK, 3) + move(JOBS, I, 0x40) + move(DELIVER, R) + move(COMMAND, I, 0x62) + move(JOBS, I, 0) + move(RELEASE, I),
    "refused": start(PSK, 0) + (move(LOSE, I) + invent(I, SA_INIT, notify(14), response=RESPONSE) + move(PASS, I, 0x80)) * 6 + move(PASS, I, 4),
    "genuine-psk": start(PSK, 0) + move(SETTLE, I, 15) + move(LOOK, I) + move(PASS, I, 2) + move(SETTLE, I, 15),
    "genuine-cert": start(CERT, 0) + move(SETTLE, I, 15) + move(LOOK, R) + move(COMMAND, R, 0x42) + move(SETTLE, I, 15),
    "genuine-cookie": start(COOKIE, 0) + move(SETTLE, I, 15) + move(LOOK, I) + move(COMMAND, I, 0x81) + move(SETTLE, I, 15),
}


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, data in SEEDS.items():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
