import { z } from 'zod';
import { id } from './fields.ts';

/** Repositories of a registry (operator-gateway.md 4.3.2); which registry it is stands in the query. */
export const RegistryRepositories = z.array(z.object({ repositoryName: id })).max(100_000);
export type RegistryRepositories = z.output<typeof RegistryRepositories>;

export const RegistryParameters = z.object({
  registryName: z.string().min(1).max(2048),
  jobID: z.string().max(2048).optional(),
});
export type RegistryParameters = z.output<typeof RegistryParameters>;
