#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# certificates.sh FOLDER [again]: the swanctl folders with a CA, certificates and keys for the tests of the room. They are made once a run,
# and with "again" FOLDER is as it was then.
set -eu
rm -rf "$1"
if [ "${2:-}" = again ]; then
	cp -a "$1.made" "$1"
	exit
fi
rm -rf "$1.made"
mkdir -p "$1"/x509 "$1"/x509ca "$1"/x509crl "$1"/private "$1"/rsa "$1"/ecdsa "$1"/pkcs8 "$1"/pkcs12 "$1"/spare "$1"/x509/a-folder
cd "$1"
umask 077
exec 2>openssl.log

ec() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

# issue NAME SUBJECT SANS ARGUMENTS…: a certificate in spare for the key spare/NAME.key
issue() {
	name=$1 subject=$2 sans=$3
	shift 3
	openssl req -new -key "spare/$name.key" -subj "$subject" -out "spare/$name.csr"
	printf '%s\n' "$sans" >spare/extensions
	openssl x509 -req -in "spare/$name.csr" -CA x509ca/ca.pem -CAkey spare/ca.key -CAserial spare/ca.srl -CAcreateserial -extfile spare/extensions \
		-out "spare/$name.pem" "$@"
}

ec spare/ca.key
openssl req -x509 -new -key spare/ca.key -subj '/C=CH/O=Adit/CN=CA' -days 30 -out x509ca/ca.pem
ec spare/other.key
openssl req -x509 -new -key spare/other.key -subj '/C=CH/O=Other/CN=CA' -days 30 -out spare/otherca.pem

ec spare/inter.key
issue inter '/C=CH/O=Adit/CN=inter' 'basicConstraints=critical,CA:TRUE' -days 30

ec spare/moon.key
issue moon '/C=CH/O=Adit/CN=moon' 'subjectAltName=DNS:moon.example.org,IP:192.0.2.1' -days 30
ec spare/bare.key # without a subject
issue bare '/' 'subjectAltName=critical,DNS:bare.example.org' -days 30
ec spare/sun.key
issue sun '/C=CH/O=Adit/CN=sun' 'subjectAltName=DNS:sun.example.org' -days 30
ec spare/old.key
# Of the past, which openssl x509 refuses to make since 3.5.
openssl req -new -key spare/old.key -subj '/C=CH/O=Adit/CN=old' -out spare/old.csr
printf 'subjectAltName=DNS:old.example.org\n' >spare/extensions
: >spare/index
cat >spare/ca.conf <<END
[ca]
default_ca = past
[past]
database = spare/index
serial = spare/ca.srl
new_certs_dir = spare
policy = any
default_md = sha256
[any]
countryName = optional
organizationName = optional
commonName = supplied
END
openssl ca -batch -notext -preserveDN -config spare/ca.conf -cert x509ca/ca.pem -keyfile spare/ca.key -startdate 20200101000000Z \
	-enddate 20200201000000Z -extfile spare/extensions -in spare/old.csr -out spare/old.pem

cp spare/moon.pem x509/
cp spare/moon.key private/
cp spare/sun.pem x509/ # the peer's: no key

openssl pkey -in spare/bare.key -aes128 -passout pass:open -out spare/bare.locked
openssl pkcs12 -export -in spare/sun.pem -inkey spare/sun.key -name sun -passout pass:sesame -out spare/sun.p12
openssl pkcs12 -export -in spare/sun.pem -inkey spare/sun.key -certfile x509ca/ca.pem -name sun -passout pass:sesame -out spare/withca.p12
: >spare/index
printf '[ca]\ndefault_ca = it\n[it]\ndatabase = spare/index\ndefault_md = sha256\n' >spare/ca.conf
openssl ca -gencrl -config spare/ca.conf -keyfile spare/ca.key -cert x509ca/ca.pem -crldays 30 -out spare/ca.crl
openssl crl2pkcs7 -nocrl -certfile spare/moon.pem -out spare/moon.p7

cd - >/dev/null
cp -a "$1" "$1.made"
