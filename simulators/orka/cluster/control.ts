import { Hono } from "hono";
import type { Backend } from "./app.ts";
import type { Fault, Quirks } from "./faults.ts";

/** What a test or a demo may do to a running cluster. */
export interface Controls {
  inject(fault: Fault): void;
  setQuirks(quirks: Quirks): void;
  failNode(name: string): void;
}

/** The same over HTTP, for a cluster in its own process: `POST faults`, `PUT quirks`, `POST nodes/NAME/fail`, `GET state`. */
export function controlRoutes(controls: Controls, backend: Backend): Hono {
  const app = new Hono();
  app.post("/faults", async (c) => {
    controls.inject(await c.req.json<Fault>());
    backend.save();
    return c.body(null, 204);
  });
  app.put("/quirks", async (c) => {
    controls.setQuirks(await c.req.json<Quirks>());
    backend.save();
    return c.body(null, 204);
  });
  app.post("/nodes/:name/fail", (c) => {
    controls.failNode(c.req.param("name"));
    backend.save();
    return c.body(null, 204);
  });
  app.get("/state", (c) => c.json({ ...backend.state, adminToken: undefined, serviceAccounts: undefined }));
  return app;
}
