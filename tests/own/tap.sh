#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Results of every kind; the seed is the run's.
echo 'TAP version 13'
echo '1..3'
echo "# $# arguments: $*; seed $RIG_SEED"
echo 'ok 1 one'
echo 'not ok 2 two at 0x1234'
echo 'ok 3 three # SKIP no device'
