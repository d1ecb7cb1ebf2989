#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
yes 'a line of a flood that is as long as many others' | head -c 1000000
