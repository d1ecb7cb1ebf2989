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
	@tests/bench/run $(OUT)
