// SPDX-License-Identifier: GPL-2.0-only
/* The init of the bare boot (tests/unit/bare-qemu.c): prints a message and powers off. */
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
	static const char text[] = "BARE-READY\n";

	if (write(1, text, sizeof(text) - 1) < 0)
		return 1;
	reboot(RB_POWER_OFF);
	return 0;
}
