# SPDX-License-Identifier: Apache-2.0
"""modes: transport mode, extended sequence numbers, padding and AH, as far as kernel-libipsec goes, and Adit with Adit where it does not.

kernel-libipsec does tunnel mode of ESP in UDP without extended numbers; what it says of the rest is negotiated, and its answer heeded.
Each function is one row; its first docstring line says what it proves.
"""
import struct

import peers
from lab import expect, ping, transfer, wait_for

HOST = {"local_ts": "dynamic", "remote_ts": "dynamic"}

def adits(lab, *, both=None, one=None, two=None, nat=False):
    """Adit at both ends, a beginning. Returns them and the capture."""
    a, b, _ = lab.pair(nat, inside_first=True)
    ends = peers.Adit(lab, a), peers.Adit(lab, b)
    capture = lab.watch(b, ["10.1.0.0/16", "10.2.0.0/16"])
    ends[0].tree = peers.connection(a, b, initiator=True, **{**(both or {}), **(one or {})})
    ends[1].tree = peers.connection(b, a, **{**(both or {}), **(two or {})})
    for end in reversed(ends):
        end.start(end.tree)
    return *ends, capture


def mode_is(wanted, *ends, protocol="ESP"):
    for end in ends:
        child = end.installed()[0]
        expect((child["mode"], child["protocol"]) == (wanted, protocol), f"{end.label} has {child['mode']} and {child['protocol']}")


def esp_lengths(capture):
    """Of the ESP packets in UDP that were captured."""
    capture.pcap.flush()
    with open(capture.path, "rb") as file:
        data = file.read()
    at, lengths = 24, []
    while at < len(data):
        size = struct.unpack_from("=I", data, at + 8)[0]
        packet = data[at + 30:at + 16 + size]
        at += 16 + size
        if len(packet) > 36 and packet[9] == 17 and 4500 in struct.unpack_from("!HH", packet, 20) and packet[28:32] != bytes(4):
            lengths.append(len(packet) - 28)
    return lengths


def outer_ping(one, two):
    text, code = one.node.command(["ping", "-c", "3", "-i", "0.05", "-W", "2", two.node.outer_address()], check=False)
    expect(code == 0, f"ping from {one.node.name} to the other host itself failed:\n{text}")


def done(one, *others, capture):
    text, code = one.down()
    expect(code == 0, f"down: exit {code}\n{text}")
    for end in (one, *others):
        end.wait_empty()
    capture.prove()


def transport_declined(lab):
    """A peer that does not answer USE_TRANSPORT_MODE gets a tunnel, which protects the same traffic (RFC 7296 1.3.1)."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, adit_conn={"child": {**HOST, "mode": "transport"}},
                                           peer_conn={"child": {**HOST, "mode": "tunnel"}})
    peers.bring_up(adit, swan)
    mode_is("TUNNEL", adit, swan)
    adit.log_wait("transport-mode-declined")
    outer_ping(adit, swan)
    done(adit, swan, capture=capture)


def transport_not_wanted(lab):
    """USE_TRANSPORT_MODE of strongSwan's is not answered by a child that is a tunnel, and both have one."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=False, adit_conn={"child": {**HOST, "mode": "tunnel"}},
                                           peer_conn={"child": {**HOST, "mode": "transport"}})
    peers.bring_up(swan, adit)
    mode_is("TUNNEL", adit, swan)
    outer_ping(swan, adit)
    done(adit, swan, capture=capture)


def padding_read(lab):
    """strongSwan reads packets that are padded to the length of the path (RFC 4303 2.7)."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, adit_conn={"child": {"tfc_padding": "mtu"}})
    lab.packets_whole(adit.node)
    peers.bring_up(adit, swan)
    ping(adit.node, swan.node)
    ping(swan.node, adit.node)
    capture.settle()
    expect(max(esp_lengths(capture)) in range(1469, 1473), f"not padded: {esp_lengths(capture)}")
    transfer(adit.node, swan.node)
    done(adit, swan, capture=capture)


def padding(lab):
    """With tfc_padding = mtu packets of all sizes are of one length; the other end pads to a length of its own, and both read it."""
    one, two, capture = adits(lab, both={"encap": "yes"}, one={"child": {"tfc_padding": "mtu"}},
                              two={"child": {"tfc_padding": 600}})
    for end in (one, two):
        lab.packets_whole(end.node)
    peers.bring_up(one, two)
    for size in (8, 56, 300):
        ping(one.node, two.node, size=size)
    wait_for(lambda: max(esp_lengths(capture), default=0) in range(1469, 1473), 5, "packets as long as the path takes are seen")
    capture.settle()
    lengths = set(esp_lengths(capture))
    expect(len(lengths) == 2 and min(lengths) in range(600, 604) and max(lengths) in range(1469, 1473), f"lengths {lengths}")
    transfer(one.node, two.node)
    transfer(two.node, one.node)
    done(one, two, capture=capture)


def transport(lab):
    """Transport mode between two Adits: what the hosts say to each other goes protected, and without an inner header."""
    one, two, capture = adits(lab, both={"encap": "yes", "child": {**HOST, "mode": "transport"}})
    peers.bring_up(one, two)
    mode_is("TRANSPORT", one, two)
    outer_ping(one, two)
    outer_ping(two, one)
    capture.settle()
    # 64 bytes of ICMP, 2 of trailer made 68, around them 8 of header, 8 of IV, 16 of ICV
    lengths = set(esp_lengths(capture))
    expect(lengths == {100}, f"lengths {lengths}")
    done(one, two, capture=capture)


def transport_nat(lab):
    """The same through a NAT, by the addresses each end knows, with TCP whose checksums were made for others (RFC 7296 2.23.1)."""
    one, two, capture = adits(lab, both={"child": {**HOST, "mode": "transport"}}, nat=True)
    peers.bring_up(one, two)
    mode_is("TRANSPORT", one, two)
    outer_ping(one, two)
    transfer(one.node, two.node, hosts=(one.node.outer_address(), two.node.outer_address()))
    done(one, two, capture=capture)


def transport_bare(lab):
    """The same without UDP, as it is where there is no NAT."""
    one, two, capture = adits(lab, both={"child": {**HOST, "mode": "transport"}})
    peers.bring_up(one, two)
    mode_is("TRANSPORT", one, two)
    outer_ping(one, two)
    transfer(two.node, one.node, hosts=(two.node.outer_address(), one.node.outer_address()))
    expect(capture.esp > 0 and capture.esp_udp == 0, f"{capture.esp} ESP packets, {capture.esp_udp} of them in UDP")
    done(one, two, capture=capture)


def with_ah(lab, child, protected):
    """Two Adits that propose AH alone; AH is all that is seen of their traffic."""
    one, two, capture = adits(lab, both={"child": {**child, "ah_proposals": "sha256-esn"}})
    capture.protected.clear()  # AH hides nothing
    for end in (two, one):
        end.terminate()
        del end.tree["connections"]["gw"]["children"]["net"]["esp_proposals"]
        end.start(end.tree)
    peers.bring_up(one, two)
    mode_is(child.get("mode", "tunnel").upper(), one, two, protocol="AH")
    for source, target in ((one, two), (two, one)):
        if protected:
            ping(source.node, target.node)
            transfer(source.node, target.node)
        else:
            outer_ping(source, target)
            transfer(source.node, target.node, hosts=(source.node.outer_address(), target.node.outer_address()))
    done(one, two, capture=capture)


def ah_tunnel(lab):
    """AH in tunnel mode, with extended numbers, by raw sockets (RFC 4302)."""
    with_ah(lab, {}, True)


def ah_transport(lab):
    """AH in transport mode keeps the hosts' own header (RFC 4302 3.1.1)."""
    with_ah(lab, {**HOST, "mode": "transport"}, False)


def extended_numbers(lab):
    """Extended sequence numbers between two Adits, with the widest window, under load."""
    one, two, capture = adits(lab, both={"esp": "aes128gcm16-esn", "child": {"replay_window": 4096}})
    peers.bring_up(one, two)
    for end in (one, two):
        expect(end.installed()[0].get("esn") == "1", f"{end.node.name} has no extended numbers")
    transfer(one.node, two.node)
    transfer(two.node, one.node)
    done(one, two, capture=capture)


def extended_numbers_chosen(lab):
    """esn-noesn offered to a strongSwan that has noesn alone: plain numbers are chosen, and traffic passes."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, adit_conn={"esp": "aes128gcm16-esn-noesn"},
                                           peer_conn={"esp": "aes128gcm16-noesn"})
    peers.bring_up(adit, swan)
    expect("esn" not in adit.installed()[0], "extended numbers all the same")
    transfer(adit.node, swan.node)
    done(adit, swan, capture=capture)


def ah_through_nat(lab):
    """AH alone through a NAT is refused by the end that begins, in words that name the cure."""
    one, two, _ = adits(lab, both={"esp": "default", "child": {"ah_proposals": "sha256"}}, nat=True)
    del one.tree["connections"]["gw"]["children"]["net"]["esp_proposals"]
    one.terminate()
    one.start(one.tree)
    text, code = one.up()
    expect(code > 0 and "NAT" in text and "esp_proposals" in text, f"exit {code}\n{text}")
    wait_for(lambda: not two.installed(), 5, "the other end has no Child SA")


ROWS = [transport_declined, transport_not_wanted, padding_read, padding, transport, transport_nat, transport_bare, ah_tunnel, ah_transport, extended_numbers,
        extended_numbers_chosen, ah_through_nat]


def rows(stand_in=False):
    return [] if stand_in else [(f"modes/{row.__name__.replace('_', '-')}", row) for row in ROWS]
