/* SPDX-License-Identifier: MIT */
/*
 * Another command of the program: here of this test, which is started again as "wait FD" or
 * "end STATUS". A process of its own runs the command, so that signals can end it.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/common/subcommand.h"

enum { READY = 'r', REMOVED = 'f' };

static void put(int fd, char byte)
{
	if (write(fd, &byte, 1) != 1)
		_exit(EXIT_FAILURE);
}

/* The command: writes READY, then the number of the first signal that comes. */
static int wait_for_signal(int fd)
{
	sigset_t signals, mask;
	int number;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &mask);
	for (int i = 1; i < NSIG; i++)
		if (sigismember(&mask, i) == 1)
			return EXIT_FAILURE;
	/* Not for ever, should the test fail. */
	alarm(600);
	put(fd, READY);
	sigwait(&signals, &number);
	put(fd, (char)number);
	return EXIT_SUCCESS;
}

struct run {
	pid_t process;
	int from; /* of a pipe that it and its command write to */
};

static struct run begin(int ignored)
{
	struct words words = { 0 };
	struct run run;
	int pipes[2], status;

	assert_return_code(pipe(pipes), 0);
	words_add(&words, "cvmem");
	words_add(&words, "wait");
	words_add(&words, "%d", pipes[1]);
	run.process = fork();
	if (!run.process) {
		if (ignored)
			signal(ignored, SIG_IGN);
		if (subcommand_run("test", &words, "/dev/null", &status))
			_exit(EXIT_SUCCESS);
		put(pipes[1], REMOVED);
		subcommand_end();
		_exit(EXIT_FAILURE);
	}
	close(pipes[1]);
	words_free(&words);
	run.from = pipes[0];
	return run;
}

static int next_byte(const struct run *run)
{
	char byte;

	return read(run->from, &byte, 1) == 1 ? byte : -1;
}

/* It has ended by the signal, after its command, which was told of it, and after its files. */
static void ends_by(struct run *run, int number)
{
	pid_t orphan;
	int status;

	assert_int_equal(waitpid(run->process, &status, 0), run->process);
	/* Of a command that has ended before it nothing is left. */
	orphan = waitpid(-1, NULL, WNOHANG);
	if (!orphan)
		fail_msg("the command runs on");
	assert_int_equal(orphan, -1);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), number);
	assert_int_equal(next_byte(run), number);
	assert_int_equal(next_byte(run), REMOVED);
	assert_int_equal(next_byte(run), -1);
	close(run->from);
}

static void passed_on(void **state)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct run run = begin(0);

		assert_int_equal(next_byte(&run), READY);
		kill(run.process, numbers[i]);
		ends_by(&run, numbers[i]);
	}
}

/* As of a job in the background, and by nohup(1). */
static void ignored(void **state)
{
	struct run run = begin(SIGINT);

	(void)state;
	assert_int_equal(next_byte(&run), READY);
	kill(run.process, SIGINT);
	kill(run.process, SIGTERM);
	ends_by(&run, SIGTERM);
}

static void without_signals(void **state)
{
	struct words words = { 0 };
	struct sigaction action;
	int status;

	(void)state;
	words_add(&words, "cvmem");
	words_add(&words, "end");
	words_add(&words, "7");
	assert_true(subcommand_run("test", &words, "/dev/null", &status));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_false(subcommand_run("test", &words, "/dev/null/absent", &status));
	subcommand_end();
	sigaction(SIGTERM, NULL, &action);
	assert_true(action.sa_handler == SIG_DFL);
	words_free(&words);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passed_on),
		cmocka_unit_test(ignored),
		cmocka_unit_test(without_signals),
	};

	if (argc == 3 && !strcmp(argv[1], "wait"))
		return wait_for_signal(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "end"))
		return atoi(argv[2]);
	/* nohup(1) may run this test. */
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	/* A command whose parent has ended becomes a child of this process. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
