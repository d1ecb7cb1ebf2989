# SPDX-License-Identifier: GPL-2.0-only
# Runs through a real libvirtd, which the tests start.

## make check-libvirt  all steps, machines and faults through libvirt; each scenario direct and through it: the same verdict?
.PHONY: check-libvirt
check-libvirt:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@RIG_TESTS_MORE=yes tests/libvirt $(OUT)
	@tests/libvirt-same $(OUT)
