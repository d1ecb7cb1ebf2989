#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2264 # without end
f() { f & f & wait; }
f
