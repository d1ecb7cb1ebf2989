# SPDX-License-Identifier: GPL-2.0-only
# libFuzzer's targets, tests/fuzz/MODULE.c: each is linked with its module and what that may use, built by clang with
# ASan and UBSan below build/fuzz. tests/fuzz/run runs them.

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(filter-out fuzz,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))

## make fuzz       each target of tests/fuzz for FUZZ_SECONDS (60) with libFuzzer, ASan and UBSan
.PHONY: fuzz
fuzz:
	@tools/install-packages build fuzz
	@tests/fuzz/run $(BUILD) $(FUZZ_SECONDS) $(FUZZ_ONLY)

## make fuzz-long  the same, an hour each
.PHONY: fuzz-long
fuzz-long:
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=3600

# tests/fuzz/run calls this with OUT, CC and SAN.
.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_TARGETS:%=$(OUT)/fuzz-%)

$(foreach t,$(FUZZ_TARGETS),$(eval $(OUT)/fuzz-$(t): $(call libs,$(t) $(USES_$(t)))))
$(OUT)/fuzz-%: $(OUT)/obj/tests/fuzz/%.o $(OUT)/obj/tests/fuzz/fuzz.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) -fsanitize=fuzzer -o $@ $^ $(LIBS)
