import { secondsOf } from '../control-plane/duration.ts';

/** How values of one type are written: as text on a command line, as a field in a file. Undefined for what is none. */
export interface SettingType<T> {
  ofText(text: string): T | undefined;
  ofField(value: unknown): T | undefined;
}

export const asBoolean: SettingType<boolean> = {
  ofText: (text) => (/^(?:1|t|true)$/i.test(text) ? true : /^(?:0|f|false)$/i.test(text) ? false : undefined),
  ofField: (value) => (typeof value === 'boolean' ? value : undefined),
};

export const asInteger: SettingType<number> = {
  ofText: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined),
  ofField: (value) => (Number.isSafeInteger(value) ? (value as number) : undefined),
};

export const asText: SettingType<string> = {
  ofText: (text) => text,
  ofField: (value) => (typeof value === 'string' ? value : undefined),
};

/** Durations of Go, in seconds. */
export const asSeconds: SettingType<number> = {
  ofText: secondsOf,
  ofField: (value) => (typeof value === 'string' ? secondsOf(value) : undefined),
};

export const asList: SettingType<readonly string[]> = {
  ofText: (text) => text.split(',').flatMap((item) => item.trim() || []),
  ofField: (value) =>
    Array.isArray(value) && value.every((item): item is string => typeof item === 'string') ? value : undefined,
};
