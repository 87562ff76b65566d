import * as pulumi from "@pulumi/pulumi";
import { createFleetId } from "./components/fleet-id.ts";
import { lookAtHosts } from "./components/held-hosts.ts";
import { createPool } from "./components/pool.ts";
import { checkQuotas } from "./components/quotas.ts";
import { createRunnerGroups } from "./components/runner-groups.ts";
import { readStackSettings } from "./components/stack-settings.ts";

// The SDK notes a stack for each promise, and maps each line of it to a source. Node runs this program as it is written, so
// there is nothing to map, and a tenth of the program's time is saved.
Reflect.deleteProperty(Error, "prepareStackTrace");

const settings = readStackSettings();
await checkQuotas(settings.pools);
const place = { fleet: settings.fleet.name, stack: pulumi.getStack() };
const mark = createFleetId(place);
const held = await lookAtHosts(settings.pools, mark);
createRunnerGroups(settings.runners);
const created = settings.pools.map((pool) => createPool(pool, { settings, place, fleetId: mark, held }));

/** The mark on everything this fleet owns. */
export const fleetId = mark;

/** By pool: its kind, and the ids or names of its hosts and machines. */
export const pools = Object.fromEntries(settings.pools.map((pool, index) => [pool.name, created[index]]));
