import { DeleteDashboardsCommand, GetDashboardCommand, PutDashboardCommand } from "@aws-sdk/client-cloudwatch";
import { defineResource } from "../../shared/provider.ts";
import { cloudwatch } from "../clients.ts";
import { mustExist, regionOf, regionProperty, sameJson, unlessGone, vendorCall } from "../vendor.ts";

interface Inputs {
  dashboardBody: string;
  dashboardName: string;
  region?: string | undefined;
}

interface Outputs extends Inputs {
  dashboardArn: string;
}

const gone = ["ResourceNotFound", "DashboardNotFoundError", "ResourceNotFoundException"];

/** A dashboard; its id is its name. */
export const dashboard = defineResource<Inputs, Outputs>({
  token: "aws:cloudwatch/dashboard:Dashboard",
  properties: {
    ...regionProperty,
    dashboardArn: { type: "string", output: true },
    dashboardBody: { type: "string", required: true, same: sameJson },
    dashboardName: { type: "string", required: true, replaces: true },
  },

  async create(inputs) {
    await put(inputs);
    return { id: inputs.dashboardName, outs: await existing(inputs.dashboardName, inputs) };
  },

  async read(id, state) {
    return find(id, state);
  },

  async update(id, _olds, news) {
    await put(news);
    return existing(id, news);
  },

  async delete(id, { region }) {
    const sent = cloudwatch(region).send(new DeleteDashboardsCommand({ DashboardNames: [id] }));
    await unlessGone(gone, vendorCall(`deleting CloudWatch Dashboard (${id})`, "CloudWatch: DeleteDashboards", sent));
  },
});

async function put({ dashboardName, dashboardBody, region }: Inputs): Promise<void> {
  const command = new PutDashboardCommand({ DashboardName: dashboardName, DashboardBody: dashboardBody });
  const doing = `putting CloudWatch Dashboard (${dashboardName})`;
  await vendorCall(doing, "CloudWatch: PutDashboard", cloudwatch(region).send(command));
}

async function find(id: string, asked: Partial<Inputs>): Promise<Outputs | undefined> {
  const sent = cloudwatch(asked.region).send(new GetDashboardCommand({ DashboardName: id }));
  const reading = vendorCall(`reading CloudWatch Dashboard (${id})`, "CloudWatch: GetDashboard", sent);
  const found = await unlessGone(gone, reading);
  if (!found?.DashboardBody) return undefined;
  return {
    region: regionOf(asked.region),
    dashboardArn: found.DashboardArn ?? "",
    dashboardBody: found.DashboardBody,
    dashboardName: found.DashboardName ?? id,
  };
}

function existing(id: string, asked: Inputs): Promise<Outputs> {
  return mustExist(`CloudWatch Dashboard (${id})`, find(id, asked));
}
