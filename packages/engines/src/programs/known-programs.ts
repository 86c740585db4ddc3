/** What has to be known of an outside program to find it, to trust its version and to tell a person how to get it. */
export interface ProgramDefinition {
  readonly name: string;
  /** Prints `{"version": "v1.2.3", …}`, or a line `Version: 1.2.3`. */
  readonly versionArguments: readonly string[];
  /** Oldest version that this code was checked against. Newer ones of the same major version are taken. */
  readonly minimumVersion: string;
  /** One sentence for a person. */
  readonly howToGet: string;
}

export const syftProgram: ProgramDefinition = {
  name: 'syft',
  versionArguments: ['version', '-o', 'json'],
  minimumVersion: '1.57.0',
  howToGet:
    'install Syft 1.57.0 or newer (https://github.com/anchore/syft#installation), or build it with Go: `kso tools install`',
};

export const grypeProgram: ProgramDefinition = {
  name: 'grype',
  versionArguments: ['version', '-o', 'json'],
  minimumVersion: '0.121.2',
  howToGet:
    'install Grype 0.121.2 or newer (https://github.com/anchore/grype#installation), or build it with Go: `kso tools install`',
};

export const opaProgram: ProgramDefinition = {
  name: 'opa',
  versionArguments: ['version'],
  minimumVersion: '1.0.0',
  howToGet:
    'install OPA 1.0.0 or newer (https://www.openpolicyagent.org/docs/latest/#1-download-opa), or build it with Go: `npx -y pnpm@12 programs opa`',
};
