/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_FOLLOW_H
#define TOOLS_WARM_FOLLOW_H

struct warm_options;

/*
 * Has the kernel's module accept all memory, and follows it to the end. Returns the exit status.
 * The module has its old parameters afterwards, also after a signal, which ends the program as by
 * default. As long as SIGTSTP has stopped the program the module has them as well.
 */
int warm_follow(const struct warm_options *options);

#endif
