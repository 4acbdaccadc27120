/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_CVMEM_H
#define CVMEM_CVMEM_H

/* All of the library. base.h has what a port provides; each header is the manual of its part. */

#include <cvmem/base.h>

#include <cvmem/map.h>
#include <cvmem/table.h>

#include <cvmem/cca.h>
#include <cvmem/metal.h>
#include <cvmem/platform.h>
#include <cvmem/snp.h>
#include <cvmem/tdx.h>

#include <cvmem/accept.h>

#include <cvmem/early.h>
#include <cvmem/fault.h>
#include <cvmem/handover.h>
#include <cvmem/hotplug.h>
#include <cvmem/pages.h>
#include <cvmem/reserve.h>
#include <cvmem/share.h>

#endif
