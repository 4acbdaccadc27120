# SPDX-License-Identifier: MIT
# The library in a kernel that is built by GNU make:
#
#   include third_party/cvmem/cvmem.mk
#   CPPFLAGS += $(CVMEM_INCLUDES)
#   kernel.elf: $(OBJECTS) $(CVMEM_OBJECTS)
#
# CC and CFLAGS are set before it. So may be:
#   CVMEM_DIR     this folder
#   CVMEM_OUT     where the objects go
#   CVMEM_ARCH    the machine that is compiled for; platform/ is for x86_64, platform/cca/ for aarch64 as well
#   CVMEM_COMPAT  not empty: there is no <stdint.h> (-nostdinc), include/compat has one
# What it sets:
#   CVMEM_SOURCES, CVMEM_OBJECTS
#   CVMEM_INCLUDES  for what uses the library
#   CVMEM_CFLAGS    for the library itself, behind CFLAGS
# and a rule for the objects, which need no symbol that they do not define.
CVMEM_GOAL := $(.DEFAULT_GOAL)

CVMEM_DIR ?= $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
CVMEM_OUT ?= cvmem
CVMEM_ARCH ?= $(firstword $(subst -, ,$(shell $(CC) $(CFLAGS) -dumpmachine)))

CVMEM_SOURCES := $(sort $(wildcard $(CVMEM_DIR)/lib/*.c))
ifeq ($(CVMEM_ARCH),x86_64)
CVMEM_SOURCES += $(sort $(wildcard $(CVMEM_DIR)/platform/*.c $(CVMEM_DIR)/platform/*/*.c))
else ifeq ($(CVMEM_ARCH),aarch64)
CVMEM_SOURCES += $(sort $(wildcard $(CVMEM_DIR)/platform/cca/*.c))
endif
CVMEM_OBJECTS := $(patsubst $(CVMEM_DIR)/%.c,$(CVMEM_OUT)/%.o,$(CVMEM_SOURCES))

CVMEM_INCLUDES := -I$(CVMEM_DIR)/include
CVMEM_INCLUDES += $(if $(CVMEM_COMPAT),-I$(CVMEM_DIR)/include/compat)
# The loops that clear memory must not become calls of memset().
CVMEM_CFLAGS := $(CVMEM_INCLUDES) -I$(CVMEM_DIR) -std=gnu11 -ffreestanding
CVMEM_CFLAGS += $(if $(findstring clang,$(shell $(CC) --version)),,-fno-tree-loop-distribute-patterns)
ifeq ($(CVMEM_ARCH),x86_64)
CVMEM_CFLAGS += -mgeneral-regs-only -mno-red-zone
else ifeq ($(CVMEM_ARCH),aarch64)
CVMEM_CFLAGS += -mgeneral-regs-only -mno-outline-atomics
endif

$(CVMEM_OBJECTS): $(CVMEM_OUT)/%.o: $(CVMEM_DIR)/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CVMEM_CFLAGS) -MMD -c $< -o $@

-include $(CVMEM_OBJECTS:.o=.d)

# The first target of the makefile that includes this one stays the default.
.DEFAULT_GOAL := $(CVMEM_GOAL)
