/* pressure.h — does anybody else on this machine wait for it?  Looked at while the benchmark does nothing, so
 * that what is seen is others'.
 *
 * Memory and disk are the kernel's pressure stall information (PSI): how much of the time some task waited for
 * them.  CPU is the lesser of PSI and of how often more tasks are runnable than there are CPUs.  PSI alone would
 * be wrong: it also counts a task that its own CPU quota holds back, which takes nothing from anybody, and the run queue has
 * no such task.  Where the kernel has no PSI the run queue is all there is. */
#ifndef EDGE_PRESSURE_H
#define EDGE_PRESSURE_H

#define PRESSURES 3

/* In percent of the time; < 0: the machine does not tell. */
struct pressures {
	double of[PRESSURES];
};

extern const char *const pressure_names[PRESSURES]; /* "cpu", "memory", "io" */

struct pressure_site {
	const char *root; /* of /proc: "" outside of tests */
	int cpus;
	double (*now_ms)(void);
	void (*sleep_ms)(double ms);
};

/* Takes PRESSURE_MS and sleeps for nearly all of it. */
#define PRESSURE_MS 300
void pressure_look(const struct pressure_site *site, struct pressures *ret);

/* The greatest of them; < 0: none is told. */
double pressure_worst(const struct pressures *p);

#endif
