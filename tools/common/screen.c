/* SPDX-License-Identifier: MIT */
#include "tools/common/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l\033[?7l\033[2J"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

static struct termios before;
static sigset_t mask_before;
static int signals = -1, ending;

bool screen_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
	       strcmp(term, "dumb") != 0;
}

uint64_t screen_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void measure(struct screen *screen)
{
	struct winsize size;

	screen->columns = 80;
	screen->rows = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return;
	if (size.ws_col)
		screen->columns = size.ws_col;
	if (size.ws_row)
		screen->rows = size.ws_row;
}

static bool enter(void)
{
	struct termios modes = before;

	modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	modes.c_cc[VMIN] = 0;
	modes.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &modes))
		return false;
	fputs(ENTER, stdout);
	return !fflush(stdout);
}

static void leave(void)
{
	fputs(LEAVE, stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

bool screen_open(struct screen *screen)
{
	static const int handled[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH };
	sigset_t set;

	if (tcgetattr(STDIN_FILENO, &before))
		return false;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		sigaddset(&set, handled[i]);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return false;
	sigprocmask(SIG_BLOCK, &set, &mask_before);
	ending = 0;
	measure(screen);
	if (enter())
		return true;
	close(signals);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
	return false;
}

void screen_close(struct screen *screen)
{
	leave();
	close(signals);
	if (ending)
		raise(ending);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

void screen_draw(const struct screen *screen, const char *text)
{
	fputs("\033[H", stdout);
	for (unsigned row = 0; row < screen->rows && *text; row++) {
		const char *end = strchrnul(text, '\n');

		/* The cursor stays in the last row: a newline there would scroll. */
		printf("%s%.*s\033[K", row ? "\r\n" : "", (int)(end - text), text);
		text = *end ? end + 1 : end;
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}

static bool suspend(struct screen *screen)
{
	leave();
	raise(SIGSTOP);
	measure(screen);
	return enter();
}

/* The event that the pending signals amount to. */
static enum screen_event take_signals(struct screen *screen)
{
	enum screen_event event = SCREEN_TIME;
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGWINCH) {
			measure(screen);
			event = SCREEN_RESIZE;
		} else if (info.ssi_signo == SIGTSTP) {
			if (!suspend(screen))
				return SCREEN_QUIT;
			event = SCREEN_RESIZE;
		} else {
			ending = (int)info.ssi_signo;
			return SCREEN_QUIT;
		}
	}
	return event;
}

/* q and Q quit, and so does the terminal's end. */
static bool key_quits(void)
{
	char key;
	ssize_t got = read(STDIN_FILENO, &key, 1);

	if (got == 1)
		return key == 'q' || key == 'Q';
	return got < 0 && errno != EINTR && errno != EAGAIN;
}

enum screen_event screen_wait(struct screen *screen, uint64_t deadline_ns)
{
	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = STDIN_FILENO, .events = POLLIN },
		};
		uint64_t now = screen_now();
		uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
		struct timespec timeout = { .tv_sec = (time_t)(left / 1000000000),
					    .tv_nsec = (long)(left % 1000000000) };
		int ready = ppoll(fds, 2, &timeout, NULL);

		if (!ready || (ready < 0 && errno != EINTR))
			return SCREEN_TIME;
		if (fds[0].revents) {
			enum screen_event event = take_signals(screen);

			if (event != SCREEN_TIME)
				return event;
		}
		if ((fds[1].revents & (POLLHUP | POLLERR)) || (fds[1].revents && key_quits()))
			return SCREEN_QUIT;
	}
}
