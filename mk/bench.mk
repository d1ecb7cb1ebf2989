# SPDX-License-Identifier: GPL-2.0-only
# Benchmarks. Results are ratios of two times measured in the same run, so that they hold on any host.

$(OUT)/tests/guest-bare: tests/bench/guest-bare.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -O2 -static -s -o $@ $<

ACTORS := tests/bench/guest-actors.c tests/bench/guest-cgroup.c
$(OUT)/tests/guest-actors: $(ACTORS) tests/bench/guest-actors.h guest-init/rng.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(WARN) -O2 -static -s -D_GNU_SOURCE -I. -o $@ $(ACTORS)

## make bench      overhead of the rig relative to a bare loop
.PHONY: bench
bench: all $(FAKES) $(OUT)/tests/guest-bare
	@tools/install-packages build run check
	@failed=0; for part in scan run libvirt; do tests/bench/$$part $(OUT) || failed=1; done; exit $$failed

## make bench-devices  plug and resize cycles of other devices than DIMMs, relative to a bare loop; builds a kernel for it
.PHONY: bench-devices
bench-devices: all $(FAKES) $(OUT)/tests/guest-bare
	@tools/install-packages build run check
	@tests/bench/run $(OUT) devices cxl

## make bench-neighbours  the agents for neighbours of memory hotplug, relative to a shell and to the same system calls; builds
##                 the kernel `full` (half an hour; RIG_BENCH_RUNS=1: a third of it)
.PHONY: bench-neighbours
bench-neighbours: all $(FAKES) $(OUT)/tests/guest-bare $(OUT)/tests/guest-actors
	@tools/install-packages build run check
	@tests/bench/run $(OUT) neighbours

## make bench-report  time to write the HTML report of 1,000 runs
.PHONY: bench-report
bench-report: all
	@tools/install-packages build run check
	@tests/bench/report $(OUT)

## make bench-index 100,000 run folders: time to build and to query the index
.PHONY: bench-index
bench-index: all $(FAKES)
	@tools/install-packages build check
	@tests/bench/index $(OUT)

## make bench-locks 100,000 runs of 1,500 lock orders: time to build and to query the lock graph
.PHONY: bench-locks
bench-locks: all $(FAKES)
	@code=0; tests/bench/locks $(OUT) >$(OUT)/bench-locks.md || code=$$?; cat $(OUT)/bench-locks.md; \
		[ $$code -gt 1 ] || tools/put-in-docs docs/locks.md bench $(OUT)/bench-locks.md; exit $$code

## make bench-nightly how well cells are packed: 60 of them on a fake QEMU; with PLAN=smoke or a file, real guests
.PHONY: bench-nightly
bench-nightly: all $(FAKES)
	@tools/install-packages build run check
	@tests/bench/nightly $(OUT) $(PLAN)

## make bench-recorder CPU time of a boot and plug cycles with recorded locks, relative to none
.PHONY: bench-recorder
bench-recorder: all
	@tests/bench/recorder $(OUT)

## make bench-coverage CPU time of a boot and plug cycles with --coverage, relative to none
.PHONY: bench-coverage
bench-coverage: all
	@tools/install-packages build run check
	@tests/bench/coverage $(OUT)

## make bench-director CPU time of a boot and plug cycles with 20 watched addresses, relative to none
.PHONY: bench-director
bench-director: all
	@tools/install-packages build run check
	@tests/bench/director $(OUT)

## make bench-race compares the strategies of `rig race` on two bugs of the zoo (40 min)
.PHONY: bench-race
bench-race: all
	@tools/install-packages build run check
	@tests/bench/race $(OUT)

$(OUT)/tests/fleet-model: tests/bench/fleet-model.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< $(LIBS)

## make bench-fleet  5,000 cells on a Slurm cluster on this host, and a model of 100,000; writes docs/fleet.md (CELLS=N)
.PHONY: bench-fleet
bench-fleet: all $(FAKES) $(OUT)/tests/fleet-model
	@tools/install-packages build check slurm
	@tests/bench/fleet $(OUT)
