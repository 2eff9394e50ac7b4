# SPDX-License-Identifier: Apache-2.0
"""vici: a client of VICI, from the protocol's description (Debian 12 has no python3-vici). Adit and strongSwan both speak it."""
import socket
import struct

from lab import expect

REQUEST, RESPONSE, UNKNOWN, REGISTER, UNREGISTER, CONFIRM, EVENT_UNKNOWN, EVENT = range(8)


class Vici:
    """One connection. Messages are dicts of str, list and dict."""

    def __init__(self, path, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, kind, name=None, message=None):
        body = bytes([kind]) + (bytes([len(name)]) + name.encode() if name else b"") + encode(message or {})
        self.socket.sendall(struct.pack("!I", len(body)) + body)

    def take(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def packet(self):
        """(type, name or None, message)"""
        body = self.take(struct.unpack("!I", self.take(4))[0])
        if body[0] != EVENT:
            return body[0], None, decode(body[1:])
        return EVENT, body[2:2 + body[1]].decode(), decode(body[2 + body[1]:])

    def call(self, name, message=None):
        """The response; events on the way are dropped."""
        self.send(REQUEST, name, message)
        while True:
            kind, _, answer = self.packet()
            if kind != EVENT:
                expect(kind == RESPONSE, f"{name}: packet type {kind}")
                return answer

    def stream(self, name, event, message=None):
        """The messages of the events that a command answers with."""
        self.send(REGISTER, event)
        expect(self.packet()[0] == CONFIRM, f"{event} cannot be registered")
        self.send(REQUEST, name, message)
        found = []
        while True:
            kind, _, answer = self.packet()
            if kind != EVENT:
                break
            found.append(answer)
        expect(kind == RESPONSE, f"{name}: packet type {kind}")
        self.send(UNREGISTER, event)
        expect(self.packet()[0] == CONFIRM, f"{event} cannot be unregistered")
        return found


def encode(message):
    data = b""
    for key, value in message.items():
        name = bytes([len(key)]) + key.encode()
        if isinstance(value, dict):
            data += b"\x01" + name + encode(value) + b"\x02"
        elif isinstance(value, list):
            items = [b"\x05" + struct.pack("!H", len(item)) + item.encode() for item in value]
            data += b"\x04" + name + b"".join(items) + b"\x06"
        else:
            data += b"\x03" + name + struct.pack("!H", len(value)) + value.encode()
    return data


def decode(data):
    stack, items, at = [{}], None, 0
    while at < len(data):
        kind, at = data[at], at + 1
        key = value = None
        if kind in (1, 3, 4):
            key, at = data[at + 1:at + 1 + data[at]].decode(), at + 1 + data[at]
        if kind in (3, 5):
            size = struct.unpack_from("!H", data, at)[0]
            value, at = data[at + 2:at + 2 + size].decode(), at + 2 + size
        if kind == 1:
            stack.append(stack[-1].setdefault(key, {}))
        elif kind == 2:
            stack.pop()
        elif kind == 3:
            stack[-1][key] = value
        elif kind == 4:
            items = stack[-1].setdefault(key, [])
        elif kind == 5:
            items.append(value)
        else:
            expect(kind == 6, f"element type {kind}")
    expect(len(stack) == 1, "sections are not balanced")
    return stack[0]
