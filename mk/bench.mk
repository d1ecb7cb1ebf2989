# SPDX-License-Identifier: GPL-2.0-only
# Speed, as ratios inside one run.

$(OUT)/tests/guest-bare: tests/bench/guest-bare.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -O2 -static -s -o $@ $<

## make bench      what the rig costs against a bare loop, as ratios
.PHONY: bench
bench: all $(FAKES) $(OUT)/tests/guest-bare
	@tools/install-packages build run check
	@tests/bench/scan $(OUT)
	@failed=0; tests/bench/run $(OUT) || failed=1; tests/bench/libvirt $(OUT) || failed=1; exit $$failed

## make bench-report  how long the pages of 1,000 runs take to make
.PHONY: bench-report
bench-report: all
	@tools/install-packages build run check
	@tests/bench/report $(OUT)

## make bench-index 100,000 run folders: how long the index takes to make and to ask
.PHONY: bench-index
bench-index: all $(FAKES)
	@tools/install-packages build check
	@tests/bench/index $(OUT)

## make bench-nightly how well a night is packed: 60 cells on a fake QEMU; PLAN=smoke, or a file: with real guests
.PHONY: bench-nightly
bench-nightly: all $(FAKES)
	@tools/install-packages build run check
	@tests/bench/nightly $(OUT) $(PLAN)
