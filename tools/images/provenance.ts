/** What is known about the making of an image. */
export interface ProvenanceFacts {
  readonly image: string;
  /** `sha256:…` of its manifest. */
  readonly digest: string;
  readonly revision: string;
  /** Whether the checkout was exactly that revision. */
  readonly isClean: boolean;
  /** Where the checkout came from; empty when unknown. Login data in it is not repeated. */
  readonly remote: string;
  /** A URI of who built; a release gives its own in `KSO_BUILDER_ID`. */
  readonly builder: string;
  readonly finishedOn: string;
}

/** An unsigned in-toto statement (https://in-toto.io/Statement/v1) with a SLSA provenance (https://slsa.dev/provenance/v1). */
export function provenance(facts: ProvenanceFacts): object {
  const [algorithm = 'sha256', value = ''] = facts.digest.split(':');
  const uri = sourceUri(facts.remote);
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: facts.image.replace(/:[^:/]*$/, ''), digest: { [algorithm]: value } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:kso:build:buildah:v1',
        externalParameters: { program: 'tools/images/build.ts', image: facts.image },
        internalParameters: { isClean: facts.isClean },
        resolvedDependencies: [{ ...(uri === undefined ? {} : { uri }), digest: { gitCommit: facts.revision } }],
      },
      runDetails: { builder: { id: facts.builder }, metadata: { finishedOn: facts.finishedOn } },
    },
  };
}

function sourceUri(remote: string): string | undefined {
  if (!URL.canParse(remote)) return undefined;
  const url = new URL(remote);
  // A path of this machine says nothing to others.
  if (!/^(https?|ssh|git):$/.test(url.protocol)) return undefined;
  url.username = '';
  url.password = '';
  return `git+${url.href}`;
}
