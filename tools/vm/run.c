/* SPDX-License-Identifier: MIT */
#include "tools/vm/run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* timeout(1) sends two signals at once: to the command and to its process group. */
enum { PATIENCE = 2 };

/* A run in progress. */
struct run {
	pid_t child;
	int signals; /* a signalfd */
	unsigned stops;
	struct vm_qmp qmp;
};

static bool failed(const char *what)
{
	fprintf(stderr, "cvmem vm: ");
	perror(what);
	return false;
}

/* QEMU must not outlive this process: its console would be unreachable. */
static void become(char **words, int qmp, const sigset_t *mask, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	fcntl(qmp, F_SETFD, 0);
	/* Until the plugin handles it, or without a plugin. */
	signal(SIGUSR1, SIG_IGN);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(words[0], words);
	failed(words[0]);
	_exit(127);
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
		kill(run->child, run->stops++ < PATIENCE ? SIGTERM : SIGKILL);
}

static int wait_for(struct run *run)
{
	struct pollfd polled[2] = { { .fd = run->signals, .events = POLLIN },
				    { .fd = run->qmp.fd, .events = POLLIN } };
	bool ended = false;
	int status = 0;

	while (!ended || !waitpid(run->child, &status, WNOHANG)) {
		ended = false;
		if (poll(polled, 2, -1) < 0)
			continue;
		if (polled[1].revents && vm_qmp_read(&run->qmp) < 0)
			polled[1].fd = -1;
		if (polled[0].revents)
			take_signal(run, &ended);
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
	fflush(NULL);
	run->child = fork();
	if (!run->child)
		become(words->word, sockets[1], mask, parent);
	close(sockets[1]);
	run->qmp.fd = sockets[0];
	return run->child > 0 || failed("fork");
}

bool vm_run(struct words *words, struct vm_outcome *outcome)
{
	struct run run = { .qmp = { .fd = -1 } };
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
	ok = start(words, &run, &mask);
	if (ok) {
		outcome->status = wait_for(&run);
		outcome->end = run.qmp.end;
	}
	if (run.qmp.fd >= 0)
		close(run.qmp.fd);
	close(run.signals);
	/* QEMU does this itself unless it was killed. */
	if (is_terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return ok;
}
