# SPDX-License-Identifier: GPL-2.0-only
# Tests of bisection: the stated confidence against simulated searches, and a search in a real tree.

BISECT_SEARCHES ?= 10000
BISECT_ROUNDS ?= 1
EDGE_ROUNDS ?= 10

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
	@tools/put-in-docs docs/bisect.md simulation $(OUT)/bisect-table.md
endif

.PHONY: bisect-tree
bisect-tree: all
	@tests/bisect-search $(OUT) z03 $(BISECT_ROUNDS)

## make check-bisect-edge  the same tree, by the lock order that z03 adds (rig bisect --edge), at EDGE_ROUNDS (10) places
.PHONY: check-bisect-edge
check-bisect-edge:
	@tools/install-packages build run check
	@$(MAKE) --no-print-directory all
	@code=0; tests/bisect-search $(OUT) edge $(EDGE_ROUNDS) >$(OUT)/bisect-edge.log || code=$$?; cat $(OUT)/bisect-edge.log; \
		tests/bisect-numbers $(OUT)/bisect-edge.log >$(OUT)/bisect-edge.md && tools/put-in-docs docs/bisect.md edge \
		$(OUT)/bisect-edge.md && exit $$code

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
