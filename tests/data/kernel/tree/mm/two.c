// SPDX-License-Identifier: GPL-2.0-only
/* file two */
int two_1;
int two_2;
int two_3;
int two_4;
int two_5;
int two_6;
int two_7;
int two_8;
int two_9;
int two_10;
int two_11;
int two_12;
