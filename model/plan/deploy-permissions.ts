import type { Right, RightsByType } from "./deploy-right.ts";
import { hostRights } from "./deploy-rights-ec2.ts";
import { serviceRights } from "./deploy-rights-services.ts";
import { allow, type PolicyDocument, type PolicyStatement, policyOf } from "./policy-document.ts";
import type { PermittedStack } from "./stack-scope.ts";

/** What each type that the program declares needs. */
export const deployRights: RightsByType = { ...hostRights, ...serviceRights };

/** What `pulumi preview`, `pulumi refresh` and `fleet recover` look at. */
export function previewPolicy(to: PermittedStack): PolicyDocument {
  const types = Object.values(deployRights);
  const lists = types.flatMap(({ lists = [] }) => lists);
  const reads = types.flatMap(({ sid, reads }) => (reads ? [statement(`${sid}Read`, reads, to)] : []));
  return policyOf([allow("Look", sorted(lists), "*"), ...together(reads)]);
}

/** What `pulumi up` and `pulumi destroy` make, change and delete in EC2. */
export function hostsPolicy(to: PermittedStack): PolicyDocument {
  return changes(hostRights, to);
}

/** What they make, change and delete elsewhere. */
export function servicesPolicy(to: PermittedStack): PolicyDocument {
  return changes(serviceRights, to);
}

function changes(types: RightsByType, to: PermittedStack): PolicyDocument {
  const all = Object.values(types).flatMap(({ sid, changes: some }) =>
    some.map((right, index) => statement(index === 0 ? sid : `${sid}${index + 1}`, right, to)),
  );
  return policyOf(together(all));
}

function statement(sid: string, { actions, on, when }: Right, to: PermittedStack): PolicyStatement {
  return allow(sid, sorted(actions), on(to), when?.(to));
}

/** A managed policy has room for 6,144 characters, so statements about the same things under the same conditions are one. */
function together(statements: readonly PolicyStatement[]): PolicyStatement[] {
  const merged = new Map<string, PolicyStatement>();
  for (const one of statements) {
    const about = JSON.stringify([one.Resource, one.Condition]);
    const before = merged.get(about);
    merged.set(about, before ? { ...before, Action: sorted([...before.Action, ...one.Action]) } : one);
  }
  return [...merged.values()];
}

function sorted(actions: readonly string[]): string[] {
  return [...new Set(actions)].toSorted();
}
