/** What an object is called whose id is all there is of it (scanner.md 9). Data about nodes and of clouds have no namespace in theirs. */
export function nameById(resourceId: string): { namespace: string; kind: string; name: string } {
  const parts = resourceId.replace(/^path=\d+\/api=/, '').split('/');
  const [namespace = '', kind = '', name = ''] = parts.slice(-3);
  return { namespace: parts.length === 4 ? '' : namespace, kind, name };
}
