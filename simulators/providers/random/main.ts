/** The stand-in for the vendor's `random` plugin; the engine starts it as `pulumi-resource-random`. */
import { serveProvider } from "../shared/provider.ts";
import { randomProvider } from "./provider.ts";

await serveProvider(randomProvider);
