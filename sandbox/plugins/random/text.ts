import { characterInputs, checkCharacters, randomCharacters } from "./characters.ts";
import { define } from "./definition.ts";

/** Not secret, and its own id: use RandomPassword for anything that must stay hidden. */
export const randomString = define.resource({
  token: "random:index/randomString:RandomString",
  inputs: characterInputs,
  outputs: { result: { type: "string", required: true }, number: { type: "boolean", required: true } },
  check: checkCharacters,
  preview: ({ inputs }) => ({ number: inputs["numeric"] ?? true }),
  create: (inputs) => {
    const result = randomCharacters(inputs);
    return { id: result, outputs: { result, number: inputs.numeric } };
  },
});

/** `result` and `bcryptHash` are always secret; the id says nothing. */
export const randomPassword = define.resource({
  token: "random:index/randomPassword:RandomPassword",
  inputs: characterInputs,
  outputs: {
    result: { type: "string", required: true, secret: true },
    bcryptHash: { type: "string", required: true, secret: true },
    number: { type: "boolean", required: true },
  },
  check: checkCharacters,
  preview: ({ inputs }) => ({ number: inputs["numeric"] ?? true }),
  create: async (inputs) => {
    const result = randomCharacters(inputs);
    return { id: "none", outputs: { result, bcryptHash: await bcryptHash(result), number: inputs.numeric } };
  },
});

/** Cost 10, like upstream; it hashes at most 72 bytes and takes no more than these of a longer password. */
async function bcryptHash(password: string): Promise<string> {
  const { hash, truncates } = (await import("bcryptjs")).default;
  const bytes = truncates(password) ? Buffer.from(password).subarray(0, 72).toString() : password;
  return hash(bytes, 10);
}
