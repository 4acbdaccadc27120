/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_ON_SIGNAL_H
#define CVMEM_QEMU_REPORT_ON_SIGNAL_H

/* From now on SIGUSR1 writes the current report to the file that the options name; without one the
 * signal is ignored. To be called in the main thread. */
void report_on_signal(void);

#endif
