/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_QEMU_FIRMWARE_CCA_REALM_H
#define CVMEM_TESTS_QEMU_FIRMWARE_CCA_REALM_H

#include <stddef.h>
#include <stdint.h>

#include <cvmem/cvmem.h>

/* A kernel for a Realm, with the library and nothing else. What one does is run(), which the linker
 * is told. */
extern struct cvm_cca cca;
extern struct cvm_acceptor acceptor;
extern struct cvm_share share;

/* Memory that nothing else uses: unaccepted in the library's table. */
#define REALM_START UINT64_C(0x44000000)
#define REALM_END   UINT64_C(0x48000000)
#define UNIT	    UINT64_C(0x200000)
#define OFFSET	    0x128
#define PATTERN	    UINT64_C(0x5a5a5a5a5a5a5a5a)

void run(void);

/* A line on the console. */
void say(const char *name, uint64_t value);

/* start.S */
uint64_t load(uint64_t ipa);
void store(uint64_t ipa, uint64_t value);
void jump(uint64_t ipa);

#endif
