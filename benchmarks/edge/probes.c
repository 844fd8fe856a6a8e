#include "probe.h"

#include <string.h>

const struct probe *const all_probes[] = { &probe_cpu, &probe_cpu_all, &probe_memory,
	&probe_memory_latency, &probe_disk, &probe_disk_sync, &probe_network,
	&probe_network_latency, NULL };

const struct probe *probe_find(const char *name)
{
	for (const struct probe *const *p = all_probes; *p; p++) {
		if (!strcmp((*p)->name, name))
			return *p;
	}
	return NULL;
}
