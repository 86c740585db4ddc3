import { expect, it } from 'vitest';
import { configuredFor, parseRegistriesAuth } from './registries-auth.ts';

const read = (...entries: object[]) => parseRegistriesAuth(JSON.stringify(entries));

it("reads the chart's Secret", () => {
  const entry = {
    registry: 'harbor.example.com/team',
    username: 'robot$scan',
    password: 'a.....b',
    auth_method: 'credentials',
    registryToken: '',
    kind: 'harbor',
    skipTLSVerify: true,
    http: false,
  };
  expect(read(entry)).toEqual({
    registries: [
      {
        registry: 'harbor.example.com/team',
        kind: 'harbor',
        plainHttp: false,
        skipTlsVerify: true,
        authMethod: 'credentials',
        login: { username: 'robot$scan', password: 'a.....b' },
      },
    ],
    problems: [],
  });
});

it.each([
  ['public', 'public'],
  ['ips', 'cloud'],
  ['cloudProviderIAM', 'cloud'],
])('auth_method %s is %s', (auth_method, authMethod) => {
  expect(read({ registry: 'r.example.com', auth_method }).registries).toEqual([
    { registry: 'r.example.com', authMethod },
  ]);
});

it('reads keys in any letter case, and flags as text', () => {
  const { registries } = read({ Registry: 'r.example.com', UserName: 'u', PASSWORD: 'p', skiptlsverify: 'true' });
  expect(registries).toMatchObject([{ login: { username: 'u', password: 'p' }, skipTlsVerify: true }]);
});

it('names what it cannot use by its place, without values, and keeps the others', () => {
  const { registries, problems } = read(
    { registry: 'a.example.com', username: 'u' },
    { registry: 'b.example.com', username: 'u', password: 'p' },
    { registry: '../x', username: 'u', password: 'hunter2' },
    { registry: 'c.example.com', auth_method: 'kerberos', password: 'hunter2' },
    { username: 'u', password: 'hunter2' },
  );
  expect(registries.map(({ registry }) => registry)).toEqual(['b.example.com']);
  expect(problems).toEqual([
    'registriesAuth[0]: user or password is missing',
    'registriesAuth[2]: registry is no host',
    'registriesAuth[3]: auth_method is not known',
    'registriesAuth[4]: registry is missing or of a wrong type',
  ]);
});

it('reads the fields of a registry object', () => {
  const object = { instanceURL: 'https://harbor.example.com', username: 'u', password: 'p' };
  const login = { username: 'u', password: 'p' };
  expect(parseRegistriesAuth(JSON.stringify(object))).toEqual({
    registries: [{ registry: object.instanceURL, authMethod: 'credentials', login }],
    problems: [],
  });
  expect(parseRegistriesAuth(JSON.stringify({ registryURI: 'gcr.io', projectID: 'p' }))).toEqual({
    registries: [{ registry: 'gcr.io/p', authMethod: 'cloud', cloud: { type: 'ambient' } }],
    problems: [],
  });
  expect(parseRegistriesAuth('{"password":"hunter2"}').problems).toEqual([
    'registriesAuth: missing or of a wrong type: provider',
  ]);
});

it('an entry is for what is below it, the longest path first', () => {
  const { registries } = read(
    { registry: 'https://r.example.com', auth_method: 'public' },
    { registry: 'r.example.com/team', auth_method: 'public' },
    { registry: 'example.com', auth_method: 'public' },
  );
  const of = (...image: [string, string]) => configuredFor(registries, ...image)?.registry;
  expect(of('r.example.com', 'team/api')).toBe('r.example.com/team');
  expect(of('r.example.com', 'teammate/api')).toBe('https://r.example.com');
  expect(of('r.example.com.evil.test', 'team')).toBeUndefined();
});

it.each(['', 'null', '7', '"text"', '[null]'])('%s gives a problem and no registry', (text) => {
  const { registries, problems } = parseRegistriesAuth(text);
  expect(registries).toEqual([]);
  expect(problems).toHaveLength(1);
});
