/**
 * Control inputs: lists of strings by which an installation tunes controls (scanner.md 13). Names and defaults are those of the
 * existing product, so that its configuration files work.
 */
export const defaultControlInputs = {
  insecureCapabilities: [
    'SETPCAP',
    'NET_ADMIN',
    'NET_RAW',
    'SYS_MODULE',
    'SYS_RAWIO',
    'SYS_PTRACE',
    'SYS_ADMIN',
    'SYS_BOOT',
    'MAC_OVERRIDE',
    'MAC_ADMIN',
    'PERFMON',
    'ALL',
    'BPF',
  ],
  sensitiveKeyNames: [
    'aws_secret_access_key',
    'azure_batchai_storage_key',
    'azure_batch_key',
    'secret',
    'key',
    'password',
    'pwd',
    'token',
    'jwt',
    'bearer',
    'credential',
  ],
  sensitiveKeyNamesAllowed: [],
  sensitiveValues: [
    'BEGIN \\w+ PRIVATE KEY',
    'PRIVATE KEY',
    'eyJhbGciO',
    'JWT',
    'Bearer',
    '_key_',
    '_secret_',
    'AKIA[0-9A-Z]{16}',
    'ghp_[0-9A-Za-z]{36}',
    'AIza[0-9A-Za-z\\-_]{35}',
    'xox[baprs]-[0-9A-Za-z]{10,48}',
  ],
  sensitiveValuesAllowed: [],
  cpu_request_min: ['0'],
  cpu_request_max: [],
  cpu_limit_min: ['0'],
  cpu_limit_max: [],
  memory_request_min: ['0'],
  memory_request_max: [],
  memory_limit_min: ['0'],
  memory_limit_max: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ControlInputName = keyof typeof defaultControlInputs;
export type ControlInputs = Readonly<Record<ControlInputName, readonly string[]>>;

/** The defaults with some lists replaced. */
export function withControlInputs(changes: Partial<ControlInputs>): ControlInputs {
  return { ...defaultControlInputs, ...changes };
}
