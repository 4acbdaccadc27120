// SPDX-License-Identifier: MIT
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/mmzone.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/wait.h>

#include "live.h"
#include "reserve.h"
#include "zones.h"

/* The thread that keeps the reserves. It sleeps while they are full, and is woken by an allocation
 * that had to accept memory. */

/* Blocks of 4 MiB in a step; between steps other tasks may run. */
#define STEP_BLOCKS 4u
/* Without anything to do it looks again after this time: nothing else tells it that a reserve is
 * being used up, and the floor of 32 MiB lasts for this long at 320 MiB/s. */
#define IDLE_NS (100 * NSEC_PER_MSEC)

struct live_settings live_settings = { .policy = CVM_RESERVE_BACKGROUND };

static struct live_zone *zones;
static struct cvm_reserve *reserves;
static size_t count;
static struct task_struct *thread;
static DECLARE_WAIT_QUEUE_HEAD(queue);
static bool woken, changed;

static uint64_t now_ns(void *ctx)
{
	return ktime_get_mono_fast_ns();
}

static const struct cvm_host host = { .now_ns = now_ns };

static void wake(struct irq_work *work)
{
	wake_up(&queue);
}

static DEFINE_IRQ_WORK(waker, wake);

bool live_reserve_is_current(void)
{
	return current == READ_ONCE(thread);
}

void live_reserve_wake(void)
{
	if (!READ_ONCE(thread) || READ_ONCE(live_settings.policy) == CVM_RESERVE_LAZY ||
	    READ_ONCE(woken))
		return;
	WRITE_ONCE(woken, true);
	irq_work_queue(&waker);
}

void live_reserve_changed(void)
{
	WRITE_ONCE(changed, true);
	WRITE_ONCE(woken, true);
	wake_up(&queue);
}

/* Takes over the settings. */
static void set_up(void)
{
	u64 keep = READ_ONCE(live_settings.keep);
	struct cvm_reserve_config config = {
		.host = &host,
		.policy = READ_ONCE(live_settings.policy),
		.floor = keep,
		.ceiling = max_t(u64, keep, CVM_RESERVE_CEILING),
	};

	WRITE_ONCE(changed, false);
	for (size_t i = 0; i < count; i++) {
		config.source = &zones[i].source;
		cvm_reserve_init(&reserves[i], &config);
	}
	/* All of memory is no concern of the workload's. */
	set_user_nice(current, config.policy == CVM_RESERVE_EAGER ? MAX_NICE : 0);
}

/* The share of the time since the last call in which this thread was runnable, and another task had
 * its CPU. */
static unsigned int load(u64 *waited, u64 *ran)
{
	u64 wait = 0, run = current->se.sum_exec_runtime, wait_share = 0;

#ifdef CONFIG_SCHED_INFO
	wait = current->sched_info.run_delay;
#endif
	if (wait - *waited + run - *ran)
		wait_share = div64_u64((wait - *waited) * 100, wait - *waited + run - *ran);
	*waited = wait;
	*ran = run;
	return wait_share;
}

static void pause_for(u64 ns)
{
	wait_event_idle_timeout(queue, READ_ONCE(woken) || kthread_should_stop(),
				nsecs_to_jiffies(ns) + 1);
}

/* Whatever wakes it meanwhile: the rate is an upper bound. */
static void keep_rate(u64 bytes, u64 began)
{
	u64 rate = READ_ONCE(live_settings.rate), end;

	if (!rate || !bytes)
		return;
	end = began + mul_u64_u64_div_u64(bytes, NSEC_PER_SEC, rate);
	while (!kthread_should_stop() && ktime_get_mono_fast_ns() < end && !READ_ONCE(changed))
		schedule_timeout_idle(min_t(
			u64, HZ, nsecs_to_jiffies(end - min(end, ktime_get_mono_fast_ns())) + 1));
}

static int run(void *data)
{
	u64 waited = 0, ran = 0;
	struct cvm_step step;

	set_up();
	while (!kthread_should_stop()) {
		u64 began = ktime_get_mono_fast_ns();
		const struct cvm_budget budget = {
			.units = READ_ONCE(live_settings.rate) ? 1 : STEP_BLOCKS,
			.load = load(&waited, &ran),
		};

		if (READ_ONCE(changed))
			set_up();
		WRITE_ONCE(woken, false);
		cvm_reserve_step_nodes(reserves, count, &budget, &step);
		keep_rate(step.bytes, began);
		if (step.next == CVM_STEP_AGAIN) {
			cond_resched();
			continue;
		}
		/* When nothing is left it waits for other settings. */
		pause_for(step.next == CVM_STEP_DONE ? step.sleep_ns
						     : min_t(u64, step.sleep_ns, IDLE_NS));
	}
	return 0;
}

int live_reserve_init(void)
{
	int error = live_zones_init(&zones, &count);

	if (error)
		return error;
	reserves = kcalloc(count, sizeof(*reserves), GFP_KERNEL);
	if (!reserves) {
		kfree(zones);
		return -ENOMEM;
	}
	return 0;
}

void live_reserve_exit(void)
{
	live_reserve_stop();
	irq_work_sync(&waker);
	kfree(reserves);
	kfree(zones);
}

int live_reserve_start(void)
{
	struct task_struct *task = kthread_create(run, NULL, "cvmem_reserve");

	if (IS_ERR(task)) {
		pr_err("cvmem: no thread for the reserve: %pe\n", task);
		return PTR_ERR(task);
	}
	WRITE_ONCE(thread, task);
	wake_up_process(task);
	return 0;
}

void live_reserve_stop(void)
{
	struct task_struct *task = thread;

	if (!task)
		return;
	kthread_stop(task);
	WRITE_ONCE(thread, NULL);
}

void live_reserve_show(struct seq_file *file)
{
	for (size_t i = 0; i < count; i++) {
		struct cvm_reserve_stats stats;
		u64 ready, used;

		cvm_reserve_get_stats(&reserves[i], &stats);
		zones[i].source.sample(&zones[i].source, &ready, &used);
		seq_printf(file, "reserve_%d_%s ready %llu target %llu blocks %llu steps %llu\n",
			   zone_to_nid(zones[i].zone), zones[i].zone->name, ready, stats.target,
			   stats.units, stats.steps);
	}
}
