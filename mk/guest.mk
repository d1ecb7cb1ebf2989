# SPDX-License-Identifier: GPL-2.0-only
# The programs inside the guest, static, for every guest architecture.

GUEST_ARCHES := x86_64 ppc64le
GUEST_CC_x86_64 := gcc
GUEST_CC_ppc64le := powerpc64le-linux-gnu-gcc
GUEST_SRC := $(wildcard guest-init/*.c)
GUEST_CFLAGS := -std=gnu17 -O2 -Wall -Wextra -Wshadow -static -I. -D_GNU_SOURCE -fno-asynchronous-unwind-tables

.PHONY: guest
guest: $(GUEST_ARCHES:%=$(BUILD)/guest/%/init)

define guest_arch
$(BUILD)/guest/$(1)/init: $(GUEST_SRC) $(wildcard guest-init/*.h)
	@mkdir -p $$(@D)
	$$(call say,GUEST,$$@)
	$$(Q)$$(GUEST_CC_$(1)) $$(GUEST_CFLAGS) -o $$@ $$(GUEST_SRC)
endef
$(foreach a,$(GUEST_ARCHES),$(eval $(call guest_arch,$(a))))
