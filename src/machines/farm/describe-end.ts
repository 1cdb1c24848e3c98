/** Says how a slave process ended. */

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  /** The process could not be started. */
  readonly error?: Error | undefined;
}

export function describeEnd({ code, signal, error }: End): string {
  if (error !== undefined) return `not started: ${error.message}`;
  return signal === null ? `exited with code ${code}` : `ended by ${signal}`;
}
