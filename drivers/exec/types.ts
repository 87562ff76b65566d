/** A program to run and what it is given. */
export interface Command {
  /** The program and its arguments, passed as they are: no shell, no splitting. Everyone on the computer can read them. */
  argv: readonly [string, ...string[]];
  /** Added to the environment. Secrets go here; over ssh they travel through stdin and not on the command line. */
  env?: Readonly<Record<string, string>>;
  stdin?: string | Uint8Array;
  /** After this the program is ended and `run` throws a `timeout`. */
  timeoutSeconds: number;
  signal?: AbortSignal;
  /** Called for each whole line as it arrives, for progress of long work. */
  onLine?: (line: string, stream: "stdout" | "stderr") => void;
}

/** What a program that ran to its end left behind. A non-zero exit code is a result, not an exception. */
export interface Output {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A place where programs run: this computer, or a Mac reached by ssh. */
export interface Exec {
  /** For messages: `this computer`, `admin@10.0.1.11`. */
  readonly where: string;
  /**
   * Runs a program to its end.
   * @throws DriverError `timeout`, `aborted`, `program-missing`, `unreachable`, `host-key-mismatch`, `access-denied`
   */
  run(command: Command): Promise<Output>;
}
