/* cluster.h — watch events about ManagedClusters as a real hub sends them: about 4 KB with what the
 * registration controllers and the agent write, managedFields included. */
#ifndef INSTRUCTIONS_CLUSTER_H
#define INSTRUCTIONS_CLUSTER_H

struct cluster_look {
	const char *type; /* of the event; NULL: the object alone, as in a list */
	unsigned number;  /* name and uid come from it */
	unsigned long version;
	unsigned seconds;      /* of the times that a heartbeat moves */
	const char *available; /* status of the condition */
};

/* Text of the event; caller frees.  Aborts when memory is out. */
char *cluster_text(const struct cluster_look *look);

#endif
