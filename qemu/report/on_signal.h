/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_ON_SIGNAL_H
#define CVMEM_QEMU_REPORT_ON_SIGNAL_H

/*
 * From now on SIGUSR1 has the report written, as it is then, to the file of the options. In the
 * main thread. Without such a file the signal is ignored.
 */
void report_on_signal(void);

#endif
