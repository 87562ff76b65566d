/** One line to stderr, as the agent's text logger writes it: local time, level, name of the agent, message. */
export type Log = (level: "NOTICE" | "INFO" | "WARN" | "ERROR", message: string) => void;

/** A logger; `agent` is the name of the agent that speaks, if it is one. */
export function logger(agent?: string): Log {
  return (level, message) => {
    const prefix = agent === undefined ? "" : `${agent} `;
    process.stderr.write(`${stamp(new Date())} ${level.padEnd(6)} ${prefix}${message}\n`);
  };
}

/** Seconds as Go prints a duration: `1h2m3s`. */
export function goDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

function stamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  return `${date} ${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(":")}`;
}
