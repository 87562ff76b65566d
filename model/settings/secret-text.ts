/**
 * Shapes of secrets that people paste by mistake. GitHub, AWS, Slack and PEM shapes are published by their makers; Buildkite
 * agent tokens are `bkct_`, `bkat_` or `bka_` and API tokens `bkua_`; Orka tokens are Kubernetes service account JWTs.
 */
const secretShapes: readonly { what: string; pattern: RegExp }[] = [
  { what: "a GitHub token", pattern: /\b(gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})/ },
  { what: "a Buildkite token", pattern: /\bbk(ua|ct|at|a)_[A-Za-z0-9]{16,}/ },
  { what: "an AWS access key", pattern: /\b(AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { what: "a Slack token", pattern: /\bxox[a-z]-[A-Za-z0-9-]{10,}/ },
  { what: "a webhook address, which is a secret", pattern: /hooks\.slack\.com\/|discord(app)?\.com\/api\/webhooks\// },
  { what: "a private key", pattern: /-----BEGIN/ },
  { what: "a signed token (JWT)", pattern: /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\./ },
  { what: "an address with a password in it", pattern: /:\/\/[^/\s:@]+:[^/\s@]+@/ },
];

/** What secret a text looks like, as `a GitHub token`; undefined for ordinary text. */
export function secretKind(text: string): string | undefined {
  return secretShapes.find(({ pattern }) => pattern.test(text))?.what;
}

/** True when a text must not be repeated in a message. */
export function looksSecret(text: string): boolean {
  return secretKind(text) !== undefined;
}
