import { advance } from "./clock.ts";
import { addImage, addVmConfig, deleteVmConfig, findImage } from "./inventory.ts";
import { pushJobObject, vmConfigObject, vmObject } from "./objects.ts";
import type { Route } from "./route.ts";
import { jobEnd, listOf, number, text } from "./route.ts";
import type { VmConfigState } from "./state.ts";
import { ApiError, notFound } from "./status.ts";
import type { DeployRequest } from "./vms.ts";
import { deleteVm, deployVm, findVm, pushVm, resizeVm } from "./vms.ts";

const CRDS = "/kube/apis/orka.macstadium.com/v1/namespaces/:namespace";
const VMS = `${CRDS}/virtualmachineinstances`;
const CONFIGS = `${CRDS}/virtualmachineconfigs`;

/** The calls about VMs and VM configs. */
export const vmRoutes: Route[] = [
  {
    method: "GET",
    path: VMS,
    operation: "vm.list",
    need: "namespace",
    run: ({ state, namespace }) =>
      listOf(state.vms.filter((vm) => vm.namespace === namespace).map((vm) => vmObject(state, vm))),
  },
  {
    method: "POST",
    path: VMS,
    operation: "vm.create",
    need: "namespace",
    run: ({ state, namespace, body, now, bootSeconds, fault }) => {
      const vm = deployVm(state, namespace, body as unknown as DeployRequest, now, bootSeconds, fault);
      advance(state, now);
      return vmObject(state, vm);
    },
  },
  {
    method: "GET",
    path: `${VMS}/:name`,
    operation: "vm.get",
    need: "namespace",
    run: ({ state, namespace, name }) => vmObject(state, findVm(state, namespace, name)),
  },
  {
    method: "DELETE",
    path: `${VMS}/:name`,
    operation: "vm.delete",
    need: "namespace",
    run: ({ state, namespace, name }) => deleteVm(state, namespace, name),
  },
  {
    method: "POST",
    path: `${VMS}/:name/resize`,
    operation: "vm.resize",
    need: "namespace",
    run: (request) => {
      const vm = findVm(request.state, request.namespace, request.name);
      resizeVm(request.state, vm, number(request, "sizeGb"));
    },
  },
  {
    method: "POST",
    path: `${VMS}/:name/save`,
    operation: "vm.save",
    need: "namespace",
    run: (request) => {
      const vm = findVm(request.state, request.namespace, request.name);
      const description = text(request, "description");
      const image = { name: text(request, "imageName"), sizeGb: vm.diskGb, description, readyAt: jobEnd(request) };
      addImage(request.state, image);
      vm.boots += 1;
    },
  },
  {
    method: "POST",
    path: `${VMS}/:name/commit`,
    operation: "vm.commit",
    need: "namespace",
    run: (request) => {
      const vm = findVm(request.state, request.namespace, request.name);
      const image = findImage(request.state, vm.image);
      image.readyAt = jobEnd(request);
      image.sizeGb = vm.diskGb;
      image.description = text(request, "description") || image.description;
      vm.boots += 1;
    },
  },
  {
    method: "POST",
    path: `${VMS}/:name/exec`,
    operation: "vm.exec",
    need: "namespace",
    run: (request) => {
      findVm(request.state, request.namespace, request.name);
      throw new ApiError(400, "BadRequest", `${text(request, "verb")} is supported only for Intel-based VMs`);
    },
  },
  {
    method: "POST",
    path: "/api/v1/namespaces/:namespace/vms/:name/push",
    operation: "vm.push",
    need: "namespace",
    run: (request) => {
      const vm = findVm(request.state, request.namespace, request.name);
      return { jobName: pushVm(request.state, vm, text(request, "imageReference"), jobEnd(request)).name };
    },
  },
  {
    method: "GET",
    path: "/kube/api/v1/namespaces/:namespace/pods",
    operation: "push-job.list",
    need: "namespace",
    run: ({ state, namespace, now }) =>
      listOf(state.pushJobs.filter((job) => job.namespace === namespace).map((job) => pushJobObject(job, now))),
  },
  {
    method: "GET",
    path: CONFIGS,
    operation: "vm-config.list",
    need: "known",
    run: ({ state }) => listOf(state.vmConfigs.map(vmConfigObject)),
  },
  {
    method: "POST",
    path: CONFIGS,
    operation: "vm-config.create",
    need: "namespace",
    run: ({ state, body }) => {
      const config = body as unknown as VmConfigState;
      if (!config.image.includes("/") && !state.images.some((i) => i.name === config.image)) {
        throw notFound("images.orka.macstadium.com", config.image);
      }
      return vmConfigObject(addVmConfig(state, config));
    },
  },
  {
    method: "DELETE",
    path: `${CONFIGS}/:name`,
    operation: "vm-config.delete",
    need: "namespace",
    run: ({ state, name }) => deleteVmConfig(state, name),
  },
];
