/* SPDX-License-Identifier: MIT */
#include "tools/vm/run.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* timeout(1) sends two signals at once: to the command and to its process group. */
enum { PATIENCE = 2 };

/* For the plugin's report after a timeout; then it is killed. */
#define GRACE_NS UINT64_C(20000000000)

static const struct pollfd nothing = { .fd = -1 };

/* A run in progress. */
struct run {
	pid_t child;
	int signals; /* a signalfd */
	unsigned stops;
	uint64_t deadline_ns; /* of the monotonic clock; 0: none */
	bool timed_out, plugged;
	uint64_t heard_ns; /* of the same clock: when the console said something */
	uint64_t asked_ns; /* when QEMU was asked to end, and says so on the console; 0: never */
	const struct vm_wiring *wiring;
	struct vm_qmp qmp;
};

static bool failed(const char *what)
{
	fprintf(stderr, "cvmem vm: ");
	perror(what);
	return false;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void connect_ends(const struct vm_wiring *wiring)
{
	int nothing_to_read;

	for (size_t i = 0; i < wiring->channels; i++)
		fcntl(wiring->channel[i]->guest, F_SETFD, 0);
	if (wiring->console)
		dup2(wiring->console->guest, STDOUT_FILENO);
	if (!wiring->no_input)
		return;
	nothing_to_read = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (nothing_to_read >= 0)
		dup2(nothing_to_read, STDIN_FILENO);
}

/* QEMU must not outlive this process: its console would be unreachable. */
static void become(char **words, const struct run *run, int qmp, const sigset_t *mask, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	fcntl(qmp, F_SETFD, 0);
	connect_ends(run->wiring);
	/* Until the plugin handles it, or without a plugin. */
	signal(SIGUSR1, SIG_IGN);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(words[0], words);
	failed(words[0]);
	_exit(127);
}

static void end_it(struct run *run, int number)
{
	kill(run->child, number);
	if (!run->asked_ns)
		run->asked_ns = now_ns();
}

static void take_signal(struct run *run, bool *ended)
{
	struct signalfd_siginfo info;

	if (read(run->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		*ended = true;
	else if (info.ssi_signo == SIGUSR1)
		kill(run->child, SIGUSR1);
	else
		end_it(run, run->stops++ < PATIENCE ? SIGTERM : SIGKILL);
}

/* For poll(): milliseconds, rounded up. */
static int time_left(const struct run *run)
{
	uint64_t now = now_ns(), left;

	if (!run->deadline_ns)
		return -1;
	left = run->deadline_ns > now ? (run->deadline_ns - now + 999999) / 1000000 : 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

/* First in order, so that the plugin writes its report; then by force. */
static void check_deadline(struct run *run)
{
	if (time_left(run))
		return;
	end_it(run, run->timed_out ? SIGKILL : SIGTERM);
	run->timed_out = true;
	run->deadline_ns = now_ns() + GRACE_NS;
}

static void move(struct run *run, struct vm_channel *channel)
{
	if (vm_channel_move(channel) && channel == run->wiring->console && !run->asked_ns)
		run->heard_ns = now_ns();
}

static void plug_in_time(struct run *run)
{
	const struct vm_wiring *wiring = run->wiring;

	if (!wiring->hot_add_bytes || run->plugged || !run->qmp.is_ready ||
	    !wiring->kernel_runs(wiring->of))
		return;
	vm_qmp_plug(&run->qmp, wiring->hot_add_bytes);
	run->plugged = true;
}

static int wait_for(struct run *run)
{
	const struct vm_wiring *wiring = run->wiring;
	struct pollfd polled[2 + VM_MAX_CHANNELS] = { { .fd = run->signals, .events = POLLIN },
						      { .fd = run->qmp.fd, .events = POLLIN } };
	bool ended = false;
	int status = 0;

	while (!ended || !waitpid(run->child, &status, WNOHANG)) {
		ended = false;
		for (size_t i = 0; i < VM_MAX_CHANNELS; i++)
			polled[2 + i] = i < wiring->channels ? vm_channel_awaits(wiring->channel[i])
							     : nothing;
		if (poll(polled, 2 + VM_MAX_CHANNELS, time_left(run)) < 0)
			continue;
		if (polled[1].revents && vm_qmp_read(&run->qmp) < 0)
			polled[1].fd = -1;
		for (size_t i = 0; i < wiring->channels; i++)
			if (polled[2 + i].revents)
				move(run, wiring->channel[i]);
		plug_in_time(run);
		if (polled[0].revents)
			take_signal(run, &ended);
		check_deadline(run);
	}
	/* Messages sent before the end. */
	while (polled[1].fd >= 0 && !vm_qmp_read(&run->qmp))
		;
	return status;
}

static bool start(struct words *words, struct run *run, const sigset_t *mask)
{
	pid_t parent = getpid();
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
		return failed("socketpair");
	words_add(words, "-chardev");
	words_add(words, "socket,id=cvmem-qmp,fd=%d", sockets[1]);
	words_add(words, "-object");
	words_add(words, "monitor-qmp,id=cvmem-monitor,chardev=cvmem-qmp");
	run->qmp.fd = sockets[0];
	vm_qmp_start(&run->qmp);
	fflush(NULL);
	run->child = fork();
	if (!run->child)
		become(words->word, run, sockets[1], mask, parent);
	close(sockets[1]);
	for (size_t i = 0; i < run->wiring->channels; i++) {
		close(run->wiring->channel[i]->guest);
		run->wiring->channel[i]->guest = -1;
	}
	return run->child > 0 || failed("fork");
}

bool vm_run(struct words *words, const struct vm_wiring *wiring, struct vm_outcome *outcome)
{
	uint64_t begin = now_ns(), end;
	struct run run = { .wiring = wiring, .qmp = { .fd = -1 }, .heard_ns = begin };
	struct termios terminal;
	bool is_terminal = !tcgetattr(STDIN_FILENO, &terminal);
	sigset_t caught, mask;
	bool ok;

	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGHUP);
	sigaddset(&caught, SIGUSR1);
	sigaddset(&caught, SIGCHLD);
	sigprocmask(SIG_BLOCK, &caught, &mask);
	run.signals = signalfd(-1, &caught, SFD_CLOEXEC);
	if (run.signals < 0)
		return failed("signalfd");
	if (wiring->timeout_ns)
		run.deadline_ns = begin + wiring->timeout_ns;
	ok = start(words, &run, &mask);
	if (ok) {
		outcome->status = wait_for(&run);
		end = run.asked_ns ? run.asked_ns : now_ns();
		outcome->end = run.qmp.end;
		outcome->timed_out = run.timed_out;
		outcome->interrupted = run.stops;
		outcome->seconds = (double)(now_ns() - begin) / 1e9;
		outcome->silent_seconds = (double)(end - run.heard_ns) / 1e9;
	}
	if (run.qmp.fd >= 0)
		close(run.qmp.fd);
	close(run.signals);
	/* QEMU does this itself unless it was killed. */
	if (is_terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	/* With signals as before: who reads our output may have stopped. */
	for (size_t i = 0; ok && i < wiring->channels; i++)
		vm_channel_drain(wiring->channel[i]);
	return ok;
}
