import { z } from "zod";

const form = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)(Z|[+-]\d{2}:\d{2})?$/;

/**
 * A moment that EC2 tells as text: in ISO 8601, or as `2026-01-02 03:04:05.0` (API reference, examples of
 * `DescribeReplaceRootVolumeTasks`), which names no zone and means UTC.
 */
export const timeSchema = z.string().transform((text, context): Date => {
  const [, day, time, zone = "Z"] = form.exec(text) ?? [];
  const date = new Date(`${day}T${time}${zone}`);
  if (Number.isNaN(date.getTime())) context.addIssue({ code: "custom", message: `${text || "nothing"} is no time` });
  return date;
});
