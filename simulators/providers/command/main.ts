/** The stand-in for the vendor's `command` plugin; the engine starts it as `pulumi-resource-command`. */
import { serveProvider } from "../shared/provider.ts";
import { commandProvider } from "./provider.ts";

await serveProvider(commandProvider);
