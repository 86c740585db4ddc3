const phrases = [
  'remote code execution',
  'remote command execution',
  'arbitrary code',
  'code execution',
  'code injection',
  'command injection',
  'inject arbitrary commands',
];

/** Whether a description speaks of remote code execution: the heuristic of kubevuln.md 10.8, word for word. */
export function mentionsRemoteCodeExecution(description: string): boolean {
  if (/[^A-Za-z]rce[^A-Za-z]/.test(description)) return true;
  const text = description.toLowerCase();
  return phrases.some((phrase) => text.includes(phrase));
}
