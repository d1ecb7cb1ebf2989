#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Leaves processes behind, in sessions of their own, and tries to end init.
setsid sleep 1000 &
setsid sh -c 'sleep 1000 & sleep 1000' &
kill -9 1
kill -TERM 1
exit 3
