/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defaults: the value of every key that is not written, in the words of the configuration file.
 *
 * One macro a working key, named after its row in keys.h; the same parser reads these and what
 * people write. They are swanctl.conf's where it has the key. Proposals: what RFC 8247 and 8221
 * call MUST or SHOULD without a minus, the best first, and groups of that strength; combined-mode
 * ciphers in proposals of their own (RFC 5282 8), and what those RFCs want for small devices last.
 */
#ifndef ADIT_CONFIG_DEFAULTS_H
#define ADIT_CONFIG_DEFAULTS_H

#define DEFAULT_CONN_VERSION "0"
#define DEFAULT_CONN_LOCAL_ADDRS "%any"
#define DEFAULT_CONN_REMOTE_ADDRS "%any"
#define DEFAULT_CONN_LOCAL_PORT "500"
#define DEFAULT_CONN_REMOTE_PORT "500"
#define DEFAULT_CONN_PROPOSALS "default"
#define DEFAULT_CONN_ENCAP "no"
#define DEFAULT_CONN_MOBIKE "yes"
#define DEFAULT_CONN_DPD_DELAY "0s"
#define DEFAULT_CONN_FRAGMENTATION "yes"
#define DEFAULT_CONN_SEND_CERT "ifasked"
#define DEFAULT_CONN_SEND_CERTREQ "yes"
#define DEFAULT_CONN_KEYINGTRIES "1"
#define DEFAULT_CONN_UNIQUE "no"
#define DEFAULT_LOCAL_ROUND "0"
#define DEFAULT_LOCAL_CERTS ""
#define DEFAULT_LOCAL_CERT_FILE ""
#define DEFAULT_LOCAL_AUTH "pubkey"
#define DEFAULT_LOCAL_ID "%any" /* the certificate's subject, or the own address */
#define DEFAULT_REMOTE_ROUND "0"
#define DEFAULT_REMOTE_CERTS ""
#define DEFAULT_REMOTE_CERT_FILE ""
#define DEFAULT_REMOTE_CACERTS ""
#define DEFAULT_REMOTE_CACERT_FILE ""
#define DEFAULT_REMOTE_REVOCATION "relaxed"
#define DEFAULT_REMOTE_AUTH "pubkey"
#define DEFAULT_REMOTE_ID "%any"
#define DEFAULT_CHILD_AH_PROPOSALS "" /* none */
#define DEFAULT_CHILD_ESP_PROPOSALS "default"
#define DEFAULT_CHILD_SHA256_96 "no"
#define DEFAULT_CHILD_LOCAL_TS "dynamic"
#define DEFAULT_CHILD_REMOTE_TS "dynamic"
#define DEFAULT_CHILD_MODE "tunnel"
#define DEFAULT_CHILD_TFC_PADDING "0"
#define DEFAULT_CHILD_POLICIES "yes"
#define DEFAULT_CHILD_DPD_ACTION "clear"
#define DEFAULT_CHILD_REPLAY_WINDOW "64" /* swanctl's is 32; RFC 4303 3.4.3 prefers 64 */
#define DEFAULT_CONN_IF_ID_IN "0"
#define DEFAULT_CONN_IF_ID_OUT "0"
#define DEFAULT_CHILD_MARK_IN "0"
#define DEFAULT_CHILD_MARK_IN_SA "no"
#define DEFAULT_CHILD_MARK_OUT "0"
#define DEFAULT_CHILD_SET_MARK_IN "0"
#define DEFAULT_CHILD_SET_MARK_OUT "0"
#define DEFAULT_CHILD_IF_ID_IN "0"
#define DEFAULT_CHILD_IF_ID_OUT "0"
#define DEFAULT_CHILD_COPY_DF "yes"
#define DEFAULT_CHILD_COPY_ECN "yes"
#define DEFAULT_CHILD_COPY_DSCP "out"
#define DEFAULT_CHILD_ICMP "no"
#define DEFAULT_CHILD_START_ACTION "none"
#define DEFAULT_CHILD_CLOSE_ACTION "none"
#define DEFAULT_SECRET_IKE_SECRET ""
#define DEFAULT_SECRET_IKE_ID ""
#define DEFAULT_SECRET_PRIVATE_FILE ""
#define DEFAULT_SECRET_PRIVATE_SECRET ""
#define DEFAULT_SECRET_RSA_FILE ""
#define DEFAULT_SECRET_RSA_SECRET ""
#define DEFAULT_SECRET_ECDSA_FILE ""
#define DEFAULT_SECRET_ECDSA_SECRET ""
#define DEFAULT_SECRET_PKCS8_FILE ""
#define DEFAULT_SECRET_PKCS8_SECRET ""
#define DEFAULT_SECRET_PKCS12_FILE ""
#define DEFAULT_SECRET_PKCS12_SECRET ""
#define DEFAULT_ADIT_IKE_SAS "1024"
#define DEFAULT_ADIT_CHILD_SAS "1024"
#define DEFAULT_ADIT_HALF_OPEN "1024"
#define DEFAULT_ADIT_COOKIE_THRESHOLD "32"
#define DEFAULT_ADIT_HALF_OPEN_TIMEOUT "30s"
#define DEFAULT_ADIT_RETRANSMIT_TIMEOUT "2s"
#define DEFAULT_ADIT_RETRANSMIT_BASE "1.8"
#define DEFAULT_ADIT_RETRANSMIT_TRIES "5"
#define DEFAULT_ADIT_KEEPALIVE "20s"
#define DEFAULT_ADIT_JOB_TIMEOUT "10s"
#define DEFAULT_ADIT_RESPONSE_KEEP "120s"
#define DEFAULT_ADIT_VICI_SOCKET "/run/adit/vici.sock"
#define DEFAULT_ADIT_DATAPLANE "auto"
#define DEFAULT_ADIT_CREDENTIALS ""
#define DEFAULT_ADIT_KEYLOG ""
#define DEFAULT_ADIT_PORT "500"
#define DEFAULT_ADIT_PORT_NAT_T "4500"
#define DEFAULT_ADIT_ROUTING_TABLE "220"
#define DEFAULT_ADIT_ROUTING_TABLE_PRIO "220"
#define DEFAULT_ADIT_MSS "no"
#define DEFAULT_ADIT_MTU "1400" /* what most paths of 1500 take */

#define DEFAULT_GROUPS "x25519-ecp256-ecp384-ecp521-x448-modp3072-modp4096-modp2048"
#define DEFAULT_IKE_PROPOSALS                                                                      \
	"aes256gcm16-aes128gcm16-chacha20poly1305-prfsha256-prfsha384-prfsha512-" DEFAULT_GROUPS   \
	", aes256-aes128-sha256-sha512-prfsha256-prfsha384-prfsha512-" DEFAULT_GROUPS              \
	", aes128ccm8-prfsha256-prfaesxcbc-" DEFAULT_GROUPS
#define DEFAULT_ESP_PROPOSALS                                                                      \
	"aes256gcm16-aes128gcm16-chacha20poly1305-noesn, "                                         \
	"aes256-aes128-sha256-sha512-noesn, "                                                      \
	"aes128ccm8-noesn"
#define DEFAULT_AH_PROPOSALS "sha256-sha384-sha512-noesn"

#endif
