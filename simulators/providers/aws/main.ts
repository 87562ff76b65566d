/** Runs the stand-in for the vendor's `aws` plugin; the Pulumi engine starts it. */
import { serveProvider } from "../shared/provider.ts";
import { awsProvider } from "./provider.ts";

await serveProvider(awsProvider);
