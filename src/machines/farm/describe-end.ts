/** Says how a slave process ended. */

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  /** The process could not be started. */
  readonly error?: Error | undefined;
  /** Its master ended it. */
  readonly stopped?: boolean | undefined;
}

export const STOPPED = 'its master stopped it';

export function describeEnd({ code, signal, error, stopped }: End): string {
  if (error !== undefined) return `not started: ${error.message}`;
  const how = signal === null ? `exited with code ${code}` : `ended by ${signal}`;
  return stopped === true ? `${how}; ${STOPPED}` : how;
}
