/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CA and two certificates with their keys (Ed25519, so that signatures are the same every time), for the
 * fuzz targets and nothing else. Made by openssl; the names make an IKE_AUTH that goes in fragments.
 */
#ifndef ADIT_FUZZ_CERTS_H
#define ADIT_FUZZ_CERTS_H

static const struct {
	const char *path, *text;
} certs_files[] = {
	{ "/ca.pem",
	  "-----BEGIN CERTIFICATE-----\n"
	  "MIIBYDCCARKgAwIBAgIBATAFBgMrZXAwLjELMAkGA1UEBhMCQ0gxDTALBgNVBAoM\n"
	  "BEFkaXQxEDAOBgNVBAMMB0Z1enogQ0EwIBcNMjYxMTIxMjEzMzAxWhgPMjEyNjEw\n"
	  "MjgyMTMzMDFaMC4xCzAJBgNVBAYTAkNIMQ0wCwYDVQQKDARBZGl0MRAwDgYDVQQD\n"
	  "DAdGdXp6IENBMCowBQYDK2VwAyEAwrlOHF1Xs95ByDLHF6AsyCZGIseUZ09tXGkJ\n"
	  "cSF80MWjUzBRMB0GA1UdDgQWBBT1bg/pOyOjd5/KqttK7fBvjOoVkTAfBgNVHSME\n"
	  "GDAWgBT1bg/pOyOjd5/KqttK7fBvjOoVkTAPBgNVHRMBAf8EBTADAQH/MAUGAytl\n"
	  "cANBAF9uQ6HtasyC9E26PuwUFGgUuM7PS0MD541rerLI2WEk9zo3Bom6FAchzJVF\n"
	  "fb8U+61yw1r547HWoZPcrfqmxAM=\n"
	  "-----END CERTIFICATE-----\n" },
	{ "/moon.pem",
	  "-----BEGIN CERTIFICATE-----\n"
	  "MIID5DCCA5agAwIBAgIBAjAFBgMrZXAwLjELMAkGA1UEBhMCQ0gxDTALBgNVBAoM\n"
	  "BEFkaXQxEDAOBgNVBAMMB0Z1enogQ0EwIBcNMjYxMTIxMjEzNTI5WhgPMjEyNjEw\n"
	  "MjgyMTM1MjlaMCsxCzAJBgNVBAYTAkNIMQ0wCwYDVQQKDARBZGl0MQ0wCwYDVQQD\n"
	  "DARtb29uMCowBQYDK2VwAyEA2rnTQDaE2VxcQGhjN66VgSI+5O7dF4aOIgZS2jY9\n"
	  "mc2jggLYMIIC1DCCAoMGA1UdEQSCAnowggJ2ggxtb29uLmV4YW1wbGWCKmdhdGV3\n"
	  "YXktd2l0aC1hLWxvbmctbmFtZS1udW1iZXItMDAuZXhhbXBsZYIqZ2F0ZXdheS13\n"
	  "aXRoLWEtbG9uZy1uYW1lLW51bWJlci0wMS5leGFtcGxlgipnYXRld2F5LXdpdGgt\n"
	  "YS1sb25nLW5hbWUtbnVtYmVyLTAyLmV4YW1wbGWCKmdhdGV3YXktd2l0aC1hLWxv\n"
	  "bmctbmFtZS1udW1iZXItMDMuZXhhbXBsZYIqZ2F0ZXdheS13aXRoLWEtbG9uZy1u\n"
	  "YW1lLW51bWJlci0wNC5leGFtcGxlgipnYXRld2F5LXdpdGgtYS1sb25nLW5hbWUt\n"
	  "bnVtYmVyLTA1LmV4YW1wbGWCKmdhdGV3YXktd2l0aC1hLWxvbmctbmFtZS1udW1i\n"
	  "ZXItMDYuZXhhbXBsZYIqZ2F0ZXdheS13aXRoLWEtbG9uZy1uYW1lLW51bWJlci0w\n"
	  "Ny5leGFtcGxlgipnYXRld2F5LXdpdGgtYS1sb25nLW5hbWUtbnVtYmVyLTA4LmV4\n"
	  "YW1wbGWCKmdhdGV3YXktd2l0aC1hLWxvbmctbmFtZS1udW1iZXItMDkuZXhhbXBs\n"
	  "ZYIqZ2F0ZXdheS13aXRoLWEtbG9uZy1uYW1lLW51bWJlci0xMC5leGFtcGxlgipn\n"
	  "YXRld2F5LXdpdGgtYS1sb25nLW5hbWUtbnVtYmVyLTExLmV4YW1wbGWCKmdhdGV3\n"
	  "YXktd2l0aC1hLWxvbmctbmFtZS1udW1iZXItMTIuZXhhbXBsZYIqZ2F0ZXdheS13\n"
	  "aXRoLWEtbG9uZy1uYW1lLW51bWJlci0xMy5leGFtcGxlMAsGA1UdDwQEAwIHgDAd\n"
	  "BgNVHQ4EFgQUhf3nRrH1+t7pdr7v2cZ9H5vhHscwHwYDVR0jBBgwFoAU9W4P6Tsj\n"
	  "o3efyqrbSu3wb4zqFZEwBQYDK2VwA0EAzeb0EonNhu17hmchyWhuj1j9Ik0VCJK1\n"
	  "Dol2QSzn+cPSdIM5JNO4j0R8cuRA/e+mj/feERrwtHEnST1ml62+DA==\n"
	  "-----END CERTIFICATE-----\n" },
	{ "/moon.key",
	  "-----BEGIN PRIVATE KEY-----\n"
	  "MC4CAQAwBQYDK2VwBCIEIIEQZ2WeHyn8amjtT63gdhQ1i9Wmkn5paopRMCqgGMW5\n"
	  "-----END PRIVATE KEY-----\n" },
	{ "/carol.pem",
	  "-----BEGIN CERTIFICATE-----\n"
	  "MIID5jCCA5igAwIBAgIBAzAFBgMrZXAwLjELMAkGA1UEBhMCQ0gxDTALBgNVBAoM\n"
	  "BEFkaXQxEDAOBgNVBAMMB0Z1enogQ0EwIBcNMjYxMTIxMjEzNTI5WhgPMjEyNjEw\n"
	  "MjgyMTM1MjlaMCwxCzAJBgNVBAYTAkNIMQ0wCwYDVQQKDARBZGl0MQ4wDAYDVQQD\n"
	  "DAVjYXJvbDAqMAUGAytlcAMhANtZv1qs0PKMhxv4HCMTPtjjyYq+eApxyzzTpSCC\n"
	  "X4aEo4IC2TCCAtUwggKEBgNVHREEggJ7MIICd4INY2Fyb2wuZXhhbXBsZYIqZ2F0\n"
	  "ZXdheS13aXRoLWEtbG9uZy1uYW1lLW51bWJlci0wMC5leGFtcGxlgipnYXRld2F5\n"
	  "LXdpdGgtYS1sb25nLW5hbWUtbnVtYmVyLTAxLmV4YW1wbGWCKmdhdGV3YXktd2l0\n"
	  "aC1hLWxvbmctbmFtZS1udW1iZXItMDIuZXhhbXBsZYIqZ2F0ZXdheS13aXRoLWEt\n"
	  "bG9uZy1uYW1lLW51bWJlci0wMy5leGFtcGxlgipnYXRld2F5LXdpdGgtYS1sb25n\n"
	  "LW5hbWUtbnVtYmVyLTA0LmV4YW1wbGWCKmdhdGV3YXktd2l0aC1hLWxvbmctbmFt\n"
	  "ZS1udW1iZXItMDUuZXhhbXBsZYIqZ2F0ZXdheS13aXRoLWEtbG9uZy1uYW1lLW51\n"
	  "bWJlci0wNi5leGFtcGxlgipnYXRld2F5LXdpdGgtYS1sb25nLW5hbWUtbnVtYmVy\n"
	  "LTA3LmV4YW1wbGWCKmdhdGV3YXktd2l0aC1hLWxvbmctbmFtZS1udW1iZXItMDgu\n"
	  "ZXhhbXBsZYIqZ2F0ZXdheS13aXRoLWEtbG9uZy1uYW1lLW51bWJlci0wOS5leGFt\n"
	  "cGxlgipnYXRld2F5LXdpdGgtYS1sb25nLW5hbWUtbnVtYmVyLTEwLmV4YW1wbGWC\n"
	  "KmdhdGV3YXktd2l0aC1hLWxvbmctbmFtZS1udW1iZXItMTEuZXhhbXBsZYIqZ2F0\n"
	  "ZXdheS13aXRoLWEtbG9uZy1uYW1lLW51bWJlci0xMi5leGFtcGxlgipnYXRld2F5\n"
	  "LXdpdGgtYS1sb25nLW5hbWUtbnVtYmVyLTEzLmV4YW1wbGUwCwYDVR0PBAQDAgeA\n"
	  "MB0GA1UdDgQWBBTwzjkHJ7HAUShe4WkKhesF02eE8DAfBgNVHSMEGDAWgBT1bg/p\n"
	  "OyOjd5/KqttK7fBvjOoVkTAFBgMrZXADQQBYyOdwnHlxHutpJA1tt4UQTr+al1GJ\n"
	  "spfAqD+DhuzZL37Y13vJVlaC606xpldMMYdQJKeIzqfh++MQF+o5DE0J\n"
	  "-----END CERTIFICATE-----\n" },
	{ "/carol.key",
	  "-----BEGIN PRIVATE KEY-----\n"
	  "MC4CAQAwBQYDK2VwBCIEIMQy6nfaeTwCtaeyY5lfsgdyubeUE1in1oXGcqYrxQwV\n"
	  "-----END PRIVATE KEY-----\n" },
};

#endif
