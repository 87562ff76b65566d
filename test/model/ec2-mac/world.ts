import { generator } from "../../../model/ec2-mac/chance.ts";
import type { DeclaredHost } from "../../../model/ec2-mac/policy.ts";
import { holdTag } from "../../../model/ec2-mac/ready-tag.ts";
import type { Instant, Tags } from "../../../model/ec2-mac/types.ts";
import {
  bear,
  type Draw,
  exponential,
  isBusy,
  isSetUp,
  type Mac,
  ownSoftLife,
  renewalUntil,
  runJobs,
  runnerEndsAt,
} from "./mac.ts";
import { Queue } from "./queue.ts";
import { beginning, day, declaredHosts, type Faults, hour, minute, noFaults, type Scenario } from "./scenario.ts";

/** A dedicated host of the world. */
export interface WorldHost {
  hostId: string;
  zone: string;
  instanceType: string;
  tags: Tags;
  allocatedAt: Instant;
  clientToken: string;
  mac: Mac | undefined;
  scrubFrom: Instant;
  scrubUntil: Instant;
  /** From here it takes a launch, some minutes after it shows as available. */
  takesFrom: Instant;
  failsFrom: Instant;
  failedFrom: Instant;
  releasedFrom: Instant;
  /** When its name was taken from the settings. */
  undeclaredSince: Instant;
}

type Event =
  | { kind: "wake" | "sweep" | "settings" | "phase" }
  | { kind: "supervisor" | "deadline" | "dies" | "runner-gone" | "replaced"; mac: Mac; bornAt: Instant }
  | { kind: "host-fails" | "host-given-up"; host: WorldHost }
  | { kind: "put-back"; name: string | undefined }
  | { kind: "take-out" };

const never = Number.POSITIVE_INFINITY;

/** A region of AWS with Macs, a CI system and people; no I/O, its own clock, and the same run for the same seed. */
export class World {
  readonly scenario: Scenario;
  readonly draw: Draw;
  now: Instant = beginning;
  declared: readonly DeclaredHost[];
  faults: Faults;
  hosts: WorldHost[] = [];
  /** Those that ended within the last hour; AWS shows them still. */
  ended: Mac[] = [];
  /** Something that the controller should hear of has happened. */
  woken = false;
  /** When faults last began or stopped. */
  phaseFrom: Instant = beginning;
  /** When the number of hosts was last changed. */
  settingsChangedAt: Instant = beginning;
  /** Told of each instance just before it ends, however it does. */
  onEnd: (host: WorldHost, mac: Mac) => void = () => {};
  /** Told when faults begin again after a calm time. */
  onCalmOver: () => void = () => {};
  readonly #queue = new Queue<Event>();
  #count = 0;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    const next = generator(scenario.seed);
    this.draw = (low, high) => low + (high - low) * next();
    this.declared = scenario.policy.hosts;
    this.faults = scenario.faults;
    this.#queue.push(beginning + scenario.roughSeconds, { kind: "phase" });
    this.#queue.push(beginning + day - minute, { kind: "sweep" });
    this.#queue.push(beginning + exponential(scenario.settingsEvery, this.draw), { kind: "settings" });
    this.#queue.push(beginning + exponential(this.#takeOutMean(), this.draw), { kind: "take-out" });
  }

  get nextAt(): Instant {
    return this.#queue.nextAt;
  }

  /** Lets everything happen up to `until`, or to the first thing that wakes the controller. */
  advance(until: Instant): void {
    this.woken = false;
    while (this.#queue.nextAt <= until && !this.woken) {
      this.now = this.#queue.nextAt;
      const event = this.#queue.pop();
      if (event) this.#happen(event);
    }
    if (!this.woken) this.now = Math.max(this.now, until);
  }

  /** Lets everything happen for some seconds, whoever is woken by it. */
  pass(seconds: number): void {
    const until = this.now + seconds;
    const wasWoken = this.woken;
    do this.advance(until);
    while (this.woken);
    this.woken = wasWoken;
  }

  id(prefix: string): string {
    return `${prefix}-${(++this.#count).toString(16).padStart(8, "0")}`;
  }

  addHost(host: Pick<WorldHost, "zone" | "instanceType" | "tags" | "clientToken">): WorldHost {
    const times = { scrubFrom: never, scrubUntil: 0, takesFrom: 0, failedFrom: never, releasedFrom: never };
    const failsFrom = this.now + exponential(this.faults.hostFailsEvery, this.draw);
    const added: WorldHost = {
      ...host,
      ...times,
      hostId: this.id("h"),
      allocatedAt: this.now,
      mac: undefined,
      failsFrom,
      undeclaredSince: never,
    };
    this.hosts.push(added);
    if (failsFrom < never) this.#queue.push(failsFrom, { kind: "host-fails", host: added });
    return added;
  }

  /** Puts a new instance on a host. */
  addMac(host: WorldHost, clientToken: string, imageId: string, tags: Tags): Mac {
    const mac = { instanceId: this.id("i"), hostId: host.hostId, clientToken, imageId, tags } as Mac;
    mac.launchedAt = this.now;
    mac.runningFrom = this.now + this.draw(30, 90);
    mac.endingFrom = never;
    mac.endedFrom = never;
    mac.tasks = [];
    mac.perJob = this.scenario.perJob;
    host.mac = mac;
    this.beginLife(mac, this.now);
    const diesAt = this.now + exponential(this.faults.instanceDiesEvery, this.draw);
    if (diesAt < never) this.#queue.push(diesAt, { kind: "dies", mac, bornAt: 0 });
    return mac;
  }

  /** Replaces the root volume; the runner is gone as soon as it reboots. */
  replaceVolume(mac: Mac, imageId: string): void {
    const fails = this.draw(0, 1) < this.faults.replacementFails;
    const endsAt = this.now + this.draw(3 * minute, 8 * minute);
    mac.tasks.push({
      taskId: this.id("replacevol"),
      instanceId: mac.instanceId,
      state: "",
      startedAt: this.now,
      endsAt,
      fails,
    });
    mac.runnerGoneFrom = Math.min(mac.runnerGoneFrom, this.now);
    if (!fails) mac.imageId = imageId;
    this.#queue.push(endsAt, { kind: "replaced", mac, bornAt: mac.bornAt });
  }

  beginLife(mac: Mac, at: Instant): void {
    bear(mac, at, this.faults, this.draw);
    this.#queue.push(at + ownSoftLife(mac), { kind: "supervisor", mac, bornAt: at });
    this.#queue.push(at + 48 * hour, { kind: "deadline", mac, bornAt: at });
    this.#tell(mac.bootedFrom);
  }

  /** After its set-up has been started: what its runner will do. */
  followRunner(mac: Mac): void {
    this.#tell(mac.setUpUntil);
    this.awaitRunnersEnd(mac);
  }

  /** Lets its supervisor see that its runner has died, or has gone as it was told. */
  awaitRunnersEnd(mac: Mac): void {
    const at = runnerEndsAt(mac);
    if (at < never) this.#queue.push(at, { kind: "runner-gone", mac, bornAt: mac.bornAt });
  }

  /** Ends an instance: it stops for a while, then its host scrubs. */
  end(mac: Mac): void {
    if (mac.endingFrom <= this.now) return;
    const host = this.hosts.find(({ hostId }) => hostId === mac.hostId);
    if (!host) return;
    this.onEnd(host, mac);
    mac.endingFrom = this.now;
    mac.endedFrom = this.now + this.draw(13 * minute, 17 * minute);
    host.scrubFrom = mac.endedFrom;
    host.scrubUntil = mac.endedFrom + this.#scrubSeconds(host);
    host.takesFrom = host.scrubUntil + this.draw(0, 5 * minute);
    this.ended = this.ended.filter(({ endedFrom }) => this.now < endedFrom + hour);
    this.ended.push(mac);
    this.#tell(mac.endedFrom);
    this.#tell(host.scrubUntil);
  }

  /** The instance that keeps the host occupied now. */
  occupant(host: WorldHost): Mac | undefined {
    return host.mac && this.now < host.mac.endedFrom ? host.mac : undefined;
  }

  #scrubSeconds({ zone }: WorldHost): number {
    const slow = zone === "us-east-1b" ? 1.3 : 1;
    return Math.min(4.5 * hour, this.draw(1.5 * hour, 2.2 * hour) * slow + (this.draw(0, 1) < 0.1 ? 2 * hour : 0));
  }

  /** Something that EC2 or the CI system sends an event about, if it gets through. */
  #tell(at: Instant): void {
    if (at === never || this.draw(0, 1) < this.faults.eventLost) return;
    this.#queue.push(at + this.draw(1, 20), { kind: "wake" });
    if (this.draw(0, 1) < this.faults.eventDoubled) this.#queue.push(at + this.draw(1, 600), { kind: "wake" });
  }

  #happen(event: Event): void {
    switch (event.kind) {
      case "wake":
        this.woken = true;
        return;
      case "sweep":
        this.#queue.push(this.now + day, event);
        for (const { mac } of this.hosts) if (mac && this.now - mac.bornAt > 3 * day) this.end(mac);
        return;
      case "phase":
        this.#changePhase();
        return;
      case "settings":
        this.#changeSettings();
        return;
      case "take-out":
        this.#takeOut();
        return;
      case "put-back":
        this.#putBack(event.name);
        return;
      case "host-fails":
        this.#failHost(event.host);
        return;
      case "host-given-up":
        this.#giveUpHost(event.host);
        return;
      default:
        if (event.mac.endingFrom > this.now && (event.bornAt === 0 || event.bornAt === event.mac.bornAt))
          this.#happenToMac(event.kind, event.mac);
    }
  }

  #happenToMac(kind: "supervisor" | "deadline" | "dies" | "runner-gone" | "replaced", mac: Mac): void {
    if (kind === "runner-gone" && this.#waitsForVolume(mac)) return;
    const isRenewed = kind === "replaced" && !mac.tasks.at(-1)?.fails;
    const isOver = {
      dies: true,
      deadline: mac.deadlineWorks && mac.bootedFrom <= this.now,
      "runner-gone": mac.supervisorWorks && !isReplacing(mac, this.now),
      supervisor: false,
      replaced: false,
    }[kind];
    if (isOver) this.end(mac);
    else if (isRenewed) this.beginLife(mac, this.now);
    else if (kind === "supervisor") this.#supervise(mac);
    else if (kind === "replaced") this.#tell(this.now);
  }

  /** Its own supervisor: from its soft end on it shuts down when no job runs, and after its grace in any case. */
  #supervise(mac: Mac): void {
    if (!mac.supervisorWorks || !isSetUp(mac, this.now) || isReplacing(mac, this.now)) return;
    runJobs(mac, this.now, this.scenario.load, this.draw);
    const latest = this.#latestEnd(mac);
    if (this.now >= latest) this.end(mac);
    else if (!isBusy(mac, this.now)) this.#waitsForVolume(mac) || this.end(mac);
    else this.#queue.push(Math.min(mac.jobUntil, latest), { kind: "supervisor", mac, bornAt: mac.bornAt });
  }

  /** Without a runner it waits for the new root volume that it was drained for, as long as a job may last. */
  #waitsForVolume(mac: Mac): boolean {
    const until = Math.min(renewalUntil(mac, this.#grace), this.#latestEnd(mac));
    if (until <= this.now) return false;
    this.#queue.push(until, { kind: "runner-gone", mac, bornAt: mac.bornAt });
    return true;
  }

  #failHost(host: WorldHost): void {
    if (host.releasedFrom <= this.now) return;
    host.failedFrom = this.now + 10 * minute;
    this.#tell(this.now);
    this.#queue.push(host.failedFrom, { kind: "host-given-up", host });
  }

  /** Either AWS moves the instance to a new host with the same tags, or it is lost. */
  #giveUpHost(host: WorldHost): void {
    const { mac } = host;
    if (host.releasedFrom <= this.now) return;
    if (this.draw(0, 1) < this.faults.recovers) {
      const replacement = this.addHost({ ...host, clientToken: "" });
      replacement.undeclaredSince = host.undeclaredSince;
      host.releasedFrom = this.now;
      host.mac = undefined;
      replacement.mac = mac;
      if (mac) mac.hostId = replacement.hostId;
      if (mac && mac.endingFrom <= this.now) {
        replacement.scrubFrom = host.scrubFrom;
        replacement.scrubUntil = host.scrubUntil;
        replacement.takesFrom = host.takesFrom;
      }
    } else if (mac) this.end(mac);
    this.#tell(this.now);
  }

  #changePhase(): void {
    const isRough = this.faults !== noFaults;
    if (!isRough) this.onCalmOver();
    this.faults = isRough ? noFaults : this.scenario.faults;
    this.phaseFrom = this.now;
    this.#queue.push(this.now + (isRough ? this.scenario.calmSeconds : this.scenario.roughSeconds), { kind: "phase" });
  }

  /** Somebody changes the number of hosts. */
  #changeSettings(): void {
    this.#queue.push(this.now + exponential(this.scenario.settingsEvery, this.draw), { kind: "settings" });
    this.settingsChangedAt = this.now;
    const most = this.scenario.policy.hosts.length;
    this.declared = declaredHosts(Math.max(1, Math.round(this.draw(0.5, 1) * most)));
    const names = new Set(this.declared.map(({ name }) => name));
    for (const host of this.hosts) {
      if (names.has(host.tags.Name ?? "")) host.undeclaredSince = never;
      else if (host.undeclaredSince === never) host.undeclaredSince = this.now;
    }
  }

  /** Somebody takes a host, or its instance, out of every loop and puts it back later, or holds it for a time. */
  #takeOut(): void {
    this.#queue.push(this.now + exponential(this.#takeOutMean(), this.draw), { kind: "take-out" });
    const host = this.hosts[Math.floor(this.draw(0, this.hosts.length))];
    if (!host || this.faults === noFaults) return;
    const { mac } = host;
    const ends = Math.round(this.now + this.draw(hour, this.faults.takenOutSeconds));
    const isHeld = this.draw(0, 1) < 0.5;
    const tags = isHeld ? holdTag(ends) : { PWPoolReady: "debugging" };
    const part = this.draw(0, 3);
    if (mac && part < 2) mac.tags = { ...mac.tags, ...tags };
    if (!mac || part >= 1) host.tags = { ...host.tags, ...tags };
    if (!isHeld) this.#queue.push(ends, { kind: "put-back", name: host.tags.Name });
  }

  #putBack(name: string | undefined): void {
    for (const host of this.hosts) {
      if (host.tags.Name !== name) continue;
      host.tags = { ...host.tags, PWPoolReady: "true" };
      if (host.mac) host.mac.tags = { ...host.mac.tags, PWPoolReady: "true" };
    }
  }

  #latestEnd(mac: Mac): Instant {
    return mac.bornAt + ownSoftLife(mac) + this.#grace;
  }

  get #grace(): number {
    return this.scenario.policy.graceSeconds;
  }

  #takeOutMean(): number {
    return this.scenario.faults.takenOutEvery / this.scenario.policy.hosts.length;
  }
}

/** True while a root volume replacement is under way. */
export function isReplacing(mac: Mac, now: Instant): boolean {
  const task = mac.tasks.at(-1);
  return task !== undefined && task.startedAt <= now && now < task.endsAt;
}

/** EC2's word for a host's state. */
export function hostStateOf(host: WorldHost, now: Instant): string {
  if (host.releasedFrom <= now) return "released";
  if (host.failedFrom <= now) return "permanent-failure";
  if (host.failsFrom <= now) return "under-assessment";
  return host.scrubFrom <= now && now < host.scrubUntil ? "pending" : "available";
}
