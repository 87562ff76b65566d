/**
 * The Node language host: the engine starts it to run the program, and speaks gRPC with it.
 * The host that comes with Pulumi is a Go program that the Go module proxy does not carry; the protocol is small,
 * and its definitions ship in the npm package @pulumi/pulumi.
 *
 * Engine flags and positional arguments: `[--root R] [--tracing T] ENGINE_ADDRESS`. It prints its port and serves.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import * as path from "node:path";
import process from "node:process";
import { sdkNodeFlags } from "./node-flags.ts";

// biome-ignore lint/suspicious/noExplicitAny: the generated protocol classes carry no types that fit plain gRPC handlers.
type Message = any;
type Callback = (error: unknown, reply?: Message) => void;
type Call = { request: Message };

const require = createRequire(path.join(process.cwd(), "package.json"));
const fromSdk = createRequire(require.resolve("@pulumi/pulumi/package.json"));
const grpc = fromSdk("@grpc/grpc-js");
const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb.js");
const protocol = require("@pulumi/pulumi/proto/language_pb.js");
const plugins = require("@pulumi/pulumi/proto/plugin_pb.js");
const { Empty } = fromSdk("google-protobuf/google/protobuf/empty_pb.js");
const sdkVersion: string = require("@pulumi/pulumi/package.json").version;

/** The SDK exits with this after it has told the user what is wrong, so that the engine adds nothing. */
const ALREADY_REPORTED_EXIT_CODE = 32;
/** Positional, after the flags that the engine passes to every language host. */
const engineAddress = process.argv.at(-1) ?? "";
const children = new Set<ChildProcess>();

function startNode(script: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, [...sdkNodeFlags, require.resolve(script), ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

function run(call: Call, callback: Callback): void {
  const request = call.request;
  const info = request.getInfo();
  const programDirectory = info?.getProgramDirectory() || request.getPwd();
  const args = [
    ...["--monitor", request.getMonitorAddress(), "--engine", engineAddress],
    ...["--organization", request.getOrganization(), "--project", request.getProject(), "--stack", request.getStack()],
    ...["--root-directory", info?.getRootDirectory() || programDirectory, "--pwd", programDirectory],
    ...["--parallel", String(request.getParallel())],
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() || ".",
  ];
  const child = startNode("@pulumi/pulumi/cmd/run", args, programDirectory, {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().entries())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  });
  child.stdout?.pipe(process.stderr);
  child.stderr?.pipe(process.stderr);
  child.once("error", (error) => callback(error));
  child.once("close", (code, signal) => {
    const reply = new protocol.RunResponse();
    if (code === ALREADY_REPORTED_EXIT_CODE) reply.setBail(true);
    else if (code !== 0) reply.setError(`the program ended ${signal ? `by ${signal}` : `with exit code ${code}`}`);
    callback(null, reply);
  });
}

const empty = (make: () => Message) => (_call: Call, callback: Callback) => callback(null, make());

const server = new grpc.Server({
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
});
server.addService(LanguageRuntimeService, {
  handshake: empty(() => new protocol.LanguageHandshakeResponse()),
  getRequiredPlugins: empty(() => new protocol.GetRequiredPluginsResponse()),
  getRequiredPackages: empty(() => new protocol.GetRequiredPackagesResponse()),
  about: empty(() => new protocol.AboutResponse()),
  getPluginInfo: empty(() => {
    const info = new plugins.PluginInfo();
    info.setVersion(sdkVersion);
    return info;
  }),
  cancel: (_call: Call, callback: Callback) => {
    for (const child of children) child.kill("SIGTERM");
    callback(null, new Empty());
  },
  run,
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error: unknown, port: number) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
