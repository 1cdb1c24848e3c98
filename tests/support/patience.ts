/**
 * How much longer than usual a test waits before it gives up. The runner measures it by the time in which
 * programs start; it is for waits that end with an event, never for what a test holds the library to.
 */
export const PATIENCE = Math.max(1, Number(process.env.TEST_PATIENCE ?? 1));
