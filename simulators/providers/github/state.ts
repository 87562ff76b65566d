import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

const groupSchema = z.object({
  id: z.number(),
  name: z.string(),
  visibility: z.string(),
  selectedRepositoryIds: z.array(z.number()).optional(),
  allowsPublicRepositories: z.boolean(),
  restrictedToWorkflows: z.boolean(),
  selectedWorkflows: z.array(z.string()).optional(),
});
const stateSchema = z.object({ nextId: z.number().default(2), groups: z.array(groupSchema).default([]) });

/** A runner group as the simulated organisation has it. */
export type RunnerGroup = z.output<typeof groupSchema>;
type State = z.output<typeof stateSchema>;

/** The simulated organisation: a JSON file, named by `GITHUB_SIM_STATE`. Id 1 is the default group, as at the vendor's. */
export function readGroups(file = stateFile()): RunnerGroup[] {
  return readState(file).groups;
}

/**
 * Adds a runner group.
 * @throws Error with the vendor's text where the name is taken
 */
export function addGroup(group: Omit<RunnerGroup, "id">): RunnerGroup {
  const state = readState();
  refuseTaken(state.groups, group.name);
  const added = { ...group, id: state.nextId };
  writeState({ nextId: state.nextId + 1, groups: [...state.groups, added] });
  return added;
}

/**
 * Puts another group in the place of the one with its id.
 * @throws Error with the vendor's text where the name is taken or the group is gone
 */
export function replaceGroup(group: RunnerGroup): void {
  const state = readState();
  const others = state.groups.filter(({ id }) => id !== group.id);
  if (others.length === state.groups.length) throw new Error(`GET ${groupUrl(group.id)}: 404 Not Found []`);
  refuseTaken(others, group.name);
  writeState({ ...state, groups: state.groups.map((old) => (old.id === group.id ? group : old)) });
}

/** Removes a group; one that is gone already is no error. */
export function removeGroup(id: number): void {
  const state = readState();
  writeState({ ...state, groups: state.groups.filter((group) => group.id !== id) });
}

/** The API's address of a group. */
export function groupUrl(id: number): string {
  return `https://api.github.com/orgs/${process.env.GITHUB_OWNER ?? "example"}/actions/runner-groups/${id}`;
}

function refuseTaken(groups: RunnerGroup[], name: string): void {
  if (!groups.some((group) => group.name === name)) return;
  const url = groupUrl(0).replace("/0", "");
  throw new Error(`POST ${url}: 409 The runner group name "${name}" already exists. []`);
}

function stateFile(): string {
  const file = process.env.GITHUB_SIM_STATE;
  if (!file) throw new Error("GITHUB_SIM_STATE must name the file that stands for the organisation");
  return file;
}

function readState(file = stateFile()): State {
  return stateSchema.parse(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});
}

function writeState(state: State): void {
  const file = stateFile();
  writeFileSync(`${file}.new`, JSON.stringify(state, undefined, 2));
  renameSync(`${file}.new`, file);
}
