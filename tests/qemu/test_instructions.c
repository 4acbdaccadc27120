/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu/host/plugin_api.h"
#include "qemu/host/x86/registers.h"

/* A QEMU with one block, which is translated, and executed by one vCPU. */
struct qemu_plugin_insn {
	size_t size;
	uint8_t bytes[8];
	qemu_plugin_vcpu_udata_cb_t callback;
};

struct qemu_plugin_tb {
	struct qemu_plugin_insn insn[4];
	uint64_t counted;
};

struct qemu_plugin_scoreboard {
	uint64_t executed;
};

static const struct qemu_plugin_tb block = {
	.insn = {
		{ .size = 1, .bytes = { 0x90 } },
		{ .size = 8, .bytes = { 0x0f, 0x1f, 0x84, 0, 'i', 'n', 's', 'n' } },
		{ .size = 8, .bytes = { 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 } },
		{ .size = 4, .bytes = { 0x0f, 0x1f, 0x84, 0 } },
	},
};

static const char *missing_register;
static qemu_plugin_vcpu_udata_cb_t init_vcpu;
static qemu_plugin_vcpu_tb_trans_cb_t translate;
static struct qemu_plugin_scoreboard score;
static uint64_t rax;

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);

const char *qemu_registers_find(void)
{
	return missing_register;
}

void qemu_register_write(unsigned which, uint64_t value)
{
	assert_int_equal(which, EMU_RAX);
	rax = value;
}

void qemu_plugin_register_vcpu_init_cb(uint64_t id, qemu_plugin_vcpu_udata_cb_t cb, void *userdata)
{
	init_vcpu = cb;
}

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, qemu_plugin_vcpu_tb_trans_cb_t cb,
					   void *userdata)
{
	translate = cb;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    qemu_plugin_vcpu_udata_cb_t cb,
					    enum qemu_plugin_cb_flags flags, void *userdata)
{
	assert_int_equal(flags, QEMU_PLUGIN_CB_RW_REGS);
	insn->callback = cb;
}

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size)
{
	assert_int_equal(element_size, sizeof(score.executed));
	return &score;
}

uint64_t qemu_plugin_u64_get(struct qemu_plugin_u64 entry, unsigned int vcpu)
{
	return entry.score->executed;
}

void qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(struct qemu_plugin_tb *tb,
						       enum qemu_plugin_op op,
						       struct qemu_plugin_u64 entry, uint64_t imm)
{
	assert_int_equal(op, QEMU_PLUGIN_INLINE_ADD_U64);
	tb->counted += imm;
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	return sizeof(tb->insn) / sizeof(tb->insn[0]);
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index)
{
	return (struct qemu_plugin_insn *)&tb->insn[index];
}

size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn)
{
	return insn->size;
}

size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *data, size_t size)
{
	assert_int_equal(size, insn->size);
	memcpy(data, insn->bytes, size);
	return size;
}

/* What is said of the first vCPU's start. */
static void start(const char *without, char *said, size_t room)
{
	struct qemu_info info = { .system_emulation = true, .target_name = "x86_64" };
	FILE *file = tmpfile();
	int before;

	assert_non_null(file);
	missing_register = without;
	assert_int_equal(qemu_plugin_install(1, &info, 0, NULL), 0);
	before = dup(STDERR_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	init_vcpu(0, NULL);
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(file);
	said[fread(said, 1, room - 1, file)] = '\0';
	fclose(file);
}

static void only_for_x86(void **state)
{
	struct qemu_info info = { .system_emulation = true, .target_name = "aarch64" };

	assert_int_not_equal(qemu_plugin_install(1, &info, 0, NULL), 0);
	info.target_name = "x86_64";
	info.system_emulation = false;
	assert_int_not_equal(qemu_plugin_install(1, &info, 0, NULL), 0);
}

static void the_question_is_answered(void **state)
{
	struct qemu_plugin_tb tb = block;
	char said[256];

	start(NULL, said, sizeof(said));
	assert_string_equal(said, "");
	translate(&tb, NULL);
	assert_int_equal(tb.counted, 4);
	assert_null(tb.insn[0].callback);
	assert_non_null(tb.insn[1].callback);
	assert_null(tb.insn[2].callback);
	assert_null(tb.insn[3].callback);
	score.executed = 12345;
	tb.insn[1].callback(0, NULL);
	assert_int_equal(rax, 12345);
}

/* A guest is told nothing then, where RAX could be any register. */
static void no_answer_without_the_registers(void **state)
{
	struct qemu_plugin_tb tb = block;
	char said[256];

	start("efer", said, sizeof(said));
	assert_non_null(strstr(said, "cvmem-instructions.so: "));
	assert_non_null(strstr(said, "no register efer"));
	translate(&tb, NULL);
	assert_int_equal(tb.counted, 0);
	for (unsigned i = 0; i < 4; i++)
		assert_null(tb.insn[i].callback);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_for_x86),
		cmocka_unit_test(the_question_is_answered),
		cmocka_unit_test(no_answer_without_the_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
