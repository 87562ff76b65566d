/** Which usage text follows the message. */
export type UsageShown = "none" | "command" | "root";

/** A command that ends with a message on stderr and an exit code. */
export class TartFailure extends Error {
  override readonly name = "TartFailure";
  readonly exitCode: number;
  readonly usage: UsageShown;

  constructor(message: string, exitCode: number, usage: UsageShown = "none") {
    super(message);
    this.exitCode = exitCode;
    this.usage = usage;
  }
}

/** A RuntimeError: its message as it is, exit code 1. */
export function runtimeError(message: string): TartFailure {
  return new TartFailure(message, 1);
}

/** A ValidationError thrown by `validate()` or the argument parser: usage of the command, exit code 64. */
export function validationError(message: string): TartFailure {
  return new TartFailure(`Error: ${message}`, 64, "command");
}

/** A ValidationError thrown by `run()`: the same, with the usage of `tart` itself. */
export function lateValidationError(message: string): TartFailure {
  return new TartFailure(`Error: ${message}`, 64, "root");
}

/** Any other Swift error: `Error: ` and its description, exit code 1. */
export function swiftError(description: string): TartFailure {
  return new TartFailure(`Error: ${description}`, 1);
}

/** No VM of this name; exit code 2. */
export function missingVm(name: string): TartFailure {
  return new TartFailure(`the specified VM "${name}" does not exist`, 2);
}

/** The VM is not running; exit code 2. */
export function notRunning(name: string): TartFailure {
  return new TartFailure(`VM "${name}" is not running`, 2);
}

/** Another `tart run` holds the VM; exit code 2. */
export function alreadyRunning(name: string): TartFailure {
  return new TartFailure(`VM "${name}" is already running!`, 2);
}

/** The VM runs and the command needs it not to; exit code 1. */
export function isRunning(name: string): TartFailure {
  return runtimeError(`VM "${name}" is running`);
}
