#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
f() { f & f & wait; }
f
