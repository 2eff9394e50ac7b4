# SPDX-License-Identifier: Apache-2.0
"""narrow: path MTU discovery through tunnels, over a path whose narrow link is in the middle, where neither end sees it.

    a --1500-- router a --1300-- router b --1500-- b

Between two Adits. The routers tell whoever sends what is too long with DF, and fragment the rest.
"""
import ipaddress
import re
import socket

import peers
from families import EitherCapture, EitherNode
from lab import expect, inside, ping, transfer, wait_for

LINK = 1300
ENDS = {4: ("10.9.1.1/24", "10.9.2.1/24"), 6: ("fd09:1::1/64", "fd09:2::1/64")}
NEAR = {4: ("10.9.1.254/24", "10.9.2.254/24"), 6: ("fd09:1::fe/64", "fd09:2::fe/64")}
MIDDLE = {4: ("10.9.3.1/24", "10.9.3.2/24"), 6: ("fd09:3::1/64", "fd09:3::2/64")}
INNER = {4: ("10.1.0.1/24", "10.2.0.1/24"), 6: ("fd01::1/64", "fd02::1/64")}
SEGMENT_HEADERS = {4: 40, 6: 60}
LEAST = {4: 576, 6: 1280}
TCP_MAXSEG = 2


class PieceCapture(EitherCapture):
    """A later fragment is as good as the first one of its packet, which has the ports."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.begun, self.pieces = set(), 0

    def judge(self, frame):
        packet = frame[14:]
        if frame[12:14] == b"\x08\x00" and int.from_bytes(packet[6:8], "big") & 0x3FFF:
            first, name = int.from_bytes(packet[6:8], "big") & 0x1FFF == 0, packet[12:20] + packet[4:6]
        elif frame[12:14] == b"\x86\xdd" and packet[6] == 44:
            first, name = int.from_bytes(packet[42:44], "big") >> 3 == 0, packet[8:40] + packet[44:48]
            frame = frame[:20] + packet[40:41] + frame[21:54] + packet[48:]
        else:
            super().judge(frame)
            return
        self.pieces += 1
        if not first and name in self.begun:
            return
        self.begun.add(name)
        super().judge(frame)


def path(lab, version, inner):
    """Two nodes and the routers between them; both families inside."""
    a, b = (EitherNode(lab, name, ENDS[version][i], INNER[inner][i], INNER[10 - inner][i]) for i, name in enumerate("ab"))
    routers = [lab.namespace(f"router-{name}") for name in "ab"]
    nodad = " nodad" if version == 6 else ""
    lab.cable(routers[0], "middle0", routers[1], "middle0")
    for i, node in enumerate((a, b)):
        ns = routers[i]
        lab.cable(node.ns, "eth0", ns, "near0")
        lab.sysctl(ns, "net/ipv4/ip_forward", 1)
        lab.sysctl(ns, "net/ipv6/conf/all/forwarding", 1)
        far = ipaddress.ip_interface(ENDS[version][1 - i]).network
        lab.ip(ns, f"addr add {NEAR[version][i]} dev near0{nodad}", f"addr add {MIDDLE[version][i]} dev middle0{nodad}",
               f"link set middle0 mtu {LINK}", "link set near0 up", "link set middle0 up")
        node.set_up()
        lab.ip(node.ns, f"route add {far} via {NEAR[version][i].split('/')[0]} dev eth0")
        lab.packets_whole(node)
    for i, ns in enumerate(routers):
        far = ipaddress.ip_interface(ENDS[version][1 - i]).network
        lab.ip(ns, f"route add {far} via {MIDDLE[version][1 - i].split('/')[0]} dev middle0")
    capture = PieceCapture(lab, b, "eth0", [str(ipaddress.ip_interface(net).network) for nets in INNER.values() for net in nets])
    lab.captures.append(capture)
    capture.start()
    return a, b, capture


def told(source, target, size):
    """The MTU that a ping of so many bytes with DF is told; 0: nothing."""
    head = 28 if "." in target.address() else 48
    text, _ = source.command(["ping", "-n", "-c", "1", "-W", "1", "-M", "do", "-s", str(size - head), "-I", source.address(), target.address()],
                             check=False)
    match = re.search(r"mtu ?[=:] ?(\d+)", text)
    return int(match.group(1)) if match else 0


def passes(source, target, size):
    head = 28 if "." in target.address() else 48
    return source.command(["ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", str(size - head), "-I", source.address(), target.address()],
                          check=False)[1] == 0


def fits(version, encap, inner):
    """The longest packet that AES-GCM-16 takes over the link in one piece, or what nobody is asked to send less than."""
    room = LINK - (20 if version == 4 else 40) - (8 if encap else 0) - 8 - 8 - 16
    return max(room // 4 * 4 - 2, LEAST[inner])


def segment(source, target):
    """The longest TCP segment that a connection of source's is told."""
    family = socket.AF_INET6 if ":" in target.address() else socket.AF_INET
    with inside(target.ns):
        listener = socket.create_server((target.address(), 0), family=family)
    with inside(source.ns):
        stream = socket.socket(family)
    with listener, stream:
        stream.settimeout(5)
        stream.bind((source.address(), 0))
        stream.connect((target.address(), listener.getsockname()[1]))
        return stream.getsockopt(socket.IPPROTO_TCP, TCP_MAXSEG)


def discovery(lab, version, inner, *, encap, mss="no"):
    a, b, capture = path(lab, version, inner)
    one, two = peers.Adit(lab, a), peers.Adit(lab, b)
    more = {"encap": "yes"} if encap else {}
    for end, other, initiator in ((two, one, False), (one, two, True)):
        tree = peers.connection(end.node, other.node, initiator=initiator, **more)
        end.start(tree, {"mss": mss})
    peers.bring_up(one, two)
    want = fits(version, encap, inner)
    for source, target in ((a, b), (b, a)):
        ping(source, target)
        wait_for(lambda s=source, t=target: told(s, t, 1390) == want, 8, f"{source.name} is told that {want} bytes fit", step=0.2)
        # the answer's way is learnt by itself
        wait_for(lambda s=source, t=target: passes(s, t, want), 8, f"{want} bytes from {source.name} arrive, and the answer")
        expect(told(source, target, want + 1) == want, f"{want + 1} bytes from {source.name} are not refused")
    for source, target in ((a, b), (b, a)):
        ping(source, target, size=3000)
        transfer(source, target, size=1 << 20)
        transfer(source, target, size=1 << 20, df=False)
    if mss == "fit":
        expect(segment(a, b) <= want - SEGMENT_HEADERS[inner], f"segments of {segment(a, b)} bytes")
    capture.settle()
    capture.prove()
    expect((capture.esp_udp if encap else capture.esp) > 500, f"{capture.esp} packets of bare ESP, {capture.esp_udp} in UDP")
    expect(want > LEAST[inner] or capture.pieces > 0, "packets that IPv6 may not be asked to shorten were not fragmented")


def first_bytes(lab, version, encap):
    """TCP before anything else: the path's length is learnt by the transfer itself."""
    a, b, capture = path(lab, version, 4)
    one, two = peers.Adit(lab, a), peers.Adit(lab, b)
    more = {"encap": "yes"} if encap else {}
    two.start(peers.connection(b, a, **more))
    one.start(peers.connection(a, b, initiator=True, **more))
    peers.bring_up(one, two)
    transfer(a, b, size=1 << 20)
    transfer(b, a, size=1 << 20)
    capture.settle()
    capture.prove()


def rows():
    listed = []
    for version in (4, 6):
        for inner in (4, 6):
            for encap in (False, True):
                listed.append((f"narrow/{inner}-in-{version} {'in UDP' if encap else 'bare'}",
                               lambda lab, v=version, i=inner, e=encap: discovery(lab, v, i, encap=e)))
        listed.append((f"narrow/mss fit over IPv{version}", lambda lab, v=version: discovery(lab, v, 4, encap=v == 4, mss="fit")))
        listed.append((f"narrow/TCP first over IPv{version}", lambda lab, v=version: first_bytes(lab, v, v == 6)))
    return listed
