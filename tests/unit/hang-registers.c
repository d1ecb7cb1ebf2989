// SPDX-License-Identifier: GPL-2.0-only
/* Tests when a CPU counts as stuck: by its backtraces, and by QEMU's registers. */
#include "hang/hang.h"

#include <string.h>

#include "tests/unit/hang.h"

static void is_kind(const char *log, const char *registers, enum hang_kind kind)
{
	const struct hang_source source = {
		.console = log, .console_len = strlen(log), .registers = registers};
	rig_auto(hang) hang = hang_explain(&source);

	ck_assert_str_eq(hang_kind_name(hang_kind(hang)), hang_kind_name(kind));
}

/*
 * On pseries an NMI makes a CPU print only once. The CPU only counts as stuck if QEMU's registers
 * had shown it at the same place with interrupts disabled.
 */
START_TEST(one_sample_is_not_two)
{
	static const char log[] =
		"[   37.236734][    C0] CPU: 0 PID: 37 Comm: hang Tainted: G      D            "
		"6.1.192 #1 \n"
		"[   37.236747][    C0] NIP:  c000000000260204 LR: c0000000002601f8 CTR: "
		"c0000000000dac3c\n"
		"[   37.236753][    C0] MSR:  8000000000001033 <SF,ME,IR,DR,RI,LE>  CR: "
		"28002404  XER: 2004011e\n"
		"[   37.236807][    C0] CFAR: c000000000260204 IRQMASK: 3 \n"
		"[   37.236935][    C0] NIP [c000000000260204] rig_hang_spin.isra.0+0x38/0x3c\n";
	static const struct {
		const char *registers;
		enum hang_kind kind;
	} looks[] = {
		{"CPU#0\nNIP c000000000260200   LR 0\nMSR 8000000000001033 HID0 0\n", HANG_CPU},
		{NULL, HANG_NONE},
		{"CPU#1\nNIP c000000000260200   LR 0\nMSR 8000000000001033 HID0 0\n",
		 HANG_NONE}, /* another CPU */
		{"CPU#0\nNIP c000000000260208   LR 0\nMSR 8000000000001033 HID0 0\n",
		 HANG_NONE}, /* another function */
		{"CPU#0\nNIP c000000000260200   LR 0\nMSR 8000000000009033 HID0 0\n",
		 HANG_NONE}, /* interrupts are on */
		{"CPU#0\nNIP\nMSR\nCPU#\nNIP x\nMSR 1\n", HANG_NONE},
	};

	is_kind(log, looks[_i].registers, looks[_i].kind);
}
END_TEST

/*
 * A CPU with two samples in the timer interrupt is only stuck there if both are in the same
 * interrupt.
 */
START_TEST(interrupts_come_and_go)
{
	static const char sample[] =
		"NMI backtrace for cpu 1\n"
		"CPU: 1 PID: 23 Comm: kworker/u4:1 Not tainted 6.1.192 #1 \n"
		"RIP: 0010:lapic_next_event+0xc/0xf\n"
		"RSP: 0018:ffff88803ed05f80 EFLAGS: 00000002\n"
		"Call Trace:\n"
		" <IRQ>\n"
		" clockevents_program_event+0xae/0xd2\n"
		" </IRQ>\n"
		" <TASK>\n"
		" asm_sysvec_apic_timer_interrupt+0x16/0x20\n"
		"RIP: 0010:lock_release+%s/0x1ea\n"
		"RSP: 0018:ffff88800031fc90 EFLAGS: 00000247\n"
		" offline_pages+0x257/0x6ca\n"
		" </TASK>\n";
	g_autofree char *first = g_strdup_printf(sample, "0x1df"),
			*second = g_strdup_printf(sample, _i ? "0x1df" : "0x54");
	g_autofree char *log = g_strconcat(first, second, NULL);

	is_kind(log, NULL, _i ? HANG_CPU : HANG_NONE);
}
END_TEST

/* Two samples show a CPU at a spinlock, but later QEMU sees its interrupts enabled: not stuck. */
START_TEST(a_cpu_with_interrupts_on_is_not_stuck)
{
	static const char sample[] =
		"NMI backtrace for cpu 1\n"
		"CPU: 1 PID: 11 Comm: rcu_sched Not tainted 6.1.192 #1 \n"
		"RIP: 0010:queued_spin_lock_slowpath+0x39/0x265\n"
		"RSP: 0018:ffff888000283e20 EFLAGS: 00000002\n"
		"Call Trace:\n"
		" <TASK>\n"
		" do_raw_spin_lock+0x6f/0x88\n"
		" </TASK>\n";
	static const struct {
		const char *registers;
		enum hang_kind kind;
	} looks[] = {
		{NULL, HANG_CPU},
		{"CPU#1\nRIP=ffffffff8128962b RFL=00000246 [---Z-P-] HLT=1\n", HANG_NONE},
		{"CPU#0\nRIP=ffffffff8128962b RFL=00000246 [---Z-P-] HLT=1\n", HANG_CPU},
		{"CPU#1\nRIP=ffffffff8128a414 RFL=00000046 [---Z-P-] HLT=0\n", HANG_CPU},
		{"CPU#1\nRIP=ffffffff8128a414\nRIP= RFL=\n", HANG_CPU},
		{"CPU#1\nPSW=mask 0706c00180000000 addr 000000000011d3ea cc 00\n", HANG_NONE},
		{"CPU#1\nPSW=mask 0406c00180000000 addr 000000000011d3ea cc 00\n", HANG_CPU},
		{"CPU#1\nPSW=mask 0706c00180000000\n", HANG_CPU},
		{"CPU#1\n V      =   0\n pc       ffffffff8028a414\n mstatus  0000000a000000a2\n",
		 HANG_NONE},
		{"CPU#1\n pc       ffffffff8028a414\n mstatus  0000000a000000a0\n"
		 " vsstatus 0000000a000000a2\n",
		 HANG_CPU},
	};
	g_autofree char *log = g_strconcat(sample, sample, NULL);

	is_kind(log, looks[_i].registers, looks[_i].kind);
}
END_TEST

/*
 * With pseudo-NMIs, arm64 disables interrupts by their priority, and PSTATE in QEMU's registers
 * shows them as enabled. Without, PSTATE counts.
 */
START_TEST(interrupts_are_off_by_priority)
{
	static const char sample[] =
		"NMI backtrace for cpu 1\n"
		"CPU: 1 UID: 0 PID: 36 Comm: hang Not tainted 6.12.118 #1\n"
		"pstate: 60000%s5 (nZCv da%sF -PAN -UAO -TCO -DIT -SSBS BTYPE=--)\n"
		"pc : rig_hang_spin+0x14/0x1c\n"
		"lr : rig_hang_write+0x150/0x1f0\n"
		"%s"
		"Call trace:\n"
		" rig_hang_spin+0x14/0x1c (P)\n"
		" rig_hang_write+0x150/0x1f0\n";
	static const struct {
		const char *bits, *letter, *mask, *registers;
		enum hang_kind kind;
	} looks[] = {
		{"00", "i", "pmr_save: 00000060\n", "CPU#1\n PC=ffff800080a0 X00=0\n", HANG_CPU},
		{"00", "i", "pmr_save: 00000060\n",
		 "CPU#1\n PC=ffff800080a0 X00=0\nPSTATE=60000005 -ZC- EL1h\n", HANG_CPU},
		{"00", "i", "pmr_save: 000000e0\n",
		 "CPU#1\n PC=ffff800080a0 X00=0\nPSTATE=60000005 -ZC- EL1h\n", HANG_NONE},
		{"0c", "I", "", "CPU#1\n PC=ffff800080a0 X00=0\nPSTATE=600000c5 -ZC- EL1h\n",
		 HANG_CPU},
		{"0c", "I", "", "CPU#1\n PC=ffff800080a0 X00=0\nPSTATE=60000005 -ZC- EL1h\n",
		 HANG_NONE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(looks); i++) {
		g_autofree char *one = g_strdup_printf(sample, looks[i].bits, looks[i].letter,
						       looks[i].mask);
		g_autofree char *log = g_strconcat(one, one, NULL);

		is_kind(log, looks[i].registers, looks[i].kind);
	}
}
END_TEST

/* Registers of guests on QEMU 7.2 and 11.1 with OpenSBI 1.1; each case changes a few of them. */
static const struct {
	const char *pc[3], *mip[3], *tp[3], *a7;
	const char *fault; /* the beginning of the sentence, or NULL */
} firmwares[] = {
	/*
	 * a fault: CPU 1 has called the SBI extension "RFNC" for a TLB flush on CPU 2, which was
	 * stopped
	 */
	{{"ffffffff80242538", "0000000080002eb8", "0000000080009b04"},
	 {"0000000000000200", "0000000000000028", "0000000000000008"},
	 {"ffffffff803dce80", "ff60000002a1bfc0", "0000000080042000"},
	 "0000000052464e43", "CPU 1 waits in OpenSBI until CPU 2 has flushed its TLB, but CPU"},
	/* no fault: CPU 2 has handled every request */
	{{"ffffffff80242538", "0000000080002eb8", "0000000080009b04"},
	 {"0000000000000200", "0000000000000028", "0000000000000000"},
	 {"ffffffff803dce80", "ff60000002a1bfc0", "0000000080042000"},
	 "0000000052464e43", NULL},
	/* no fault: CPU 1 has called another SBI extension, and that call ends by itself */
	{{"ffffffff80242538", "0000000080002eb8", "0000000080009b04"},
	 {"0000000000000200", "0000000000000028", "0000000000000008"},
	 {"ffffffff803dce80", "ff60000002a1bfc0", "0000000080042000"},
	 "0000000054494d45", NULL},
	/* no fault: CPU 2 is in an SBI call, too, so it will handle the request */
	{{"ffffffff80242538", "0000000080002eb8", "0000000080009b04"},
	 {"0000000000000200", "0000000000000028", "0000000000000008"},
	 {"ffffffff803dce80", "ff60000002a1bfc0", "ff60000002a1cfc0"},
	 "0000000052464e43", NULL},
	/* a fault: CPU 1 executed _start_kernel() after CPU 0 had started init */
	{{"ffffffff8024dd34", "00000000802010bc", "0000000080009b04"},
	 {"0000000000000020", "0000000000000000", "0000000000000088"},
	 {"ffffaf8002a7bfc0", "00000000805dce80", "0000000080042000"},
	 "0000000000000000", "OpenSBI has started CPU 1 at the kernel's first instruction"},
	/* no fault: CPU 1 starts as usual */
	{{"ffffffff8024dd34", "000000008020109a", "0000000080009b04"},
	 {"0000000000000020", "0000000000000000", "0000000000000088"},
	 {"ffffaf8002a7bfc0", "ffffaf8002a1bfc0", "0000000080042000"},
	 "0000000000000000", NULL},
	/* no fault: CPU 0 is the boot CPU, and no other CPU has started */
	{{"00000000802010bc", "0000000080009b04", "0000000080009b04"},
	 {"0000000000000000", "0000000000000088", "0000000000000088"},
	 {"00000000805dce80", "0000000080041000", "0000000080042000"},
	 "0000000000000000", NULL},
};

START_TEST(a_fault_of_the_firmware)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *fault = NULL;

	for (int cpu = 0; cpu < 3; cpu++)
		g_string_append_printf(
			text,
			"\nCPU#%d\n V      =   0\n pc       %s\n mhartid  000000000000000%d\n"
			" mip      %s\n mscratch 000000008004%d000\n"
			" x0/zero  0000000000000000 x1/ra    ffffffff8024de5a\n"
			" x4/tp    %s x5/t0    ffffffff802bb068\n"
			" x16/a6   00000000000256d8 x17/a7   %s x18/s2   ffffffff8024de80\n",
			cpu, firmwares[_i].pc[cpu], cpu, firmwares[_i].mip[cpu], cpu,
			firmwares[_i].tp[cpu], firmwares[_i].a7);
	fault = hang_firmware_fault(text->str);
	if (firmwares[_i].fault)
		ck_assert_msg(fault && g_str_has_prefix(fault, firmwares[_i].fault), "%s", fault);
	else
		ck_assert_ptr_null(fault);
}
END_TEST

/* Registers of other architectures, and damaged ones, show no fault. */
START_TEST(no_fault_of_the_firmware)
{
	static const char *const texts[] = {
		"", "CPU#0\nRIP=ffffffff8128962b RFL=00000246 CPL=0\n",
		" mhartid  0000000000000000\n pc       00000000802010bc\n",
		"CPU#0\n mhartid  \nCPU#1\n mhartid  x pc\n x4/tp\n", "CPU#\n mhartid  0 pc",
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		ck_assert_ptr_null(hang_firmware_fault(texts[i]));
}
END_TEST

void add_register_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_fault_of_the_firmware, 0, G_N_ELEMENTS(firmwares));
	tcase_add_test(tcase, no_fault_of_the_firmware);
	tcase_add_loop_test(tcase, one_sample_is_not_two, 0, 6);
	tcase_add_loop_test(tcase, interrupts_come_and_go, 0, 2);
	tcase_add_loop_test(tcase, a_cpu_with_interrupts_on_is_not_stuck, 0, 10);
	tcase_add_test(tcase, interrupts_are_off_by_priority);
}
