import { findNamespace } from "./accounts.ts";
import type { NodeChoice } from "./inventory.ts";
import { addImage, chooseNodes, deleteImage, findImage, findNode, tagNode } from "./inventory.ts";
import { imageObject, nodeObject } from "./objects.ts";
import type { Request, Route } from "./route.ts";
import { jobEnd, listOf, text } from "./route.ts";
import { isRegistryReference } from "./rules.ts";

const CRDS = "/kube/apis/orka.macstadium.com/v1/namespaces/:namespace";

/** The calls about images, the image cache of the nodes, and the nodes. */
export const inventoryRoutes: Route[] = [
  {
    method: "GET",
    path: `${CRDS}/images`,
    operation: "image.list",
    need: "known",
    run: ({ state }) => listOf(state.images.map(imageObject)),
  },
  {
    method: "DELETE",
    path: `${CRDS}/images/:name`,
    operation: "image.delete",
    need: "namespace",
    run: ({ state, name }) => deleteImage(state, name),
  },
  {
    method: "POST",
    path: `${CRDS}/images/:name/copy`,
    operation: "image.copy",
    need: "namespace",
    run: (request) => {
      const source = findImage(request.state, request.name);
      const description = text(request, "description") || source.description;
      const name = text(request, "destination");
      addImage(request.state, { name, sizeGb: source.sizeGb, description, readyAt: jobEnd(request) });
    },
  },
  {
    method: "PUT",
    path: `${CRDS}/images/:name/description`,
    operation: "image.describe",
    need: "namespace",
    run: (request) => {
      findImage(request.state, request.name).description = text(request, "description");
    },
  },
  {
    method: "GET",
    path: `${CRDS}/orkanodes`,
    operation: "node.list",
    need: "namespace",
    run: ({ state, namespace, now }) =>
      listOf(state.nodes.filter((n) => n.namespace === namespace).map((n) => nodeObject(state, n, now))),
  },
  nodeChange("tag", (request) => tagNode(findNode(request.state, request.name), text(request, "tag"), true)),
  nodeChange("untag", (request) => tagNode(findNode(request.state, request.name), text(request, "tag"), false)),
  nodeChange("namespace", (request) => {
    const target = findNamespace(request.state, text(request, "target"));
    findNode(request.state, request.name).namespace = target.name;
  }),
  {
    method: "POST",
    path: `${CRDS}/imagecaches/:name/add`,
    operation: "imagecache.add",
    need: "namespace",
    run: (request) => {
      if (!isRegistryReference(request.name)) findImage(request.state, request.name);
      for (const node of chooseNodes(request.state, request.namespace, request.body as NodeChoice)) {
        if (node.cache.some((c) => c.image === request.name)) continue;
        node.cache.push({ image: request.name, readyAt: jobEnd(request) });
      }
    },
  },
  {
    method: "POST",
    path: `${CRDS}/imagecaches/:name/remove`,
    operation: "imagecache.remove",
    need: "namespace",
    run: ({ state, namespace, name, body }) => {
      for (const node of chooseNodes(state, namespace, body as NodeChoice)) {
        node.cache = node.cache.filter((c) => c.image !== name);
      }
    },
  },
];

function nodeChange(verb: string, run: (request: Request) => void): Route {
  return { method: "POST", path: `${CRDS}/orkanodes/:name/${verb}`, operation: `node.${verb}`, need: "admin", run };
}
