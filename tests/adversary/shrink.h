/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ADVERSARY_SHRINK_H
#define TESTS_ADVERSARY_SHRINK_H

#include "tests/adversary/episode.h"

/*
 * Leave out steps of an episode that breaks a rule as long as it still breaks one: skip[]
 * says which are left out in the end, *result what the rest comes to.
 */
void shrink(struct episode_plan *plan, uint8_t skip[EPISODE_STEPS], struct episode_result *result);

#endif
