// SPDX-License-Identifier: GPL-2.0-only
/* The second file: a static function whose name is also in small.c. */
extern int counter;

static __attribute__((noinline, noclone)) int twin(int n)
{
	for (int i = 0; i < n; i++) {
		counter = counter * 17 + n * i + (counter >> 3);
		counter ^= 0x5a5a5a5a + n / (i + 1) + n % (i + 3);
		counter = counter * 31 + (n << 5) - i;
		counter ^= counter / (n + 7) + counter % (n + 9);
	}
	return counter;
}

int twin_of_other(int n);
int twin_of_other(int n)
{
	return twin(n) + 1;
}
