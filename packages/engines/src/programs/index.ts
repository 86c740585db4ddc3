export { childEnvironment } from './child-environment.ts';
export { type FindProgramOptions, findProgram, type ProgramLookup, toolCacheDirectory } from './find-program.ts';
export { grypeProgram, opaProgram, type ProgramDefinition, syftProgram } from './known-programs.ts';
export { redact } from './redact.ts';
export { type RunEnd, type RunOptions, runProgram } from './run-program.ts';
export { removeStaleScratchDirectories, withScratchDirectory } from './scratch-directory.ts';
