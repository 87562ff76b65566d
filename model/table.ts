/**
 * Rows as a table for a terminal: a head of capitals, columns lined up, those that are empty throughout left out.
 * Pure; without a final newline.
 */
export function formatTable<Column extends string>(
  columns: readonly Column[],
  rows: readonly Readonly<Partial<Record<Column, string | number | undefined>>>[],
): string {
  const used = columns.filter((column) => rows.some((row) => row[column]));
  const lines = [
    used.map((column) => column.toUpperCase()),
    ...rows.map((row) => used.map((column) => String(row[column] ?? "").replaceAll("\n", " "))),
  ];
  const widths = used.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const pad = (line: readonly string[]) => line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ");
  return lines.map((line) => pad(line).trimEnd()).join("\n");
}
