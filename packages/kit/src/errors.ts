/** How an error appears outside: one row of a package's error table. */
export interface ErrorDefinition {
  /** `{name}` is replaced by the field of that name in `context`. */
  readonly message: string;
  readonly httpStatus: number;
  readonly retryable: boolean;
  readonly severity: 'warn' | 'error' | 'fatal';
}

export type ErrorTable = Readonly<Record<string, ErrorDefinition>>;
export type ErrorContext = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** The one error class of the suite. `code` is stable; `context` holds the data and never a secret. */
export class KsoError<Code extends string = string> extends Error {
  override readonly name = 'KsoError';
  readonly code: Code;
  readonly httpStatus: number;
  readonly retryable: boolean;
  readonly severity: ErrorDefinition['severity'];
  readonly context: ErrorContext;

  constructor(code: Code, definition: ErrorDefinition, context: ErrorContext = {}, cause?: unknown) {
    super(fill(definition.message, context), cause === undefined ? undefined : { cause });
    this.code = code;
    this.httpStatus = definition.httpStatus;
    this.retryable = definition.retryable;
    this.severity = definition.severity;
    this.context = context;
  }
}

/** Makes the error constructor of a package from its table: `const fail = errorFactory(errors); throw fail('PORT_IN_USE', {port})`. */
export function errorFactory<const T extends ErrorTable>(table: T) {
  return <C extends keyof T & string>(code: C, context?: ErrorContext, cause?: unknown): KsoError<C> => {
    const definition = table[code];
    if (definition === undefined) throw new TypeError(`no error definition for ${code}`);
    return new KsoError(code, definition, context, cause);
  };
}

/** Causes that are told; a library may hang an error on itself. */
const maxCauses = 5;

/** One line for a person, with the reasons below it. */
export function describeError(error: unknown, causes = maxCauses): string {
  if (!(error instanceof Error)) return String(error);
  const reasons = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  if (causes === 0 || reasons.length === 0) return error.message || error.name;
  const told = reasons.slice(0, maxCauses).map((reason) => describeError(reason, causes - 1));
  return [error.message, told.join('; ')].filter((part) => part !== '').join(': ');
}

function fill(template: string, context: ErrorContext): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = context[key];
    if (value === undefined) return whole;
    return Array.isArray(value) ? value.join(', ') : String(value);
  });
}
