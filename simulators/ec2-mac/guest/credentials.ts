import { GetInstanceProfileCommand, IAMClient } from "@aws-sdk/client-iam";
import type { SimInstance } from "../state.ts";

/** What an instance signs its calls with. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** When there are new ones, in milliseconds of the computer's clock. */
  renewedFrom: number;
}

const LIFE_SECONDS = 3600;
/** Nobody's: an instance without a profile has none, and moto asks for none. */
const OURS = { accessKeyId: "simulator", secretAccessKey: "simulator" };

/** Gives each instance the credentials of its role, in a session with the instance's id for a name, as EC2 does. */
export class RoleCredentials {
  readonly #url: string;
  readonly #iam: IAMClient;
  readonly #known = new Map<string, Credentials>();

  constructor(url: string) {
    this.#url = url;
    this.#iam = new IAMClient({ region: "us-east-1", endpoint: url, credentials: OURS });
  }

  /** The name of the instance's role; undefined without a profile. */
  async roleOf(instance: SimInstance): Promise<string | undefined> {
    return (await this.#role(instance))?.RoleName;
  }

  /** Its credentials. @throws Error when it has no role */
  async of(instance: SimInstance): Promise<Credentials> {
    const known = this.#known.get(instance.instanceId);
    if (known && Date.now() < known.renewedFrom) return known;
    const role = await this.#role(instance);
    if (!role?.Arn) throw new Error("Unable to locate credentials");
    const fresh = await this.#assume(role.Arn, instance.instanceId);
    this.#known.set(instance.instanceId, fresh);
    return fresh;
  }

  /** Lets go of connections. */
  close(): void {
    this.#iam.destroy();
  }

  async #role({ instanceProfile }: SimInstance) {
    if (!instanceProfile) return undefined;
    const InstanceProfileName = instanceProfile.split("/").at(-1);
    const { InstanceProfile } = await this.#iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
    return InstanceProfile?.Roles?.[0];
  }

  async #assume(roleArn: string, instanceId: string): Promise<Credentials> {
    const form = { Action: "AssumeRole", Version: "2011-06-15", RoleArn: roleArn, RoleSessionName: instanceId };
    const response = await fetch(this.#url, {
      method: "POST",
      body: new URLSearchParams({ ...form, DurationSeconds: String(LIFE_SECONDS) }),
      headers: { authorization: "AWS4-HMAC-SHA256 Credential=simulator/20260101/us-east-1/sts/aws4_request" },
    });
    const xml = await response.text();
    const element = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1] ?? "";
    if (!response.ok) throw new Error(`the role of ${instanceId} cannot be assumed: ${xml}`);
    return {
      accessKeyId: element("AccessKeyId"),
      secretAccessKey: element("SecretAccessKey"),
      sessionToken: element("SessionToken"),
      renewedFrom: Date.now() + (LIFE_SECONDS * 1000) / 2,
    };
  }
}
