import { expect, it } from 'vitest';
import { isOwnTokenServer } from './token-server.ts';

it.each([
  ['registry.example.com:5000', 'https://registry.example.com/token', true],
  ['registry-1.docker.io', 'https://auth.docker.io/token', true],
  ['registry.gitlab.com', 'https://gitlab.com/jwt/auth', true],
  ['registry.redhat.io', 'https://sso.redhat.com/auth', true],
  ['127.0.0.1:5000', 'http://127.0.0.1:6000/token', true],
  ['registry.example.com', 'https://registry.example.com.evil.test/token', false],
  ['registry.example.com', 'https://evil.test/token', false],
  ['registry.shop.co.uk', 'https://auth.shop.co.uk/token', true],
  ['registry.shop.co.uk', 'https://evil.co.uk/token', false],
  ['shop.azurecr.io', 'https://evil.azurecr.io/oauth2/token', false],
  ['127.0.0.1:5000', 'http://127.0.0.2/token', false],
  ['registry', 'https://other/token', false],
])('B29 a login of %s shown to %s: %s', (registry, realm, isOwn) => {
  expect(isOwnTokenServer(registry, new URL(realm))).toBe(isOwn);
});

it('a token server that somebody trusts is told the login', () => {
  const realm = new URL('https://sso.example.org/token');
  expect(isOwnTokenServer('registry.example.com', realm, ['sso.example.org'])).toBe(true);
});
