/** The stand-in for the vendor's `github` plugin; the engine starts it as `pulumi-resource-github`. */
import { serveProvider } from "../shared/provider.ts";
import { githubProvider } from "./provider.ts";

await serveProvider(githubProvider);
