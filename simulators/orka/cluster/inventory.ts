import { checkName } from "./rules.ts";
import type { ClusterState, ImageState, NodeState, VmConfigState } from "./state.ts";
import { alreadyExists, denied, invalid, notFound } from "./status.ts";

const IMAGES = "images.orka.macstadium.com";
const CONFIGS = "virtualmachineconfigs.orka.macstadium.com";
const NODES = "orkanodes.orka.macstadium.com";

/** Finds an image. @throws ApiError 404 */
export function findImage(state: ClusterState, name: string): ImageState {
  const image = state.images.find((i) => i.name === name);
  if (!image) throw notFound(IMAGES, name);
  return image;
}

/** Adds an image that is ready at `readyAt` (a copy, or a saved VM). @throws ApiError for a bad or taken name */
export function addImage(state: ClusterState, image: ImageState): ImageState {
  checkName("Image", image.name);
  if (state.images.some((i) => i.name === image.name)) throw alreadyExists(IMAGES, image.name);
  state.images.push(image);
  return image;
}

/** Removes an image that no VM uses; otherwise refuses in the words of Orka's webhook. @throws ApiError */
export function deleteImage(state: ClusterState, name: string): void {
  findImage(state, name);
  const users = state.vms.filter((vm) => vm.image === name).map((vm) => vm.name);
  if (users.length > 0) {
    const why = `The image is being used by one or more VMs: ${users.join(", ")}. Remove the VMs and try again`;
    throw denied("vimage.kb.io", `cannot delete image "${name}". ${why}`);
  }
  state.images = state.images.filter((i) => i.name !== name);
  for (const node of state.nodes) node.cache = node.cache.filter((c) => c.image !== name);
}

/** Adds a VM config. There is no way to change one. @throws ApiError */
export function addVmConfig(state: ClusterState, config: VmConfigState): VmConfigState {
  checkName("VirtualMachineConfig", config.name);
  if (config.cpu < 2) throw invalid("spec.cpu: must be at least 2");
  if (config.tag !== undefined && config.tag.length > 32) throw invalid("spec.tag: must be 1 to 32 characters");
  if (state.vmConfigs.some((c) => c.name === config.name)) throw alreadyExists(CONFIGS, config.name);
  state.vmConfigs.push(config);
  return config;
}

/** Removes a VM config. VMs made from it stay. @throws ApiError 404 */
export function deleteVmConfig(state: ClusterState, name: string): void {
  if (!state.vmConfigs.some((c) => c.name === name)) throw notFound(CONFIGS, name);
  state.vmConfigs = state.vmConfigs.filter((c) => c.name !== name);
}

/** Finds a node. @throws ApiError 404 */
export function findNode(state: ClusterState, name: string): NodeState {
  const node = state.nodes.find((n) => n.name === name);
  if (!node) throw notFound(NODES, name);
  return node;
}

/** Adds or removes one tag of a node. @throws ApiError */
export function tagNode(node: NodeState, tag: string, present: boolean): void {
  checkName("Tag", tag);
  const others = node.tags.filter((t) => t !== tag);
  if (!present && others.length === node.tags.length) throw invalid(`tag ${tag} does not exist on node ${node.name}`);
  node.tags = present ? [...others, tag] : others;
}

/** Which nodes an image cache command is about. `tags` picks nodes with ALL of them. */
export interface NodeChoice {
  nodes?: string[];
  tags?: string[];
  all?: boolean;
}

/** The chosen nodes of a namespace. @throws ApiError when none is chosen or a named one is unknown */
export function chooseNodes(state: ClusterState, namespace: string, choice: NodeChoice): NodeState[] {
  const there = state.nodes.filter((node) => node.namespace === namespace);
  if (choice.all) return there;
  if (choice.tags) return there.filter((node) => choice.tags?.every((tag) => node.tags.includes(tag)));
  if (choice.nodes) return choice.nodes.map((name) => findNode(state, name));
  throw invalid("one of --nodes, --tags or --all is required");
}
