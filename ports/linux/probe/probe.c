// SPDX-License-Identifier: MIT
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/clock.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

/*
 * Measures what an allocation waits for, by either scheme of acceptance. One line written to
 * /sys/kernel/debug/cvmem_probe/run, "THREADS ORDER BLOCKS PACE", takes so many blocks of
 * 4 KiB << ORDER by threads on as many CPUs, each PACE microseconds after the one before (0: at
 * once), and does not touch them. The blocks are kept, so that the next run needs others, until
 * "free" is written. Reading has a line for the last run.
 */

#define MOST_THREADS 64u
#define MOST_BLOCKS  (1u << 20)

struct request {
	unsigned int threads, order, blocks, pace_us;
};

struct worker {
	struct task_struct *task;
	unsigned int taken;
	struct list_head pages;
};

static DEFINE_MUTEX(lock); /* all of this */
static struct request request;
static struct worker workers[MOST_THREADS];
static u64 *ns; /* of each block; a thread has every request.threads-th */
static LIST_HEAD(kept);
static u64 elapsed_ns;
static unsigned int taken;
static long unaccepted_before, unaccepted_after;
static struct dentry *folder;

static struct completion start, done;
static atomic_t running;

static int work(void *data)
{
	struct worker *worker = data;
	unsigned int self = worker - workers;

	wait_for_completion(&start);
	for (unsigned int i = self; i < request.blocks; i += request.threads) {
		u64 began = local_clock();
		struct page *page =
			alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, request.order);

		if (!page)
			break;
		ns[i] = local_clock() - began;
		list_add(&page->lru, &worker->pages);
		worker->taken++;
		if (request.pace_us)
			fsleep(request.pace_us);
		else
			cond_resched();
	}
	if (atomic_dec_and_test(&running))
		complete(&done);
	return 0;
}

/* The order of each kept block is in its private field. */
static void keep(struct worker *worker)
{
	struct page *page;

	list_for_each_entry(page, &worker->pages, lru) set_page_private(page, request.order);
	list_splice(&worker->pages, &kept);
}

static void free_kept(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &kept, lru)
	{
		unsigned int order = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		__free_pages(page, order);
	}
}

static int compare(const void *left, const void *right)
{
	u64 a = *(const u64 *)left, b = *(const u64 *)right;

	return a < b ? -1 : a > b;
}

static int start_worker(unsigned int i, unsigned int cpu)
{
	struct worker *worker = &workers[i];

	INIT_LIST_HEAD(&worker->pages);
	worker->taken = 0;
	worker->task = kthread_create_on_cpu(work, worker, cpu, "cvmem_probe/%u");
	if (IS_ERR(worker->task))
		return PTR_ERR(worker->task);
	atomic_inc(&running);
	wake_up_process(worker->task);
	return 0;
}

static int run(void)
{
	unsigned int i = 0, cpu;
	int error = 0;
	u64 began;

	init_completion(&start);
	init_completion(&done);
	atomic_set(&running, 1);
	unaccepted_before = global_zone_page_state(NR_UNACCEPTED);
	for_each_online_cpu(cpu)
	{
		if (i == request.threads)
			break;
		error = start_worker(i, cpu);
		if (error)
			break;
		i++;
	}
	request.threads = i;
	began = local_clock();
	complete_all(&start);
	if (!atomic_dec_and_test(&running))
		wait_for_completion(&done);
	elapsed_ns = local_clock() - began;
	unaccepted_after = global_zone_page_state(NR_UNACCEPTED);
	for (taken = 0; i--; taken += workers[i].taken)
		keep(&workers[i]);
	return error;
}

static ssize_t run_write(struct file *file, const char __user *user, size_t bytes, loff_t *at)
{
	char text[64] = "";
	struct request next;
	int error = 0;

	if (bytes >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, user, bytes))
		return -EFAULT;
	mutex_lock(&lock);
	if (sysfs_streq(text, "free")) {
		free_kept();
	} else if (sscanf(text, "%u %u %u %u", &next.threads, &next.order, &next.blocks,
			  &next.pace_us) != 4 ||
		   !next.threads || next.threads > min(MOST_THREADS, num_online_cpus()) ||
		   next.order > MAX_PAGE_ORDER || !next.blocks || next.blocks > MOST_BLOCKS) {
		error = -EINVAL;
	} else {
		vfree(ns);
		ns = vzalloc(next.blocks * sizeof(*ns));
		request = next;
		error = ns ? run() : -ENOMEM;
		/* What was not taken has no time. */
		if (ns)
			sort(ns, next.blocks, sizeof(*ns), compare, NULL);
	}
	mutex_unlock(&lock);
	return error ? error : bytes;
}

/* Of the blocks that were taken, whose times are the last ones. */
static u64 percentile(unsigned int thousandths)
{
	unsigned int skip = request.blocks - taken;

	return ns[skip + min(taken - 1, (u32)((u64)taken * thousandths / 1000))];
}

static int run_show(struct seq_file *file, void *data)
{
	mutex_lock(&lock);
	if (taken)
		seq_printf(file,
			   "threads %u order %u blocks %u pace_us %u ns %llu p50 %llu p90 %llu p99 "
			   "%llu p999 %llu max %llu accepted_pages %ld\n",
			   request.threads, request.order, taken, request.pace_us, elapsed_ns,
			   percentile(500), percentile(900), percentile(990), percentile(999),
			   percentile(1000), unaccepted_before - unaccepted_after);
	mutex_unlock(&lock);
	return 0;
}

static int run_open(struct inode *inode, struct file *file)
{
	return single_open(file, run_show, NULL);
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = run_open,
	.read = seq_read,
	.write = run_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init probe_init(void)
{
	folder = debugfs_create_dir("cvmem_probe", NULL);
	if (IS_ERR(folder))
		return PTR_ERR(folder);
	debugfs_create_file("run", 0600, folder, NULL, &run_fops);
	return 0;
}

static void __exit probe_exit(void)
{
	debugfs_remove(folder);
	free_kept();
	vfree(ns);
}

module_init(probe_init);
module_exit(probe_exit);
MODULE_DESCRIPTION("Measures how long allocations take while memory is being accepted");
MODULE_LICENSE("Dual MIT/GPL");
