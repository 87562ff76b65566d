import type { EC2Client } from "@aws-sdk/client-ec2";
import type { Pool } from "../../../controllers/pool/pool.ts";
import type { PoolStore } from "../../../controllers/pool/store.ts";

/**
 * A controller's parts that stop having any effect at its `diesAt`-th step, as when the process is killed there. A step
 * is the moment before a change in AWS or at the CI system, or before such a change is announced or settled in the
 * store. Looking changes nothing, so to die there is the same as not to have looked.
 */
export class Mortal {
  /** What was about to happen at each. */
  readonly steps: string[] = [];
  isDead = false;
  readonly #diesAt: number;

  constructor(diesAt: number) {
    this.#diesAt = diesAt;
  }

  pool(pool: Pool): Pool {
    const drain: Pool["runners"]["drain"] = (...args) => this.#change("drain", () => pool.runners.drain(...args));
    const look: Pool["runners"]["look"] = (...args) => this.#alive(() => pool.runners.look(...args));
    return {
      ...pool,
      ec2: this.#client(pool.ec2),
      runners: { look, drain },
      ...this.#credentials(pool),
      ...this.#ends(pool),
    };
  }

  #credentials({ credentials }: Pool): Pick<Pool, "credentials"> {
    if (!credentials) return {};
    return {
      credentials: {
        mint: (...args) => this.#change("mint", () => credentials.mint(...args)),
        revoke: (...args) => this.#change("revoke", () => credentials.revoke(...args)),
        standing: (...args) => this.#alive(() => credentials.standing(...args)),
      },
    };
  }

  #ends({ ends }: Pool): Pick<Pool, "ends"> {
    if (!ends) return {};
    return {
      ends: {
        scheduled: (...args) => this.#alive(() => ends.scheduled(...args)),
        schedule: (...args) => this.#change("schedule", () => ends.schedule(...args)),
        unschedule: (...args) => this.#change("unschedule", () => ends.unschedule(...args)),
      },
    };
  }

  store(store: PoolStore): PoolStore {
    return {
      ...store,
      acquire: (...args) => this.#alive(() => store.acquire(...args)),
      load: (...args) => this.#alive(() => store.load(...args)),
      newest: (...args) => this.#alive(() => store.newest(...args)),
      ledger: (...args) => this.#alive(() => store.ledger(...args)),
      saveLedger: (...args) => this.#change("writing the ledger", () => store.saveLedger(...args)),
      addSample: (...args) => this.#alive(() => store.addSample(...args)),
      release: (...args) => this.#alive(() => store.release(...args)),
      save: (lease, memory, entries) => {
        const [entry] = entries;
        if (entry?.result) this.#step(`before writing ${entry.kind} ${entry.result}`);
        return this.#alive(() => store.save(lease, memory, entries));
      },
    };
  }

  #client(client: EC2Client): EC2Client {
    const send = client.send.bind(client) as (...args: unknown[]) => Promise<unknown>;
    const mortalSend = (...args: unknown[]) => {
      const name = (args[0] as object).constructor.name.replace(/Command$/, "");
      return name.startsWith("Describe") ? this.#alive(() => send(...args)) : this.#change(name, () => send(...args));
    };
    return Object.assign(Object.create(client), { send: mortalSend });
  }

  async #change<T>(name: string, change: () => Promise<T>): Promise<T> {
    this.#step(`before ${name}`);
    return this.#alive(change);
  }

  #step(step: string): void {
    if (this.isDead) return;
    this.steps.push(step);
    this.isDead = this.steps.length - 1 === this.#diesAt;
  }

  async #alive<T>(work: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Error("killed");
    return work();
  }
}
