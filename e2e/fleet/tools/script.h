/* script.h — the requests that replay sends, one per line, in the order in which they were once sent:
 *
 *   KEY \t USER \t STATUS \t METHOD \t PATH \t CONTENT-TYPE \t OBJECT \t BODY
 *
 * Requests of one KEY wait for each other, those of different keys do not.  USER is 0 or 1: whose credentials.
 * STATUS is what was answered then.  OBJECT is told if the answer is that object: in later bodies @uid:OBJECT@ stands for its uid,
 * @rv:OBJECT@ for its resourceVersion.  Pure but for reading the file. */
#ifndef FLEET_TOOLS_SCRIPT_H
#define FLEET_TOOLS_SCRIPT_H

#include "base/err.h"
#include "base/heap.h"
#include "base/map.h"

struct request {
	struct request *next; /* of the same key */
	struct chain *chain;
	unsigned user;
	int status;
	char *method, *path, *type, *object, *body; /* in the text; "" for none */
};

/* What waits for each other. */
struct chain {
	struct heap_node turn; /* `at`: the place of its next request in the file */
	struct request *head, **tail;
};

struct script {
	char *text;
	struct request *requests;
	size_t n;
	struct map chains; /* by key */
	struct heap turns; /* those that may send */
	struct map known;  /* by "uid:OBJECT" and "rv:OBJECT": xstrdup()ed */
};

int script_load(const char *file, struct script *ret, struct err *e) MUST_CHECK;
/* The same of a text, which becomes the script's. */
int script_parse(char *text, struct script *ret, struct err *e) MUST_CHECK;
void script_clear(struct script *s);

/* The earliest request that waits for nobody; NULL: none now. */
struct request *script_take(struct script *s);
/* It was answered, with this text.  Or it is to be taken again. */
void script_done(struct script *s, struct request *r, const char *answer);
void script_again(struct script *s, struct request *r);

/* The body with what is known put in; caller frees. */
char *script_body(const struct script *s, const struct request *r);

#endif
