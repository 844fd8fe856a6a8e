/* pki.h — keys and certificates made on the spot, as PEM text. */
#ifndef TESTING_PKI_H
#define TESTING_PKI_H

#include <stdint.h>

struct pki {
	char *cert, *key;
};

/* A certificate authority. */
void pki_make_ca(struct pki *ret);
/* A certificate for the name ("IP:127.0.0.1", "DNS:hub.example"), valid between the two times. */
void pki_issue(const struct pki *ca, const char *name, int64_t from_ms, int64_t to_ms,
	struct pki *ret);
void pki_clear(struct pki *p);

/* Base64 in one line; caller frees. */
char *pki_base64(const char *text);

#endif
