/** What is counted of requests for scans of new images; each process gives them names of its own. */
export interface NewImageMeters {
  /** What became of an attempt to ask for scans. */
  trigger(result: 'accepted' | 'retried' | 'repeated' | 'refused' | 'givenUp' | 'noRoom'): void;
  /** Workloads whose images are still to be asked for. */
  pending(workloads: number): void;
  /** A container whose image is no reference. */
  invalidImage(): void;
}
