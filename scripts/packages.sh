# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The packages that the project needs, one line each:
#
#   level    run: to build and run; quick: also for ./check quick; check: for all of ./check
#   probe    the test for its presence: cmd=COMMAND, file=PATH, pc=PKG-CONFIG-MODULE,
#            clang=OPTION that clang must be able to link with
#   package  Debian's (and Ubuntu's) name for it
#   why
packages() {
	sed -e '/^#/d' <<-'END'
	run    cmd=gcc                         gcc                    compiles everything
	run    file=/usr/include/stdio.h       libc6-dev              headers for the tools and the emulator
	run    cmd=meson                       meson                  configures the build
	run    cmd=ninja                       ninja-build            builds
	run    cmd=pkg-config                  pkg-config             finds libraries
	run    pc=cmocka                       libcmocka-dev          unit tests
	run    pc=nettle                       nettle-dev             hashes and AES in the plugin for QEMU
	run    file=/usr/include/mbedtls/ecdsa.h  libmbedtls-dev      signatures and certificates of attestation in the plugin for QEMU
	run    pc=libcjson                     libcjson-dev           JSON output of the command
	run    pc=liblzma                      liblzma-dev            unpacks firmware volumes and kernels
	run    pc=libbrotlidec                 libbrotli-dev          unpacks firmware volumes
	run    pc=zlib                         zlib1g-dev             checksums of IGVM files; unpacks kernels
	run    pc=libzstd                      libzstd-dev            unpacks kernels
	run    pc=liblz4                       liblz4-dev             unpacks kernels
	run    file=/usr/include/bzlib.h       libbz2-dev             unpacks kernels
	run    pc=lzo2                         liblzo2-dev            unpacks kernels
	run    pc=ext2fs                       libext2fs-dev          reads ext2 to ext4
	run    pc=libarchive                   libarchive-dev         unpacks logs
	quick  cmd=python3                     python3                the checks of layers and documentation
	quick  cmd=nm                          binutils               the layer check reads object files
	quick  cmd=shellcheck                  shellcheck             the scripts
	quick  cmd=clang-format-14             clang-format-14        one version, because formats differ
	check  cmd=clang                       clang                  the second compiler; fuzzing
	check  cmd=lld-link                    lld                    links the EFI images
	check  clang=-fsanitize=fuzzer         libclang-rt-dev        runtimes of libFuzzer and the sanitizers
	check  cmd=gpg                         gnupg                  signs an archive to test the set-up of cvmem vm with
	check  cmd=cpio                        cpio                   initial file systems for the boots of ./check vm
	check  cmd=sbsign                      sbsigntool             signs EFI images for the boots with Secure Boot
	check  cmd=mformat                     mtools                 a disk for them to boot from
	check  file=/usr/sbin/mke2fs           e2fsprogs              a file system for the tests of cvmem inspect
	check  file=/usr/sbin/sfdisk           fdisk                  its partitions
	check  cmd=g++                         g++                    the examples compile as C++
	check  cmd=make                        make                   cvmem.mk in a makefile
	check  cmd=ld                          binutils               ld and nm for the freestanding check
	check  cmd=zsh                         zsh                    tests its completion
	check  cmd=fish                        fish                   tests its completion
	check  cmd=spin                        spin                   the model check of the claim protocol
	check  cmd=valgrind                    valgrind               counts instructions, for bench/run
	check  cmd=aarch64-linux-gnu-gcc       gcc-aarch64-linux-gnu  lib/ is portable: it compiles for AArch64
	check  file=/usr/aarch64-linux-gnu/lib/libc.a  libc6-dev-arm64-cross  its unit tests are programs there
	check  cmd=qemu-aarch64                qemu-user              runs them
	END
}
