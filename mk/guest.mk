# SPDX-License-Identifier: GPL-2.0-only
# The guest's programs, statically linked, for every guest architecture.

GUEST_ARCHES := x86_64 ppc64le aarch64 s390x riscv64
GUEST_CC_x86_64 := gcc
GUEST_CC_ppc64le := powerpc64le-linux-gnu-gcc
GUEST_CC_aarch64 := aarch64-linux-gnu-gcc
GUEST_CC_s390x := s390x-linux-gnu-gcc
GUEST_CC_riscv64 := riscv64-linux-gnu-gcc
GUEST_PACKAGES_x86_64 := gcc
GUEST_PACKAGES_ppc64le := gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross
GUEST_PACKAGES_aarch64 := gcc-aarch64-linux-gnu libc6-dev-arm64-cross
GUEST_PACKAGES_s390x := gcc-s390x-linux-gnu libc6-dev-s390x-cross
GUEST_PACKAGES_riscv64 := gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
GUEST_SRC := $(wildcard guest-init/*.c guest-init/agents/*.c)
GUEST_HEADERS := $(wildcard guest-init/*.h)
GUEST_CFLAGS := -std=gnu17 -O2 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Wno-missing-field-initializers -I. -D_GNU_SOURCE -fno-asynchronous-unwind-tables

.PHONY: guest
guest: $(GUEST_ARCHES:%=$(BUILD)/guest/%/init) $(GUEST_ARCHES:%=$(BUILD)/guest/%/busybox)

define guest_arch
ifneq ($$(shell command -v $$(GUEST_CC_$(1))),)
$(BUILD)/guest/$(1)/obj/%.o: %.c $(GUEST_HEADERS)
	@mkdir -p $$(@D)
	$$(Q)$$(CCACHE) $$(GUEST_CC_$(1)) $$(GUEST_CFLAGS) -c -o $$@ $$<
$(BUILD)/guest/$(1)/init: $(GUEST_SRC:%.c=$(BUILD)/guest/$(1)/obj/%.o)
	$$(call say,GUEST,$$@)
	$$(Q)$$(GUEST_CC_$(1)) -static -s -o $$@ $$^
else
$(BUILD)/guest/$(1)/init:
	@echo "  $$(GUEST_CC_$(1)) is not installed, so $(1) guests cannot run;" \
		"apt-get install $$(GUEST_PACKAGES_$(1))"
endif

# A shell for interactive use on the console. Runs do not need it: a failed download only prints a message.
$(BUILD)/guest/$(1)/busybox: tools/busybox
	@mkdir -p $$(@D)
	$$(call say,BUSYBOX,$$@)
	$$(Q)tools/busybox $(1) $$@ || echo "  no busybox for $(1): its guests have no interactive shell"
endef
$(foreach a,$(GUEST_ARCHES),$(eval $(call guest_arch,$(a))))

# The order of guest-init's files: each may include its own header and those of files before it.
# tools/check-source reads this list; agents/ stands for all files there.
GUEST_ORDER := proto clock text files region rng trace frame expected-errno output agent blocks pmem cxl kmem direct paths \
	processes agents/ start features channel reply supervisor handlers klog tasks request main-loop init

# The same sources compiled for the host, without main(): the suite test-guest-init.
USES_guest-init := util
$(OUT)/lib/guest-init.a: $(patsubst %.c,$(OUT)/obj/%.o,$(filter-out guest-init/init.c,$(GUEST_SRC)))
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcsD $@ $^
