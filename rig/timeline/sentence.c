// SPDX-License-Identifier: GPL-2.0-only
/* Converts ids and operations to text. */
#include "timeline/internal.h"

#include <string.h>

#include "util/size.h"

char *op_id_text(const struct op_id *id)
{
	return g_strdup_printf("%u.%u.%u.%u", id->track, id->copy, id->lap, id->step);
}

gboolean op_id_parse(const char *text, struct op_id *ret)
{
	g_auto(GStrv) words = g_strsplit(text, ".", 5);
	guint64 n[4];

	if (g_strv_length(words) != 4)
		return FALSE;
	for (int i = 0; i < 4; i++)
		if (!g_ascii_string_to_unsigned(words[i], 10, 0, G_MAXINT32, &n[i], NULL) ||
		    (words[i][0] == '0' && words[i][1]))
			return FALSE;
	*ret = (struct op_id){n[0], n[1], n[2], n[3]};
	return TRUE;
}

static char *plug_sentence(const struct operation *op)
{
	g_autofree char *size = rig_size_text(op->size), *requested = rig_size_text(op->requested);

	switch (op->step->device) {
	case DEVICE_CPU:
		return g_strdup_printf("plug the CPU %s", op->device);
	case DEVICE_VIRTIO_MEM:
		return g_strdup_printf(
			"plug the virtio-mem device %s, up to %s on node %u, %s of it at once",
			op->device, size, op->step->node, requested);
	case DEVICE_NVDIMM:
		return g_strdup_printf("plug the NVDIMM %s, %s on node %u%s%s", op->device, size,
				       op->step->node, op->step->file ? ", contents " : "",
				       op->step->file ? op->step->file : "");
	case DEVICE_VIRTIO_PMEM:
		return g_strdup_printf("plug the virtio-pmem device %s, %s", op->device, size);
	case DEVICE_CXL:
		return g_strdup_printf("plug the CXL device %s, %s", op->device, size);
	case DEVICE_BALLOON:
		return g_strdup_printf("plug the balloon %s", op->device);
	default:
		return g_strdup_printf("plug the DIMM %s, %s on node %u", op->device, size,
				       op->step->node);
	}
}

char *operation_sentence(const struct operation *op)
{
	g_autofree char *size = rig_size_text(op->size);

	switch (op->step->what) {
	case STEP_PLUG:
		return plug_sentence(op);
	case STEP_UNPLUG:
		return g_strdup_printf("unplug %s", op->device);
	case STEP_RESIZE:
		return g_strdup_printf("resize %s to %s", op->device, size);
	case STEP_ONLINE:
		return g_strdup_printf("the guest writes %s to the blocks of %s",
				       step_how_name(op->how), op->device);
	case STEP_WAIT:
		return g_strdup_printf("wait %" G_GUINT64_FORMAT " ms", op->ms);
	case STEP_PAUSE:
		return g_strdup_printf("stop the guest's CPUs for %" G_GUINT64_FORMAT " ms",
				       op->ms);
	case STEP_CHECK:
		return g_strdup("compare the plugged memory on host and guest");
	case STEP_NMI:
		return g_strdup("inject an NMI");
	case STEP_RESET:
		return g_strdup("reset the guest");
	case STEP_CPU:
		return g_strdup_printf("the guest takes CPU %u %s", op->step->cpu,
				       op->step->write ? "online" : "offline");
	}
	return g_strdup("");
}
