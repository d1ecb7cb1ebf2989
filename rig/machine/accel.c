// SPDX-License-Identifier: GPL-2.0-only
/*
 * Determines which accelerator works. KVM may be useless even if /dev/kvm can be opened: on some
 * nested hosts a KVM guest hangs before its first instruction, on others each instruction is
 * emulated, slower than with TCG. So a probe guest is run, a boot sector that executes a loop and
 * makes QEMU exit through the device isa-debug-exit. The result is cached.
 */
#include "machine/machine.h"
#include "machine/probe.h"

#include "util/confine.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define KVM "/dev/kvm"
#define DEADLINE_MS 3000
#define EXIT_PORT "0xf4"
#define EXIT_VALUE 0x2a
/* QEMU's exit code after the guest has written EXIT_VALUE to isa-debug-exit */
#define EXIT_CODE (EXIT_VALUE << 1 | 1)

static const char *const accel_names[] = {
	[ACCEL_AUTO] = "auto", [ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg"};

gboolean accel_parse(const char *text, enum accel *ret, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(accel_names); i++) {
		if (!g_strcmp0(accel_names[i], text)) {
			*ret = i;
			return TRUE;
		}
	}
	return rig_fail(error, RIG_EXIT_USAGE, "unknown accelerator '%s'; allowed: auto, kvm, tcg",
			text);
}

static char *write_boot_sector(GError **error)
{
	static const guint8 code[] = {
		/* a loop of 30 million turns: 10 ms on hardware, 20 s if each is emulated */
		0x66, 0xb9, 0x80, 0xc3, 0xc9, 0x01, /* mov ecx, 30000000 */
		0x66, 0x49,			    /* dec ecx */
		0x75, 0xfc,			    /* jnz to the dec */
		0xba, 0xf4,	  0x00, /* mov dx, 0xf4 */
		0xb0, EXIT_VALUE,	/* mov al, EXIT_VALUE */
		0xee,			/* out dx, al */
		0xf4,			/* hlt */
		0xeb, 0xfd,		/* jmp to the hlt */
	};
	g_autofree char *path = rig_cache_path("accel/boot-sector");
	char sector[512] = {[510] = 0x55, [511] = (char)0xaa};

	memcpy(sector, code, sizeof(code));
	return rig_write_file(path, sector, sizeof(sector), error) ? g_steal_pointer(&path) : NULL;
}

/*
 * Runs the probe guest under KVM, twice. *RET_WORKS is TRUE if both runs reached their end. The
 * guest has the machine's own CPU model, because a broken nested KVM may work with the default CPU
 * model, but not with features of a newer one.
 */
static gboolean probe(const void *data, gboolean *ret_works, GError **error)
{
	const struct machine *machine = data;
	g_autofree char *sector = write_boot_sector(error);
	g_autofree char *drive = NULL;
	struct process qemu;
	struct process_end end;

	if (!sector)
		return FALSE;
	drive = g_strdup_printf("if=none,id=disk,format=raw,snapshot=on,file=%s", sector);
	const char *const argv[] = {
		machine->emulator, "-machine", "pc", "-cpu", machine->cpu, "-smp", "2", "-accel",
		"kvm", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-m",
		"64M", "-device", ("isa-debug-exit,iobase=" EXIT_PORT ",iosize=1"), "-drive",
		drive, "-device", "ide-hd,drive=disk", NULL,
	};

	if (!process_start(&(struct spawn){.argv = argv}, &qemu, error))
		return FALSE;
	if (!process_wait(&qemu, DEADLINE_MS))
		process_signal(&qemu, SIGKILL);
	process_reap(&qemu, &end);
	*ret_works = end.code == EXIT_CODE;
	return TRUE;
}

/* Returns why KVM cannot be used for MACHINE, or NULL if it can. The caller owns the text. */
static char *kvm_obstacle(const struct machine *machine, GError **error)
{
	g_autofree char *name = NULL;
	struct utsname host;
	gboolean works = FALSE;
	const char *user;
	int fd;

	uname(&host);
	if (g_strcmp0(host.machine, machine->arch))
		return g_strdup_printf("this host is %s, the guest %s", host.machine,
				       machine->arch);
	if (g_strcmp0(host.machine, "x86_64"))
		return g_strdup_printf("no probe guest for %s", host.machine);
	fd = open(KVM, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return g_strdup_printf(KVM " cannot be opened: %s", g_strerror(errno));
	close(fd);
	user = confine_barred_user(KVM);
	if (user)
		return g_strdup_printf(KVM " cannot be opened by '%s', QEMU's user if root runs "
				       "the rig (try chgrp kvm " KVM " && chmod 660 " KVM ")",
				       user);
	name = g_strdup_printf("accel/%s-loop", machine->name);
	if (!probe_once(machine->emulator, name, probe, machine, &works, error))
		return NULL;
	return works ? NULL
		     : g_strdup_printf(KVM " opens, but a probe guest did not run on it within "
				       "%d s",
				       DEADLINE_MS / 1000);
}

gboolean accel_choose(const struct machine *machine, enum accel want, enum accel *ret,
		      char **ret_why, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autofree char *obstacle = NULL;

	if (want == ACCEL_TCG) {
		*ret = ACCEL_TCG;
		*ret_why = g_strdup("TCG: requested");
		return TRUE;
	}
	obstacle = kvm_obstacle(machine, &failed);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (obstacle && want == ACCEL_KVM)
		return rig_fail(error, RIG_EXIT_INFRA, "no KVM: %s", obstacle);
	*ret = obstacle ? ACCEL_TCG : ACCEL_KVM;
	*ret_why = obstacle ? g_strdup_printf("TCG: %s", obstacle)
			    : g_strdup("KVM: a probe guest ran on it to its end");
	return TRUE;
}
