# SPDX-License-Identifier: GPL-2.0-only
# `make fuzz`: run the console parser (rig/splat) under libFuzzer with ASan and UBSan for FUZZ_SECONDS;
# `make fuzz-locks`: the reader of lockdep's texts (rig/locks). tests/data/splat and tests/data/locks are the initial
# corpora.

FUZZ_SECONDS ?= 1800
FUZZ_CC ?= clang
FUZZ_PKGS := glib-2.0 gio-2.0 jansson libcyaml yaml-0.1 libarchive
FUZZ_DIR := $(OUT)/fuzz

$(FUZZ_DIR)/splat: tests/unit/fuzz-splat.c $(wildcard rig/splat/*.[ch])
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) -std=gnu17 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-D_GNU_SOURCE -Irig -I. $(shell pkg-config --cflags $(FUZZ_PKGS)) \
		-o $@ tests/unit/fuzz-splat.c rig/splat/*.c rig/util/error.c rig/util/paths.c rig/util/yaml-schema.c rig/util/yaml-tree.c rig/util/text.c \
		$(shell pkg-config --libs $(FUZZ_PKGS))

.PHONY: fuzz
fuzz: $(FUZZ_DIR)/splat
	@mkdir -p $(FUZZ_DIR)/corpus
	$(Q)cd $(FUZZ_DIR) && ./splat -max_total_time=$(FUZZ_SECONDS) -max_len=20000 -timeout=10 \
		corpus $(CURDIR)/tests/data/splat

$(FUZZ_DIR)/locks: tests/unit/fuzz-locks.c $(wildcard rig/locks/*.[ch])
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) -std=gnu17 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-D_GNU_SOURCE -Irig -I. $(shell pkg-config --cflags $(FUZZ_PKGS)) \
		-o $@ tests/unit/fuzz-locks.c rig/locks/lockdep-proc.c rig/locks/orders.c rig/util/error.c \
		$(shell pkg-config --libs $(FUZZ_PKGS))

.PHONY: fuzz-locks
fuzz-locks: $(FUZZ_DIR)/locks
	@mkdir -p $(FUZZ_DIR)/corpus-locks
	$(Q)cd $(FUZZ_DIR) && ./locks -max_total_time=$(FUZZ_SECONDS) -max_len=20000 -timeout=10 \
		corpus-locks $(CURDIR)/tests/data/locks
