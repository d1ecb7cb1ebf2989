# SPDX-License-Identifier: GPL-2.0-only
# The libvirt launcher, a shared object that is loaded on first use (rig/vm/module.h), and its tests.

LIBVIRT_SO := $(OUT)/lib/hotplug-rig/libvirt.so
LIBVIRT_OBJ := $(patsubst %.c,$(OUT)/obj/%.o,$(wildcard rig/vm/libvirt/*.c))
LIBVIRT_LIBS = $(shell pkg-config --libs $(LIBVIRT_PKGS) 2>/dev/null)

all: $(LIBVIRT_SO)

$(LIBVIRT_OBJ): ALL_CFLAGS += -fPIC
# Undefined symbols are the rig's own functions, which bin/rig exports.
$(LIBVIRT_SO): $(LIBVIRT_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) -shared -o $@ $^ $(LIBVIRT_LIBS) $(LIBS)

# the suite has the module's files, and loads it
$(OUT)/tests/test-vm: $(LIBVIRT_OBJ) | $(LIBVIRT_SO)
$(OUT)/tests/test-vm: LIBS += $(LIBVIRT_LIBS)

## make check-libvirt  all steps, machines and faults through libvirt; each scenario must have the same verdict without it
.PHONY: check-libvirt
check-libvirt:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@RIG_TESTS_MORE=yes tests/libvirt $(OUT)
	@tests/libvirt-same $(OUT)
