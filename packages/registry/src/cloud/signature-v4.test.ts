import { expect, it } from 'vitest';
import { signedHeaders } from './signature-v4.ts';

it('gives the signature of the published example "post-vanilla"', () => {
  const headers = signedHeaders(
    {
      url: new URL('https://example.amazonaws.com/'),
      service: 'service',
      region: 'us-east-1',
      headers: {},
      body: '',
      at: Date.parse('2015-08-30T12:36:00Z'),
    },
    { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  );
  expect(headers['authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ' +
      'Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  );
});
