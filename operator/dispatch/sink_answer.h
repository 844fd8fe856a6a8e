/* sink_answer.h — what an answer of an HTTP sink means.  Pure. */
#ifndef DISPATCH_SINK_ANSWER_H
#define DISPATCH_SINK_ANSWER_H

enum sink_meaning {
	SINK_ACCEPTED, /* 202: it will be worked; the onboarding's status tells when it was */
	SINK_WORKED,   /* any other 2xx: it was worked while we waited */
	SINK_AGAIN, /* no answer, or one that may be another in a moment: the same event once more */
	SINK_REFUSED, /* the same event would be answered the same */
};

/* 0: no answer came. */
enum sink_meaning sink_meaning(int status);
/* What somebody can do about an AGAIN that lasts or a REFUSED; one sentence. */
const char *sink_advice(int status);

#endif
