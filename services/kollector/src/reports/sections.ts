/** Sections of a report in the order in which they are written (kollector.md 9). */
export const sections = ['node', 'service', 'microservice', 'pod', 'secret', 'namespace'] as const;
export type Section = (typeof sections)[number];

export const operations = ['create', 'delete', 'update'] as const;
export type Operation = (typeof operations)[number];

/** What a section says about one object. Texts are made when a report is written: most entries are never written twice. */
export interface Entry {
  /** JSON of the object as `create` and `update` carry it. */
  text(): string;
  /** JSON as `delete` carries it. */
  deletedText(): string;
}

/** One line of a report: an object and what happened to it. */
export interface Change {
  readonly section: Section;
  readonly operation: Operation;
  readonly entry: Entry;
}
