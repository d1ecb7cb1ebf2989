# SPDX-License-Identifier: GPL-2.0-only
# Tests of bisection: the stated confidence against simulated searches, and a search in a real tree.

BISECT_SEARCHES ?= 10000
BISECT_ROUNDS ?= 1

## make check-bisect  bisection only: 10,000 simulated searches, then a tree of 40 commits with zoo bug z03
.PHONY: check-bisect
check-bisect:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory bisect-simulation bisect-tree

.PHONY: bisect-simulation
bisect-simulation: $(OUT)/tests/test-bisect
	@rm -f $(OUT)/bisect-table.md
	@RIG_SEARCHES=$(BISECT_SEARCHES) RIG_TABLE=$(OUT)/bisect-table.md CK_RUN_CASE=simulate \
		RIG_TEST_DATA=$(CURDIR)/tests/data $<
ifeq ($(BISECT_SEARCHES),10000)
	@sed -e '/^<!-- simulation -->$$/,/^<!-- end -->$$/{//!d}' -e '/^<!-- simulation -->$$/r $(OUT)/bisect-table.md' \
		docs/bisect.md >$(OUT)/bisect.md
	@cmp -s $(OUT)/bisect.md docs/bisect.md || { cp $(OUT)/bisect.md docs/bisect.md; echo 'docs/bisect.md: tables updated'; }
endif

.PHONY: bisect-tree
bisect-tree: all
	@tests/bisect-search $(OUT) z03 $(BISECT_ROUNDS)

## make check-bisect-edge  the same tree, by the lock order that z03 adds (rig bisect --edge)
.PHONY: check-bisect-edge
check-bisect-edge:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@tests/bisect-search $(OUT) edge $(BISECT_ROUNDS)

## make check-bisect-more  rig probe; a bug that appears in a quarter of the runs; the first fixed commit; a series; a config
.PHONY: check-bisect-more
check-bisect-more:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@tests/bisect-search $(OUT) probe
	@tests/bisect-search $(OUT) rare $(BISECT_ROUNDS)
	@tests/bisect-search $(OUT) fix
	@tests/bisect-search $(OUT) series
	@tests/bisect-search $(OUT) config
