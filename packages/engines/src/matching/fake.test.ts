import { describeMatcher } from './conformance.ts';
import { createFakeMatcher } from './fake.ts';

describeMatcher('fake', () => {
  const matcher = createFakeMatcher({
    database: { state: 'missing', detail: 'none was imported' },
    answer: () => ({
      matches: [
        {
          vulnerability: { id: 'CVE-2019-10906', severity: 'High' },
          artifact: { name: 'jinja2', version: '2.10', type: 'python' },
        },
      ],
    }),
  });
  return Promise.resolve({ matcher, databaseFile: 'sample.db' });
});
