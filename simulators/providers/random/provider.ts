import { createHash, randomBytes, randomInt } from "node:crypto";
import { defineResource, type ProviderDefinition } from "../shared/provider.ts";

interface RandomIdInputs {
  byteLength: number;
  prefix?: string;
  keepers?: Record<string, string>;
}

type RandomIdOutputs = RandomIdInputs & Record<"b64Std" | "b64Url" | "dec" | "hex", string>;

const randomId = defineResource<RandomIdInputs, RandomIdOutputs>({
  token: "random:index/randomId:RandomId",
  properties: {
    byteLength: { type: "number", required: true, replaces: true },
    prefix: { type: "string", replaces: true },
    keepers: { type: "object", replaces: true },
    b64Std: { type: "string", output: true },
    b64Url: { type: "string", output: true },
    dec: { type: "string", output: true },
    hex: { type: "string", output: true },
  },
  rules: ({ byteLength }) =>
    typeof byteLength === "number" && !(Number.isInteger(byteLength) && byteLength >= 1)
      ? [{ property: "byteLength", reason: '"byteLength" must be a whole number of at least 1' }]
      : [],
  async create(inputs) {
    const bytes = randomBytes(inputs.byteLength);
    const prefix = inputs.prefix ?? "";
    const hex = bytes.toString("hex");
    const outs = {
      ...inputs,
      b64Std: prefix + bytes.toString("base64"),
      b64Url: prefix + bytes.toString("base64url"),
      dec: prefix + BigInt(`0x${hex}`),
      hex: prefix + hex,
    };
    return { id: bytes.toString("base64url"), outs };
  },
});

interface RandomIntegerInputs {
  min: number;
  max: number;
  seed?: string;
  keepers?: Record<string, string>;
}

const randomInteger = defineResource<RandomIntegerInputs, RandomIntegerInputs & { result: number }>({
  token: "random:index/randomInteger:RandomInteger",
  properties: {
    min: { type: "number", required: true, replaces: true },
    max: { type: "number", required: true, replaces: true },
    seed: { type: "string", replaces: true },
    keepers: { type: "object", replaces: true },
    result: { type: "number", output: true },
  },
  rules: ({ min, max }) =>
    typeof min === "number" && typeof max === "number" && min > max
      ? [{ property: "min", reason: `"min" (${min}) must not be greater than "max" (${max})` }]
      : [],
  async create(inputs) {
    const result = choose(inputs);
    return { id: String(result), outs: { ...inputs, result } };
  },
});

/** The vendor's choice for a seed is another number, but as steady. */
function choose({ min, max, seed }: RandomIntegerInputs): number {
  if (seed === undefined) return randomInt(min, max + 1);
  return min + (createHash("sha256").update(seed).digest().readUInt32BE() % (max - min + 1));
}

/** `RandomId` and `RandomInteger`. Source: the vendor's schema, @pulumi/random 4.21.2. */
export const randomProvider: ProviderDefinition = { version: "4.21.2", resources: [randomId, randomInteger] };
