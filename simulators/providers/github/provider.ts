import { createHash } from "node:crypto";
import { defineResource, type ProviderDefinition } from "../shared/provider.ts";
import { addGroup, groupUrl, type RunnerGroup, readGroups, removeGroup, replaceGroup } from "./state.ts";

interface GroupInputs extends Omit<RunnerGroup, "id"> {}

interface GroupOutputs extends GroupInputs {
  default: boolean;
  etag: string;
  inherited: boolean;
  runnersUrl: string;
  selectedRepositoriesUrl: string;
}

const actionsRunnerGroup = defineResource<GroupInputs, GroupOutputs>({
  token: "github:index/actionsRunnerGroup:ActionsRunnerGroup",
  properties: {
    name: { type: "string", computed: true },
    visibility: { type: "string", required: true, oneOf: ["all", "selected", "private"] },
    selectedRepositoryIds: { type: "array", same: sameMembers },
    allowsPublicRepositories: { type: "boolean", default: false },
    restrictedToWorkflows: { type: "boolean", default: false },
    selectedWorkflows: { type: "array" },
    default: { type: "boolean", output: true },
    etag: { type: "string", output: true },
    inherited: { type: "boolean", output: true },
    runnersUrl: { type: "string", output: true },
    selectedRepositoriesUrl: { type: "string", output: true },
  },
  settle: (inputs, olds, { name, urn }) => ({ ...inputs, name: inputs.name ?? olds.name ?? generatedName(name, urn) }),
  rules: ({ visibility, selectedRepositoryIds }) =>
    visibility !== "selected" && Array.isArray(selectedRepositoryIds)
      ? [
          {
            property: "selectedRepositoryIds",
            reason: 'cannot use selectedRepositoryIds without visibility "selected"',
          },
        ]
      : [],
  async create(inputs) {
    const group = addGroup(inputs);
    return { id: String(group.id), outs: outputsOf(group) };
  },
  async read(id) {
    const group = readGroups().find((candidate) => candidate.id === Number(id));
    return group && outputsOf(group);
  },
  async update(id, _olds, news) {
    const group = { ...news, id: Number(id) };
    replaceGroup(group);
    return outputsOf(group);
  },
  async delete(id) {
    removeGroup(Number(id));
  },
});

function outputsOf({ id, ...group }: RunnerGroup): GroupOutputs {
  return {
    ...group,
    default: false,
    etag: `W/"${createHash("sha256").update(JSON.stringify(group)).digest("hex")}"`,
    inherited: false,
    runnersUrl: `${groupUrl(id)}/runners`,
    selectedRepositoriesUrl: `${groupUrl(id)}/repositories`,
  };
}

/** As the engine's bridge does: the logical name and seven characters, the same ones for the same resource. */
function generatedName(name: string, urn: string): string {
  return `${name}-${createHash("sha256").update(urn).digest("hex").slice(0, 7)}`;
}

/** The vendor keeps the repositories as a set. */
function sameMembers(before: unknown, after: unknown): boolean {
  const members = (list: unknown) => JSON.stringify([...(list as number[])].sort((a, b) => a - b));
  return members(before) === members(after);
}

/** `ActionsRunnerGroup`. Source: the vendor's schema, @pulumi/github 6.15.0. */
export const githubProvider: ProviderDefinition = { version: "6.15.0", resources: [actionsRunnerGroup] };
