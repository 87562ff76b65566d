/** How to log in to a Mac, as far as the stand-in follows it. */
export interface ConnectionInputs {
  host: string;
  port?: number;
  user?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  password?: string;
  agentSocketPath?: string;
  /** The one key the Mac may show. Without it any is taken, as the vendor does. */
  hostKey?: string;
  /** How often to try to connect; -1 is for ever. */
  dialErrorLimit?: number;
  /** Seconds for each try; 0 is for ever. */
  perDialTimeout?: number;
}

/** The inputs of both kinds of command. */
export interface CommandInputs {
  create?: string;
  update?: string;
  delete?: string;
  environment?: Record<string, string>;
  stdin?: string;
  addPreviousOutputInEnv?: boolean;
  /** Of a remote command. */
  connection?: ConnectionInputs;
  /** Of a local command. */
  dir?: string;
  /** Of a local command; default `/bin/sh -c`. */
  interpreter?: string[];
}

/** What a command wrote, each without its last line end. */
export interface CommandStreams {
  stdout: string;
  stderr: string;
}

/** The state of both kinds of command. */
export type CommandOutputs = CommandInputs & CommandStreams;

/** How a command ended. */
export interface CommandEnd extends CommandStreams {
  /** In the vendor's words; undefined when all is well. */
  failure?: string;
}

/** Runs a command somewhere. `previous` holds what the last run wrote, as environment variables. */
export type CommandRun = (
  command: string,
  inputs: CommandInputs,
  previous: Record<string, string>,
  signal: AbortSignal,
) => Promise<CommandEnd>;
