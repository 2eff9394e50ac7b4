# SPDX-License-Identifier: Apache-2.0
"""scenarios: single rows of what can go wrong, and what must still hold, against strongSwan.

Each function is one row; its first docstring line says what it proves. Node a is Adit's, node b strongSwan's. A row named
in NEEDS_ADIT proves something that strongSwan itself does not do, so it has no meaning with the stand-in.
"""
import os
import re
import socket
import struct
import threading
import time

import peers
from lab import ClearProbe, expect, expect_same, inside, ping, ping_until, run, transfer, wait_for

DPD = {"dpd_delay": "1s"}


def up_fails(initiator, words, timeout=10):
    """up has to fail, and say why."""
    text, code = initiator.up(timeout=timeout)
    expect(code > 0, f"up by {initiator.label} should fail; exit {code}\n{text}")
    expect(re.search(words, text), f"up by {initiator.label} does not say {words}:\n{text}")


def nothing_up(*ends):
    for end in ends:
        wait_for(lambda end=end: not end.installed(), 5, f"{end.label} has no Child SA")


def both_ping(one, two):
    ping(one.node, two.node)
    ping(two.node, one.node)


def leave(adit, swan, capture, esp=True):
    """The usual end: down by Adit, nothing left, orderly exit, no clear packet seen."""
    text, code = adit.down()
    expect(code == 0, f"down: exit {code}\n{text}")
    adit.wait_empty()
    swan.wait_empty()
    adit.terminate()
    capture.prove(esp)


# --- ends that die -------------------------------------------------------------------------------------------------------

def strongswan_killed(lab):
    """strongSwan killed -9: Adit notices by liveness checks and, with dpd_action = restart, is up again once it is back."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, adit_conn={**DPD, "child": {"dpd_action": "restart"}, "keyingtries": 0})
    first, _ = peers.bring_up(adit, swan)
    both_ping(adit, swan)
    swan.kill()
    wait_for(lambda: all(sa["initiator-spi"] != first["initiator-spi"] for sa in adit.established()), 20, "Adit gives the dead SA up")
    swan.start(swan.tree, swan.charon)
    wait_for(lambda: len(adit.installed()) == 1, 30, "Adit is up again")
    swan.wait_up()
    ping_until(adit.node, swan.node, 5, "the tunnel works again")
    ping(swan.node, adit.node)
    leave(adit, swan, capture)


def strongswan_killed_cleared(lab):
    """strongSwan killed -9 with dpd_action = clear: Adit notices by liveness checks and keeps nothing."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=False, adit_conn={**DPD, "child": {"dpd_action": "clear"}})
    peers.bring_up(swan, adit)
    both_ping(adit, swan)
    swan.kill()
    adit.wait_empty(20)
    adit.terminate()
    capture.prove()


def strongswan_restarted(lab):
    """strongSwan restarted in good order: its DELETE ends the SA at Adit, and a new SA comes up."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True)
    peers.bring_up(adit, swan)
    both_ping(adit, swan)
    swan.terminate()
    adit.wait_empty(5)
    swan.start(swan.tree, swan.charon)
    peers.bring_up(adit, swan)
    both_ping(adit, swan)
    leave(adit, swan, capture)


def adit_killed_initiator(lab):
    """Adit killed -9 and started again: its INITIAL_CONTACT makes strongSwan drop the dead SA at once."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True)
    first, _ = peers.bring_up(adit, swan)
    adit.kill()
    adit.start(adit.tree, adit.adit)
    second, _ = peers.bring_up(adit, swan)
    expect(first["initiator-spi"] != second["initiator-spi"], "the same SA")
    wait_for(lambda: len(swan.sas()) == 1, 5, "strongSwan has one SA, not the dead one as well")
    both_ping(adit, swan)
    transfer(adit.node, swan.node)
    leave(adit, swan, capture)


def adit_killed_responder(lab):
    """Adit killed -9 as responder: strongSwan's liveness checks find out, it comes again and Adit takes it."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=False, peer_conn={**DPD, "keyingtries": 0, "child": {"dpd_action": "restart"}})
    peers.bring_up(swan, adit)
    adit.kill()
    adit.start(adit.tree, adit.adit)
    wait_for(lambda: len(adit.installed()) == 1, 30, "strongSwan came again")
    ping_until(adit.node, swan.node, 10, "the tunnel works again")
    transfer(swan.node, adit.node)
    leave(adit, swan, capture)


def adit_restarted(lab):
    """Adit restarted in good order: its DELETE ends the SA at strongSwan, and start_action = start brings it up again."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, adit_conn={"child": {"start_action": "start"}})
    adit.wait_up()
    swan.wait_up()
    adit.terminate()
    swan.wait_empty(5)
    adit.start(adit.tree, adit.adit)
    adit.wait_up()
    swan.wait_up()
    both_ping(adit, swan)
    leave(adit, swan, capture)


def killed_leaks_nothing(lab):
    """Adit killed -9: what the tunnel protected neither leaves in clear nor comes in."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, start=False)
    a, b = adit.node, swan.node
    lab.ip(a.ns, f"route add {b.net()} via {b.outer_address()}")  # the way a clear packet would take
    probe = ClearProbe(b, a)
    expect(probe.arrives(), "the probe does not even arrive without a tunnel: it proves nothing")
    ping(a, b, check=False, count=1)
    capture.settle()
    expect(capture.clear, "the capture does not see clear packets: it proves nothing")
    capture.clear.clear()
    swan.start(swan.tree)
    adit.start(adit.tree)
    peers.bring_up(adit, swan)
    both_ping(adit, swan)
    probe.drain()
    expect(not probe.arrives(), "a clear packet gets in past a tunnel that is up")
    adit.kill()
    time.sleep(0.3)
    probe.drain()
    inward = probe.arrives()
    capture.settle()
    capture.clear = [frame for frame in capture.clear if b"clear probe" not in frame]  # the probe's own are meant to be
    expect(not ping(a, b, count=3, check=False), "the ping goes through without a daemon")
    capture.settle()
    expect(not inward, "a clear packet gets in after kill -9")
    capture.prove()


def down_then_start_again(lab):
    """kill -9, then a new aditd takes over the guards the dead one left, and its orderly end removes them."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, start=False)
    before = adit.node.network_state()
    swan.start(swan.tree)
    adit.start(adit.tree)
    peers.bring_up(adit, swan)
    adit.kill()
    adit.start(adit.tree)
    peers.bring_up(adit, swan)
    both_ping(adit, swan)
    leave(adit, swan, capture)
    expect_same(before, adit.node.network_state(), "Adit left something in the network's state")


# --- NAT ------------------------------------------------------------------------------------------------------------------

def rebinding_inside(lab):
    """The NAT box forgets its mappings mid-transfer, Adit inside: its liveness check tells strongSwan, the transfer ends well."""
    adit, swan, box, capture = peers.pair_up(lab, adit_initiates=True, nat=True, adit_conn=DPD)
    # kernel-libipsec cannot move a Child SA: strongSwan rekeys it, and as Adit does not, takes a new IKE SA
    rebinding(adit, swan, box, adit, swan, same=lab.stand_in)
    swan.log_wait("remote endpoint changed from 10.9.0.1", times=2)
    capture.prove()


def rebinding_outside(lab):
    """The same with strongSwan inside and Adit outside: Adit follows its peer to the new port."""
    adit, swan, box, capture = peers.pair_up(lab, adit_initiates=False, nat=True, peer_conn=DPD)
    rebinding(swan, adit, box, swan, adit)
    capture.prove()


def rebinding_address(lab):
    """The NAT box gets another public address, Adit outside: Adit follows its peer there."""
    adit, swan, box, capture = peers.pair_up(lab, adit_initiates=False, nat=True, peer_conn=DPD)
    rebinding(swan, adit, box, swan, adit, address="10.9.0.77")
    expect(adit.established()[0]["remote-host"] == "10.9.0.77", f"Adit did not follow: {adit.established()[0]}")
    capture.prove()


def rebinding(inner, outer, box, initiator, responder, address=None, same=True):
    first, _ = peers.bring_up(initiator, responder)
    port = outer.established()[0].get("remote-port")
    transfer(inner.node, outer.node, timeout=60, midway=lambda: box.rebind(address))
    both_ping(inner, outer)
    transfer(outer.node, inner.node, timeout=60, midway=box.rebind)
    ping_until(outer.node, inner.node, 20, "a ping towards the inside after rebinding")
    now = outer.established()[0]
    expect(not same or now["initiator-spi"] == first["initiator-spi"], "it took a new SA to go on")
    expect(now.get("remote-port") != port, f"the outside peer still has port {port}: the rebinding did not happen")


# --- refusals -------------------------------------------------------------------------------------------------------------

def wrong_psk_initiator(lab):
    """A wrong secret, Adit initiates: up fails, says AUTHENTICATION_FAILED, nothing stays."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=True, adit_conn={"secret": "another secret"})
    up_fails(adit, "(?i)AUTHENTICATION_FAILED|AUTH_FAILED")
    nothing_up(adit, swan)
    adit.wait_empty()
    swan.wait_empty()


def wrong_psk_responder(lab):
    """A wrong secret, strongSwan initiates: Adit answers AUTHENTICATION_FAILED and keeps nothing."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=False, adit_conn={"secret": "another secret"})
    up_fails(swan, "AUTH_FAILED|AUTHENTICATION_FAILED")
    swan.log_wait("received AUTHENTICATION_FAILED")
    adit.wait_empty()


def wrong_identity_initiator(lab):
    """strongSwan shows an identity that Adit, initiating, does not expect: up fails and says so."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=True, peer_conn={"ids": ("stranger.example.org", "a.example.org")})
    up_fails(adit, "(?i)stranger.example.org|identit|AUTH")
    nothing_up(adit, swan)
    adit.wait_empty()
    swan.wait_empty()


def wrong_identity_responder(lab):
    """strongSwan, initiating, shows an identity that Adit has no connection for: AUTHENTICATION_FAILED."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=False, peer_conn={"ids": ("stranger.example.org", "a.example.org")})
    up_fails(swan, "AUTH_FAILED|AUTHENTICATION_FAILED")
    swan.log_wait("received AUTHENTICATION_FAILED")
    adit.wait_empty()


def no_proposal_initiator(lab):
    """No IKE proposal in common, Adit initiates: up fails with NO_PROPOSAL_CHOSEN."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=True, adit_conn={"ike": "aes256gcm16-prfsha384-ecp256"})
    up_fails(adit, "(?i)NO_PROPOSAL_CHOSEN|NO_PROP")
    adit.wait_empty()
    swan.wait_empty()


def no_proposal_responder(lab):
    """No IKE proposal in common, strongSwan initiates: Adit answers NO_PROPOSAL_CHOSEN."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=False, adit_conn={"ike": "aes256gcm16-prfsha384-ecp256"})
    up_fails(swan, "NO_PROPOSAL_CHOSEN|NO_PROP")
    swan.log_wait("received NO_PROPOSAL_CHOSEN")
    adit.wait_empty()


def no_child_proposal_initiator(lab):
    """No ESP proposal in common, Adit initiates: up fails with NO_PROPOSAL_CHOSEN, no Child SA."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=True, adit_conn={"esp": "aes256-sha256"})
    up_fails(adit, "(?i)NO_PROPOSAL_CHOSEN|NO_PROP")
    nothing_up(adit, swan)


def no_child_proposal_responder(lab):
    """No ESP proposal in common, strongSwan initiates: Adit answers NO_PROPOSAL_CHOSEN in IKE_AUTH."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=False, adit_conn={"esp": "aes256-sha256"})
    up_fails(swan, "NO_PROPOSAL_CHOSEN|NO_PROP|establishing CHILD_SA")
    swan.log_wait("received NO_PROPOSAL_CHOSEN")
    nothing_up(adit, swan)


def no_selectors_initiator(lab):
    """No traffic selectors in common, Adit initiates: up fails with TS_UNACCEPTABLE, no Child SA."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=True, adit_conn={"child": {"remote_ts": "10.77.0.0/24"}})
    up_fails(adit, "(?i)TS_UNACCEPT")
    nothing_up(adit, swan)


def no_selectors_responder(lab):
    """No traffic selectors in common, strongSwan initiates: Adit answers TS_UNACCEPTABLE."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=False, peer_conn={"child": {"remote_ts": "10.77.0.0/24"}})
    up_fails(swan, "TS_UNACCEPT|establishing CHILD_SA")
    swan.log_wait("received TS_UNACCEPTABLE")
    nothing_up(adit, swan)


# --- negotiation ------------------------------------------------------------------------------------------------------------

def invalid_ke_initiator(lab):
    """strongSwan wants another group than Adit's first: INVALID_KE_PAYLOAD, and Adit comes again with it."""
    adit, swan, _, capture = peers.pair_up(
        lab, adit_initiates=True, adit_conn={"ike": "aes128gcm16-prfsha256-x25519-ecp256"}, peer_conn={"ike": "aes128gcm16-prfsha256-ecp256"})
    sa, _ = peers.bring_up(adit, swan)
    swan.log_wait("unacceptable, requesting ECP_256")
    expect(sa["dh-group"] == "ECP_256", f"the group is {sa['dh-group']}")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def invalid_ke_responder(lab):
    """Adit wants another group than strongSwan's first: INVALID_KE_PAYLOAD, and strongSwan comes again with it."""
    adit, swan, _, capture = peers.pair_up(
        lab, adit_initiates=False, adit_conn={"ike": "aes128gcm16-prfsha256-modp2048"}, peer_conn={"ike": "aes128gcm16-prfsha256-x25519-modp2048"})
    sa, _ = peers.bring_up(swan, adit)
    swan.log_wait("it requested MODP_2048")
    expect(sa["dh-group"] == "MODP_2048", f"the group is {sa['dh-group']}")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def preference_order(lab):
    """Both have several suites in opposite order: they agree on one, and both ends show the same."""
    mine = "aes256-aes128-sha256-prfsha512-prfsha256-modp2048-ecp256-x25519"
    theirs = "aes128-aes256-sha256-prfsha256-prfsha512-x25519-ecp256-modp2048"
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=False, adit_conn={"ike": mine, "esp": "aes256gcm16-aes128gcm16"},
                                           peer_conn={"ike": theirs, "esp": "aes128gcm16-aes256gcm16"})
    ours, other = reversed(peers.bring_up(swan, adit))
    for key in ("encr-alg", "encr-keysize", "integ-alg", "prf-alg", "dh-group"):
        expect(ours[key] == other[key], f"{key}: {ours[key]} and {other[key]}")
    one, two = peers.children_of(ours)[0], peers.children_of(other)[0]
    expect((one["encr-alg"], one["encr-keysize"]) == (two["encr-alg"], two["encr-keysize"]), f"{one} {two}")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def default_proposals(lab):
    """Both at their default proposals: they find a suite."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, both={"ike": "default", "esp": "default"})
    peers.bring_up(adit, swan)
    both_ping(adit, swan)
    leave(adit, swan, capture)


def default_proposals_responder(lab):
    """The same, with strongSwan as initiator."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=False, both={"ike": "default", "esp": "default"})
    peers.bring_up(swan, adit)
    both_ping(adit, swan)
    leave(adit, swan, capture)


def selectors_narrowed(lab):
    """Adit asks for more than strongSwan grants: both ends hold the narrowed selectors, and they bind."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, adit_conn={"child": {"remote_ts": "10.2.0.0/16"}})
    ours, theirs = peers.bring_up(adit, swan)
    expect(peers.children_of(ours)[0]["remote-ts"] == ["10.2.0.0/24"], f"Adit has {peers.children_of(ours)[0]}")
    expect(peers.children_of(theirs)[0]["local-ts"] == ["10.2.0.0/24"], f"strongSwan has {peers.children_of(theirs)[0]}")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def cookie_initiator(lab):
    """strongSwan asks for a cookie: Adit returns it and gets its SA."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, charon={"cookie_threshold": 1})
    peers.bring_up(adit, swan)
    adit.down()
    swan.wait_empty()
    request = bytearray(capture.sa_inits[0])  # once more with another SPI: a half-open SA, so that cookies are asked for
    request[0:8] = os.urandom(8)
    with inside(adit.node.ns), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(bytes(request), (swan.node.outer_address(), 500))
        stranger.settimeout(3)
        expect(stranger.recv(2000)[18] == 34, "strongSwan does not answer the repeated IKE_SA_INIT")
    peers.bring_up(adit, swan)
    swan.log_wait("parsed IKE_SA_INIT request 0 [ N(COOKIE)")
    both_ping(adit, swan)
    text, code = adit.down()
    expect(code == 0, f"down: exit {code}\n{text}")
    adit.terminate()
    capture.prove()


def cookie_responder(lab):
    """Adit asks for a cookie: strongSwan returns it and gets its SA."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=False, adit={"cookie_threshold": 0})
    peers.bring_up(swan, adit)
    swan.log_wait("parsed IKE_SA_INIT response 0 [ N(COOKIE)")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def cookie_and_invalid_ke(lab):
    """Adit asks for a cookie and for another group: strongSwan needs both retries and gets its SA."""
    adit, swan, _, capture = peers.pair_up(
        lab, adit_initiates=False, adit={"cookie_threshold": 0}, adit_conn={"ike": "aes128gcm16-prfsha256-ecp256"},
        peer_conn={"ike": "aes128gcm16-prfsha256-x25519-ecp256"})
    sa, _ = peers.bring_up(swan, adit)
    swan.log_wait("parsed IKE_SA_INIT response 0 [ N(COOKIE)")
    swan.log_wait("it requested ECP_256")
    expect(sa["dh-group"] == "ECP_256", f"the group is {sa['dh-group']}")
    both_ping(adit, swan)
    leave(adit, swan, capture)


# --- the tunnel goes on ---------------------------------------------------------------------------------------------------------

def everything_remote(lab):
    """remote_ts = 0.0.0.0/0: everything goes through the tunnel, and the tunnel does not swallow itself."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, adit_conn={"child": {"remote_ts": "0.0.0.0/0"}},
                                           peer_conn={"child": {"local_ts": "0.0.0.0/0"}})
    lab.ip(swan.node.ns, "addr add 203.0.113.5/32 dev lo")
    ours, _ = peers.bring_up(adit, swan)
    expect(peers.children_of(ours)[0]["remote-ts"] == ["0.0.0.0/0"], f"selectors are {peers.children_of(ours)[0]}")
    both_ping(adit, swan)
    ping(adit.node, swan.node, address="203.0.113.5")
    transfer(adit.node, swan.node)
    transfer(swan.node, adit.node)
    leave(adit, swan, capture)


def dynamic_selectors(lab):
    """local_ts = dynamic: Adit's own address is the selector, the usual road warrior."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, adit_conn={"child": {"local_ts": "dynamic"}},
                                           peer_conn={"child": {"remote_ts": "dynamic"}}, protected=["10.2.0.0/16"])
    ours, theirs = peers.bring_up(adit, swan)
    mine = peers.children_of(ours)[0]["local-ts"]
    expect(mine == ["10.9.0.1/32"] == peers.children_of(theirs)[0]["remote-ts"], f"selectors are {mine}")
    adit.node.inner = "10.9.0.1/32"
    both_ping(adit, swan)
    transfer(adit.node, swan.node)
    leave(adit, swan, capture)


def peer_rekeys_child(lab):
    """strongSwan rekeys a Child SA, which Adit does not do yet: NO_ADDITIONAL_SAS, and traffic goes on."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True)
    peers.bring_up(adit, swan)
    swan.swanctl("--rekey", "--child", "net", check=False)
    swan.log_wait("[ N(NO_ADD_SAS) ]")
    ping_until(adit.node, swan.node, 10, "the tunnel goes on")
    ping_until(swan.node, adit.node, 10, "the tunnel goes on")
    transfer(adit.node, swan.node)
    capture.prove()


def peer_rekeys_ike(lab):
    """strongSwan rekeys the IKE SA, which Adit does not do yet: NO_ADDITIONAL_SAS, and traffic goes on."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=False)
    peers.bring_up(swan, adit)
    swan.swanctl("--rekey", "--ike", "gw", check=False)
    swan.log_wait("[ N(NO_ADD_SAS) ]")
    ping_until(adit.node, swan.node, 10, "the tunnel goes on")
    ping_until(swan.node, adit.node, 10, "the tunnel goes on")
    transfer(swan.node, adit.node)
    capture.prove()


def peer_dpd_answered(lab):
    """strongSwan's liveness checks are answered: the SA stays for many of them."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, peer_conn=DPD)
    first, _ = peers.bring_up(adit, swan)
    swan.log_wait("sending DPD request", timeout=8, times=3)
    time.sleep(0.5)
    expect(swan.log_text().count("parsed INFORMATIONAL response") >= 3, "strongSwan got no answers")
    expect([sa["initiator-spi"] for sa in swan.established()] == [first["initiator-spi"]], f"the SA is another: {swan.sas()}")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def own_dpd_answered(lab):
    """Adit's liveness checks are sent while idle, answered, and the SA stays."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=False, adit_conn=DPD)
    first, _ = peers.bring_up(swan, adit)
    swan.log_wait("parsed INFORMATIONAL request", timeout=8, times=3)
    expect([sa["initiator-spi"] for sa in adit.established()] == [first["initiator-spi"]], f"the SA is another: {adit.sas()}")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def up_and_down_many_times(lab):
    """Twenty times up and down, either end taking turns: nothing is left at either."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True)
    for turn in range(20):
        peers.bring_up(adit, swan)
        text, code = (adit if turn % 2 else swan).down()
        expect(code == 0, f"down {turn}: exit {code}\n{text}")
        adit.wait_empty()
        swan.wait_empty()
    peers.bring_up(adit, swan)
    both_ping(adit, swan)
    leave(adit, swan, capture)


def both_up_at_once(lab):
    """Both initiate at the same moment: at least one SA stands and traffic passes both ways."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, peer_conn={"remote_address": "10.9.0.1"})
    results = {}
    threads = [threading.Thread(target=lambda end=end: results.update({end.label: end.up()})) for end in (adit, swan)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    expect(any(code == 0 for _, code in results.values()), f"neither came up: {results}")
    ping_until(adit.node, swan.node, 5, "ping")
    ping_until(swan.node, adit.node, 5, "ping")
    capture.prove()


# --- what others see --------------------------------------------------------------------------------------------------------

def foreign_client(lab):
    """swanctl, which nobody here wrote, brings Adit's tunnel up, lists it and takes it down."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True)
    text = adit.swanctl("--list-conns", "--raw")
    expect("list-conn event {gw {" in text and "10.2.0.0/24" in text, f"list-conns prints {text}")
    expect("aditd" in adit.swanctl("--version", "--daemon"), "it does not name itself")
    expect("IKE_SAs: 0 total" in adit.swanctl("--stats"), f"stats: {adit.swanctl('--stats')}")
    expect("AES_GCM_16" in adit.swanctl("--list-algs"), f"algorithms: {adit.swanctl('--list-algs')}")
    expect("ike-init-out-req" in adit.swanctl("--counters"), f"counters: {adit.swanctl('--counters')}")
    text = adit.swanctl("--initiate", "--child", "net", "--timeout", "10")
    expect("initiate completed successfully" in text, f"initiate prints {text}")
    swan.wait_up()
    both_ping(adit, swan)
    text = adit.swanctl("--list-sas")
    expect(re.search(r"gw: #\d+, ESTABLISHED, IKEv2", text) and re.search(r"net: #\d+.*INSTALLED, TUNNEL", text), f"list-sas prints {text}")
    status = adit.command("status")[0]
    for word in ("gw", "net", "10.1.0.0/24", "10.2.0.0/24", "b.example.org"):
        expect(word in status, f"adit status does not say {word}:\n{status}")
    expect("10.2.0.0/24" in str(adit.status()), f"adit status --json: {adit.status()}")
    text = adit.swanctl("--terminate", "--ike", "gw", "--timeout", "10")
    expect("terminate completed successfully" in text, f"terminate prints {text}")
    adit.wait_empty()
    swan.wait_empty()
    adit.terminate()
    capture.prove()


def tshark_reads(lab, ike, esp):
    keys = os.path.join(lab.logs, "keys")
    os.makedirs(keys, mode=0o700)
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, ike=ike, esp=esp, adit={"keylog": keys})
    lab.packets_whole(adit.node)
    peers.bring_up(adit, swan)
    both_ping(adit, swan)
    adit.down()
    adit.wait_empty()
    capture.settle()
    capture.prove()
    for name in ("ikev2_decryption_table", "esp_sa"):
        path = os.path.join(keys, name)
        expect(os.path.exists(path), f"no {name} in {os.listdir(keys)}")
        expect(os.stat(path).st_mode & 0o77 == 0, f"{name} is readable by others")

    def tshark(*argv):
        return run(["tshark", "-n", "-r", capture.path, "-o", "esp.enable_encryption_decode:TRUE",
                    "-o", "esp.enable_authentication_check:TRUE", *argv], timeout=30,
                   env={**os.environ, "WIRESHARK_CONFIG_DIR": keys})
    ids = tshark("-Y", "isakmp.exchangetype==35", "-T", "fields", "-e", "isakmp.id.data.fqdn")
    expect("a.example.org" in ids and "b.example.org" in ids, f"tshark does not see the identities of IKE_AUTH: {ids!r}")
    deletes = tshark("-Y", "isakmp.exchangetype==37 && isakmp.typepayload==42")
    expect(deletes.strip(), "tshark does not see the DELETE")
    pings = tshark("-Y", "esp && icmp", "-T", "fields", "-e", "icmp.type")
    expect(pings.split().count("8") == 6 and pings.split().count("0") == 6, f"tshark sees these ICMP types in ESP: {pings.split()}")


def tshark_gcm(lab):
    """With keylog, tshark decrypts IKE_AUTH, the DELETE and the pings inside ESP: AES-GCM."""
    tshark_reads(lab, "aes256gcm16-prfsha384-x25519", "aes128gcm16")


def tshark_cbc(lab):
    """With keylog, tshark decrypts IKE_AUTH, the DELETE and the pings inside ESP: AES-CBC with HMAC-SHA2."""
    tshark_reads(lab, "aes128-sha256-prfsha256-ecp256", "aes256-sha256")


def garbage(lab):
    """Noise of every length on both ports while a transfer runs: the tunnel does not mind and Adit lives."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True)
    peers.bring_up(adit, swan)

    def noise():
        with inside(swan.node.ns), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for port in (500, 4500):
                for length in range(0, 600):
                    stranger.sendto(os.urandom(length), (adit.node.outer_address(), port))
                header = capture.sa_inits[0][:8]
                for _ in range(300):
                    body = header + os.urandom(8) + bytes((os.urandom(1)[0], 0x20, 34 + os.urandom(1)[0] % 4, 8)) + os.urandom(4)
                    body += struct.pack("!I", 28 + 40) + os.urandom(40)
                    stranger.sendto((bytes(4) if port == 4500 else b"") + body, (adit.node.outer_address(), port))
    transfer(adit.node, swan.node, midway=noise)
    both_ping(adit, swan)
    expect(adit.process.poll() is None, "aditd is gone")
    capture.clear = [frame for frame in capture.clear if frame[23] != 17]
    leave(adit, swan, capture)


ROWS = [
    strongswan_killed, strongswan_killed_cleared, strongswan_restarted, adit_killed_initiator, adit_killed_responder, adit_restarted,
    killed_leaks_nothing, down_then_start_again, rebinding_inside, rebinding_outside, rebinding_address, wrong_psk_initiator,
    wrong_psk_responder, wrong_identity_initiator, wrong_identity_responder, no_proposal_initiator, no_proposal_responder,
    no_child_proposal_initiator, no_child_proposal_responder, no_selectors_initiator, no_selectors_responder, invalid_ke_initiator,
    invalid_ke_responder, preference_order, default_proposals, default_proposals_responder, selectors_narrowed, cookie_initiator, cookie_responder,
    cookie_and_invalid_ke, everything_remote, dynamic_selectors, peer_rekeys_child, peer_rekeys_ike, peer_dpd_answered, own_dpd_answered,
    up_and_down_many_times, both_up_at_once, foreign_client, tshark_gcm, tshark_cbc, garbage,
]
NEEDS_ADIT = {killed_leaks_nothing, down_then_start_again, peer_rekeys_child, peer_rekeys_ike, cookie_responder, cookie_and_invalid_ke,
              foreign_client, tshark_gcm, tshark_cbc}


def rows(stand_in=False):
    return [(f"single/{row.__name__.replace('_', ' ')}", row) for row in ROWS if not (stand_in and row in NEEDS_ADIT)]
