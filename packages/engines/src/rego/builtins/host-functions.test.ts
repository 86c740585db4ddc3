import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostFunctions } from './host-functions.ts';

function call(name: string, ...values: unknown[]): unknown {
  const implementation = hostFunctions[name];
  if (implementation === undefined) throw new Error(`no host function ${name}`);
  return implementation(...values);
}

describe('sprintf', () => {
  /** What `opa eval` 1.22 prints. */
  it.each([
    ['%v %s', ['a', 'b'], 'a b'],
    ['%d-%v', [3, 2.5], '3-2.5'],
    ['%v', [['a', { b: [true, null] }]], '["a", {"b": [true, null]}]'],
    ['%v', [{ z: 1, a: 2 }], '{"a": 2, "z": 1}'],
    ['%s', [true], 'true'],
    ['%o %x %X %b', [384, 255, 255, 5], '600 ff FF 101'],
    ['%5d|%-5d|%05d|%+d', [42, 42, 42, 42], '   42|42   |00042|+42'],
    ['%.2f', [2.708], '2.71'],
    ['%q', ['a"b'], '"a\\"b"'],
    ['%.2s|%5s', ['abc', 'ab'], 'ab|   ab'],
    ['100%%', [], '100%'],
    ['%d', ['x'], '%!d(string=x)'],
    ['%s', [5], '%!s(int64=5)'],
    ['%v %v', ['a'], 'a %!v(MISSING)'],
    ['a', ['b'], 'a%!(EXTRA string=b)'],
  ])('prints %j with %j as OPA does', (format, values, wanted) => {
    expect(call('sprintf', format, values)).toBe(wanted);
  });
});

describe('regular expressions', () => {
  it.each([
    ['(?i)[a-z]+', 'Ab 1 cD', -1, ['Ab', 'cD']],
    ['[[:digit:]]+', 'a1b22', 1, ['1']],
    ['(?P<year>\\d{4})\\z', 'in 2026', -1, ['2026']],
    ['a\\-b|\\_', 'a-b_', -1, ['a-b', '_']],
    ['x', 'a', -1, []],
  ])('%s is understood as Go understands it', (pattern, text, count, wanted) => {
    expect(call('regex.find_n', pattern, text, count)).toEqual(wanted);
  });

  it('split without the groups of the pattern', () => {
    expect(call('regex.split', '(,|;)', 'a,b;c')).toEqual(['a', 'b', 'c']);
  });

  it('replace with the references of Go', () => {
    expect(call('regex.replace', 'a1b2', '([a-z])(\\d)', '${2}$1$$')).toBe('1a$2b$');
  });

  it('is undefined for a pattern that is none', () => {
    expect(call('regex.find_n', '(', 'a', -1)).toBeUndefined();
  });
});

describe('json.patch', () => {
  it.each([
    [{ a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    [{ a: [1, 3] }, [{ op: 'add', path: ['a', 1], value: 2 }], { a: [1, 2, 3] }],
    [{ a: { 'b/c': 1 } }, [{ op: 'remove', path: '/a/b~1c' }], { a: {} }],
    [{ a: 1 }, [{ op: 'move', from: 'a', path: 'b' }], { b: 1 }],
    [{ a: [1] }, [{ op: 'test', path: '/a', value: [1] }], { a: [1] }],
    [{ a: 1 }, [{ op: 'test', path: '/a', value: 2 }], undefined],
    [{ a: 1 }, [{ op: 'remove', path: '/b' }], undefined],
    [{ a: [] }, [{ op: 'replace', path: '/a/0', value: 1 }], undefined],
  ])('of %j by %j', (target, patches, wanted) => {
    expect(call('json.patch', target, patches)).toEqual(wanted);
  });

  it('leaves its argument and the prototype of objects alone', () => {
    const target = { a: 1 };
    const patched = call('json.patch', target, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]);
    expect(Object.keys(patched as object)).toEqual(['a', '__proto__']);
    expect(target).toEqual({ a: 1 });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('the rest', () => {
  it.each([
    ['semver.is_valid', ['1.2.3'], true],
    ['semver.is_valid', ['v1.2.3'], false],
    ['semver.compare', ['1.10.0', '1.9.9'], 1],
    ['semver.compare', ['1.0.0-alpha', '1.0.0'], -1],
    ['semver.compare', ['x', '1.0.0'], undefined],
    ['yaml.unmarshal', ['a: [on, 0x10]'], { a: [true, 16] }],
    ['yaml.unmarshal', ['a: ['], undefined],
    ['yaml.is_valid', ['a: ['], false],
    ['units.parse_bytes', ['10Ki'], 10_240],
    ['units.parse_bytes', ['1.5MB'], 1_500_000],
    ['units.parse', ['100m'], 0.1],
    ['units.parse', ['x'], undefined],
    ['time.parse_duration_ns', ['1h30m'], 5.4e12],
    ['time.parse_duration_ns', ['1 hour'], undefined],
    ['net.cidr_is_valid', ['10.0.0.0/8'], true],
    ['net.cidr_is_valid', ['10.0.0.0/40'], false],
    ['object.subset', [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }], true],
    ['strings.any_prefix_match', [['ab', 'cd'], 'c'], true],
    ['strings.count', ['cheese', 'e'], 3],
    ['indexof_n', ['banana', 'an'], [1, 3]],
    ['image.parse_normalized_name', ['nginx'], 'docker.io/library/nginx'],
    ['image.parse_normalized_name', ['quay.io/a/b:1'], 'quay.io/a/b:1'],
    [
      'image.parse_normalized_name',
      [`nginx@sha256:${'0'.repeat(64)}`],
      `docker.io/library/nginx@sha256:${'0'.repeat(64)}`,
    ],
    ['image.parse_normalized_name', ['A B'], undefined],
  ])('%s of %j is %j', (name, values, wanted) => {
    expect(call(name, ...values)).toEqual(wanted);
  });

  it('says that there is no verifier of signatures', () => {
    expect(() => call('cosign.verify', 'nginx', 'key')).toThrow(/verifier of image signatures/);
  });

  it('throws for no argument, whatever it is', () => {
    const names = Object.keys(hostFunctions).filter((name) => !name.startsWith('cosign.'));
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.array(fc.jsonValue(), { maxLength: 3 }), (name, values) => {
        expect(() => call(name, ...values)).not.toThrow();
      }),
    );
  });
});
