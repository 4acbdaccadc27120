/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/tdx/internal.h"
#include "emu/tdx/seam/internal.h"
#include "tests/emu/tdx/seam/host.h"

/*
 * Each row of tests/data/tdx/sept_table.tsv, whose header says what the columns mean: one call in
 * one state, and what the real module answers. The rows were recorded at 1 GiB; here the region is
 * the second of the guest's memory.
 */
#define GPA    UINT64_C(0x200000)
#define REGION UINT64_C(0x200000)
#define PAGE   UINT64_C(4096)

struct row {
	char pd[24], pt[24], fill[16], tracking[16], op_state[16], leaf[32], end[24];
	unsigned long ve_disable, level, status, rcx, rdx;
	char new_pd[24], new_pt[24], new_last[24];
	long children, epoch;
};

static const struct {
	const char *name;
	unsigned leaf;
} leaves[] = {
	{ "TDH.MEM.PAGE.ADD", EMU_TDH_MEM_PAGE_ADD },
	{ "TDH.MEM.SEPT.ADD", EMU_TDH_MEM_SEPT_ADD },
	{ "TDH.MEM.PAGE.RELOCATE", EMU_TDH_MEM_PAGE_RELOCATE },
	{ "TDH.MEM.PAGE.AUG", EMU_TDH_MEM_PAGE_AUG },
	{ "TDH.MEM.RANGE.BLOCK", EMU_TDH_MEM_RANGE_BLOCK },
	{ "TDH.MEM.PAGE.DEMOTE", EMU_TDH_MEM_PAGE_DEMOTE },
	{ "TDH.MR.EXTEND", EMU_TDH_MR_EXTEND },
	{ "TDH.MR.FINALIZE", EMU_TDH_MR_FINALIZE },
	{ "TDH.MEM.PAGE.PROMOTE", EMU_TDH_MEM_PAGE_PROMOTE },
	{ "TDH.MEM.SEPT.RD", EMU_TDH_MEM_SEPT_RD },
	{ "TDH.MEM.PAGE.REMOVE", EMU_TDH_MEM_PAGE_REMOVE },
	{ "TDH.MEM.SEPT.REMOVE", EMU_TDH_MEM_SEPT_REMOVE },
	{ "TDH.MEM.TRACK", EMU_TDH_MEM_TRACK },
	{ "TDH.MEM.RANGE.UNBLOCK", EMU_TDH_MEM_RANGE_UNBLOCK },
};

static bool is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

static void must(struct host *host, unsigned leaf, uint64_t rcx, uint64_t r8)
{
	uint64_t status = host_call(host, leaf, rcx, HOST_TDR, r8);

	if (status)
		fail_msg("leaf %u of 0x%lx: 0x%lx", leaf, rcx, status);
}

static void track(struct host *host, bool kick)
{
	assert_int_equal(host_call(host, EMU_TDH_MEM_TRACK, HOST_TDR, 0, 0), 0);
	if (!kick)
		return;
	emu_seam_leave(host->seam, 0);
	emu_seam_enter(host->seam, 0);
}

/* A page in one of the four states of a leaf. Its own GPA is its host page's. */
static void make_page(struct host *host, uint64_t gpa, unsigned level, const char *state)
{
	bool pending = is(state, "PENDING") || is(state, "PENDING_BLOCKED");
	struct emu_seam_info info;

	if (is(state, "FREE"))
		return;
	emu_seam_info(host->seam, &info);
	if (pending || info.finalized)
		must(host, EMU_TDH_MEM_PAGE_AUG, gpa | level, gpa);
	else
		must(host, EMU_TDH_MEM_PAGE_ADD, gpa | level, gpa);
	if (!pending && info.finalized)
		assert_int_equal(host_guest_accepts(host, gpa, level), 0);
}

static bool is_blocked(const char *state)
{
	return is(state, "BLOCKED") || is(state, "PENDING_BLOCKED");
}

static void make_table(struct host *host, const struct row *row)
{
	bool all = is(row->fill, "all");

	if (all) {
		make_page(host, GPA, LEVEL_2M, row->pt);
		must(host, EMU_TDH_MEM_RANGE_BLOCK, GPA | LEVEL_2M, 0);
		track(host, true);
		must(host, EMU_TDH_MEM_PAGE_DEMOTE, GPA | LEVEL_2M, host_page(host));
	} else {
		must(host, EMU_TDH_MEM_SEPT_ADD, GPA | LEVEL_2M, host_page(host));
		make_page(host, GPA, LEVEL_4K, row->pt);
	}
	if (is_blocked(row->pt))
		for (uint64_t gpa = GPA; gpa < GPA + (all ? REGION : PAGE); gpa += PAGE)
			must(host, EMU_TDH_MEM_RANGE_BLOCK, gpa, 0);
	if (is(row->pd, "NL_BLOCKED"))
		must(host, EMU_TDH_MEM_RANGE_BLOCK, GPA | LEVEL_2M, 0);
}

static void make_state(struct host *host, const struct row *row)
{
	if (is(row->op_state, "RUNNABLE")) {
		assert_int_equal(host_call(host, EMU_TDH_MR_FINALIZE, HOST_TDR, 0, 0), 0);
		assert_true(emu_seam_enter(host->seam, 0));
	}
	if (is(row->pd, "NO_PDPT"))
		return;
	must(host, EMU_TDH_MEM_SEPT_ADD, 3, host_page(host));
	if (is(row->pd, "NO_PD"))
		return;
	must(host, EMU_TDH_MEM_SEPT_ADD, 2, host_page(host));
	if (!strncmp(row->pd, "NL_", 3)) {
		make_table(host, row);
	} else if (!is(row->pd, "FREE")) {
		make_page(host, GPA, LEVEL_2M, row->pd);
		if (is_blocked(row->pd))
			must(host, EMU_TDH_MEM_RANGE_BLOCK, GPA | LEVEL_2M, 0);
	}
	if (is(row->tracking, "tracked") || is(row->tracking, "kicked"))
		track(host, is(row->tracking, "kicked"));
}

static const char *name_of(uint8_t state)
{
	switch (state) {
	case SEPT_FREE:
		return "FREE";
	case SEPT_BLOCKED:
		return "BLOCKED";
	case SEPT_PENDING:
		return "PENDING";
	case SEPT_PENDING_BLOCKED:
		return "PENDING_BLOCKED";
	case SEPT_MAPPED:
		return "MAPPED";
	case SEPT_NL_BLOCKED:
		return "NL_BLOCKED";
	default:
		return "NL_MAPPED";
	}
}

static const char *state_at(const struct host *host, uint64_t gpa, unsigned level)
{
	struct sept_entry entry;

	for (unsigned above = 3; above > level; above--) {
		emu_sept_read(host->seam, gpa, above, &entry);
		if (entry.state == SEPT_FREE && above > LEVEL_2M)
			return above == 3 ? "NO_PDPT" : "NO_PD";
		if (!emu_sept_is_table(entry.state))
			return "-";
	}
	emu_sept_read(host->seam, gpa, level, &entry);
	return name_of(entry.state);
}

/* The answer as the table has it. */
struct answer {
	const char *end;
	uint64_t status, rcx, rdx;
};

static struct answer accept_page(struct host *host, const struct row *row)
{
	struct answer answer = { "tdentry", host_guest_accepts(host, GPA, (unsigned)row->level),
				 row->level, 0 };

	if (host->exits)
		answer = (struct answer){ "td-exit", 0x30, host->exit.qualification,
					  host->exit.extended };
	return answer;
}

static struct answer access_page(struct host *host, enum emu_tdx_access access)
{
	struct answer answer = { "ve", 0, 0, 0 };

	switch (emu_tdx_operand_walk(host->tdx, 0, GPA, access)) {
	case EMU_NEXT:
		answer.end = "ok";
		break;
	case EMU_STOP:
		assert_int_equal(host->exit.gpa, GPA);
		answer.end = host->exit.extended == 6 ? "td-exit-pending" : "td-exit";
		break;
	default:
		break;
	}
	return answer;
}

static struct answer call(struct host *host, const struct row *row)
{
	uint64_t gpa = GPA & -(PAGE << 9 * row->level), page = host_page(host);
	struct answer answer = { .end = "seamret" };
	size_t at = 0;

	while (at < sizeof(leaves) / sizeof(leaves[0]) && !is(leaves[at].name, row->leaf))
		at++;
	assert_true(at < sizeof(leaves) / sizeof(leaves[0]));
	switch (leaves[at].leaf) {
	case EMU_TDH_MR_FINALIZE:
	case EMU_TDH_MEM_TRACK:
		answer.status = host_call(host, leaves[at].leaf, HOST_TDR, 0, 0);
		break;
	case EMU_TDH_MEM_PAGE_AUG:
		/* A fresh page, of the size. */
		answer.status = host_call(host, leaves[at].leaf, gpa | row->level, HOST_TDR,
					  row->level ? 2 * REGION : page);
		break;
	default:
		answer.status = host_call(host, leaves[at].leaf, gpa | row->level, HOST_TDR, page);
	}
	answer.rcx = host->rcx & ~UINT64_C(0xffffffffff000);
	answer.rdx = host->rdx;
	return answer;
}

static void check(const struct row *row, const char *line)
{
	struct emu_seam_info before, after;
	struct answer answer;
	struct host host;

	host_start(&host, row->ve_disable ? 0x10000000 : 0);
	make_state(&host, row);
	emu_seam_info(host.seam, &before);
	if (is(row->leaf, "TDG.MEM.PAGE.ACCEPT"))
		answer = accept_page(&host, row);
	else if (is(row->leaf, "guest read"))
		answer = access_page(&host, EMU_TDX_READ);
	else if (is(row->leaf, "guest write"))
		answer = access_page(&host, EMU_TDX_READ_WRITE);
	else
		answer = call(&host, row);
	emu_seam_info(host.seam, &after);

	if (!is(answer.end, row->end) || answer.status != row->status || answer.rcx != row->rcx ||
	    answer.rdx != row->rdx)
		fail_msg("%s%s 0x%lx 0x%lx 0x%lx", line, answer.end, answer.status, answer.rcx,
			 answer.rdx);
	if (!is(state_at(&host, GPA, LEVEL_2M), row->new_pd))
		fail_msg("%s2 MiB: %s", line, state_at(&host, GPA, LEVEL_2M));
	if (!is(row->new_pt, "-") && !is(state_at(&host, GPA, LEVEL_4K), row->new_pt))
		fail_msg("%s4 KiB: %s", line, state_at(&host, GPA, LEVEL_4K));
	if (!is(row->new_last, "-") &&
	    !is(state_at(&host, GPA + REGION - PAGE, LEVEL_4K), row->new_last))
		fail_msg("%slast: %s", line, state_at(&host, GPA + REGION - PAGE, LEVEL_4K));
	if ((long)(after.children - before.children) != row->children ||
	    (long)(after.epoch - before.epoch) != row->epoch)
		fail_msg("%schildren %ld, epoch %ld", line,
			 (long)(after.children - before.children),
			 (long)(after.epoch - before.epoch));
	host_finish(&host);
}

/* Columns are divided by tabs, and names of leaves have spaces. False: a comment or the heading. */
static bool parse(char *line, struct row *row)
{
	char status[32], access[24];
	int n = sscanf(line,
		       "%23[^\t]\t%23[^\t]\t%15[^\t]\t%15[^\t]\t%15[^\t]\t%lu\t%31[^\t]\t%lu\t"
		       "%23[^\t]\t%31[^\t]\t%lx\t%lx\t%23[^\t]\t%23[^\t]\t%23[^\t]\t%ld\t%ld",
		       row->pd, row->pt, row->fill, row->tracking, row->op_state, &row->ve_disable,
		       row->leaf, &row->level, row->end, status, &row->rcx, &row->rdx, row->new_pd,
		       row->new_pt, row->new_last, &row->children, &row->epoch);

	if (n < 17)
		return false;
	/* How an access ended has a column of its own. */
	row->status = 0;
	if (is(row->end, "access")) {
		snprintf(access, sizeof(access), "%.23s", status);
		memcpy(row->end, access, sizeof(access));
	} else {
		row->status = strtoul(status, NULL, 16);
	}
	return true;
}

static void test_recorded(void **state)
{
	FILE *file = fopen(getenv("SEPT_TABLE"), "r");
	char line[512];
	unsigned rows = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct row row = { 0 };

		if (line[0] == '#' || !parse(line, &row))
			continue;
		check(&row, line);
		rows++;
	}
	fclose(file);
	assert_int_equal(rows, 1826);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
