# SPDX-License-Identifier: GPL-2.0-only
# `make help` lists the targets. V=1 shows every command.

BUILD ?= build
# Objects, libraries and programs; `make check-san` uses build/san.
OUT := $(BUILD)
SAN ?=

CC := gcc
PKGS := glib-2.0 gio-2.0 gmodule-2.0 jansson libcyaml libarchive sqlite3 libdw libelf libxml-2.0
# only vm/libvirt is linked with these
LIBVIRT_PKGS := libvirt libvirt-qemu libvirt-glib-1.0
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wno-missing-field-initializers -Wno-format-nonliteral
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu17 $(WARN) $(CFLAGS) $(SAN) -Irig -I. -MMD -MP \
	-D_GNU_SOURCE $(shell pkg-config --cflags $(PKGS) $(LIBVIRT_PKGS) 2>/dev/null)
LIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lz -lm
CHECK_LIBS = $(shell pkg-config --libs check 2>/dev/null)

# The compilers run below ccache if it is installed (CCACHE= turns it off) and its cache, which kernel builds use, too, can
# be written. With the prefix map, clones in different folders use the same entries.
export CCACHE_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/hotplug-rig/ccache
export CCACHE_BASEDIR := $(CURDIR)
CCACHE := $(if $(findstring ccache,$(CC)),,$(shell mkdir -p '$(CCACHE_DIR)' 2>/dev/null && test -w '$(CCACHE_DIR)' && command -v ccache))
ALL_CFLAGS += -ffile-prefix-map=$(CURDIR)=.

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

# The modules of rig/. USES_x are those that module x may include; each suite is linked with only these.
MODULES := util machine kernel qmp guest scenario splat tap symbol cover hang verdict store index locks stats child place slurm initrd director timeline plan vm engine zoo race bisect nightly report cmd
USES_util :=
USES_machine := util
USES_kernel := util
USES_qmp := util
USES_guest := util
USES_scenario := machine util
USES_splat := util
USES_tap := splat util
USES_symbol := splat util
USES_cover := symbol splat util
USES_hang := guest symbol splat util
USES_verdict := splat util
USES_store := verdict splat util
USES_index := store verdict splat util
USES_locks := store verdict splat util
USES_stats := index store verdict splat util
USES_child := store verdict splat util
USES_place := child store verdict splat util
USES_slurm := place child scenario kernel store verdict splat machine util
USES_initrd := util
USES_timeline := scenario machine util
USES_director := symbol kernel scenario splat machine util
USES_plan := timeline director symbol initrd kernel scenario store verdict splat machine util
USES_vm := qmp machine util
USES_engine := vm plan timeline director tap hang cover guest symbol initrd kernel scenario locks index store verdict splat qmp machine util
USES_zoo := scenario store verdict splat machine util
USES_race := place child scenario locks store verdict splat machine util
USES_bisect := place child kernel store verdict splat util
USES_nightly := place child kernel scenario machine stats index store verdict splat util
USES_report := cover symbol stats index store verdict splat util
USES_cmd := engine zoo race bisect nightly report slurm place child vm plan timeline director initrd kernel scenario stats locks index store verdict tap hang cover guest symbol splat qmp machine util

.PHONY: all
all: $(OUT)/bin/rig guest

.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make            build/bin/rig and the guest programs
## make run        from a fresh checkout: install packages, build rig, guest and kernels, then run the demonstration
.PHONY: run
run:
	@tools/install-packages build run
	@$(MAKE) --no-print-directory all
	@$(OUT)/bin/rig demo

## make deps       install the packages that building, running and testing need
.PHONY: deps
deps:
	@tools/install-packages build run check

# Tests: tests/unit/test-<module>.c (Check), linked with that module and what it may use. fake-*.c and
# bare-*.c are separate programs, which the tests and benchmarks start.
TESTS := $(patsubst tests/unit/test-%.c,%,$(wildcard tests/unit/test-*.c))
FAKES := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/fake-*.c tests/unit/bare-*.c))

libs = $(foreach m,$(1),$(OUT)/lib/$(m).a)

include mk/guest.mk mk/plugin.mk mk/check.mk
-include mk/libvirt.mk mk/fuzz.mk mk/lint.mk mk/bench.mk mk/zoo.mk mk/bisect.mk mk/install.mk

define module
SRC_$(1) := $$(wildcard rig/$(1)/*.c)
OBJ_$(1) := $$(SRC_$(1):%.c=$$(OUT)/obj/%.o)
LIB_$(1) := $$(OUT)/lib/$(1).a
$$(LIB_$(1)): $$(OBJ_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(Q)ar rcsD $$@ $$^
endef
$(foreach m,$(MODULES),$(eval $(call module,$(m))))

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CCACHE) $(CC) $(ALL_CFLAGS) -c -o $@ $<

# What `rig --version` prints: the commit and its day. Without git, or if git refuses to read the checkout of another
# user (sudo make install), the version of the last build stays.
$(OUT)/version: FORCE
	@mkdir -p $(@D)
	@v=$$(git describe --always --dirty --abbrev=12 2>/dev/null && git show -s --format=%cs 2>/dev/null); \
	[ -n "$$v" ] || [ ! -s $@ ] || exit 0; echo $${v:-unknown} | cmp -s - $@ || echo $${v:-unknown} >$@
.PHONY: FORCE
FORCE:
$(OUT)/obj/rig/main.o: $(OUT)/version
$(OUT)/obj/rig/main.o: ALL_CFLAGS += -DRIG_VERSION='"$(shell cat $(OUT)/version)"'

$(OUT)/bin/rig: $(OUT)/obj/rig/main.o $(call libs,cmd $(USES_cmd))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ $(LIBS)

$(OUT)/tests/test-%: $(OUT)/obj/tests/unit/test-%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ $(CHECK_LIBS) $(LIBS)
# suites that create run folders
$(OUT)/tests/test-index $(OUT)/tests/test-stats: $(OUT)/obj/tests/unit/runs.o
# Further files of a suite: tests/unit/<module>-*.c, without those of a suite whose name is longer.
more = $(patsubst %.c,$(OUT)/obj/%.o,$(filter-out $(foreach t,$(filter $(1)-%,$(TESTS)),tests/unit/$(t)-%.c),\
	$(wildcard tests/unit/$(1)-*.c)))
$(foreach t,$(TESTS),$(eval $(OUT)/tests/test-$(t): $(OUT)/obj/tests/unit/suite.o $(call more,$(t)) $(call libs,$(t) $(USES_$(t)))))
$(FAKES): $(OUT)/tests/%: $(OUT)/obj/tests/unit/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ $(LIBS)
# further files of a fake: tests/unit/<fake>/*.c
parts = $(patsubst %.c,$(OUT)/obj/%.o,$(wildcard tests/unit/$(notdir $(1))/*.c))
$(foreach f,$(FAKES),$(eval $(f): $(call parts,$(f))))

# An ELF file with a kernel's symbols, types and addresses (x86-64), for tests that read guest memory.
TOY := $(OUT)/tests/toy-kernel
$(TOY): tests/unit/toy-kernel.c tests/unit/toy-kernel.h tests/unit/toy-kernel.lds
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)gcc -std=gnu17 -g -O0 -ffreestanding -nostdlib -static -no-pie -fno-pic -mcmodel=kernel -Wall -Wextra \
		-Wl,-T,$(word 3,$^) -Wl,--build-id=none -o $@ $<

# All suites, one job per CPU.
.PHONY: unit
unit: $(TESTS:%=$(OUT)/tests/test-%) $(FAKES) $(TOY)
	@$(MAKE) --no-print-directory --keep-going --output-sync=target -j$(shell nproc) $(TESTS:%=test-%)

# One suite: make test-splat
.PHONY: test-%
test-%: $(OUT)/tests/test-% $(FAKES) $(TOY)
	@RIG_TEST_DATA=$(CURDIR)/tests/data RIG_TEST_BIN=$(abspath $(OUT))/tests CK_FORK=yes $<

# Keeps these intermediate files of pattern rules. With .SECONDARY instead, make would not build the object of a
# source that is added after its archive was built.
.PRECIOUS: $(OUT)/obj/%.o
-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
