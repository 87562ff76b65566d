import { type AwsClients, awsClients } from "../../../controllers/lambda/clients.ts";
import { actionsOf } from "../../support/aws-actions.ts";

/** Notes which IAM actions the commands of some clients need. */
export class Recorder {
  readonly actions = new Set<string>();

  /** Clients as the functions make them; `region` has the simulated AWS. */
  clients(region: string): AwsClients {
    const clients = awsClients(region);
    for (const client of Object.values(clients) as Watchable[]) this.#watch(client);
    return clients;
  }

  #watch(client: Watchable): void {
    client.middlewareStack.add(
      (next, { clientName = "", commandName = "" }) =>
        (args) => {
          for (const action of actionsOf(clientName, commandName, args.input)) this.actions.add(action);
          return next(args);
        },
      { step: "initialize", name: "recorder" },
    );
  }
}

interface Watchable {
  middlewareStack: {
    add(
      middleware: (
        next: (args: { input: object }) => Promise<object>,
        context: { clientName?: string; commandName?: string },
      ) => (args: { input: object }) => Promise<object>,
      options: { step: "initialize"; name: string },
    ): void;
  };
}
