const text = { type: 'string' };
const truth = { type: 'boolean' };

/** Functions of Kubescape's own that its rules call (scanner.md 14.1), as OPA's compiler wants them declared. */
export const customFunctions = [
  { name: 'cosign.verify', decl: { type: 'function', args: [text, text], result: truth } },
  { name: 'cosign.has_signature', decl: { type: 'function', args: [text], result: truth } },
  { name: 'image.parse_normalized_name', decl: { type: 'function', args: [text], result: text } },
] as const;

/** A rule that asks the network does not compile: policies are foreign code, and see what they are given. */
export const forbiddenFunctions: ReadonlySet<string> = new Set(['http.send', 'net.lookup_ip_addr']);
