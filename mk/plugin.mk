# SPDX-License-Identifier: GPL-2.0-only
# The director's QEMU plugin: a shared object for each version of QEMU's plugin interface that it must distinguish
# (plugin/api.h). It runs in QEMU's process and links with nothing but the C library.

PLUGIN_APIS := 1 2 4 6 7
PLUGIN_SRC := $(wildcard plugin/*.c)
PLUGINS := $(PLUGIN_APIS:%=$(BUILD)/plugin/director-%.so)

.PHONY: plugin
plugin: $(PLUGINS)
all: plugin

define plugin_api
$(BUILD)/plugin/$(1)/%.o: %.c $(wildcard plugin/*.h)
	@mkdir -p $$(@D)
	$$(Q)$$(CCACHE) $$(CC) -std=gnu17 -O2 -g $$(WARN) -fPIC -fvisibility=hidden -I. -D_GNU_SOURCE -DRIG_API=$(1) \
		-ffile-prefix-map=$$(CURDIR)=. -c -o $$@ $$<
$(BUILD)/plugin/director-$(1).so: $(PLUGIN_SRC:%.c=$(BUILD)/plugin/$(1)/%.o)
	$$(call say,PLUGIN,$$@)
	$$(Q)$$(CC) -shared -pthread -Wl,-z,defs,--unresolved-symbols=ignore-all -o $$@ $$^
endef
$(foreach a,$(PLUGIN_APIS),$(eval $(call plugin_api,$(a))))

# The same sources for the suite, but those that need QEMU, or the suite's fake of it.
PLUGIN_QEMU_SRC := $(addprefix plugin/,director.c recorder.c registers.c failer.c update.c \
	condition.c task.c)
USES_plugin :=
$(OUT)/obj/plugin/%.o: ALL_CFLAGS += -DRIG_API=1
$(OUT)/lib/plugin.a: $(patsubst %.c,$(OUT)/obj/%.o,$(filter-out $(PLUGIN_QEMU_SRC),$(PLUGIN_SRC)))
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcsD $@ $^
# the shared objects find the suite's fake of QEMU in the suite itself
$(OUT)/tests/test-plugin: LIBS += -rdynamic
test-plugin: plugin
