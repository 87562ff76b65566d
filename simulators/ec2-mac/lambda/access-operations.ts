import { z } from "zod";
import { type RestCall, RestError, type RestOperation } from "../rest.ts";
import { arnOf, type Functions } from "./functions.ts";
import { nameIn, readBody } from "./operations.ts";

const permissionSchema = z.object({
  StatementId: z.string(),
  Action: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
});
const concurrencySchema = z.object({ ReservedConcurrentExecutions: z.int().nonnegative() });
const tagsSchema = z.object({ Tags: z.record(z.string(), z.string()) });

/** The operations on who may call a function, how often at once, and on its tags. */
export function accessOperations(functions: Functions): RestOperation[] {
  const found = ({ region, params }: RestCall) => functions.find(region, nameIn(params.Name));
  const policyPath = "/2015-03-31/functions/{Name}/policy";
  const tagPath = "/2017-03-31/tags/{Name+}";
  return [
    {
      name: "AddPermission",
      method: "POST",
      path: policyPath,
      run: (call) => {
        const it = found(call);
        const { StatementId, Action, Principal, SourceArn } = readBody(permissionSchema, call.body);
        if (it.policy[StatementId])
          throw new RestError(
            "ResourceConflictException",
            409,
            `The statement id (${StatementId}) provided already exists.`,
          );
        const condition = SourceArn ? { Condition: { ArnLike: { "AWS:SourceArn": SourceArn } } } : {};
        const who = { Principal: { Service: Principal }, Action, Resource: arnOf(it) };
        const statement = { Sid: StatementId, Effect: "Allow", ...who, ...condition };
        it.policy[StatementId] = statement;
        return { status: 201, body: { Statement: JSON.stringify(statement) } };
      },
    },
    {
      name: "GetPolicy",
      method: "GET",
      path: policyPath,
      run: (call) => {
        const { policy, revision } = found(call);
        const Statement = Object.values(policy);
        if (Statement.length === 0) throw missing("The resource you requested does not exist.");
        return { body: { Policy: JSON.stringify({ Version: "2012-10-17", Statement }), RevisionId: String(revision) } };
      },
    },
    {
      name: "RemovePermission",
      method: "DELETE",
      path: `${policyPath}/{StatementId}`,
      run: (call) => {
        const { policy } = found(call);
        const { StatementId = "" } = call.params;
        if (!policy[StatementId]) throw missing(`Statement ${StatementId} is not found in resource policy.`);
        delete policy[StatementId];
        return { status: 204 };
      },
    },
    {
      name: "PutFunctionConcurrency",
      method: "PUT",
      path: "/2017-10-31/functions/{Name}/concurrency",
      run: (call) => {
        const body = readBody(concurrencySchema, call.body);
        found(call).reservedConcurrency = body.ReservedConcurrentExecutions;
        return { body };
      },
    },
    {
      name: "DeleteFunctionConcurrency",
      method: "DELETE",
      path: "/2017-10-31/functions/{Name}/concurrency",
      run: (call) => {
        found(call).reservedConcurrency = undefined;
        return { status: 204 };
      },
    },
    {
      name: "GetFunctionConcurrency",
      method: "GET",
      path: "/2019-09-30/functions/{Name}/concurrency",
      run: (call) => ({ body: { ReservedConcurrentExecutions: found(call).reservedConcurrency } }),
    },
    { name: "ListTags", method: "GET", path: tagPath, run: (call) => ({ body: { Tags: found(call).tags } }) },
    {
      name: "TagResource",
      method: "POST",
      path: tagPath,
      run: (call) => {
        Object.assign(found(call).tags, readBody(tagsSchema, call.body).Tags);
        return { status: 204 };
      },
    },
    {
      name: "UntagResource",
      method: "DELETE",
      path: tagPath,
      run: (call) => {
        const { tags } = found(call);
        for (const key of call.query.getAll("tagKeys")) delete tags[key];
        return { status: 204 };
      },
    },
  ];
}

function missing(message: string): RestError {
  return new RestError("ResourceNotFoundException", 404, message);
}
