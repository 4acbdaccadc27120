/* SPDX-License-Identifier: MIT */
#include "tools/common/version.h"

#include "cvmem-version.h"

const char cvmem_version[] = CVMEM_VERSION;
