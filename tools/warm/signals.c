/* SPDX-License-Identifier: MIT */
#include "tools/warm/signals.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static sigset_t blocked;

/* An ignored signal (nohup, or "&" in a script) stays ignored: sigtimedwait() would report it. */
void signals_block(void)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGTSTP };

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action;

		if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(&blocked, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, NULL);
}

int signals_rest(uint64_t ns, void (*give_back)(void *ctx), void *ctx)
{
	struct timespec time = { .tv_sec = (time_t)(ns / 1000000000),
				 .tv_nsec = (long)(ns % 1000000000) };
	int number = sigtimedwait(&blocked, NULL, &time);

	if (number <= 0)
		return 0;
	if (number != SIGTSTP)
		return number;
	give_back(ctx);
	raise(SIGSTOP);
	return 0;
}

void signals_raise(int number)
{
	raise(number);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}
