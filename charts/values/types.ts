import type { Json, Schema } from './model.ts';

const ref = (name: string): Schema => ({ $ref: `#/definitions/${name}` });

export const text: Schema = { type: ['string', 'null'] };
/** A string that YAML may have turned into a number, as tags like `1.27` are. */
export const looseText: Schema = { type: ['string', 'number', 'null'] };
export const flag: Schema = { type: 'boolean' };
/** Also the words that command lines make of it. */
export const looseFlag: Schema = { enum: [true, false, 'true', 'false', null] };
/** Yes, no, or the chart finds out. */
export const autoFlag: Schema = { enum: ['auto', true, false] };
export const capability: Schema = ref('capability');
export const quantity: Schema = ref('quantity');
export const bytesQuantity: Schema = ref('bytesQuantity');
export const duration: Schema = ref('duration');
export const cron: Schema = ref('cron');
export const port: Schema = { type: 'integer', minimum: 1, maximum: 65535 };
export const name: Schema = ref('name');
export const serviceName: Schema = ref('serviceName');
export const statefulSetName: Schema = ref('statefulSetName');
export const cronJobName: Schema = ref('cronJobName');
export const label: Schema = ref('label');
export const ip: Schema = ref('ip');
export const timeZone: Schema = ref('timeZone');
/** A name, names, or objects with a name. */
export const pullSecrets: Schema = {
  anyOf: [
    ref('secretName'),
    {
      type: 'array',
      items: {
        anyOf: [
          ref('secretName'),
          {
            type: 'object',
            required: ['name'],
            additionalProperties: false,
            properties: { name: ref('secretName') },
          },
        ],
      },
    },
  ],
};
export const strings: Schema = { type: ['array', 'null'], items: { type: 'string' } };
export const stringMap: Schema = ref('stringMap');
export const env: Schema = ref('env');
export const image: Schema = ref('image');
export const resources: Schema = ref('resources');
export const tolerations: Schema = ref('tolerations');
export const proxyUrl: Schema = ref('proxyUrl');
export const url: Schema = ref('url');
export const secretName: Schema = ref('secretName');
export const cidrs: Schema = { type: ['array', 'null'], items: ref('cidr') };
/** Objects of the Kubernetes API that the chart hands on as they are; the API server checks them. */
export const object: Schema = { type: ['object', 'null'] };
export const objects: Schema = { type: ['array', 'null'], items: { type: 'object' } };

export const integer = (minimum: number, maximum?: number): Schema => ({
  type: 'integer',
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});

export const bytes: Schema = { type: ['integer', 'number'], minimum: 0 };

export const oneOf = (...choices: readonly Json[]): Schema => ({ enum: choices });

/** A list of values, ranges and steps of one field of a schedule. */
function cronField(one: string): string {
  const item = String.raw`(\*|(${one})(-(${one}))?)(/[1-9][0-9]*)?`;
  return `${item}(,${item})*`;
}

/** Names of three letters in any case: JSON Schema has no flag for it. */
const words = (names: string): string =>
  names
    .split(' ')
    .map((name) => name.replaceAll(/./gu, (letter) => `[${letter}${letter.toLowerCase()}]`))
    .join('|');

const cronFields = [
  '[0-5]?[0-9]',
  '[01]?[0-9]|2[0-3]',
  '0?[1-9]|[12][0-9]|3[01]',
  `0?[1-9]|1[0-2]|${words('JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC')}`,
  `0?[0-6]|${words('SUN MON TUE WED THU FRI SAT')}`,
]
  .map(cronField)
  .join(' +');

const octet = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';

/** Areas of the IANA database, and its zones outside of them. */
const zoneAreas =
  'Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US';
const zones =
  'UTC|UCT|GMT|GMT0|Zulu|Universal|Greenwich|CET|EET|MET|WET|EST|MST|HST|EST5EDT|CST6CDT|MST7MDT|PST8PDT|Cuba|Egypt|Eire|GB|GB-Eire|Hongkong|Iceland|Iran|Israel|Jamaica|Japan|Kwajalein|Libya|NZ|NZ-CHAT|Navajo|PRC|Poland|Portugal|ROC|ROK|Singapore|Turkey|W-SU';

/** What the fragments above refer to. */
export const definitions: Readonly<Record<string, Schema>> = {
  capability: {
    title: 'enable or disable',
    description: 'A capability is switched by the words enable and disable; true and false are taken too.',
    enum: ['enable', 'disable', true, false],
  },
  quantity: {
    title: 'quantity, such as 100m, 0.5 or 512Mi',
    type: ['string', 'number', 'null'],
    pattern: String.raw`^([0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?)?$`,
    minimum: 0,
  },
  bytesQuantity: {
    title: 'amount of memory or disk, such as 512Mi or a number of bytes',
    type: ['string', 'integer', 'null'],
    pattern: String.raw`^([0-9]+(\.[0-9]+)?(k|Ki|M|Mi|G|Gi|T|Ti)?)?$`,
    minimum: 0,
  },
  duration: {
    title: 'duration, such as 30s, 5m or 1h30m',
    type: ['string', 'null'],
    pattern: String.raw`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`,
  },
  cron: {
    title: 'schedule: auto, five fields as 30 2 * * *, or @daily and the like',
    type: 'string',
    pattern: String.raw`^(auto|@(yearly|annually|monthly|weekly|daily|midnight|hourly)|${cronFields})$`,
  },
  name: {
    title: 'name of a Kubernetes object: lower-case letters, digits and dashes',
    type: ['string', 'null'],
    pattern: '^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$',
  },
  serviceName: {
    title: 'name of a component with Services: a lower-case letter first, then letters, digits and dashes; 56 at most',
    type: ['string', 'null'],
    pattern: '^([a-z]([-a-z0-9]{0,54}[a-z0-9])?)?$',
  },
  statefulSetName: {
    title:
      'name of a StatefulSet with a Service: a lower-case letter first, then letters, digits and dashes; 52 at most',
    type: ['string', 'null'],
    pattern: '^([a-z]([-a-z0-9]{0,50}[a-z0-9])?)?$',
  },
  cronJobName: {
    title: 'name of a CronJob: lower-case letters, digits and dashes; 52 at most',
    type: ['string', 'null'],
    pattern: '^([a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?)?$',
  },
  label: {
    title: 'value of a label: letters, digits, dashes, dots and underscores; 63 at most',
    type: ['string', 'null'],
    pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$',
  },
  ip: {
    title: 'IP address',
    type: ['string', 'null'],
    pattern: String.raw`^((${octet}\.){3}${octet}|[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){2,7})?$`,
  },
  timeZone: {
    title: 'time zone by its IANA name, such as Europe/Berlin',
    type: ['string', 'null'],
    pattern: `^((${zoneAreas})(/[A-Za-z0-9_+-]+)+|${zones})?$`,
  },
  secretName: {
    title: 'name of an existing Secret',
    type: ['string', 'null'],
    pattern: String.raw`^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$`,
  },
  stringMap: {
    title: 'map of strings',
    type: ['object', 'null'],
    additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
  },
  env: {
    title: 'environment: a list of {name, value | valueFrom}, or a map',
    anyOf: [
      {
        type: ['array', 'null'],
        items: {
          type: 'object',
          required: ['name'],
          additionalProperties: false,
          properties: {
            name: { type: 'string', minLength: 1 },
            value: { type: ['string', 'number', 'boolean', 'null'] },
            valueFrom: { type: 'object' },
          },
        },
      },
      { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null', 'object'] } },
    ],
  },
  digest: {
    title: 'digest, sha256: and 64 hexadecimal digits',
    type: ['string', 'null'],
    pattern: '^(sha256:[0-9a-f]{64})?$',
  },
  pullPolicy: { title: 'pull policy', enum: ['Always', 'IfNotPresent', 'Never', '', null] },
  image: {
    title: 'image',
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      registry: { type: ['string', 'null'] },
      repository: { type: ['string', 'null'] },
      tag: { type: ['string', 'number', 'null'] },
      digest: ref('digest'),
      sha: { ...ref('digest'), description: 'Former name of digest.' },
      pullPolicy: ref('pullPolicy'),
    },
  },
  resourceList: {
    title: 'cpu, memory and ephemeral-storage',
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      cpu: ref('quantity'),
      memory: ref('bytesQuantity'),
      'ephemeral-storage': ref('bytesQuantity'),
    },
  },
  resources: {
    title: 'requests and limits',
    type: ['object', 'null'],
    additionalProperties: false,
    properties: { requests: ref('resourceList'), limits: ref('resourceList') },
  },
  tolerations: {
    title: 'tolerations',
    type: ['array', 'null'],
    items: {
      type: 'object',
      additionalProperties: false,
      properties: {
        key: { type: 'string' },
        operator: { enum: ['Exists', 'Equal', 'Lt', 'Gt'] },
        value: { type: ['string', 'number', 'boolean'] },
        effect: { enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute', ''] },
        tolerationSeconds: { type: 'integer' },
      },
    },
  },
  url: { title: 'URL with http or https', type: ['string', 'null'], pattern: '^(https?://[^ ]+)?$' },
  proxyUrl: {
    title: 'URL of a proxy with scheme and port, such as http://proxy.example.com:3128',
    type: ['string', 'null'],
    pattern: String.raw`^(https?://[^ /]+:[0-9]{1,5}/?)?$`,
  },
  cidr: { title: 'address range, such as 10.0.0.1/32', type: 'string', pattern: '^[0-9a-fA-F.:]+/[0-9]{1,3}$' },
};
