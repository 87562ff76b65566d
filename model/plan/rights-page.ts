import { hostsPolicy, previewPolicy, servicesPolicy } from "./deploy-permissions.ts";
import { actPolicy, leasesPolicy, lookPolicy, runPolicy, shellPolicy } from "./people-permissions.ts";
import { allow, type PolicyDocument, policyOf } from "./policy-document.ts";
import type { PermittedStack } from "./stack-scope.ts";

/** What a reader puts their own values in the place of. */
const to: PermittedStack = { region: "REGION", account: "ACCOUNT", name: "NAME" };

/** Where Pulumi keeps a stack's state is its owner's choice; this is for a bucket and a key as the README has them. */
const bucket = "arn:aws:s3:::STATE_BUCKET";
const key = "arn:aws:kms:REGION:ACCOUNT:key/KEY_ID";

const statePolicy = policyOf([
  allow("FindState", ["s3:ListBucket"], bucket),
  allow("ReadState", ["s3:GetObject"], `${bucket}/*`),
  allow("ReadSecrets", ["kms:Decrypt"], key),
]);

const stateWritePolicy = policyOf([
  allow("WriteState", ["s3:DeleteObject", "s3:PutObject"], `${bucket}/*`),
  allow("MakeSecrets", ["kms:Encrypt"], key),
]);

interface Section {
  name: string;
  /** What it is for. */
  text: string;
  document: PolicyDocument;
}

const sections: readonly Section[] = [
  {
    name: "state",
    text: "Read the state and the secrets of stacks that are kept in S3 under a key of KMS. All commands need it.",
    document: statePolicy,
  },
  { name: "state-write", text: "Change them.", document: stateWritePolicy },
  {
    name: "look",
    text: "Look at pools. If an image comes from a parameter of your own (`ssmParameter`), name that in `FindImage`.",
    document: lookPolicy(to),
  },
  {
    name: "act",
    text: "Launch, set up, drain, take out of service and back, sweep, and make a test host.",
    document: actPolicy(to),
  },
  {
    name: "run",
    text: "Keep pools where `controller` is `none`, or in place of the function.",
    document: runPolicy(to),
  },
  { name: "leases", text: "Give hosts back, now or by schedules later.", document: leasesPolicy(to) },
  { name: "shell", text: "Open a shell on a Mac of the stack through Session Manager.", document: shellPolicy(to) },
  { name: "preview", text: "Look at all that a stack declares.", document: previewPolicy(to) },
  { name: "hosts", text: "Make, change and delete what a stack declares in EC2.", document: hostsPolicy(to) },
  {
    name: "services",
    text: "Make, change and delete the rest: roles, functions, schedules, tables, buckets, parameters, topics, alarms and logs.",
    document: servicesPolicy(to),
  },
];

const uses: readonly [what: string, documents: string][] = [
  ["`pulumi preview`", "`state`, `preview`"],
  ["`pulumi refresh`, `fleet recover`", "`state`, `state-write`, `preview`"],
  ["`pulumi up`, `pulumi destroy`", "`state`, `state-write`, `preview`, `hosts`, `services`, `leases`"],
  ["`fleet status`, `fleet pool status`, `timeline`, `costs`, `utilization`, and each dry run", "`state`, `look`"],
  ["`fleet pool launch`, `setup`, `drain`, `disable`, `enable`, `sweep`, `test-host create`", "`state`, `look`, `act`"],
  ["`fleet pool test-host release`", "`state`, `look`, `leases`"],
  ["`fleet pool run`", "`state`, `look`, `act`, `run`"],
  ["`fleet pool ssh`", "`state`, `look`, `shell`; with `--direct` no `shell`"],
];

/** The page docs/aws-rights.md. */
export function rightsPage(): string {
  return `${head}
| To type | Attach |
|---|---|
${uses.map(([what, documents]) => `| ${what} | ${documents} |`).join("\n")}

${notes}
${sections.map(sectionText).join("\n")}`;
}

const head = `# AWS rights

<!-- Written by scripts/settings-docs.ts from model/plan; change it there. -->

What a person, or the role that deploys, may do in AWS for pools of EC2 Macs. Each document is an IAM policy once you have put your own values in it:

| In the documents | Is |
|---|---|
| \`ACCOUNT\`, \`REGION\` | the number of the account; the region of the pools, or \`*\` for pools in several |
| \`NAME\` | \`<fleet>-<stack>\`, \`ci-macs-production\` for example |
| \`STATE_BUCKET\`, \`KEY_ID\` | the bucket with the state of your stacks, and the key that encrypts their secrets |

\`NAME-????????\` stands for the fleet's mark, which ends in eight random characters; you need not know them. What AWS calls a thing begins with \`NAME\`, unless that is longer than its kind allows (40 characters are safe).
`;

const notes = `How sure this is: tests run the commands of \`fleet\` against the simulated AWS and show that \`look\`, \`act\`, \`run\` and \`leases\` grant every action that is used and none that is not. \`preview\`, \`hosts\` and \`services\` follow the source of the vendor's provider, \`shell\` and \`state\` the vendors' documentation; nobody has tried these in an account. Which resources and conditions an action takes is from AWS's Service Authorization Reference of September 2026. If AWS refuses something, its error names the action; please tell us.

Whoever has \`services\` can give the fleet's roles any rights and so have them: that is what declaring roles means. Attach it to the role that deploys, not to people. A role for previews gets \`state\` and \`preview\` alone. To ask for a quota takes \`servicequotas:RequestServiceQuotaIncrease\`, once.

`;

function sectionText({ name, text, document }: Section): string {
  return `## \`${name}\`

${text}

\`\`\`json
${compact(document)}
\`\`\`
`;
}

const longestLine = 110;

/** Lists that fit stand in one line. */
function compact(document: PolicyDocument): string {
  return JSON.stringify(document, undefined, 2).replace(/\[\s+("[^[\]{}]*")\s+\]/g, (list, inner: string) => {
    const line = `[${inner.replace(/\s+/g, " ")}]`;
    return line.length > longestLine ? list : line;
  });
}
