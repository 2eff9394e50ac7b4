/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: every key of the configuration, as rows.
 *
 * A row is path, type, default, what works, bounds and a sentence for the manual. The checker, the
 * builder, the manual page (keys_doc.c) and the nearest-name search read these rows and nothing
 * else. Depends on nothing but spans, so that the manual's generator can be built for the machine
 * that builds.
 *
 * Paths: "<x>" stands for any name, "word<suffix>" for any name that begins with word. Rows of a
 * section follow one another.
 */
#ifndef ADIT_CONFIG_KEYS_H
#define ADIT_CONFIG_KEYS_H

#include "span.h"

enum key_type {
	KEY_BOOL,
	KEY_BOOL_ON,       /* only yes is done */
	KEY_BOOL_LATER,    /* yes is warned about and taken for no */
	KEY_COUNT,         /* least … most */
	KEY_TIME,          /* least … most, in milliseconds */
	KEY_RATIO,         /* least … most, in hundredths */
	KEY_CHOICE,        /* one of values */
	KEY_TEXT,
	KEY_PATH,
	KEY_PATH_OR_NONE,
	KEY_SECRET,
	KEY_ID,
	KEY_IDS,
	KEY_AUTH,
	KEY_HOSTS,
	KEY_SELECTORS,
	KEY_PROPOSALS_IKE,
	KEY_PROPOSALS_ESP,
	KEY_PROPOSALS_AH,
	KEY_TFC,           /* mtu, or least … most */
};

enum key_status {
	KEY_WORKS,
	KEY_LATER,  /* refused unless the value is swanctl's default, or harmless */
	KEY_UNUSED, /* means nothing in IKEv2: warned about */
};

struct key_row {
	const char *path;
	enum key_type type;
	enum key_status status;
	const char *standard; /* default, as a file would say it */
	const char *values;   /* CHOICE: "a|b"; KEY_LATER: further values that mean "off" */
	const char *later;    /* CHOICE: values that swanctl knows and we do not do yet */
	uint64_t least, most;
	const char *help;
};

/*
 * WORKS(id, path, type, values, later, least, most, help): default in defaults.h.
 * LATER(id, path, type, default, harmless values, help).
 * UNUSED(id, path, type, default, help).
 */
/* clang-format off */
#define KEY_ROWS(WORKS, LATER, UNUSED) \
	WORKS(CONN_VERSION, "connections.<conn>.version", CHOICE, "0|2", "1", 0, 0, \
		"IKE version: 2, or 0, which means 2 too; IKEv1 is not done.") \
	WORKS(CONN_LOCAL_ADDRS, "connections.<conn>.local_addrs", HOSTS, "", "", 0, 0, \
		"Own addresses: a list of addresses, prefixes, %any.") \
	WORKS(CONN_REMOTE_ADDRS, "connections.<conn>.remote_addrs", HOSTS, "", "", 0, 0, \
		"The peer's addresses, likewise; to initiate there has to be one address in the " \
		"list. A link-local one has its interface behind it: fe80::1%eth0.") \
	WORKS(CONN_LOCAL_PORT, "connections.<conn>.local_port", COUNT, "", "", 1, 65535, \
		"Own UDP port.") \
	WORKS(CONN_REMOTE_PORT, "connections.<conn>.remote_port", COUNT, "", "", 1, 65535, \
		"The peer's UDP port.") \
	WORKS(CONN_PROPOSALS, "connections.<conn>.proposals", PROPOSALS_IKE, "", "", 0, 0, \
		"IKE proposals: a list, keywords joined by \"-\", or default.") \
	LATER(CONN_VIPS, "connections.<conn>.vips", TEXT, "", "", \
		"Virtual addresses to ask for.") \
	LATER(CONN_PULL, "connections.<conn>.pull", BOOL, "yes", "no", \
		"Mode config in IKEv1.") \
	LATER(CONN_DSCP, "connections.<conn>.dscp", TEXT, "000000", "", \
		"DSCP of IKE packets, six binary digits.") \
	WORKS(CONN_ENCAP, "connections.<conn>.encap", BOOL, "", "", 0, 0, \
		"Force UDP encapsulation of ESP.") \
	WORKS(CONN_MOBIKE, "connections.<conn>.mobike", BOOL_LATER, "", "", 0, 0, \
		"MOBIKE (RFC 4555); not done yet, it is as if it were no.") \
	WORKS(CONN_DPD_DELAY, "connections.<conn>.dpd_delay", TIME, "", "", 0, 86400000, \
		"Silence after which the peer's liveness is checked; 0: never.") \
	UNUSED(CONN_DPD_TIMEOUT, "connections.<conn>.dpd_timeout", TIME, "0s", \
		"IKEv1 only; IKEv2 uses its retransmissions.") \
	WORKS(CONN_FRAGMENTATION, "connections.<conn>.fragmentation", CHOICE, "yes|accept|force|no", "", 0, 0, \
		"IKE fragmentation (RFC 7383): yes announces it and uses it for what is too large for the path, accept only announces it, force means yes: strongSwan does not take a message in one fragment.") \
	LATER(CONN_CHILDLESS, "connections.<conn>.childless", TEXT, "allow", "never", \
		"IKE SAs without a Child SA (RFC 6023).") \
	WORKS(CONN_SEND_CERTREQ, "connections.<conn>.send_certreq", BOOL, "", "", 0, 0, \
		"Whether the peer is asked for certificates of the CAs that it may have one of.") \
	WORKS(CONN_SEND_CERT, "connections.<conn>.send_cert", CHOICE, "ifasked|always|never", "", 0, 0, \
		"When our certificates are sent.") \
	LATER(CONN_OCSP, "connections.<conn>.ocsp", TEXT, "reply", "never", \
		"OCSP stapling in IKE.") \
	LATER(CONN_PPK_ID, "connections.<conn>.ppk_id", TEXT, "", "", \
		"Identity of a post-quantum pre-shared key (RFC 8784).") \
	LATER(CONN_PPK_REQUIRED, "connections.<conn>.ppk_required", BOOL, "no", "", \
		"Whether a PPK has to be used.") \
	WORKS(CONN_KEYINGTRIES, "connections.<conn>.keyingtries", COUNT, "", "", 0, 1000000, \
		"How often setting up is tried; 0: for ever.") \
	WORKS(CONN_UNIQUE, "connections.<conn>.unique", CHOICE, "no", "never|keep|replace", 0, 0, \
		"Uniqueness of a peer's IKE SAs.") \
	LATER(CONN_REAUTH_TIME, "connections.<conn>.reauth_time", TIME, "0s", "", \
		"When to authenticate again.") \
	LATER(CONN_REKEY_TIME, "connections.<conn>.rekey_time", TIME, "4h", "0", \
		"When to rekey the IKE SA; rekeying is not there yet.") \
	LATER(CONN_OVER_TIME, "connections.<conn>.over_time", TIME, "10 %", "0", \
		"Time after which an IKE SA that was not rekeyed is closed.") \
	LATER(CONN_RAND_TIME, "connections.<conn>.rand_time", TIME, "over_time", "0", \
		"Random time subtracted from rekeying times.") \
	LATER(CONN_POOLS, "connections.<conn>.pools", TEXT, "", "", \
		"Address pools to serve virtual addresses from.") \
	WORKS(CONN_IF_ID_IN, "connections.<conn>.if_id_in", TEXT, "", "", 0, 0, \
		"XFRM interface of inbound SAs and policies, for children that name none; dataplane xfrm.") \
	WORKS(CONN_IF_ID_OUT, "connections.<conn>.if_id_out", TEXT, "", "", 0, 0, \
		"XFRM interface of outbound SAs and policies, likewise.") \
	WORKS(LOCAL_ROUND, "connections.<conn>.local<suffix>.round", COUNT, "", "", 0, 255, \
		"Order of authentication rounds; only one is done.") \
	WORKS(LOCAL_CERTS, "connections.<conn>.local<suffix>.certs", TEXT, "", "", 0, 0, \
		"Certificates to authenticate with: a list of files in the folder x509 or absolute paths. The one that fits what the peer asks for is used; without any, one that carries id.") \
	WORKS(LOCAL_CERT_FILE, "connections.<conn>.local<suffix>.cert<suffix>.file", TEXT, "", "", 0, 0, \
		"Another one of certs.") \
	LATER(LOCAL_CERT_HANDLE, "connections.<conn>.local<suffix>.cert<suffix>.handle", TEXT, "", "", \
		"Handle of a certificate on a token.") \
	LATER(LOCAL_CERT_SLOT, "connections.<conn>.local<suffix>.cert<suffix>.slot", TEXT, "", "", \
		"Slot of the token.") \
	LATER(LOCAL_CERT_MODULE, "connections.<conn>.local<suffix>.cert<suffix>.module", \
		TEXT, "", "", \
		"PKCS#11 module of the token.") \
	LATER(LOCAL_PUBKEYS, "connections.<conn>.local<suffix>.pubkeys", TEXT, "", "", \
		"Raw public keys to authenticate with.") \
	WORKS(LOCAL_AUTH, "connections.<conn>.local<suffix>.auth", AUTH, "", "", 0, 0, \
		"How we authenticate: psk, or pubkey, rsa, ecdsa, ed25519 or ed448 with what narrows it, as in pubkey-sha256, rsa-3072-sha384 or ike:rsa/pss-sha384.") \
	WORKS(LOCAL_ID, "connections.<conn>.local<suffix>.id", ID, "", "", 0, 0, \
		"Our identity. Without one, the subject of the first of certs; without those, our address.") \
	LATER(LOCAL_EAP_ID, "connections.<conn>.local<suffix>.eap_id", TEXT, "", "", \
		"Identity within EAP.") \
	LATER(LOCAL_AAA_ID, "connections.<conn>.local<suffix>.aaa_id", TEXT, "", "", \
		"Identity of the AAA server to expect.") \
	WORKS(REMOTE_ROUND, "connections.<conn>.remote<suffix>.round", COUNT, "", "", 0, 255, \
		"Order of authentication rounds; only one is done.") \
	WORKS(REMOTE_ID, "connections.<conn>.remote<suffix>.id", ID, "", "", 0, 0, \
		"The identity the peer has to prove; wildcards are possible.") \
	LATER(REMOTE_EAP_ID, "connections.<conn>.remote<suffix>.eap_id", TEXT, "", "", \
		"Identity to expect within EAP.") \
	LATER(REMOTE_GROUPS, "connections.<conn>.remote<suffix>.groups", TEXT, "", "", \
		"Groups the peer has to be in.") \
	LATER(REMOTE_CERT_POLICY, "connections.<conn>.remote<suffix>.cert_policy", TEXT, "", "", \
		"Certificate policies the peer has to have.") \
	WORKS(REMOTE_CERTS, "connections.<conn>.remote<suffix>.certs", TEXT, "", "", 0, 0, \
		"The only certificates the peer may have, named like those of local.") \
	WORKS(REMOTE_CERT_FILE, "connections.<conn>.remote<suffix>.cert<suffix>.file", TEXT, "", "", 0, 0, \
		"Another one of certs.") \
	LATER(REMOTE_CERT_HANDLE, "connections.<conn>.remote<suffix>.cert<suffix>.handle", TEXT, "", "", \
		"Handle of it on a token.") \
	LATER(REMOTE_CERT_SLOT, "connections.<conn>.remote<suffix>.cert<suffix>.slot", \
		TEXT, "", "", \
		"Slot of the token.") \
	LATER(REMOTE_CERT_MODULE, "connections.<conn>.remote<suffix>.cert<suffix>.module", \
		TEXT, "", "", \
		"PKCS#11 module of the token.") \
	WORKS(REMOTE_CACERTS, "connections.<conn>.remote<suffix>.cacerts", TEXT, "", "", 0, 0, \
		"CAs that may vouch for the peer: a list of files in the folder x509ca or absolute paths. Without any, all there are.") \
	WORKS(REMOTE_CACERT_FILE, "connections.<conn>.remote<suffix>.cacert<suffix>.file", TEXT, "", "", 0, 0, \
		"Another one of cacerts.") \
	LATER(REMOTE_CACERT_HANDLE, "connections.<conn>.remote<suffix>.cacert<suffix>.handle", TEXT, "", "", \
		"Handle of it on a token.") \
	LATER(REMOTE_CACERT_SLOT, "connections.<conn>.remote<suffix>.cacert<suffix>.slot", \
		TEXT, "", "", \
		"Slot of the token.") \
	LATER(REMOTE_CACERT_MODULE, "connections.<conn>.remote<suffix>.cacert<suffix>.module", \
		TEXT, "", "", \
		"PKCS#11 module of the token.") \
	LATER(REMOTE_CA_ID, "connections.<conn>.remote<suffix>.ca_id", TEXT, "", "", \
		"Identity of the CA that issued the peer's certificate.") \
	LATER(REMOTE_PUBKEYS, "connections.<conn>.remote<suffix>.pubkeys", TEXT, "", "", \
		"Raw public keys to accept.") \
	WORKS(REMOTE_REVOCATION, "connections.<conn>.remote<suffix>.revocation", CHOICE, "relaxed|ifuri|strict", "", 0, 0, \
		"Revocation: strict refuses a certificate whose state is not known, ifuri one that says where that is to be had, relaxed only one that is revoked.") \
	WORKS(REMOTE_AUTH, "connections.<conn>.remote<suffix>.auth", AUTH, "", "", 0, 0, \
		"How the peer authenticates, likewise. What is not behind ike: holds for the signatures of its certificates too.") \
	WORKS(CHILD_AH_PROPOSALS, "connections.<conn>.children.<child>.ah_proposals", \
		PROPOSALS_AH, "", "", 0, 0, \
		"AH proposals, likewise; with them ESP is proposed only if esp_proposals is written " \
		"too. AH passes no NAT.") \
	WORKS(CHILD_ESP_PROPOSALS, "connections.<conn>.children.<child>.esp_proposals", \
		PROPOSALS_ESP, "", "", 0, 0, \
		"ESP proposals: a list, keywords joined by \"-\", or default.") \
	WORKS(CHILD_SHA256_96, "connections.<conn>.children.<child>.sha256_96", BOOL, "", "", 0, 0, \
		"Where HMAC-SHA-256 is agreed on, cut it to 96 bits instead of 128, as old kernels " \
		"did. Nothing tells the peer, which has to do the same.") \
	WORKS(CHILD_LOCAL_TS, "connections.<conn>.children.<child>.local_ts", \
		SELECTORS, "", "", 0, 0, \
		"Our side of the protected traffic: a list of dynamic, prefixes, ranges, each " \
		"with [protocol/port] if wanted.") \
	WORKS(CHILD_REMOTE_TS, "connections.<conn>.children.<child>.remote_ts", \
		SELECTORS, "", "", 0, 0, \
		"The peer's side, likewise.") \
	LATER(CHILD_REKEY_TIME, "connections.<conn>.children.<child>.rekey_time", TIME, "1h", "0", \
		"When to rekey the Child SA; rekeying is not there yet.") \
	LATER(CHILD_LIFE_TIME, "connections.<conn>.children.<child>.life_time", \
		TIME, "rekey_time + 10 %", "0|66m", \
		"When a Child SA that was not rekeyed is closed.") \
	LATER(CHILD_RAND_TIME, "connections.<conn>.children.<child>.rand_time", TIME, \
		"life_time - rekey_time", "0|6m", \
		"Random time subtracted from rekey_time.") \
	LATER(CHILD_REKEY_BYTES, "connections.<conn>.children.<child>.rekey_bytes", TEXT, "0", "", \
		"Bytes after which to rekey.") \
	LATER(CHILD_LIFE_BYTES, "connections.<conn>.children.<child>.life_bytes", TEXT, "0", "", \
		"Bytes after which to close.") \
	LATER(CHILD_RAND_BYTES, "connections.<conn>.children.<child>.rand_bytes", TEXT, "0", "", \
		"Random number of bytes subtracted from rekey_bytes.") \
	LATER(CHILD_REKEY_PACKETS, "connections.<conn>.children.<child>.rekey_packets", \
		TEXT, "0", "", \
		"Packets after which to rekey.") \
	LATER(CHILD_LIFE_PACKETS, "connections.<conn>.children.<child>.life_packets", \
		TEXT, "0", "", \
		"Packets after which to close.") \
	LATER(CHILD_RAND_PACKETS, "connections.<conn>.children.<child>.rand_packets", \
		TEXT, "0", "", \
		"Random number of packets subtracted from rekey_packets.") \
	LATER(CHILD_UPDOWN, "connections.<conn>.children.<child>.updown", TEXT, "", "", \
		"Script to run when the Child SA comes and goes.") \
	LATER(CHILD_HOSTACCESS, "connections.<conn>.children.<child>.hostaccess", BOOL, "no", "", \
		"Firewall hint for updown scripts.") \
	WORKS(CHILD_MODE, "connections.<conn>.children.<child>.mode", CHOICE, \
		"tunnel|transport", "transport_proxy|beet|pass|drop|iptfs", 0, 0, \
		"Mode of the Child SA. transport is for what the two hosts say to each other, and " \
		"becomes tunnel when the peer does not want it.") \
	WORKS(CHILD_POLICIES, "connections.<conn>.children.<child>.policies", \
		BOOL_ON, "", "", 0, 0, \
		"Install policies; only yes is done.") \
	LATER(CHILD_POLICIES_FWD_OUT, "connections.<conn>.children.<child>.policies_fwd_out", \
		BOOL, "no", "", \
		"Install forward policies for outbound traffic too.") \
	WORKS(CHILD_DPD_ACTION, "connections.<conn>.children.<child>.dpd_action", CHOICE, \
		"clear|none|restart|start", "trap|hold", 0, 0, \
		"What to do when the peer is dead: clear (or none) closes, restart (or start) " \
		"sets up again.") \
	LATER(CHILD_IPCOMP, "connections.<conn>.children.<child>.ipcomp", BOOL, "no", "", \
		"IP compression.") \
	LATER(CHILD_INACTIVITY, "connections.<conn>.children.<child>.inactivity", TIME, "0s", "", \
		"Silence after which the Child SA is closed.") \
	LATER(CHILD_REQID, "connections.<conn>.children.<child>.reqid", TEXT, "0", "", \
		"Fixed reqid.") \
	LATER(CHILD_PRIORITY, "connections.<conn>.children.<child>.priority", TEXT, "0", "", \
		"Fixed priority of policies.") \
	LATER(CHILD_INTERFACE, "connections.<conn>.children.<child>.interface", TEXT, "", "", \
		"Interface of outbound policies.") \
	WORKS(CHILD_MARK_IN, "connections.<conn>.children.<child>.mark_in", TEXT, "", "", 0, 0, \
		"Firewall mark of what inbound policies take, as a number and a mask, such as 0x11/0xff; dataplane xfrm.") \
	WORKS(CHILD_MARK_IN_SA, "connections.<conn>.children.<child>.mark_in_sa", BOOL, "", "", 0, 0, \
		"Whether mark_in is the inbound SA's too.") \
	WORKS(CHILD_MARK_OUT, "connections.<conn>.children.<child>.mark_out", TEXT, "", "", 0, 0, \
		"Firewall mark of what outbound policies and SAs take, likewise.") \
	WORKS(CHILD_SET_MARK_IN, "connections.<conn>.children.<child>.set_mark_in", TEXT, "", "", 0, 0, \
		"Firewall mark that packets get once they are opened, likewise.") \
	WORKS(CHILD_SET_MARK_OUT, "connections.<conn>.children.<child>.set_mark_out", TEXT, "", "", 0, 0, \
		"Firewall mark that packets get once they are protected, likewise.") \
	WORKS(CHILD_IF_ID_IN, "connections.<conn>.children.<child>.if_id_in", TEXT, "", "", 0, 0, \
		"XFRM interface of inbound SAs and policies; 0: the connection's.") \
	WORKS(CHILD_IF_ID_OUT, "connections.<conn>.children.<child>.if_id_out", TEXT, "", "", 0, 0, \
		"XFRM interface of outbound SAs and policies; 0: the connection's.") \
	LATER(CHILD_LABEL, "connections.<conn>.children.<child>.label", TEXT, "", "", \
		"Security label.") \
	LATER(CHILD_LABEL_MODE, "connections.<conn>.children.<child>.label_mode", \
		TEXT, "system", "", \
		"Meaning of the security label.") \
	WORKS(CHILD_TFC_PADDING, "connections.<conn>.children.<child>.tfc_padding", \
		TFC, "", "", 0, 65000, \
		"Least length of the ESP packets sent, in bytes, so that lengths tell less; mtu: as " \
		"long as the path takes. Tunnel mode only, and not for peers that do not want it.") \
	WORKS(CHILD_REPLAY_WINDOW, "connections.<conn>.children.<child>.replay_window", \
		COUNT, "", "", 0, 4096, \
		"Packets of the anti-replay window; 0: no replay protection.") \
	LATER(CHILD_PER_CPU_SAS, "connections.<conn>.children.<child>.per_cpu_sas", \
		TEXT, "no", "", \
		"A Child SA a processor (RFC 9611).") \
	LATER(CHILD_HW_OFFLOAD, "connections.<conn>.children.<child>.hw_offload", \
		TEXT, "no", "auto", \
		"Hardware offload.") \
	WORKS(CHILD_COPY_DF, "connections.<conn>.children.<child>.copy_df", BOOL, "", "", 0, 0, \
		"The outer IPv4 header gets the inner one's DF bit; no: it has none.") \
	WORKS(CHILD_COPY_ECN, "connections.<conn>.children.<child>.copy_ecn", BOOL, "", "", 0, 0, \
		"The outer header gets the inner one's ECN bits, and congestion marked outside is " \
		"told inside (RFC 6040); no: neither.") \
	WORKS(CHILD_COPY_DSCP, "connections.<conn>.children.<child>.copy_dscp", CHOICE, \
		"out|in|yes|no", "", 0, 0, \
		"Copy the DSCP: of what leaves to the outer header (out), of what arrives to the " \
		"inner one (in), both (yes).") \
	WORKS(CHILD_ICMP, "connections.<conn>.children.<child>.icmp", BOOL, "", "", 0, 0, \
		"Carry ICMP errors about the child's traffic too, from whatever router they are: " \
		"the packet that they quote decides (RFC 4301 6.2).") \
	WORKS(CHILD_START_ACTION, "connections.<conn>.children.<child>.start_action", CHOICE, \
		"none|start", "trap|trap|start", 0, 0, \
		"What to do when the configuration is loaded.") \
	WORKS(CHILD_CLOSE_ACTION, "connections.<conn>.children.<child>.close_action", CHOICE, \
		"none|start", "trap", 0, 0, \
		"What to do when the peer closes the Child SA.") \
	LATER(SECRET_EAP_SECRET, "secrets.eap<suffix>.secret", SECRET, "", "", \
		"EAP password.") \
	LATER(SECRET_EAP_ID, "secrets.eap<suffix>.id<suffix>", TEXT, "", "", \
		"Identity the password belongs to.") \
	LATER(SECRET_XAUTH_SECRET, "secrets.xauth<suffix>.secret", SECRET, "", "", \
		"XAuth password.") \
	LATER(SECRET_XAUTH_ID, "secrets.xauth<suffix>.id<suffix>", TEXT, "", "", \
		"Identity the password belongs to.") \
	LATER(SECRET_NTLM_SECRET, "secrets.ntlm<suffix>.secret", SECRET, "", "", \
		"NT hash of a password.") \
	LATER(SECRET_NTLM_ID, "secrets.ntlm<suffix>.id<suffix>", TEXT, "", "", \
		"Identity the hash belongs to.") \
	WORKS(SECRET_IKE_SECRET, "secrets.ike<suffix>.secret", SECRET, "", "", 0, 0, \
		"Pre-shared key: text, 0x and hex digits, or 0s and base64.") \
	WORKS(SECRET_IKE_ID, "secrets.ike<suffix>.id<suffix>", IDS, "", "", 0, 0, \
		"Identities the key is for; without any, for everybody. A key that names peers " \
		"is used for those alone.") \
	LATER(SECRET_PPK_SECRET, "secrets.ppk<suffix>.secret", SECRET, "", "", \
		"Post-quantum pre-shared key.") \
	LATER(SECRET_PPK_ID, "secrets.ppk<suffix>.id<suffix>", TEXT, "", "", \
		"Identity of the PPK.") \
	WORKS(SECRET_PRIVATE_FILE, "secrets.private<suffix>.file", TEXT, "", "", 0, 0, \
		"File of a private key, in the folder private or an absolute path. Those of the folder are loaded unnamed, too.") \
	WORKS(SECRET_PRIVATE_SECRET, "secrets.private<suffix>.secret", SECRET, "", "", 0, 0, \
		"Its passphrase.") \
	WORKS(SECRET_RSA_FILE, "secrets.rsa<suffix>.file", TEXT, "", "", 0, 0, \
		"File of a private key, in the folder rsa or an absolute path. Those of the folder are loaded unnamed, too.") \
	WORKS(SECRET_RSA_SECRET, "secrets.rsa<suffix>.secret", SECRET, "", "", 0, 0, \
		"Its passphrase.") \
	WORKS(SECRET_ECDSA_FILE, "secrets.ecdsa<suffix>.file", TEXT, "", "", 0, 0, \
		"File of a private key, in the folder ecdsa or an absolute path. Those of the folder are loaded unnamed, too.") \
	WORKS(SECRET_ECDSA_SECRET, "secrets.ecdsa<suffix>.secret", SECRET, "", "", 0, 0, \
		"Its passphrase.") \
	WORKS(SECRET_PKCS8_FILE, "secrets.pkcs8<suffix>.file", TEXT, "", "", 0, 0, \
		"File of a private key, in the folder pkcs8 or an absolute path. Those of the folder are loaded unnamed, too.") \
	WORKS(SECRET_PKCS8_SECRET, "secrets.pkcs8<suffix>.secret", SECRET, "", "", 0, 0, \
		"Its passphrase.") \
	WORKS(SECRET_PKCS12_FILE, "secrets.pkcs12<suffix>.file", TEXT, "", "", 0, 0, \
		"PKCS#12 file, in the folder pkcs12 or an absolute path. Those of the folder are loaded unnamed, too.") \
	WORKS(SECRET_PKCS12_SECRET, "secrets.pkcs12<suffix>.secret", SECRET, "", "", 0, 0, \
		"Its passphrase.") \
	LATER(SECRET_TOKEN_HANDLE, "secrets.token<suffix>.handle", TEXT, "", "", \
		"Handle of a key on a token.") \
	LATER(SECRET_TOKEN_SLOT, "secrets.token<suffix>.slot", TEXT, "", "", \
		"Slot of the token.") \
	LATER(SECRET_TOKEN_MODULE, "secrets.token<suffix>.module", TEXT, "", "", \
		"PKCS#11 module of the token.") \
	LATER(SECRET_TOKEN_PIN, "secrets.token<suffix>.pin", SECRET, "", "", \
		"PIN of the token.") \
	LATER(POOL_ADDRS, "pools.<name>.addrs", TEXT, "", "", \
		"Addresses of the pool.") \
	LATER(POOL_DNS, "pools.<name>.dns", TEXT, "", "", \
		"Attribute to hand out.") \
	LATER(POOL_NBNS, "pools.<name>.nbns", TEXT, "", "", \
		"Attribute to hand out.") \
	LATER(POOL_DHCP, "pools.<name>.dhcp", TEXT, "", "", \
		"Attribute to hand out.") \
	LATER(POOL_NETMASK, "pools.<name>.netmask", TEXT, "", "", \
		"Attribute to hand out.") \
	LATER(POOL_SERVER, "pools.<name>.server", TEXT, "", "", \
		"Attribute to hand out.") \
	LATER(POOL_SUBNET, "pools.<name>.subnet", TEXT, "", "", \
		"Attribute to hand out.") \
	LATER(POOL_SPLIT_INCLUDE, "pools.<name>.split_include", TEXT, "", "", \
		"Attribute to hand out.") \
	LATER(POOL_SPLIT_EXCLUDE, "pools.<name>.split_exclude", TEXT, "", "", \
		"Attribute to hand out.") \
	LATER(POOL_NUMBER, "pools.<name>.<number>", TEXT, "", "", \
		"Attribute to hand out, by number.") \
	LATER(AUTHORITY_CACERT, "authorities.<name>.cacert", TEXT, "", "", \
		"CA certificate.") \
	LATER(AUTHORITY_FILE, "authorities.<name>.file", TEXT, "", "", \
		"File of the CA certificate.") \
	LATER(AUTHORITY_HANDLE, "authorities.<name>.handle", TEXT, "", "", \
		"Handle of it on a token.") \
	LATER(AUTHORITY_SLOT, "authorities.<name>.slot", TEXT, "", "", \
		"Slot of the token.") \
	LATER(AUTHORITY_MODULE, "authorities.<name>.module", TEXT, "", "", \
		"PKCS#11 module of the token.") \
	LATER(AUTHORITY_CRL_URIS, "authorities.<name>.crl_uris", TEXT, "", "", \
		"Where CRLs are.") \
	LATER(AUTHORITY_OCSP_URIS, "authorities.<name>.ocsp_uris", TEXT, "", "", \
		"Where OCSP responders are.") \
	LATER(AUTHORITY_CERT_URI_BASE, "authorities.<name>.cert_uri_base", TEXT, "", "", \
		"Where certificates are, for hash and URL.") \
	WORKS(ADIT_IKE_SAS, "adit.ike_sas", COUNT, "", "", 1, 1048576, \
		"IKE SAs at once; memory for them is taken at the start.") \
	WORKS(ADIT_CHILD_SAS, "adit.child_sas", COUNT, "", "", 1, 1048576, \
		"Child SAs at once, likewise.") \
	WORKS(ADIT_HALF_OPEN, "adit.half_open", COUNT, "", "", 1, 1048576, \
		"Handshakes as responder at once.") \
	WORKS(ADIT_COOKIE_THRESHOLD, "adit.cookie_threshold", COUNT, "", "", 0, 1048576, \
		"Half-open IKE SAs from which cookies are asked for (RFC 7296 2.6); 0: always.") \
	WORKS(ADIT_HALF_OPEN_TIMEOUT, "adit.half_open_timeout", TIME, "", "", 1000, 3600000, \
		"How long a handshake may take.") \
	WORKS(ADIT_RETRANSMIT_TIMEOUT, "adit.retransmit_timeout", TIME, "", "", 10, 60000, \
		"Wait before the first retransmission.") \
	WORKS(ADIT_RETRANSMIT_BASE, "adit.retransmit_base", RATIO, "", "", 100, 1000, \
		"Each wait is the one before times this.") \
	WORKS(ADIT_RETRANSMIT_TRIES, "adit.retransmit_tries", COUNT, "", "", 0, 20, \
		"Retransmissions after the first sending.") \
	WORKS(ADIT_KEEPALIVE, "adit.keepalive", TIME, "", "", 0, 3600000, \
		"Silence after which a NAT keepalive is sent; 0: none.") \
	WORKS(ADIT_JOB_TIMEOUT, "adit.job_timeout", TIME, "", "", 100, 300000, \
		"How long a computation or an installation may take.") \
	WORKS(ADIT_RESPONSE_KEEP, "adit.response_keep", TIME, "", "", 1000, 3600000, \
		"How long a response is kept for retransmitted requests (RFC 7296 2.1).") \
	WORKS(ADIT_VICI_SOCKET, "adit.vici_socket", PATH, "", "", 0, 0, \
		"Path of the control socket.") \
	WORKS(ADIT_DATAPLANE, "adit.dataplane", CHOICE, "auto|xfrm|tun|null", "", 0, 0, \
		"Who does ESP: the kernel where it can and userspace otherwise, the kernel, userspace over TUN, or nobody.") \
	WORKS(ADIT_CREDENTIALS, "adit.credentials", PATH_OR_NONE, "", "", 0, 0, \
		"Folder that has the folders x509, x509ca, x509crl, private, rsa, ecdsa, pkcs8 and pkcs12, such as /etc/swanctl; by default that of this file.") \
	WORKS(ADIT_KEYLOG, "adit.keylog", PATH_OR_NONE, "", "", 0, 0, \
		"Folder for key tables that Wireshark reads. Whoever reads them reads the " \
		"traffic; for tests only.") \
	WORKS(ADIT_PORT, "adit.port", COUNT, "", "", 1, 65535, \
		"UDP port of IKE.") \
	WORKS(ADIT_PORT_NAT_T, "adit.port_nat_t", COUNT, "", "", 1, 65535, \
		"UDP port of IKE and ESP behind NAT (RFC 3948).") \
	WORKS(ADIT_ROUTING_TABLE, "adit.routing_table", COUNT, "", "", 1, 4294967295u, \
		"Routing table for routes to protected networks.") \
	WORKS(ADIT_ROUTING_TABLE_PRIO, "adit.routing_table_prio", COUNT, "", "", 1, 32757, \
		"Priority of the first of the rules that look them up.") \
	WORKS(ADIT_MSS, "adit.mss", TEXT, "", "", 0, 0, \
		"Longest TCP segment in tunnels, said to both ends as their connections begin: no: as " \
		"they have it, fit: what the path takes, or a number of bytes from 216 on.") \
	WORKS(ADIT_MTU, "adit.mtu", COUNT, "", "", 1280, 65535, \
		"MTU of the device adit0, through which the userspace dataplane gets packets.")
/* clang-format on */

enum key {
#define WORKS(id, path, type, values, later, least, most, help) KEY_##id,
#define LATER(id, path, type, standard, harmless, help) KEY_##id,
#define UNUSED(id, path, type, standard, help) KEY_##id,
	KEY_ROWS(WORKS, LATER, UNUSED)
#undef WORKS
#undef LATER
#undef UNUSED
	KEYS_COUNT
};

const struct key_row *key_row(enum key key);

/* The rows below one section: those whose path begins with the same `depth` components. */
struct key_scope {
	size_t first, end;
	unsigned depth;
};

struct key_scope key_scope_root(void);
/* The scope of a section in scope; false when there is no such section. */
bool key_scope_enter(const struct key_scope *scope, struct span section, struct key_scope *ret);
/* The row of a key in scope, or NULL. */
const struct key_row *key_scope_find(const struct key_scope *scope, struct span key);
/*
 * Names in scope, for suggestions: *i counts from 0; false at the end. Placeholders are left out, a
 * suffix is cut off.
 */
bool key_scope_name(const struct key_scope *scope, size_t *i, struct span *ret_name,
		    bool *ret_section);

/* Whether value is one of "a|b|c", in any case. */
bool key_value_in(const char *list, struct span value);
/* The next of "a|b|c"; false at the end. */
bool key_value_next(struct span *rest, struct span *ret);

#endif
