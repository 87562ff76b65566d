import { DriverError } from "../errors.ts";
import { saysLargeEnough } from "./errors.ts";
import { readJson } from "./json.ts";
import { metadataProblem, requireName, requireNone } from "./names.ts";
import type { Runner } from "./runner.ts";
import type { DeployVm, OrkaVmConfigs, OrkaVms } from "./types.ts";

/** Beyond the time that orka3 itself allows a deployment. */
const DEPLOY_MARGIN_SECONDS = 60;
/** Resize, save and commit restart the VM before they return. */
const RESTART_TIMEOUT_SECONDS = 600;

/** `orka3 vm`. */
export function vmCommands(orka3: Runner): OrkaVms {
  const ns = orka3.inNamespace;
  return {
    list: (options) => orka3.read(readJson.vms, ["vm", "list", ...ns], options),

    async deploy(request, options) {
      const args = ["vm", "deploy", ...deployArguments(request), ...ns];
      const timeoutSeconds = request.timeoutMinutes * 60 + DEPLOY_MARGIN_SECONDS;
      const [vm] = await orka3.read(readJson.vms, args, { ...options, timeoutSeconds });
      if (vm) return vm;
      throw new DriverError(`orka3 vm deploy ${request.name} answered with no VM`, { kind: "unexpected-output" });
    },

    delete: async (name, options) => orka3.remove(["vm", "delete", requireName("vm", name), ...ns], options),

    async resize(name, diskGb, options) {
      requireNone(
        Number.isInteger(diskGb) && diskGb > 0 ? undefined : `disk size ${diskGb} must be a whole number of GB`,
      );
      const args = ["vm", "resize", requireName("vm", name), String(diskGb), ...ns];
      try {
        await orka3.run(args, { ...options, timeoutSeconds: RESTART_TIMEOUT_SECONDS });
        return true;
      } catch (error) {
        if (saysLargeEnough(error)) return false;
        throw error;
      }
    },

    async save(name, image, description, options) {
      const args = [
        "vm",
        "save",
        requireName("vm", name),
        requireName("image", image),
        ...described(description),
        ...ns,
      ];
      await orka3.run(args, { ...options, timeoutSeconds: RESTART_TIMEOUT_SECONDS });
    },

    async commit(name, description, options) {
      const args = ["vm", "commit", requireName("vm", name), ...described(description), ...ns];
      await orka3.run(args, { ...options, timeoutSeconds: RESTART_TIMEOUT_SECONDS });
    },

    async push(name, reference, options) {
      const target = requireName("registryReference", reference);
      const stdout = await orka3.run(["vm", "push", requireName("vm", name), target, ...ns], options);
      const job = stdout.trim().match(/[a-z0-9][a-z0-9.-]*$/)?.[0];
      if (job) return job;
      throw new DriverError(`orka3 vm push ${name} named no job`, { kind: "unexpected-output", vendorText: stdout });
    },

    async pushStatus(job, options) {
      const [found] = await orka3.read(readJson.pushJobs, ["vm", "get-push-status", job, ...ns], options);
      if (found) return found;
      throw new DriverError(`push job ${job} is not known`, { kind: "not-found" });
    },
  };
}

/** `orka3 vm-config`. Configs are in orka-default, whatever the namespace of the session. */
export function vmConfigCommands(orka3: Runner): OrkaVmConfigs {
  return {
    list: (options) => orka3.read(readJson.vmConfigs, ["vm-config", "list"], options),

    async create(config, options) {
      const size = ["--cpu", String(config.cpu), "--memory", String(config.memoryGb)];
      const tag = config.tag === undefined ? [] : ["--tag", requireName("vmConfigTag", config.tag)];
      const required = config.tagRequired ? ["--tag-required"] : [];
      const name = requireName("vmConfig", config.name);
      await orka3.run(["vm-config", "create", name, "--image", config.image, ...size, ...tag, ...required], options);
    },

    delete: async (name, options) => orka3.remove(["vm-config", "delete", requireName("vmConfig", name)], options),
  };
}

/** `-d TEXT` as orka3 takes it; nothing when there is nothing to say. */
export function described(description: string | undefined): string[] {
  return description ? ["-d", description] : [];
}

function deployArguments(request: DeployVm): string[] {
  const pairs = Object.entries(request.metadata);
  for (const [key, value] of pairs) requireNone(metadataProblem(key, value));
  const metadata = pairs.map(([key, value]) => `${key}=${value}`).join(",");
  return [
    requireName("vm", request.name),
    "--config",
    requireName("vmConfig", request.config),
    ...(metadata ? ["--metadata", metadata] : []),
    "--timeout",
    String(request.timeoutMinutes),
  ];
}
