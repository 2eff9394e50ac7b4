# SPDX-License-Identifier: Apache-2.0
"""newer: rows of what strongSwan 6 may offer and Adit does not have: further key exchanges (RFC 9370), PPK (RFC 8784).

They hold that an offer which leaves a choice is met by what Adit has, and one which leaves none is refused in words.
"""
import peers
from lab import expect
from scenarios import both_ping, leave, up_fails

PLAIN = "aes128gcm16-prfsha256-x25519"


def ml_kem_first(lab):
    """strongSwan's first proposal has ML-KEM-768 after X25519, its second has not: Adit passes over the first."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=False, adit_conn={"ike": PLAIN},
                                           peer_conn={"ike": f"{PLAIN}-ke1_mlkem768, {PLAIN}"})
    peers.bring_up(swan, adit)
    expect("N(IKE_INT_SUP)" in swan.log_text(), "strongSwan did not offer a further exchange")
    expect("selected proposal: IKE:AES_GCM_16_128/PRF_HMAC_SHA2_256/CURVE_25519\n" in swan.log_text(), "strongSwan has another suite")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def ml_kem_or_none(lab):
    """One proposal has ML-KEM-768 or NONE: a transform type Adit does not know makes it unacceptable (RFC 7296, 3.3.6)."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=False, adit_conn={"ike": PLAIN},
                                     peer_conn={"ike": f"{PLAIN}-ke1_mlkem768-ke1_none"})
    up_fails(swan, "NO_PROPOSAL_CHOSEN|NO_PROP")
    adit.log_wait("a transform type we do not know")
    adit.wait_empty()


def ml_kem_asked(lab):
    """strongSwan insists on ML-KEM-768 after X25519: Adit answers NO_PROPOSAL_CHOSEN."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=False, adit_conn={"ike": PLAIN}, peer_conn={"ike": f"{PLAIN}-ke1_mlkem768"})
    up_fails(swan, "NO_PROPOSAL_CHOSEN|NO_PROP")
    swan.log_wait("received NO_PROPOSAL_CHOSEN")
    adit.wait_empty()


def ml_kem_allowed(lab):
    """strongSwan would take ML-KEM-768 after X25519, Adit offers none: X25519 alone."""
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=True, adit_conn={"ike": PLAIN},
                                           peer_conn={"ike": f"{PLAIN}-ke1_mlkem768-ke1_none"})
    peers.bring_up(adit, swan)
    both_ping(adit, swan)
    leave(adit, swan, capture)


def ml_kem_missed(lab):
    """strongSwan insists on ML-KEM-768, Adit initiates without: up fails with NO_PROPOSAL_CHOSEN."""
    adit, swan, _, _ = peers.pair_up(lab, adit_initiates=True, adit_conn={"ike": PLAIN}, peer_conn={"ike": f"{PLAIN}-ke1_mlkem768"})
    up_fails(adit, "(?i)NO_PROPOSAL_CHOSEN")
    adit.wait_empty()
    swan.wait_empty()


def ppk(lab, adit_initiates, required):
    adit, swan, _, capture = peers.pair_up(lab, adit_initiates=adit_initiates, start=False,
                                           peer_conn={"ppk_id": "quantum", "ppk_required": required})
    swan.tree["secrets"]["ppk-1"] = {"secret": '"what both would know"', "id": "quantum"}
    swan.start(swan.tree)
    adit.start(adit.tree)
    return adit, swan, capture


def ppk_offered(lab):
    """strongSwan offers a PPK and does not insist: Adit passes over it."""
    adit, swan, capture = ppk(lab, False, "no")
    peers.bring_up(swan, adit)
    expect("N(USE_PPK)" in swan.log_text(), "strongSwan did not offer a PPK")
    both_ping(adit, swan)
    leave(adit, swan, capture)


def ppk_asked(lab):
    """strongSwan insists on a PPK: nothing comes up."""
    adit, swan, _ = ppk(lab, False, "yes")
    up_fails(swan, "PPK required but peer does not support PPK")
    expect(not adit.established(), "Adit has an SA")


def ppk_allowed(lab):
    """strongSwan would take a PPK, Adit offers none: they do without."""
    adit, swan, capture = ppk(lab, True, "no")
    peers.bring_up(adit, swan)
    both_ping(adit, swan)
    leave(adit, swan, capture)


def rows():
    return [(f"newer/{row.__name__.replace('_', ' ')}", row)
            for row in (ml_kem_first, ml_kem_or_none, ml_kem_asked, ml_kem_allowed, ml_kem_missed, ppk_offered, ppk_asked, ppk_allowed)]
