/** Where an Orka cluster is, and the part of it that is used. */
export interface OrkaCluster {
  /** The service URL, `http://10.221.188.20` or `https://...`; no slash at its end. */
  apiUrl: string;
  /** Starts with `orka-`. */
  namespace: string;
}

/** What every call may be given besides its subject. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** A VM as `orka3 vm list` shows it. What a version does not show is absent, never guessed. */
export interface Vm {
  name: string;
  /** `Running` (also when it is stopped or suspended), `Pending` or `Failed`. An empty status is given as `Pending`. */
  status: string;
  /** With NAT, the default, this is the address of the node. */
  ip?: string;
  sshPort?: number;
  vncPort?: number;
  screenSharePort?: number;
  node?: string;
  image?: string;
  cpu?: number;
  memoryGb?: number;
  /** What `vm deploy --metadata` set. Absent: this version does not show it, or there is none. */
  metadata?: Readonly<Record<string, string>>;
}

/** What `orka3 vm deploy` is asked for. */
export interface DeployVm {
  /** Chosen by us and never generated, so that what a failed call leaves behind can be found. */
  name: string;
  /** The VM config to take the shape from. */
  config: string;
  /** Readable inside the VM by everyone: no secrets. No `,` or `=` in keys and values. */
  metadata: Readonly<Record<string, string>>;
  /** How long the VM may stay Pending. */
  timeoutMinutes: number;
}

/** A VM config as `orka3 vm-config list` shows it. */
export interface VmConfig {
  name: string;
  image?: string;
  cpu?: number;
  memoryGb?: number;
  tag?: string;
  tagRequired?: boolean;
}

/** A VM config to create. */
export interface CreateVmConfig {
  name: string;
  image: string;
  cpu: number;
  memoryGb: number;
  /** VMs prefer nodes with this tag, or take no other when it is required. */
  tag?: string;
  tagRequired?: boolean;
}

/** An image as `orka3 image list` shows it. */
export interface Image {
  name: string;
  description?: string;
  sizeGb?: number;
  /** `Ready`, `Updating` or `Failed`. */
  state?: string;
  errorMessage?: string;
}

/** A node as `orka3 node list` shows it. */
export interface OrkaNode {
  name: string;
  ip?: string;
  /** `READY` or `NOT READY`. */
  phase?: string;
  nodeType?: string;
  namespace?: string;
  tags: string[];
  availableCpu?: number;
  availableMemoryGb?: number;
  allocatableCpu?: number;
  allocatableMemoryGb?: number;
}

/** Which nodes an image cache command is about; `tags` picks the nodes that have all of them. */
export type NodeChoice = { nodes: readonly string[] } | { tags: readonly string[] } | { all: true };

/** A copy of an image in the cache of a node. */
export interface CachedImage {
  node: string;
  /** `Ready`, `Caching`, `Removing` or `Failed`. */
  status: string;
}

/** A push of a VM to a registry; the cluster forgets it after an hour. */
export interface PushJob {
  name: string;
  status: string;
  errorMessage?: string;
}

/** How long a service account's token lives. Whole minutes; clusters may cap it. */
export type TokenLife = { minutes: number } | "no-expiration";

/**
 * An Orka cluster, driven by the program orka3. Lists are as they are at that moment.
 * Every call throws DriverError: `unreachable`, `timeout`, `aborted`, `program-missing`, `access-denied`,
 * `unexpected-output`, `failed`, `invalid-argument` for a name against the rules, and what is said with it.
 */
export interface Orka {
  readonly vms: OrkaVms;
  readonly vmConfigs: OrkaVmConfigs;
  readonly images: OrkaImages;
  readonly imageCache: OrkaImageCache;
  readonly nodes: OrkaNodes;
  readonly serviceAccounts: OrkaServiceAccounts;
  /** What `orka3 version` says. */
  version(options?: CallOptions): Promise<string>;
  /** The service URL that this session's orka3 is set to. */
  apiUrl(options?: CallOptions): Promise<string | undefined>;
}

/** `orka3 vm`, in the namespace of the session. */
export interface OrkaVms {
  list(options?: CallOptions): Promise<Vm[]>;
  /**
   * Waits until the VM runs. A deployment that fails may leave a VM of that name behind.
   * @throws DriverError `already-exists`, `not-found` (VM config), `no-capacity`, `slot-limit`, `timeout`
   */
  deploy(request: DeployVm, options?: CallOptions): Promise<Vm>;
  /** @returns whether it was there */
  delete(name: string, options?: CallOptions): Promise<boolean>;
  /**
   * Grows the disk, which restarts the VM.
   * @returns false when the disk is that large already
   */
  resize(name: string, diskGb: number, options?: CallOptions): Promise<boolean>;
  /** Starts saving as a new image and restarts the VM; watch `images.list`. @throws DriverError `already-exists` */
  save(name: string, image: string, description?: string, options?: CallOptions): Promise<void>;
  /** Starts overwriting the image that the VM was made from and restarts the VM; watch `images.list`. */
  commit(name: string, description?: string, options?: CallOptions): Promise<void>;
  /** Starts a push to a registry that the namespace has a login for. @returns the job's name */
  push(name: string, reference: string, options?: CallOptions): Promise<string>;
  /** @throws DriverError `not-found` an hour after the end of the job */
  pushStatus(job: string, options?: CallOptions): Promise<PushJob>;
}

/** `orka3 vm-config`; they are the same for all namespaces. */
export interface OrkaVmConfigs {
  list(options?: CallOptions): Promise<VmConfig[]>;
  /** @throws DriverError `already-exists`, `not-found` (image) */
  create(config: CreateVmConfig, options?: CallOptions): Promise<void>;
  /** @returns whether it was there */
  delete(name: string, options?: CallOptions): Promise<boolean>;
}

/** `orka3 image`; they are the same for all namespaces. */
export interface OrkaImages {
  list(options?: CallOptions): Promise<Image[]>;
  /** Starts a copy; watch `list`. @throws DriverError `not-found`, `already-exists` */
  copy(source: string, destination: string, description?: string, options?: CallOptions): Promise<void>;
  /** @throws DriverError `not-found` */
  describe(name: string, description: string, options?: CallOptions): Promise<void>;
  /** @returns whether it was there; @throws DriverError `in-use` while a VM has it */
  delete(name: string, options?: CallOptions): Promise<boolean>;
}

/** `orka3 imagecache`, on the nodes of the session's namespace. */
export interface OrkaImageCache {
  /** Starts copying the image to nodes; watch `info`. @throws DriverError `not-found` */
  add(image: string, choice: NodeChoice, options?: CallOptions): Promise<void>;
  info(image: string, options?: CallOptions): Promise<CachedImage[]>;
  /** The images that at least one node has. */
  list(options?: CallOptions): Promise<string[]>;
  /** Starts the removal (3.6.2 and later). A deployment at the same time may lose the race. */
  remove(image: string, choice: NodeChoice, options?: CallOptions): Promise<void>;
}

/** `orka3 node`, in the namespace of the session. */
export interface OrkaNodes {
  list(options?: CallOptions): Promise<OrkaNode[]>;
  /** Needs an administrator. @throws DriverError `not-found` */
  tag(node: string, tag: string, options?: CallOptions): Promise<void>;
  /** Needs an administrator. @throws DriverError `not-found` */
  untag(node: string, tag: string, options?: CallOptions): Promise<void>;
}

/** `orka3 serviceaccount`, in the namespace of the session. Needs an administrator. */
export interface OrkaServiceAccounts {
  list(options?: CallOptions): Promise<string[]>;
  /** @throws DriverError `already-exists` */
  create(name: string, options?: CallOptions): Promise<void>;
  /** Voids its tokens. @returns whether it was there */
  delete(name: string, options?: CallOptions): Promise<boolean>;
  /** A new token. It is a secret: it is in no message and no log. @throws DriverError `not-found` */
  token(name: string, life: TokenLife, options?: CallOptions): Promise<string>;
}
