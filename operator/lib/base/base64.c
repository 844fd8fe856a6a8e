#include "base/base64.h"

#include "base/mem.h"

#include <errno.h>
#include <openssl/evp.h>

static int decode(EVP_ENCODE_CTX *ctx, const char *base64, char *text)
{
	unsigned char *out = (unsigned char *)text;
	int n = 0, tail = 0;

	EVP_DecodeInit(ctx);
	if (EVP_DecodeUpdate(ctx, out, &n, (const unsigned char *)base64, (int)strlen(base64)) <
			0 ||
		EVP_DecodeFinal(ctx, out + n, &tail) < 0 || memchr(text, '\0', (size_t)(n + tail)))
		return -EINVAL;
	text[n + tail] = '\0';
	return 0;
}

int base64_text(const char *base64, char **ret)
{
	AUTO_STR text = mem_alloc(strlen(base64) + 1);
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	int rc = text && ctx ? decode(ctx, base64, text) : -ENOMEM;

	EVP_ENCODE_CTX_free(ctx);
	if (rc == 0)
		*ret = STEAL(text);
	return rc;
}

char *base64_of(const void *bytes, size_t n)
{
	char *text = xalloc((n + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
	return text;
}
