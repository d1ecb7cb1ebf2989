// SPDX-License-Identifier: GPL-2.0-only
/* file one */
int one_1;
int one_2;
int one_3;
int one_4;
int one_5;
int one_6;
int one_7;
int one_8;
int one_9;
int one_10;
int one_11;
int one_12;
