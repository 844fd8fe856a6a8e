/* line_reader.h — what child.c needs of a line reader beyond child.h.  Internal to lib/loop. */
#ifndef LOOP_LINE_READER_H
#define LOOP_LINE_READER_H

#include "loop/child.h"

/* Takes at once what the descriptor holds now, without waiting, and ends: eof runs before this returns,
 * unless it ran before. */
void line_reader_drain(struct line_reader *r);

#endif
