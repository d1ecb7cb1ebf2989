# SPDX-License-Identifier: GPL-2.0-only
# Static checks, and the compilation database for editors.

# without guest-init/kernel, which is compiled with a kernel's headers
C_FILES = $(wildcard rig/*.c rig/*/*.c rig/*/*/*.c guest-init/*.c guest-init/agents/*.c tests/unit/*.c tests/unit/*/*.c)

## make lint       clang-tidy, cppcheck, shellcheck, include direction, banned calls, wording
.PHONY: lint
lint: compdb
	@tools/install-packages build check lint
	@tools/check-source
	@tools/check-words
	$(Q)shellcheck -x $$(git ls-files | xargs grep -lE '^#!/bin/(ba)?sh' 2>/dev/null)
	$(Q)cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --std=c11 --inline-suppr \
		--library=gtk --library=.cppcheck.cfg --suppressions-list=.cppcheck -Irig -I. rig guest-init tests/unit
# one file per process: given several, Debian 12's version reports every va_list as uninitialized
	$(Q)printf '%s\n' $(C_FILES) | xargs -P 2 -n 1 nice clang-tidy --quiet -p . 2>/dev/null

## make format     clang-format over the lines of C that are not committed yet
.PHONY: format
format:
	$(Q)git clang-format --quiet --force --extensions c,h HEAD

## make compdb     compile_commands.json for clangd
.PHONY: compdb
compdb:
	@{ echo '['; sep=; for f in $(C_FILES); do \
		printf '%s{"directory": "%s", "file": "%s", "command": "%s -c %s"}\n' "$$sep" '$(CURDIR)' $$f \
			'$(CC) $(ALL_CFLAGS)' $$f; sep=,; done; echo ']'; } > compile_commands.json

## make clean      remove build/ (the kernel cache stays)
.PHONY: clean
clean:
	rm -rf $(BUILD) compile_commands.json
