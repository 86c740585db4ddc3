import { expect, it, onTestFinished } from 'vitest';
import { startTestEndpoint } from '../testing/endpoint.ts';
import { containerScan, postureReport } from '../testing/reports.ts';

const control = {
  id: 'C-0057',
  name: 'Privileged, "root"',
  messages: ['It is privileged.'],
  paths: [{ fixPath: { path: 'spec.a', value: 'false' } }],
};

async function start() {
  const endpoint = startTestEndpoint();
  onTestFinished(() => endpoint.stop());
  const skipped = { id: 'C-0069', name: 'Kubelet', status: 'skipped' as const };
  const objects = Array.from({ length: 1203 }, (_, index) => ({
    name: `=web-${index}`,
    ...(index === 0 ? { file: 'shop/web app.yaml' } : {}),
    controls: [control, skipped],
  }));
  await endpoint.post('/k8s/v2/postureReport', postureReport({ objects }));
  const vulnerabilities = [
    { name: 'CVE-1', fixedIn: '3.0.2', exceptions: [{}] },
    { name: 'CVE-2', severity: 'Negligible' },
  ];
  await endpoint.post('/k8s/v2/containerScan', containerScan({ vulnerabilities }));
  return (what: string) => endpoint.get(`/api/clusters/minikube/exports/${what}`);
}

it('posture as CSV: a line for each control of each object, and nothing that a spreadsheet would calculate', async () => {
  const { status, text, headers } = await (await start())('posture');
  expect([status, headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
  expect(headers['content-disposition']).toBe('attachment; filename="minikube-posture.csv"');
  const lines = text.split('\r\n');
  expect(lines).toHaveLength(1203 * 2 + 2);
  expect(lines[1]).toMatch(
    /^shop,Deployment,'=web-0,C-0057,"Privileged, ""root""",High,failed,,.*,It is privileged\.,spec\.a=false,,shop\/web app\.yaml$/,
  );
});

it('posture as JSON and SARIF', async () => {
  const read = await start();
  const json = JSON.parse((await read('posture?format=json&text=web-12')).text) as unknown[];
  // 12, 120 to 129, 1200 to 1202.
  expect(json).toHaveLength(14);
  expect(JSON.parse((await read('posture?format=json&text=nothing')).text)).toEqual([]);
  const sarif = JSON.parse((await read('posture?format=sarif')).text) as {
    runs: { results: object[]; tool: { driver: { rules: object[] } } }[];
  };
  expect(sarif).toMatchObject({ version: '2.1.0' });
  expect(sarif.runs[0]?.results).toHaveLength(1203);
  expect(sarif.runs[0]?.results[0]).toMatchObject({
    ruleId: 'C-0057',
    level: 'error',
    locations: [{ physicalLocation: { artifactLocation: { uri: 'shop/web%20app.yaml' } } }],
  });
  expect(sarif.runs[0]?.tool.driver.rules).toMatchObject([{ id: 'C-0057' }]);
});

it('vulnerabilities as CSV, JSON and CycloneDX', async () => {
  const read = await start();
  const { text } = await read('vulnerabilities?format=csv');
  expect(text.split('\r\n').slice(1, 3)).toEqual([
    expect.stringMatching(/^CVE-1,High,openssl,3\.0\.1,deb,fixed,3\.0\.2,true,docker\.io/),
    expect.stringMatching(/^CVE-2,Negligible,/),
  ]);
  expect(JSON.parse((await read('vulnerabilities?format=json&severity=high')).text)).toHaveLength(1);
  const bom = JSON.parse((await read('vulnerabilities?format=cyclonedx')).text) as {
    vulnerabilities: { affects: { ref: string }[] }[];
    components: { 'bom-ref': string }[];
  };
  expect(bom).toMatchObject({
    specVersion: '1.6',
    vulnerabilities: [
      { id: 'CVE-1', ratings: [{ severity: 'high' }], recommendation: 'update to 3.0.2' },
      { id: 'CVE-2', ratings: [{ severity: 'info' }] },
    ],
  });
  const known = bom.components.map((component) => component['bom-ref']);
  for (const { affects } of bom.vulnerabilities) expect(known).toContain(affects[0]?.ref);
});

it('refuses formats that there are not, and clusters that nobody knows', async () => {
  const read = await start();
  expect((await read('posture?format=cyclonedx')).status).toBe(400);
  expect((await read('vulnerabilities?format=sarif')).status).toBe(400);
  const other = startTestEndpoint();
  onTestFinished(() => other.stop());
  expect((await other.get('/api/clusters/none/exports/posture')).status).toBe(404);
});
