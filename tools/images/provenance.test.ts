import { describe, expect, it } from 'vitest';
import { provenance } from './provenance.ts';

const facts = {
  image: 'registry.example:5000/security/suite:1.2.3',
  digest: 'sha256:abc',
  revision: 'f00d',
  isClean: true,
  remote: 'https://user:secret@git.example/security/suite.git',
  builder: 'https://ci.example/builder',
  finishedOn: '2026-11-30T00:00:00.000Z',
};

describe('provenance', () => {
  it('says of which image, from which commit and by whom, and repeats no login', () => {
    const statement = provenance(facts);
    expect(statement).toMatchObject({
      subject: [{ name: 'registry.example:5000/security/suite', digest: { sha256: 'abc' } }],
      predicate: {
        buildDefinition: {
          resolvedDependencies: [{ uri: 'git+https://git.example/security/suite.git', digest: { gitCommit: 'f00d' } }],
        },
        runDetails: { builder: { id: facts.builder } },
      },
    });
    expect(JSON.stringify(statement)).not.toContain('secret');
  });

  it.each(['', '/home/someone/suite', 'file:///srv/suite'])('names no source for a checkout from "%s"', (remote) => {
    expect(JSON.stringify(provenance({ ...facts, remote }))).not.toContain('"uri"');
  });
});
