/* exchange.h — how a request is set up for curl.  Internal to lib/http. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/http.h"

/* Makes x->easy and x->lines.  0, or -ENOMEM or -EINVAL and neither is there. */
int exchange_prepare(struct http_exchange *x, const char *user_agent) MUST_CHECK;
/* Frees them. */
void exchange_unprepare(struct http_exchange *x);

#endif
