#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
while :; do :; done
