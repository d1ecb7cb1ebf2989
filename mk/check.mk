# SPDX-License-Identifier: GPL-2.0-only
# Test targets.

## make check      all tests: Check suites, command line, then real guests on q35, pseries, powernv9, and on arm64, s390x and riscv64 if their kernels are cached
.PHONY: check
check:
	@tools/install-packages build run check
	@[ "$$CI" != true ] || tools/install-packages fuzz browser
	@$(MAKE) --no-print-directory all unit
	@$(MAKE) --no-print-directory --keep-going -j2 check-guests check-fakes

# Two halves of make check, which run side by side: guests use the cores, and the fakes mostly wait.
.PHONY: check-guests check-fakes
check-guests:
	@failed=0; tests/run $(OUT) || failed=1; tests/libvirt $(OUT) || failed=1; exit $$failed
check-fakes:
	@failed=0; for test in 'fuzz/run $(OUT) short' 'scan $(OUT)' 'install $(OUT)' 'nightly $(OUT)' 'slurm $(OUT) --short' \
		'full $(OUT) 4' 'crash $(OUT) 2' 'html/browse $(OUT)'; do tests/$$test || [ $$? -eq 77 ] || failed=1; done; exit $$failed

## make check-slurm  nights on a real Slurm cluster of three nodes on this host: lost nodes, restarts, kill -9 (docs/fleet.md)
.PHONY: check-slurm
check-slurm: all $(FAKES)
	@tools/install-packages build check
	@tests/slurm $(OUT)

## make check-devices  other devices of memory in real guests: NVDIMMs, dax devices, virtio-pmem, the balloon; builds a kernel for it
.PHONY: check-devices
check-devices: $(FAKES)
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@tests/devices $(OUT)

## make check-cycles  200 cycles of adding and removing memory for each kind of device, in real guests
.PHONY: check-cycles
check-cycles:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@tests/cycles/run $(OUT)

## make check-neighbours  subsystems that share pages or locks with memory hotplug, in real guests: modules, huge pages, KSM, control groups; builds the kernel `full`
.PHONY: check-neighbours
check-neighbours:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@tests/neighbours $(OUT)

## make neighbours-coverage  what each agent for neighbours of memory hotplug reaches that no other does (half an hour); writes
##                 the table in tests/data/neighbours-coverage.md
.PHONY: neighbours-coverage
neighbours-coverage: all
	@tools/install-packages run check
	@tests/neighbours-coverage $(OUT)
	@tools/put-in-docs tests/data/neighbours-coverage.md neighbours-coverage $(OUT)/neighbours-coverage.md

## make check-arm64  the arm64 cases of make check, which otherwise run only if arm64's kernel is in the cache
.PHONY: check-arm64
check-arm64:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@RIG_ALSO=aarch64 RIG_TESTS='*arm64*' tests/run $(OUT)

## make check-s390x  the s390x cases of make check; builds a kernel of 7.3 for them
.PHONY: check-s390x
check-s390x:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@RIG_ALSO=s390x RIG_TESTS='*s390x*' tests/run $(OUT)

## make check-riscv64  the riscv64 cases of make check; builds a kernel of 7.3 for them
.PHONY: check-riscv64
check-riscv64:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@RIG_ALSO=riscv64 RIG_TESTS='*riscv64*' tests/run $(OUT)

## make check-kernels  the plan `kernels`: 5.10, 6.1, 6.12 and 7.3 on pc-q35, pseries and arm64-virt (KERNELS_PLAN=FILE: another);
##                 writes the table of docs/kernels.md (75 min, and two hours for the kernels)
KERNELS_PLAN ?= kernels
.PHONY: check-kernels
check-kernels:
	@tools/install-packages build run
	@$(MAKE) --no-print-directory all
	@code=0; tests/kernels $(OUT) $(KERNELS_PLAN) || code=$$?; [ $$code -le 1 ] || exit $$code; \
		tools/put-in-docs docs/kernels.md kernels $(OUT)/kernels.md && exit $$code

## make check-prove  `rig prove` of the zoo's lock cycles, 20 times each with and without the bug (PROVE_TIMES=N); writes the table
##                 of docs/prove.md (3 h)
PROVE_TIMES ?= 20
.PHONY: check-prove
check-prove:
	@tools/install-packages build run
	@$(MAKE) --no-print-directory all
	@tests/prove/zoo $(OUT) $(PROVE_TIMES) >$(OUT)/prove.md; code=$$?; [ $$code -le 1 ] || exit $$code; \
		tools/put-in-docs docs/prove.md zoo $(OUT)/prove.md && exit $$code

## make check-qemu  scenarios of each machine on QEMU 7.2, 10.0 and 11.1; fetches the last two, and writes the tables of docs/machines.md
.PHONY: check-qemu
check-qemu:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@code=0; tests/qemu $(OUT) || code=$$?; tools/put-in-docs docs/machines.md qemu $(OUT)/qemu.md && exit $$code

## make check-html  the HTML report in headless Chromium (80 MB of packages); make check includes it if installed
.PHONY: check-html
check-html:
	@tools/install-packages build browser
	@$(MAKE) --no-print-directory all
	@tests/html/browse $(OUT)

## make check-more  longer tests: stock kernels, firmware and MMU modes, arm64 with pages of 64k, powernv8 and powernv10
.PHONY: check-more
check-more:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@tests/more $(OUT)

## make check-distro  make run and make check in minimal chroots of Debian 12 and 13 (root; the first time about an hour each)
.PHONY: check-distro
check-distro:
	@tools/install-packages distro
	@tests/distro

## make check-san  the Check suites again, built with ASan and UBSan
.PHONY: check-san
check-san:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory OUT=$(BUILD)/san CFLAGS='-O1 -g' \
		SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' \
		unit

## make unit       the Check suites alone; make test-qmp: one of them

## make gallery    real guests print a report of each kind, which rig must classify correctly
.PHONY: gallery
gallery: all
	@tests/gallery $(OUT)

## make check-nightly kill -9 a night of 40 cells 20 times: no finished cell is lost or repeated, no process remains
.PHONY: check-nightly
check-nightly: all $(FAKES)
	@tools/install-packages build check
	@RIG_KILLS=20 RIG_CELLS=40 RIG_TESTS='kill -9' tests/nightly $(OUT)

## make check-full the disk becomes full at 50 moments of a run and of a night: INFRA, and nothing finished is lost
.PHONY: check-full
check-full: all $(FAKES)
	@tests/full $(OUT) 50

## make check-clean  200 runs of clean kernels and 200 of the zoo's bugs at host loads of 1, 4 and 10; continues if it was stopped;
##                   writes the numbers into docs/results.md (a day)
.PHONY: check-clean
check-clean: all
	@tools/install-packages build run check
	@code=0; tests/clean $(OUT) || code=$$?; tools/put-in-docs docs/results.md clean $(OUT)/clean.md && exit $$code

## make soak       a night with a fake QEMU and dimm-storm with a guest, SOAK minutes (360) in all: memory, files and disk stay flat
SOAK ?= 360
.PHONY: soak
soak: all $(FAKES)
	@tools/install-packages build run check
	@tests/soak $(OUT) $(SOAK)

## make check-crash kill -9 at 100 random moments of run, nightly, bisect, zoo, index, report; 100 power losses (an hour; root)
.PHONY: check-crash
check-crash: all $(FAKES)
	@tools/install-packages build run check
	@RIG_REAL=1 tests/crash $(OUT) 100
	@RIG_KILLS=100 RIG_CELLS=200 RIG_TESTS='kill -9' tests/nightly $(OUT)

## make check-hang  real guests hang in each way, with lockdep and without: time until each is explained (docs/hangs.md)
.PHONY: check-hang
check-hang:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@failed=0; tests/hang $(OUT) || failed=1; tests/hang $(OUT) --table && exit $$failed

## make check-slow  guests that the host stops repeatedly are not reported as hung
.PHONY: check-slow
check-slow:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@tests/slow $(OUT)
