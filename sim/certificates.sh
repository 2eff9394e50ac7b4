#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# certificates.sh > certificates.c: keys, certificates and CRLs of the simulator's hosts, anew. They are fixed and good from 2020 to 2099, so that a
# seed replays; this is how they came to be. The keys are in a public file: they are good for nothing else.
set -eu
work=$(mktemp -d)
cd "$work"
exec 3>&1 4>&2 >openssl.log 2>&1
trap '[ $? = 0 ] || cat "$work/openssl.log" >&4; rm -rf "$work"' EXIT

cat >ca.conf <<END
[ca]
default_ca = adit
[adit]
dir = .
new_certs_dir = .
database = \$ENV::ISSUER.index
crlnumber = \$ENV::ISSUER.number
rand_serial = yes
unique_subject = no
policy = any
default_md = default
default_crl_days = 30
[any]
countryName = optional
organizationName = optional
commonName = optional
[anchor]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[middle]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
nsComment = \$ENV::FILLER
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:\$ENV::NAME
[req]
distinguished_name = none
[none]
END
export FILLER='' NAME=none ISSUER=none

key() { # NAME KIND
	case $2 in
	ed) openssl genpkey -algorithm ED25519 -out "$1.key" ;;
	ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" ;;
	rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key" ;;
	esac
	: >"$1.index"
	echo 01 >"$1.number"
}

# issue NAME ISSUER PROFILE FROM UNTIL
issue() {
	ISSUER=$2
	self=
	[ "$1" != "$2" ] || self=-selfsign
	openssl req -new -config ca.conf -key "$1.key" -subj "/C=CH/O=Adit/CN=$1" -out "$1.csr"
	openssl ca -batch -config ca.conf $self -cert "$2.pem" -keyfile "$2.key" -notext -extensions "$3" -startdate "${4}0101000000Z" \
		-enddate "${5}1231235959Z" -in "$1.csr" -out "$1.pem"
}

crl() {
	ISSUER=$1
	openssl ca -config ca.conf -cert "$1.pem" -keyfile "$1.key" -gencrl -crl_lastupdate 20200101000000Z -crl_nextupdate 20991231235959Z -out "$1.crl"
}

anchor() {
	key "$1" ec
	issue "$1" "$1" anchor 2020 2099
}

middle() { # NAME KIND ISSUER, with a comment as long as it takes to fill datagrams
	key "$1" "$2"
	FILLER=$(printf "%0$4d" 0)
	issue "$1" "$3" middle 2020 2099
}

anchor root
anchor stranger
middle upper ed root 900
middle lower ed upper 900
middle broad rsa root 10
for NAME in left.example.org right.example.org; do
	side=${NAME%%.*}
	for kind in ed ec rsa; do
		key "$side-$kind" "$kind"
	done
	issue "$side-ed" lower leaf 2020 2099
	issue "$side-ec" upper leaf 2020 2099
	issue "$side-rsa" broad leaf 2020 2099
	for fault in expired early revoked foreign; do
		key "$side-$fault" ed
	done
	issue "$side-expired" lower leaf 2020 2021
	issue "$side-early" lower leaf 2098 2099
	issue "$side-revoked" lower leaf 2020 2099
	issue "$side-foreign" stranger leaf 2020 2099
	ISSUER=lower
	openssl ca -config ca.conf -cert lower.pem -keyfile lower.key -crl_reason keyCompromise -revoke "$side-revoked.pem"
	key "$side-other" ed
	(NAME=other.example.org && issue "$side-other" lower leaf 2020 2099)
done
for ca in root upper lower broad; do
	crl "$ca"
done

# A row of the table: a file's name, and the files whose text it has.
row() {
	printf '\t{ "%s",\n' "$1" >&3
	shift
	for file in "$@"; do
		sed 's/.*/\t  "&\\n"/' "$file" >&3
	done
	printf '\t},\n' >&3
}

cat >&3 <<END
/* SPDX-License-Identifier: Apache-2.0 */
/* Made by certificates.sh; not to be edited. The keys protect nothing. */
#include "certificates.h"

const struct certificate_file certificate_files[] = {
END
for ca in root stranger upper; do
	row "$ca.pem" "$ca.pem"
done
for ca in root upper lower broad; do
	row "$ca.crl" "$ca.crl"
done
for chain in upper:upper lower:lower,upper broad:broad; do
	row "chain-${chain%%:*}.pem" $(echo "${chain#*:}" | sed 's/,/ /; s/[a-z]*/&.pem/g')
done
for side in left right; do
	for leaf in ed ec rsa expired early revoked foreign other; do
		row "$side-$leaf.pem" "$side-$leaf.pem"
		row "$side-$leaf.key" "$side-$leaf.key"
	done
done
echo '	{ NULL, NULL },' >&3
echo '};' >&3
