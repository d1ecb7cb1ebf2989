# SPDX-License-Identifier: GPL-2.0-only
# The zoo: each reintroduced bug must be caught, and the same run without the bug must pass.

ZOO_REPEAT ?= 1
HALVES ?= 20

## make zoo        every entry ZOO_REPEAT times with and without its bug, then the table in docs/zoo.md
.PHONY: zoo
zoo: all
	@tools/install-packages build run
	@failed=0; $(OUT)/bin/rig zoo run --all --repeat $(ZOO_REPEAT) || failed=1; \
		$(OUT)/bin/rig zoo run --all --clean --repeat $(ZOO_REPEAT) || failed=1; \
		$(OUT)/bin/rig zoo table --write && exit $$failed

## make zoo-halves the lock cycle of z50, whose halves are in different runs: HALVES (20) pairs on pc-q35, as many with
##                 the second half on pseries; writes the numbers into docs/locks.md
.PHONY: zoo-halves
zoo-halves: all
	@tools/install-packages build run
	@code=0; tests/locks-halves $(OUT) $(HALVES) pc-q35 pseries || code=$$?; \
		tools/put-in-docs docs/locks.md halves $(OUT)/locks-halves.md && exit $$code

## make zoo-coverage  the plan `coverage`: which code of hotplug the scenarios reach, and what none does; writes the tables
##                 into docs/coverage.md (half an hour; NIGHT=ID: of a night that has run)
.PHONY: zoo-coverage
zoo-coverage: all
	@tools/install-packages build run
	@code=0; tests/coverage-table $(OUT) $(NIGHT) || code=$$?; [ $$code -le 1 ] || exit $$code; \
		tools/put-in-docs docs/coverage.md coverage $(OUT)/coverage.md && exit $$code
