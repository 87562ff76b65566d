/** How to reach a Mac by ssh. */
export interface SshWay {
  user: string;
  address: string;
  /** What its host key is kept under; differs for each life. */
  hostKeyAlias: string;
  knownHostsFile: string;
  /** Forwards port 5900 of this computer to the Mac's screen. */
  vnc: boolean;
}

/** A shell through AWS Session Manager, or one command through it. Nothing has to reach the Mac but AWS. */
export function sessionManagerCommand(instanceId: string, region: string, command: readonly string[]): string[] {
  const session = ["aws", "ssm", "start-session", "--region", region, "--target", instanceId];
  if (command.length === 0) return session;
  const parameters = JSON.stringify({ command: [command.join(" ")] });
  return [...session, "--document-name", "AWS-StartInteractiveCommand", "--parameters", parameters];
}

/** A shell by OpenSSH. A key that is not known yet is shown to the person, who has to say yes to it; another one never passes. */
export function sshCommand(way: SshWay, command: readonly string[]): string[] {
  const options = [
    "StrictHostKeyChecking=ask",
    `UserKnownHostsFile="${way.knownHostsFile}"`,
    `HostKeyAlias=${way.hostKeyAlias}`,
    "ConnectTimeout=13",
  ];
  return [
    "ssh",
    ...options.flatMap((option) => ["-o", option]),
    ...(way.vnc ? ["-L", "5900:localhost:5900"] : []),
    `${way.user}@${way.address}`,
    ...(command.length > 0 ? ["--", ...command] : []),
  ];
}
