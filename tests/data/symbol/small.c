// SPDX-License-Identifier: GPL-2.0-only
/* A kernel in small, for test-symbol.c: functions inlined into each other, two of one name, no libc. */
#define noinline __attribute__((noinline, noclone))

int counter;
int twin_of_other(int n);

static inline __attribute__((always_inline)) int innermost(int n)
{
	if (n & 1)
		__builtin_trap();
	counter += n;
	return counter * 3;
}

static inline __attribute__((always_inline)) int between(int n)
{
	int sum = 0;

	while (n-- > 0)
		sum += innermost(sum);
	return sum;
}

noinline int leaf(int n)
{
	return between(n) + innermost(n + 2);
}

noinline int caller(int n)
{
	int sum = leaf(n);

	return sum + leaf(sum);
}

/* other.c has one of this name too, of another size */
static noinline int twin(int n)
{
	return n + counter;
}

void _start(void)
{
	for (;;)
		counter = caller(counter) + twin(counter) + twin_of_other(counter);
}
