# SPDX-License-Identifier: GPL-2.0-only
# Installation. PREFIX is the final location; DESTDIR is prepended while files are copied (for packagers).

PREFIX ?= /usr/local
DESTDIR ?=
SHARE := $(PREFIX)/share
HOME_DIR := $(SHARE)/hotplug-rig
MODULE_DIR := $(PREFIX)/lib/hotplug-rig
CHART_JS := /usr/share/javascript/chart.js/chart.min.js
MAN_PAGES := $(wildcard man/*.[1-8])
put = install -D -m 644 $(1) $(DESTDIR)$(2)

## make install    rig, guest programs, scenarios, man pages, completion, systemd units (PREFIX=/usr/local, DESTDIR=)
.PHONY: install
install: all
	install -D -m 755 $(OUT)/bin/rig $(DESTDIR)$(PREFIX)/bin/rig
	@$(call put,$(LIBVIRT_SO),$(MODULE_DIR)/$(notdir $(LIBVIRT_SO)))
	@for f in $$(find scenarios site guest-init/kernel -type f); do $(call put,$$f,$(HOME_DIR)/$$f) || exit; done
	@for f in rig/hang/*.py; do $(call put,$$f,$(HOME_DIR)/$$f) || exit; done
	@for f in $(filter-out %/obj,$(foreach a,$(GUEST_ARCHES),$(wildcard $(BUILD)/guest/$(a)/*))); do \
		install -D -m 755 $$f $(DESTDIR)$(HOME_DIR)/build/guest/$${f#$(BUILD)/guest/} || exit; done
	@for f in $(PLUGINS); do $(call put,$$f,$(HOME_DIR)/build/plugin/$${f##*/}) || exit; done
	@for f in README.md HACKING.md COPYING docs/*.md docs/*.json; do $(call put,$$f,$(SHARE)/doc/hotplug-rig/$${f#docs/}) || exit; done
	@for f in $(MAN_PAGES); do $(call put,$$f,$(SHARE)/man/man$${f##*.}/$${f#man/}) || exit; done
	@$(call put,completions/rig.bash,$(SHARE)/bash-completion/completions/rig)
	@[ ! -e $(CHART_JS) ] || $(call put,$(CHART_JS),$(HOME_DIR)/site/chart.min.js)
	@mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/system
	@for f in systemd/*.in; do sed 's,@PREFIX@,$(PREFIX),g' $$f \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/$$(basename $$f .in) || exit; done
	@echo "installed below $(DESTDIR)$(PREFIX)"

## make uninstall  remove what make install installed
.PHONY: uninstall
uninstall:
	rm -rf $(DESTDIR)$(HOME_DIR) $(DESTDIR)$(MODULE_DIR) $(DESTDIR)$(SHARE)/doc/hotplug-rig
	rm -f $(DESTDIR)$(PREFIX)/bin/rig $(DESTDIR)$(SHARE)/bash-completion/completions/rig \
		$(foreach m,$(MAN_PAGES),$(DESTDIR)$(SHARE)/man/man$(lastword $(subst ., ,$(m)))/$(notdir $(m))) \
		$(patsubst systemd/%.in,$(DESTDIR)$(PREFIX)/lib/systemd/system/%,$(wildcard systemd/*.in))
