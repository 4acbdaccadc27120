/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/platform.h"

const struct platform *platform;

const char *guest_violation_policy_name(enum guest_violation_policy policy)
{
	switch (policy) {
	case GUEST_VIOLATION_STOP:
		return "stop";
	case GUEST_VIOLATION_RAISE:
		return platform->exception;
	case GUEST_VIOLATION_LOG:
		return "log";
	}
	return "?";
}
