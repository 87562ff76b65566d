import { existsSync, readFileSync } from "node:fs";
import type { Outcome } from "../../../mac/launchd/commands.ts";
import { refusal } from "./outcomes.ts";
import { userId } from "./users.ts";

/** One rule of pf, as far as it is followed: what goes out, to whom, and by whom. */
interface Rule {
  isBlock: boolean;
  isQuick: boolean;
  to: string | undefined;
  /** Without a condition: everybody. */
  users: readonly UserCondition[];
}

/** The place of the rules that are loaded under a name. */
interface Anchor {
  anchor: string;
}

interface UserCondition {
  isNot: boolean;
  name: string;
}

/** macOS's packet filter: `pfctl`, and what its rules come to. */
export class PacketFilter {
  readonly #anchors = new Map<string, Rule[]>();
  #rules: (Rule | Anchor)[] = [];
  #isEnabled = false;

  /** True when a connection to the address by this user is stopped. The last rule that fits decides, or a quick one. */
  blocks(address: string, uid: number | undefined): boolean {
    if (!this.#isEnabled || uid === undefined) return false;
    let isBlocked = false;
    for (const rule of this.#flat()) {
      if (rule.to !== undefined && rule.to !== address) continue;
      if (rule.users.length > 0 && !rule.users.some(({ isNot, name }) => (userId(name) === uid) !== isNot)) continue;
      isBlocked = rule.isBlock;
      if (rule.isQuick) break;
    }
    return isBlocked;
  }

  /** Runs `pfctl` as root. Options: `-e -E -d -q -n -f FILE -a ANCHOR -F WHAT -s WHAT`. */
  pfctl(args: readonly string[], stdin: string): Outcome {
    let anchor = "";
    let outcome: Outcome = { exitCode: 0, stdout: "", stderr: "" };
    const flags = args.flatMap((word) =>
      /^-[edEqn]{2,}$/.test(word) ? [...word.slice(1)].map((f) => `-${f}`) : [word],
    );
    for (let i = 0; i < flags.length && outcome.exitCode === 0; i += 1) {
      const value = flags[i + 1] ?? "";
      switch (flags[i]) {
        case "-q":
        case "-n":
          break;
        case "-a":
          anchor = value;
          i += 1;
          break;
        case "-e":
        case "-E":
          outcome = this.#enable(flags[i] === "-E");
          break;
        case "-d":
          this.#isEnabled = false;
          break;
        case "-f":
          outcome = this.#load(anchor, value, stdin, flags.includes("-n"));
          i += 1;
          break;
        case "-F":
          this.#anchors.delete(anchor);
          if (anchor === "") this.#rules = [];
          i += 1;
          break;
        case "-s":
          outcome = this.#show(anchor, value);
          i += 1;
          break;
        default:
          outcome = refusal(`pfctl: illegal option -- ${flags[i]}`);
      }
    }
    return outcome;
  }

  #enable(counts: boolean): Outcome {
    if (this.#isEnabled && !counts) return refusal("pfctl: pf already enabled");
    this.#isEnabled = true;
    return { exitCode: 0, stdout: "", stderr: counts ? "pf enabled\nToken : 1\n" : "pf enabled\n" };
  }

  #load(anchor: string, file: string, stdin: string, isTrial: boolean): Outcome {
    if (file !== "-" && !existsSync(file)) return refusal(`pfctl: ${file}: No such file or directory`);
    try {
      const rules = parseRules(file === "-" ? stdin : readFileSync(file, "utf8"), (name, path) => {
        if (!isTrial && existsSync(path))
          this.#anchors.set(name, parseRules(readFileSync(path, "utf8")).filter(isRule));
      });
      if (isTrial) return { exitCode: 0, stdout: "", stderr: "" };
      if (anchor === "") this.#rules = rules;
      else this.#anchors.set(anchor, rules.filter(isRule));
      return { exitCode: 0, stdout: "", stderr: "" };
    } catch (error) {
      return refusal(
        `${file}:${(error as Error).message}: syntax error\npfctl: Syntax error in config file: pf rules not loaded`,
      );
    }
  }

  #show(anchor: string, what: string): Outcome {
    if (what === "info") {
      return { exitCode: 0, stdout: `Status: ${this.#isEnabled ? "Enabled" : "Disabled"}\n`, stderr: "" };
    }
    const rules = anchor === "" ? this.#flat() : (this.#anchors.get(anchor) ?? []);
    return { exitCode: 0, stdout: rules.map((rule) => `${words(rule)}\n`).join(""), stderr: "" };
  }

  /** The rules in force, those of the anchors at their place. `com.apple/*` stands for every anchor below it. */
  #flat(): Rule[] {
    return this.#rules.flatMap((rule) => {
      if (!("anchor" in rule)) return [rule];
      const isMeant = (name: string) =>
        rule.anchor.endsWith("/*") ? name.startsWith(rule.anchor.slice(0, -1)) : name === rule.anchor;
      return [...this.#anchors].filter(([name]) => isMeant(name)).flatMap(([, rules]) => rules);
    });
  }
}

function isRule(rule: Rule | Anchor): rule is Rule {
  return !("anchor" in rule);
}

/** Reads rules; a line that is none throws with its number. */
function parseRules(text: string, loadAnchor?: (name: string, path: string) => void): (Rule | Anchor)[] {
  const lines = text.split("\n");
  return lines.flatMap<Rule | Anchor>((line, index) => {
    const bare = line.replace(/#.*/, "").trim();
    if (bare === "" || /^(set|scrub|scrub-anchor|nat-anchor|rdr-anchor|dummynet-anchor|table)\b/.test(bare)) return [];
    const load = /^load anchor "?([^"\s]+)"? from "?([^"\s]+)"?$/.exec(bare);
    if (load) {
      loadAnchor?.(load[1] ?? "", load[2] ?? "");
      return [];
    }
    const anchor = /^anchor "?([^"\s]+)"?$/.exec(bare);
    if (anchor) return [{ anchor: anchor[1] ?? "" }];
    const rule = parseRule(bare);
    if (!rule) throw new Error(String(index + 1));
    return [rule];
  });
}

const RULE =
  /^(block|pass)( drop| return)?( out| in)?( log)?( quick)?( on \S+)?( inet6?)?( proto (?:\{[^}]*\}|\S+))?( all| from any)?(?: to \{?\s*(\S+?)\s*\}?)?(?: port \S+)?(?: user (\{[^}]*\}|!= ?\S+|= ?\S+|\S+))?( flags \S+)?( keep state| no state)?$/;

function parseRule(line: string): Rule | undefined {
  const match = RULE.exec(line);
  if (!match) return undefined;
  const to = match[10] === "any" ? undefined : match[10];
  const users = (match[11] ?? "").replace(/[{},]/g, " ").match(/(!=|=)?\s*[\w-]+/g) ?? [];
  return {
    isBlock: match[1] === "block",
    isQuick: match[5] !== undefined,
    to,
    users: users.map((word) => ({ isNot: word.startsWith("!="), name: word.replace(/^(!=|=)?\s*/, "") })),
  };
}

function words({ isBlock, isQuick, to, users }: Rule): string {
  const who = users.map(({ isNot, name }) => `${isNot ? "!=" : "="} ${name}`).join(" ");
  return `${isBlock ? "block drop" : "pass"} out${isQuick ? " quick" : ""} to ${to ?? "any"}${who ? ` user ${who}` : ""}`;
}
