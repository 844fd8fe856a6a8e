/* cpu-all — compute throughput of all CPUs that the process may use, in ops/s: the kernel of `cpu`
 * on as many threads.
 *
 * Threads live for one batch and work until it ends.  A fixed portion each would let the slowest CPU
 * decide, and between batches, while other probes have their turn, nothing of this one may run. */
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <time.h>

#define BATCH_NS    (100 * 1000 * 1000) /* one period of the kernel's usual CPU quota */
#define THREADS_MAX 256

struct thread {
	pthread_t id;
	void *cpu; /* its own state of probe_cpu */
	const atomic_bool *stop;
	double ops;
};

struct cpu_all {
	atomic_bool stop;
	int n;
	struct thread threads[THREADS_MAX];
};

static int count_cpus(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) ? get_nprocs() : CPU_COUNT(&set);

	return n < THREADS_MAX ? n : THREADS_MAX;
}

static void cpu_all_close(void *state)
{
	struct cpu_all *c = state;

	for (int i = 0; i < c->n; i++)
		probe_cpu.close(c->threads[i].cpu);
	free(c);
}

static int cpu_all_open(const struct probe_site *site, void **ret_state)
{
	struct cpu_all *c = calloc(1, sizeof(*c));
	int cpus = count_cpus(), rc = c ? 0 : -ENOMEM;

	while (rc == 0 && c->n < cpus) {
		c->threads[c->n].stop = &c->stop;
		rc = probe_cpu.open(site, &c->threads[c->n].cpu);
		c->n += rc == 0;
	}
	if (rc == 0)
		*ret_state = c;
	else if (c)
		cpu_all_close(c);
	return rc;
}

static void *work(void *arg)
{
	struct thread *t = arg;
	double ops = 0;

	while (!atomic_load_explicit(t->stop, memory_order_relaxed))
		ops += probe_cpu.batch(t->cpu);
	t->ops = ops;
	return NULL;
}

static double cpu_all_batch(void *state)
{
	struct cpu_all *c = state;
	int started = 0, rc = 0;
	double ops = 0;

	atomic_store(&c->stop, false);
	while (rc == 0 && started < c->n) {
		rc = pthread_create(&c->threads[started].id, NULL, work, &c->threads[started]);
		started += rc == 0;
	}
	if (rc == 0)
		nanosleep(&(struct timespec){ .tv_nsec = BATCH_NS }, NULL);
	atomic_store(&c->stop, true);
	for (int i = 0; i < started; i++) {
		pthread_join(c->threads[i].id, NULL);
		ops += c->threads[i].ops;
	}
	return rc ? -rc : ops;
}

const struct probe probe_cpu_all = {
	.name = "cpu-all",
	.unit = "ops/s",
	.version = 1,
	.open = cpu_all_open,
	.batch = cpu_all_batch,
	.close = cpu_all_close,
};
